# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host


def test_only_dhcpd_serves(server: Host, listening: str) -> None:
    assert '"dhcpd"' in listening
    assert '"kea-dhcp6"' not in listening
    assert server.service("homelab-dhcpd6").is_running
    assert server.service("homelab-dhcpd6").is_enabled
    assert not server.service("kea-dhcp6-server").is_enabled


def test_a_static_host_has_no_lease(
    lease: str, server: Host, neighbour: str, leases_of: Callable[[Host], dict[str, Any]]
) -> None:
    assert "::c11e " in lease
    told = leases_of(server)
    assert f"2001:db8:{neighbour}::c11e" not in [row["address"] for row in told["leases"]]
    assert told["lease_file"] == "/var/lib/dhcp/dhcpd6.leases-homelab-ipv6"
