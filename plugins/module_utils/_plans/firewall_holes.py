# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a firewall lets in, as the matching part of a rule of nft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from .._values.interface import parse_plain_interface
from .._values.ipv6 import parse_host_address, parse_prefix
from .._values.lan import Network, is_ipv4, parse_ipv4_network
from .._values.link import parse_ports
from .._values.prefix import parse_ipv4
from .options import OptionReader

IPV6, IPV4 = 6, 4
_WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
_WITHOUT_PORTS = ("any", "esp", "ah", "gre")
# nft knows the others itself; this one it looks up in /etc/protocols, which a minimal machine does not have.
_NUMBERS = {"gre": "47"}
# What a comment in a ruleset can hold.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/()+,-]{0,99}")
_ENDS = (("sources", "saddr"), ("destinations", "daddr"))
_EXPRESSIONS = {IPV6: "ip6", IPV4: "ip"}


@dataclass(frozen=True)
class Hole:
    """Something let in: a comment and the matching part of a rule."""

    name: str
    match: str


def read_holes(reader: OptionReader, option: str, raw: object, ipv4: bool) -> tuple[list[Hole], list[Hole]]:
    """Those of IPv6, and those of IPv4.

    :param ipv4: whether IPv4 is filtered, so that there may be holes for it
    """
    names: list[str] = []
    found: dict[int, list[Hole]] = {IPV6: [], IPV4: []}
    for number, entry in enumerate(reader.listed(option, raw)):
        at = f"{option}[{number}]."
        name = str(entry.get("name") or "")
        read_name(reader, at, name)
        if name in names:
            reader.refuse(at + "name", name, "is there twice", "Give every hole a name of its own")
        names.append(name)
        for family, match in read_match(reader, at, entry, ipv4).items():
            found[family].append(Hole(name, match))
    return found[IPV6], found[IPV4]


def read_name(reader: OptionReader, at: str, name: str) -> None:
    """Refuse a name that cannot stand in a ruleset."""
    if not _NAME.fullmatch(name):
        remedy = "Write what it is for, in at most 100 letters, digits, blanks and . _ : / ( ) + , -"
        reader.refuse(at + "name", name or "(nothing)", "cannot stand in a comment", remedy)


def read_match(reader: OptionReader, at: str, entry: Mapping[str, Any], ipv4: bool) -> dict[int, str]:
    """The matching part of the rule for each family that the hole can be for."""
    interfaces = reader.many(at + "interfaces", entry.get("interfaces"), parse_plain_interface)
    parse = _parse_end if ipv4 else _parse_ipv6_end
    ends = {word: reader.many(at + key, entry.get(key), parse) for key, word in _ENDS}
    protocol = str(entry.get("protocol", "tcp"))
    ports = reader.many(at + "ports", entry.get("ports"), parse_ports)
    if ports and protocol in _WITHOUT_PORTS:
        remedy = "Leave the ports out, or name one of " + ", ".join(_WITH_PORTS)
        reader.refuse(at + "protocol", protocol, "has no ports", remedy)
    protocol = reader.choice(at + "protocol", protocol, _WITH_PORTS + _WITHOUT_PORTS)
    if not (interfaces or ports or any(ends.values())) and protocol == "any":
        remedy = "Name ports, sources, destinations or interfaces"
        reader.refuse(at + "protocol", protocol, "alone would let everything in", remedy)
    first = [_one_of("iifname", [f'"{name}"' for name in interfaces])] if interfaces else []
    last = [_one_of(f"{protocol} dport", ports)] if ports else []
    if not ports and protocol != "any":
        last = [f"meta l4proto {_NUMBERS.get(protocol, protocol)}"]
    matches: dict[int, str] = {}
    for family in (IPV6, IPV4) if ipv4 else (IPV6,):
        addresses = _addresses(family, ends)
        if addresses is not None:
            matches[family] = " ".join([*first, *addresses, *last])
    if not matches:
        problem = "are of one family, and the destinations of the other"
        shown = ", ".join(map(str, entry["sources"]))
        reader.refuse(at + "sources", shown, problem, "Write sources and destinations of one family, or of both")
    return matches


def texts(prefixes: Iterable[Network]) -> list[str]:
    """Prefixes in the order of their addresses, without those that lie in another: a set of nft takes no overlap.

    :param prefixes: of one family
    """
    kept: list[Any] = []
    for prefix in sorted(set(prefixes), key=lambda net: (int(net.network_address), net.prefixlen)):
        if not (kept and prefix.subnet_of(kept[-1])):
            kept.append(prefix)
    return [str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net) for net in kept]


def _addresses(family: int, ends: Mapping[str, Sequence[Network]]) -> list[str] | None:
    """What is said of source and destination in this family; None where that leaves no packet of it."""
    parts = []
    for word, networks in ends.items():
        mine = [network for network in networks if network.version == family]
        if networks and not mine:
            return None
        if mine:
            parts.append(_one_of(f"{_EXPRESSIONS[family]} {word}", texts(mine)))
    return parts


def _one_of(expression: str, values: Sequence[str]) -> str:
    return f"{expression} {{ {', '.join(values)} }}" if len(values) > 1 else f"{expression} {values[0]}"


def _parse_ipv6_end(text: object) -> Network:
    return parse_prefix(text) if "/" in str(text) else IPv6Network(parse_host_address(text))


def _parse_end(text: object) -> Network:
    if not is_ipv4(str(text)):
        return _parse_ipv6_end(text)
    return parse_ipv4_network(text) if "/" in str(text) else IPv4Network(parse_ipv4(text))
