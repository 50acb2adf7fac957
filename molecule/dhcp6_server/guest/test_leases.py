# SPDX-License-Identifier: GPL-3.0-or-later
"""What dhcp6_leases_info tells of a client is what the client itself wrote down, whichever server gave the lease."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Network
from typing import Any

from testinfra.host import Host


def of_client(lease: str, pattern: str) -> str:
    found = re.search(pattern, lease)
    assert found, lease
    return found.group(1)


def test_a_client_from_the_pool_is_told_with_its_own_duid_and_iaid(
    host: Host, guest: str, leases_of: Callable[[Host], dict[str, Any]]
) -> None:
    address = of_client(guest, r"iaaddr (\S+) ")
    assert "::1" in address
    # dhclient leaves leading zeros out.
    client_id = of_client(guest, r"option dhcp6\.client-id (\S+);")
    [row] = [row for row in leases_of(host)["leases"] if row["address"] == address]
    assert row["duid"] == ":".join(octet.zfill(2) for octet in client_id.split(":"))
    assert row["iaid"] == int(of_client(guest, r"ia-na (\S+) ").replace(":", ""), 16)
    assert (row["type"], row["state"], row["duid_type"]) == ("address", "active", "DUID-LLT")
    assert row["expires"] > row["duid_time"]


def test_a_router_is_delegated_a_prefix_of_the_pool_and_length(
    host: Host, delegated: str, leases_of: Callable[[Host], dict[str, Any]]
) -> None:
    prefix = IPv6Network(of_client(delegated, r"iaprefix (\S+) "))
    number = host.backend.name[-2:]
    assert prefix.subnet_of(IPv6Network(f"2001:db8:a{number}::/48"))
    assert prefix.prefixlen == 56
    assert str(prefix) in [row["prefix"] for row in leases_of(host)["leases"] if row["type"] == "prefix"]
