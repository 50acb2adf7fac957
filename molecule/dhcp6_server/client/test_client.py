# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client is given is the same, whichever server gives it."""

from __future__ import annotations


def test_client_gets_its_static_address_by_duid(lease: str, neighbour: str) -> None:
    assert f"iaaddr 2001:db8:{neighbour}::c11e " in lease


def test_client_is_told_of_name_servers_and_search_list(lease: str) -> None:
    assert "option dhcp6.name-servers 2001:db8:53::53;" in lease
    assert 'option dhcp6.domain-search "home.example.";' in lease
