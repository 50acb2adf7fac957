# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of the network as `ip`, `bridge` and `nft` print it, in values that can be set again (ip(8), nft(8))."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .way_back import AddressState, LinkState, NeighbourState, RouteState, RuleState

# rtnetlink(7): `ip -N` prints them as numbers, and takes them as words only.
ROUTE_TYPES = {
    "1": "unicast", "2": "local", "3": "broadcast", "4": "anycast", "5": "multicast",
    "6": "blackhole", "7": "unreachable", "8": "prohibit", "9": "throw",
}  # fmt: skip
# What the kernel reports of a route and nobody can set.
REPORTED = frozenset("linkdown dead offload rt_offload trap rt_trap offload_failed unresolved pervasive".split())
KERNEL = "2"
LOCAL_TABLE = "255"
ENDLESS = 4294967295
# What makes one of its kind; the rest of what ip prints is either a default or changes by itself.
DATA = {
    "vlan": ("id", "protocol"),
    "bridge": ("stp_state", "vlan_filtering", "forward_delay"),
    "sit": ("proto", "remote", "local", "ttl"),
}
TABLE = re.compile(r"^table (?P<name>\S+ \S+) \{$")


def _objects(text: str) -> list[dict[str, Any]]:
    # Old releases of ip print an empty line instead of an empty list.
    return [item for item in json.loads(text or "[]") if item]


def parse_links(text: str, vlans: str = "") -> tuple[LinkState, ...]:
    """Of `ip -json -details address show` and `bridge -json vlan show`."""
    ports = {
        item["ifname"]: tuple(
            (number, tuple(entry.get("flags", ())))
            for entry in item.get("vlans", [])
            for number in range(entry["vlan"], entry.get("vlanEnd", entry["vlan"]) + 1)
        )
        for item in _objects(vlans)
    }
    return tuple(_link(item, ports.get(item["ifname"], ())) for item in _objects(text))


def _link(item: dict[str, Any], vlans: tuple[tuple[int, tuple[str, ...]], ...]) -> LinkState:
    info = item.get("linkinfo", {})
    kind = str(info.get("info_kind", ""))
    data = info.get("info_data", {})
    return LinkState(
        name=item["ifname"],
        kind=kind,
        up="UP" in item["flags"],
        mtu=item["mtu"],
        master=str(item.get("master", "")),
        # The other end of a veth pair is none that it lies on.
        parent=str(item.get("link", "")) if kind in DATA else "",
        mac=str(item.get("address", "")) if item.get("link_type") == "ether" else "",
        data=tuple((key, str(data[key])) for key in DATA.get(kind, ()) if key in data),
        vlans=vlans,
    )


def parse_addresses(text: str) -> tuple[AddressState, ...]:
    """Of `ip -json -details address show`, without the temporary ones that the kernel makes and forgets."""
    found = ((item["ifname"], info) for item in _objects(text) for info in item.get("addr_info", []))
    return tuple(_address(link, info) for link, info in found if not info.get("temporary"))


def _address(link: str, info: dict[str, Any]) -> AddressState:
    return AddressState(
        link=link,
        family=info["family"],
        local=info["local"],
        length=info["prefixlen"],
        peer=str(info.get("address", "")),
        broadcast=str(info.get("broadcast", "")),
        label=str(info.get("label", "")),
        scope=str(info.get("scope", "global")),
        prefix_route=not info.get("noprefixroute", False),
        nodad=bool(info.get("nodad", False)),
        valid=_seconds(info.get("valid_life_time", ENDLESS)),
        preferred=_seconds(info.get("preferred_life_time", ENDLESS)),
        protocol=str(info.get("protocol", "")),
        metric=info.get("metric", 0),
    )


def _seconds(value: int) -> int:
    return -1 if value == ENDLESS else value


def parse_routes(text: str, family: str) -> tuple[RouteState, ...]:
    """Of `ip -oneline -details -Numeric route show table all`, without what follows from the addresses alone."""
    return tuple(route for route in _routes(text, family) if not _follows(route.words))


def _routes(text: str, family: str) -> Iterator[RouteState]:
    for line in text.splitlines():
        words = line.replace("\\", " ").split()
        if not words or words[0] not in ROUTE_TYPES:
            continue
        expires = -1
        if "expires" in words:
            at = words.index("expires")
            expires = int(words[at + 1].rstrip("sec"))
            del words[at : at + 2]
        if "nhid" in words and ("via" in words or "dev" in words):
            # systemd-networkd 257 makes a nexthop of its own for each router that it hears of, and another the next
            # time; that is shown beside what it stands for, and an old one cannot be named again.
            at = words.index("nhid")
            del words[at : at + 2]
        kept = [word for word in words[1:] if word not in REPORTED]
        yield RouteState(family, (ROUTE_TYPES[words[0]], *kept), expires)


def _follows(words: tuple[str, ...]) -> bool:
    return value_of(words, "table") == LOCAL_TABLE and value_of(words, "proto") == KERNEL


def value_of(words: tuple[str, ...], key: str) -> str:
    """What stands behind a word, empty where the word is not there."""
    return words[words.index(key) + 1] if key in words[:-1] else ""


def parse_rules(text: str, family: str) -> tuple[RuleState, ...]:
    """Of `ip -details -Numeric rule show`."""
    found = []
    for line in text.splitlines():
        number, colon, rest = line.partition(":")
        if colon:
            found.append(RuleState(family, ("pref", number.strip(), *rest.split())))
    return tuple(found)


def parse_neighbours(text: str) -> tuple[NeighbourState, ...]:
    """Of `ip -json neighbour show nud permanent`."""
    return tuple(
        NeighbourState(str(item["dst"]), str(item["dev"]), str(item["lladdr"]))
        for item in _objects(text)
        if "lladdr" in item
    )


def parse_tables(text: str) -> dict[str, str]:
    """Table ("inet filter") → its text, of `nft --stateless list ruleset`."""
    tables: dict[str, str] = {}
    name = ""
    lines: list[str] = []
    for line in text.splitlines():
        match = TABLE.match(line)
        if match:
            name, lines = match.group("name"), []
        if name:
            lines.append(line)
        if line == "}" and name:
            tables[name] = "\n".join(lines) + "\n"
            name = ""
    return tables


def parse_ifstate(text: str) -> tuple[str, ...]:
    """The interfaces of ifupdown's /run/network/ifstate: lines of INTERFACE=CONFIGURATION."""
    return tuple(line.partition("=")[0].strip() for line in text.splitlines() if line.strip())
