# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client is given is the same, whichever server gives it."""

from __future__ import annotations

from testinfra.host import Host


def test_client_gets_its_static_address_by_duid(lease: str, neighbour: str) -> None:
    assert f"iaaddr 2001:db8:{neighbour}::c11e " in lease


def test_client_is_told_of_name_servers_and_search_list(lease: str) -> None:
    assert "option dhcp6.name-servers 2001:db8:53::53;" in lease
    assert 'option dhcp6.domain-search "home.example.";' in lease


def test_who_is_not_listed_gets_no_address_where_there_is_no_pool(host: Host, lease: str) -> None:
    """The listed one got its own there, so that somebody answers."""
    assert "iaaddr " in lease
    files = "-lf /run/unlisted.leases -pf /run/unlisted.pid"
    asked = host.run(f"rm -f /run/unlisted.*; timeout 5 dhclient -6 -1 -D LLT -cf /dev/null {files} -sf /bin/true lan0")
    assert asked.rc != 0
    assert "iaaddr" not in host.run("cat /run/unlisted.leases").stdout
