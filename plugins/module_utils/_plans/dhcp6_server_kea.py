# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of Kea's DHCPv6 server, but for the static hosts."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from .._formats import kea_edit
from .dhcp6_server_options import MANAGED, PrefixPool, Server, Subnet, links

# Kea that finds its interface not running would go on without a socket; so it tries again, every five seconds, for as
# long as its counter reaches.
SOCKET_RETRIES, SOCKET_RETRY_WAIT = 4294967295, 5000
KEA_LARGEST_ID = 4294967294
# Debian 13's Kea takes no other directory, Debian 12's takes no bare name.
CONTROL_SOCKET = "/run/kea/kea6-ctrl-socket"


def render(server: Server) -> str:
    """The whole configuration of kea-dhcp6."""
    alone = [subnets[0] for subnets in links(server).values() if len(subnets) == 1]
    shared = {name: subnets for name, subnets in links(server).items() if len(subnets) > 1}
    config: dict[str, Any] = {
        "interfaces-config": {
            "interfaces": list(server.interfaces),
            "service-sockets-max-retries": SOCKET_RETRIES,
            "service-sockets-retry-wait-time": SOCKET_RETRY_WAIT,
        },
        "control-socket": {"socket-type": "unix", "socket-name": CONTROL_SOCKET},
        "lease-database": {"type": "memfile", "lfc-interval": 3600},
        "host-reservation-identifiers": ["duid", "hw-address"],
        "valid-lifetime": server.valid_lifetime,
        "preferred-lifetime": server.preferred_lifetime,
        # Renewal after half of the preferred lifetime, rebinding after four fifths.
        "calculate-tee-times": True,
        "option-data": _options(server.dns, server.search),
        "subnet6": [_subnet(subnet) for subnet in alone],
        "shared-networks": [
            {"name": name, "interface": name, "subnet6": [_subnet(subnet) for subnet in subnets]}
            for name, subnets in shared.items()
        ],
    }
    return f"// {MANAGED}\n" + kea_edit.render({"Dhcp6": {key: value for key, value in config.items() if value}}) + "\n"


def _subnet(subnet: Subnet) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": _subnet_id(subnet.prefix),
        "subnet": str(subnet.prefix),
        "interface": subnet.interface,
        "pools": [{"pool": f"{pool.first} - {pool.last}"} for pool in subnet.pools],
        "pd-pools": [_prefix_pool(pool) for pool in subnet.pd_pools],
        "option-data": _options(subnet.dns, subnet.search),
    }
    return {key: value for key, value in found.items() if value}


def _prefix_pool(pool: PrefixPool) -> dict[str, Any]:
    address, length = str(pool.prefix.network_address), pool.prefix.prefixlen
    return {"prefix": address, "prefix-len": length, "delegated-len": pool.length}


def _subnet_id(prefix: IPv6Network) -> int:
    """Leases hold the number of their subnet, so it has to stay when subnets are added or change places."""
    return zlib.crc32(str(prefix).encode()) % KEA_LARGEST_ID + 1


def _options(dns: Sequence[IPv6Address], search: Sequence[str]) -> list[dict[str, str]]:
    found = {"dns-servers": ", ".join(str(address) for address in dns), "domain-search": ", ".join(search)}
    return [{"name": name, "data": data} for name, data in found.items() if data]
