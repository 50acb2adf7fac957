# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prefixes that the router sends on to another machine of a LAN: a host of routed containers, a second router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from .._values.errors import Refusal
from .._values.ipv6 import parse_host_address, parse_prefix
from .router import Lan, parsed


@dataclass(frozen=True)
class Route:
    """A prefix, and the machine that knows what to do with it.

    :param via: that machine's address on the LAN
    :param interface: the router's interface to that LAN
    """

    prefix: IPv6Network
    via: IPv6Address
    interface: str


def routes(entries: Sequence[Mapping[str, Any]], links: Sequence[Lan], routed: Sequence[IPv6Network]) -> list[Route]:
    """What is sent on, in the order given.

    :raises Refusal: a prefix is not ours or used twice, or ``via`` is no other machine on a LAN
    """
    found: list[Route] = []
    for number, entry in enumerate(entries):
        option = f"router_routes[{number}]"
        prefix = parsed(option + ".prefix", parse_prefix, entry["prefix"])
        if not any(prefix.subnet_of(outer) for outer in routed):
            inside = ", ".join(str(outer) for outer in routed)
            problem = f"is in none of router_routed_prefixes ({inside}), so no answer would come back"
            raise Refusal(option + ".prefix", prefix, problem, "Take it from one of them")
        _refuse_overlap(option + ".prefix", prefix, links, found)
        via, lan = _via(option + ".via", entry["via"], links)
        found.append(Route(prefix, via, lan.interface))
    return found


def _refuse_overlap(option: str, prefix: IPv6Network, links: Sequence[Lan], before: Sequence[Route]) -> None:
    taken = [(lan.prefix, f"the LAN on {lan.interface}") for lan in links]
    taken += [(route.prefix, f"which goes to {route.via} already") for route in before]
    for other, whose in taken:
        if prefix.overlaps(other):
            remedy = "Give each LAN and each machine behind it prefixes of their own; the subnets filter makes them"
            raise Refusal(option, prefix, f"overlaps {other}, {whose}", remedy)


def _via(option: str, text: object, links: Sequence[Lan]) -> tuple[IPv6Address, Lan]:
    via = parsed(option, parse_host_address, text)
    for lan in links:
        if via in lan.prefix:
            if via == lan.address:
                problem = f"is the router's own address on {lan.interface}"
                raise Refusal(option, via, problem, "Name the machine behind which the prefix lies")
            return via, lan
    served = ", ".join(str(lan.prefix) for lan in links)
    remedy = f"Name the machine behind which the prefix lies by its address in {served}"
    raise Refusal(option, via, "is on none of the LANs", remedy)
