# SPDX-License-Identifier: GPL-3.0-or-later
"""Whichever the server and the client, a listed one has its address and nothing else, and keeps it."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.dhcp6_clients.table import LISTED, PHASES, Table

POOL = range(int(IPv6Address("2001:db8:1::1000")), int(IPv6Address("2001:db8:1::2000")))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("client", [name for name in LISTED if name != "two"])
def test_a_listed_client_has_its_address(host: Host, table: Table, client: str, phase: str) -> None:
    assert table.had(host, client, phase) == LISTED[client]


@pytest.mark.parametrize("phase", PHASES)
def test_another_client_has_one_of_the_pool(host: Host, table: Table, phase: str) -> None:
    (address,) = table.had(host, "unlisted", phase)
    assert int(IPv6Address(address)) in POOL


def test_a_client_that_was_pinned_by_its_name_moves_to_its_address(host: Host, table: Table) -> None:
    """from_lease, where the server writes down what clients call themselves."""
    had = [table.had(host, "guest", phase) for phase in PHASES]
    assert all(int(IPv6Address(address)) in POOL for (address,) in had[:-1])
    if table.server(host) in ("kea", "dnsmasq"):
        assert had[-1] == ["2001:db8:1::f1"]


@pytest.mark.parametrize("phase", PHASES)
def test_two_interfaces_under_one_duid(host: Host, table: Table, phase: str) -> None:
    """As M(homelab.ipv6.dhcp6_hosts) says of each server."""
    had = table.had(host, "two", phase)
    server = table.server(host)
    if server == "dnsmasq":
        # Which of the two interfaces has the host's address is left open.
        listed = [address for address in had if address == "2001:db8:1::a"]
        assert (len(listed), len(had)) == (1, 2)
        assert any(int(IPv6Address(address)) in POOL for address in had)
    elif server == "dhcpd":
        assert had == ["2001:db8:1::a", "2001:db8:1::a"]
    else:
        assert had == ["2001:db8:1::a", "2001:db8:1::b"]
