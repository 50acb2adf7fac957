# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client on the LAN hears, and that the router forwards whenever it announces itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding"


@pytest.fixture
def client(host: Host, machine: Callable[[str], Host]) -> Host:
    name = host.check_output("hostname").replace("router", "client")
    host.run_test("ip link set lan0 up")
    client = machine(name)
    client.run_test("ip link set eth0 up")
    return client


def advertisement(client: Host) -> str:
    """What a router answers; empty where none does."""
    return client.run("rdisc6 --single --retry 1 --wait 1000 eth0").stdout


def announced(client: Host) -> str:
    return wait_until(lambda: advertisement(client), lambda said: "Prefix" in said)


def test_a_client_hears_what_was_asked_for_and_nothing_else(client: Host) -> None:
    said = [re.sub(r"\s+", " ", line).strip() for line in announced(client).splitlines()]
    for line in (
        "Stateful address conf. : Yes",
        "Stateful other conf. : No",
        "Router preference : medium",
        "Router lifetime : 30 (0x0000001e) seconds",
        "Prefix : 2001:db8:d:1::/64",
        "On-link : Yes",
        "Autonomous address conf.: Yes",
        "Valid time : 86400 (0x00015180) seconds",
        "Pref. time : 14400 (0x00003840) seconds",
        "MTU : 1480 bytes (valid)",
        "Recursive DNS server : 2001:db8:d:1::1",
        "Recursive DNS server : 2001:db8:d:1::2",
        "DNS servers lifetime : 30 (0x0000001e) seconds",
        "DNS search list : home.example lan.home.example",
        "DNS search list lifetime: 30 (0x0000001e) seconds",
    ):
        assert line in said, said
    assert len([line for line in said if line.startswith(("Prefix", "Recursive", "DNS search list :"))]) == 4


def test_the_client_gets_an_address_and_the_routers_mtu(host: Host, client: Host) -> None:
    wait_until(lambda: client.check_output("ip -6 -o address show eth0 scope global"), lambda s: "2001:db8:d:1:" in s)
    router = host.check_output("ip -6 -o address show lan0 scope link").split()[3].partition("/")[0]
    assert f"default via {router}" in client.check_output("ip -6 route show default")
    assert client.check_output("cat /proc/sys/net/ipv6/conf/eth0/mtu") == "1480"


@pytest.mark.parametrize("verb", ["restart", "reload"])
def test_forwarding_is_on_again_whoever_switched_it_off(host: Host, client: Host, verb: str) -> None:
    host.run_test(f"echo 0 >{FORWARDING}")
    host.run_test(f"systemctl {verb} radvd")
    assert host.check_output(f"cat {FORWARDING}") == "1"
    assert "Router lifetime" in announced(client)


def test_forwarding_that_is_on_is_not_written_anew(host: Host) -> None:
    # It would make the kernel forget its own default route, learnt from an advertisement.
    host.run_test("ip -6 route replace default via fe80::99 dev lan0 proto ra metric 4242 expires 600")
    try:
        host.run_test("systemctl reload radvd && systemctl restart radvd")
        assert "metric 4242" in host.check_output("ip -6 route show default")
    finally:
        host.run("ip -6 route del default metric 4242")


def test_it_comes_back_when_it_dies(host: Host, client: Host) -> None:
    died = host.check_output("systemctl show -p MainPID --value radvd")
    host.run_test(f"echo 0 >{FORWARDING}; kill -KILL {died}")
    wait_until(lambda: host.check_output("systemctl show -p MainPID --value radvd"), lambda pid: pid not in {"0", died})
    assert "Prefix" in announced(client)
    assert host.check_output(f"cat {FORWARDING}") == "1"


def test_it_waits_for_an_interface_that_is_not_there(host: Host, client: Host) -> None:
    host.run_test("ip link set lan0 down && ip link set lan0 name away0")
    try:
        host.run_test("systemctl restart radvd")
        assert host.service("radvd").is_running
        assert "Prefix" not in advertisement(client)
    finally:
        host.run_test("ip link set away0 name lan0 && ip link set lan0 up")
    assert "Prefix" in announced(client)


def test_radvd_takes_the_file_for_safe(host: Host) -> None:
    config = host.file("/etc/radvd.conf")
    assert (config.user, config.group, config.mode) == ("root", "root", 0o644)
    tested = host.run("radvd --logmethod stderr_clean --configtest")
    assert tested.succeeded
    assert "Insecure" not in tested.stderr
    assert host.check_output("ls -d /etc/radvd.conf*") == "/etc/radvd.conf"
