# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What speaks against shares on a host: directories where others mount something, and users that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._values.errors import Refusal
from .cifs_mounts import Share

FSTAB = "/etc/fstab"
# systemd.unit(5): where others keep their units. /run has those of a program or a generator.
PLACES = ("/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/")


class Claims(NamedTuple):
    """The host as it is.

    :param taken: directory → the file of somebody else's that says what is mounted there
    :param no_users: owners of shares that are no users
    :param no_groups: likewise
    """

    taken: Mapping[str, str]
    no_users: Sequence[str]
    no_groups: Sequence[str]


def unit_files(share: Share) -> list[str]:
    """Where somebody else may have said what is mounted at a share's directory."""
    return [f"{place}{share.stem}.{kind}" for place in PLACES for kind in ("mount", "automount")]


def refuse_claimed(shares: Sequence[Share], claims: Claims) -> None:
    """See that each share can be mounted where and as it is wanted.

    :raises Refusal: one cannot
    """
    for number, share in enumerate(shares):
        at = f"shares[{number}]."
        by = claims.taken.get(share.path)
        if by == FSTAB:
            remedy = f"Take the line out of {FSTAB}, or choose another path"
            raise Refusal(at + "path", share.path, f"has a line in {FSTAB} already", remedy)
        if by:
            remedy = "Stop that unit and remove its file, or choose another path. It is left as it is"
            raise Refusal(at + "path", share.path, f"is mounted by {by}, which was not written here", remedy)
        if share.owner in claims.no_users:
            raise Refusal(at + "owner", share.owner, "is no user of this machine", "Add the user, or name another")
        if share.group in claims.no_groups:
            raise Refusal(at + "group", share.group, "is no group of this machine", "Add the group, or name another")
