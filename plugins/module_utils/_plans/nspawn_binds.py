# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container sees of its host has to be there, and where it has users of its own, under owners that it knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from .._values.errors import Refusal


class Source(NamedTuple):
    """A file or directory of the host.

    :param idmap: the container sees the owners that it has on the host
    """

    path: str
    option: str
    idmap: bool


def read_sources(option: str, items: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    """The module's option."""
    return tuple(
        Source(item["source"], f"{option}[{number}].source", item["idmap"]) for number, item in enumerate(items)
    )


def unusable(sources: Sequence[Source], there: Collection[str], unmappable: Collection[str]) -> list[Refusal]:
    """Refuse what the container could not start with.

    :param there: the paths that are there
    :param unmappable: those of which the kernel can show no other owners
    """
    refusals: list[Refusal] = []
    for each in sources:
        if each.path not in there:
            problem = "is not there on this host, and the container is to see it"
            refusals.append(Refusal(each.option, each.path, problem, "Make it first"))
        elif each.idmap and each.path in unmappable:
            problem = (
                "is on a file system of which this kernel cannot show other owners, so that a container with users of "
                "its own could not write there"
            )
            remedy = (
                "Have it on another one, such as ext4, xfs or btrfs, or write private_users: identity, or idmap: false "
                "where it is enough that everybody may"
            )
            refusals.append(Refusal(each.option, each.path, problem, remedy))
    return refusals
