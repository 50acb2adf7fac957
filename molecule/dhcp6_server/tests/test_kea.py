# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host


def test_only_kea_serves(server: Host, listening: str) -> None:
    assert '"kea-dhcp6"' in listening
    assert '"dhcpd"' not in listening
    assert server.service("kea-dhcp6-server").is_running
    assert server.service("kea-dhcp6-server").is_enabled
    assert not server.service("homelab-dhcpd6").exists


def test_the_lease_of_a_static_host_is_told(
    lease: str, server: Host, neighbour: str, leases_of: Callable[[Host], dict[str, Any]]
) -> None:
    assert "::c11e " in lease
    told = leases_of(server)
    [row] = [row for row in told["leases"] if row["address"] == f"2001:db8:{neighbour}::c11e"]
    assert (row["duid_type"], row["subnet_id"] is not None) == ("DUID-LL", True)
    assert told["lease_file"] == "/var/lib/kea/kea-leases6.csv"
