# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a container host, and its links as link_info tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule

LINK: dict[str, Any] = {
    "kind": "",
    "master": "",
    "mac": "02:00:00:00:00:01",
    "networkd": True,
    "network_file": "/etc/systemd/network/10-lan.network",
    "says_accept_ra": True,
    "accept_ra": 0,
    "networks": ["2001:db8:d:407::/64", "192.0.2.0/24"],
    "ra_default": False,
    "managed_by": [],
}
BRIDGE: dict[str, Any] = {
    "name": "br0",
    "interface": "",
    "dhcp": "keep",
    "addresses": [],
    "gateways": [],
    "dns": [],
    "search": [],
    "accept_ra": True,
    "stp": False,
    "forward_delay": 0,
    "vlan_filtering": False,
    "vlans": [],
}
WEB = {"name": "web", "addresses": ["2001:db8:d:407::80"]}
BOX = {"name": "box", "mode": "routed", "prefix": "2001:db8:d:500::/64", "ipv4": "10.9.1.1/28"}
SHED = {"name": "shed", "mode": "routed", "prefix": "2001:db8:d:501::/64"}
OPTIONS: dict[str, Any] = {
    "bridge": BRIDGE,
    "seed": "attic",
    "mode": "bridged",
    "routed_prefixes": ["2001:db8:d:500::/56"],
    "packages": ["dbus"],
    "images": [{"name": "trixie", "suite": "trixie"}],
    "containers": [WEB, BOX, SHED],
    "firewall": True,
}


def network(**links: dict[str, Any]) -> dict[str, Any]:
    found = {
        "eth0": LINK,
        "br0": {**LINK, "kind": "bridge"},
        **{name: {**LINK, **link} for name, link in links.items()},
    }
    return {"links": found, "uplink": "br0", "loopback_file": "", "name_servers": ["2001:db8:d:407::53"]}


def plan(links: dict[str, Any] | None = None, found: Sequence[str] = (), **other: Any) -> dict[str, Any]:
    options = {**OPTIONS, **other, "bridge": {**BRIDGE, **other.get("bridge", {})}}
    result: dict[str, Any] = FilterModule().filters()["container_host_plan"](options, links or network(), found)
    return result
