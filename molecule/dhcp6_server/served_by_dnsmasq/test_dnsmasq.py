# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host


def test_only_dnsmasq_serves(listening: str) -> None:
    assert '"dnsmasq"' in listening
    assert '"kea-dhcp6"' not in listening


def test_its_configuration_gained_one_file_of_one_line(server: Host) -> None:
    assert "/etc/dnsmasq.conf" not in server.check_output("dpkg --verify dnsmasq")
    text = server.file("/etc/dnsmasq.d/homelab-ipv6.conf").content_string
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "dhcp-hostsfile=/etc/dnsmasq.d-available/homelab-ipv6-hosts6.conf"
    ]


def test_its_own_user_can_read_the_hosts(server: Host) -> None:
    path = "/etc/dnsmasq.d-available/homelab-ipv6-hosts6.conf"
    assert "desk" in server.check_output("setpriv --reuid=dnsmasq --regid=nogroup --clear-groups cat %s", path)


def test_the_lease_of_a_static_host_is_told(
    lease: str, neighbour: str, server: Host, leases_of: Callable[[Host], dict[str, Any]]
) -> None:
    assert "::c11e " in lease
    [row] = [row for row in leases_of(server)["leases"] if row["address"] == f"2001:db8:{neighbour}::c11e"]
    assert (row["duid_type"], row["hostname"], row["state"]) == ("DUID-LL", "desk", "active")
