# SPDX-License-Identifier: GPL-3.0-or-later
"""A network without a pool, where a server of the role serves it."""

from __future__ import annotations

from testinfra.host import Host


def test_who_is_not_listed_gets_no_address_where_there_is_no_pool(host: Host, lease: str) -> None:
    """The listed one got its own there, so that somebody answers."""
    assert "iaaddr " in lease
    files = "-lf /run/unlisted.leases -pf /run/unlisted.pid"
    asked = host.run(f"rm -f /run/unlisted.*; timeout 5 dhclient -6 -1 -D LLT -cf /dev/null {files} -sf /bin/true lan0")
    assert asked.rc != 0
    assert "iaaddr" not in host.run("cat /run/unlisted.leases").stdout
