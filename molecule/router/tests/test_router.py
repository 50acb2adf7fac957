# SPDX-License-Identifier: GPL-3.0-or-later
"""The router itself: what runs, what survives, and what was left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until


@pytest.mark.parametrize("name", ["systemd-networkd", "homelab-ipv6-firewall", "radvd", "kea-dhcp6-server"])
def test_service_runs_and_comes_back_at_boot(host: Host, name: str) -> None:
    assert host.service(name).is_running
    assert host.service(name).is_enabled


def test_dhcp6_server_listens(host: Host) -> None:
    """Kea that was started before its interface was up runs without a socket."""
    assert ":547 " in host.check_output("ss -6 --udp --listening --numeric --no-header")


def test_it_forwards_and_goes_on_forwarding_when_radvd_restarts(host: Host) -> None:
    assert host.sysctl("net.ipv6.conf.all.forwarding") == 1
    host.run_test("systemctl restart radvd")
    wait_until(lambda: host.service("radvd").is_running)
    wait_until(lambda: host.sysctl("net.ipv6.conf.all.forwarding"), lambda value: value == 1)


def test_radvd_stops_without_taking_forwarding_along(host: Host) -> None:
    host.run_test("systemctl stop radvd")
    wait_until(lambda: host.sysctl("net.ipv6.conf.all.forwarding"), lambda value: value == 1)
    host.run_test("systemctl start radvd")


def test_unused_parts_of_the_prefix_do_not_loop(host: Host, number: str) -> None:
    assert f"unreachable 2001:db8:{number}:2::/64" in host.check_output("ip -6 route show type unreachable")


def test_uplink_stays_in_the_hands_of_ifupdown(host: Host, number: str) -> None:
    assert f"198.51.{number}.2/24" in host.check_output("ip -4 -brief address show dev eth0")
    assert host.file("/etc/network/interfaces.d/eth0").exists
    assert host.check_output("ifquery --state eth0") == "eth0=eth0"
    host.run_expect([0], "ping -c 1 -W 2 198.51.%s.1", number)


def test_lan_that_was_handed_over_keeps_its_ipv4_address(machine: Callable[[str], Host]) -> None:
    adopted = machine("router13")
    assert "192.168.13.1/24" in adopted.check_output("ip -4 -brief address show dev lan0")
    assert adopted.run("ifquery lan0").failed, "two would configure it"
    kept = adopted.check_output("grep -rl 'The LAN behind the stairs' /etc/network /var")
    assert kept, "no backup of the old stanza"
