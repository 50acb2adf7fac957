# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `ip -json` of iproute2 prints about links, addresses and routes (ip(8))."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from typing import Any

TABLES = {"main": 254, "default": 253, "local": 255}


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
