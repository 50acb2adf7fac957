# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samba's accounts, and the machine's."""

from __future__ import annotations

from collections.abc import Sequence

from .._formats.smbpasswd import Account, parse
from .._values.errors import Fault
from .host import Host


def accounts(host: Host) -> dict[str, Account]:
    """Samba's accounts by name, none where Samba is not installed.

    :raises Fault: they cannot be read
    """
    if host.which("pdbedit") is None:
        return {}
    outcome = host.run(["pdbedit", "--list", "--smbpasswd-style"])
    if outcome.rc != 0:
        raise Fault("read the users of Samba", outcome.said, "Nothing was changed.")
    return parse(outcome.out)


def unix_users(host: Host, names: Sequence[str]) -> list[str]:
    """Those of the names that are users of the machine."""
    if not names:
        return []
    # It prints those that it finds, whatever its exit code.
    return [line.partition(":")[0] for line in host.run(["getent", "passwd", *names]).out.splitlines()]
