# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `ip -json` of iproute2 prints about links, addresses and routes (ip(8))."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Interface, IPv6Network, ip_interface, ip_network
from typing import Any

TABLES = {"main": 254, "default": 253, "local": 255}
# A tunnel needs no router on a way to nearly everywhere, as 2000::/3: that is no network.
SHORTEST = {4: 8, 6: 16}


@dataclass(frozen=True)
class Link:
    """A link, and what it is where it is a tunnel.

    :param kind: sit, bridge, …; empty for a physical link
    :param remote: of a tunnel; any where it has none
    :param ttl: of a tunnel; 0 where it is inherited
    """

    name: str
    kind: str
    mtu: int
    up: bool
    remote: str = ""
    local: str = ""
    ttl: int = 0


@dataclass(frozen=True)
class Ipv4Address:
    """An IPv4 address of the host.

    :param dynamic: it has a lifetime: a DHCP client set it
    """

    link: str
    address: str
    dynamic: bool


@dataclass(frozen=True)
class KernelRoute:
    """An IPv6 route of the kernel.

    :param protocol: who set it: kernel, static, ra, boot (a plain `ip route add`), …
    """

    destination: IPv6Network
    type: str
    link: str
    gateway: IPv6Address | None
    source: IPv6Address | None
    metric: int
    table: int
    protocol: str


def _objects(text: str) -> list[dict[str, Any]]:
    # Old releases of ip print an empty line instead of an empty list.
    return [item for item in json.loads(text or "[]") if item]


def parse_link(text: str) -> Link | None:
    """Of `ip -json -details link show dev NAME`."""
    for item in _objects(text):
        info = item.get("linkinfo", {})
        data = info.get("info_data", {})
        return Link(
            name=item["ifname"],
            kind=info.get("info_kind", ""),
            mtu=item["mtu"],
            up="UP" in item["flags"],
            remote=str(data.get("remote", "")),
            local=str(data.get("local", "")),
            ttl=_number(data.get("ttl", 0)),
        )
    return None


def _number(value: object) -> int:
    # "inherit" is what 0 means.
    return value if isinstance(value, int) else 0


def parse_global_addresses(text: str) -> tuple[IPv6Interface, ...]:
    """Of `ip -json -6 addr show dev NAME`: what is not link-local."""
    infos = (info for item in _objects(text) for info in item.get("addr_info", []))
    return tuple(IPv6Interface(f"{info['local']}/{info['prefixlen']}") for info in infos if info["scope"] != "link")


def parse_ipv4_addresses(text: str) -> list[Ipv4Address]:
    """Of `ip -json -4 addr show`."""
    return [
        Ipv4Address(item["ifname"], info["local"], bool(info.get("dynamic")))
        for item in _objects(text)
        for info in item.get("addr_info", [])
    ]


def parse_routes(text: str) -> list[KernelRoute]:
    """Of `ip -json -6 route show table all`, without what the kernel keeps for itself."""
    items = (item for item in _objects(text) if item.get("protocol") != "kernel")
    # Routes with several ways, and in tables that the host has names for, are none that a tunnel's set can hold.
    return [_route(item) for item in items if "nexthops" not in item and _table(item) is not None]


def _table(item: dict[str, Any]) -> int | None:
    name = str(item.get("table", "main"))
    return int(name) if name.isdigit() else TABLES.get(name)


def _route(item: dict[str, Any]) -> KernelRoute:
    return KernelRoute(
        destination=IPv6Network("::/0" if item["dst"] == "default" else item["dst"]),
        type=item.get("type", "unicast"),
        link=item.get("dev", ""),
        gateway=IPv6Address(item["gateway"]) if "gateway" in item else None,
        source=IPv6Address(item["prefsrc"]) if "prefsrc" in item else None,
        metric=int(item.get("metric", 0)),
        table=_table(item) or 0,
        protocol=str(item.get("protocol", "boot")),
    )


def parse_route_to(text: str) -> tuple[str, str]:
    """(link, source address) of `ip -json route get ADDRESS`; empty where there is no way."""
    for item in _objects(text):
        return str(item.get("dev", "")), str(item.get("prefsrc", ""))
    return "", ""


def parse_addresses(text: str) -> dict[str, list[str]]:
    """Of `ip -json address show`: link → its addresses of both families, with the lengths of their prefixes."""
    return {
        item["ifname"]: [
            f"{info['local']}/{info['prefixlen']}" for info in item.get("addr_info", []) if "local" in info
        ]
        for item in _objects(text)
    }


def parse_networks(addresses: str, *routes: str) -> dict[str, list[str]]:
    """Link → networks that are reached over it without a router, without link-local ones.

    :param addresses: what `ip -json address show` printed
    :param routes: what `ip -json -4 route show` and the same with -6 did
    """
    found: dict[str, list[str]] = {}
    for item in _objects(addresses):
        for info in item.get("addr_info", []):
            # Where there is a peer, the length is that of its prefix.
            far = info.get("address", info.get("local"))
            if far and info["scope"] != "link":
                network = str(ip_interface(f"{far}/{info['prefixlen']}").network)
                found.setdefault(item["ifname"], []).append(network)
    for item in (item for text in routes for item in _objects(text)):
        # An address from DHCPv6 has no network: that is what router advertisements tell.
        if item.get("type", "unicast") == "unicast" and item["dst"] != "default" and not _ways(item):
            to = ip_network(item["dst"])
            if "dev" in item and not to.is_link_local and to.prefixlen >= SHORTEST[to.version]:
                found.setdefault(item["dev"], []).append(str(to))
    return {link: list(dict.fromkeys(networks)) for link, networks in found.items()}


def parse_ra_defaults(text: str) -> list[str]:
    """Of `ip -json -6 route show`: the links of default routes that router advertisements have set."""
    rows = [item for item in _objects(text) if item["dst"] == "default" and item.get("protocol") == "ra"]
    return sorted({str(way["dev"]) for item in rows for way in _ways(item) or [item] if "dev" in way})


def _ways(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The routers that a route goes by."""
    # "via" is one of the other family.
    return item.get("nexthops") or [item] * ("gateway" in item or "via" in item)
