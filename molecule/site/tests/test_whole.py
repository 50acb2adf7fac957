# SPDX-License-Identifier: GPL-3.0-or-later
"""Router and containers together: who has which address and reaches whom."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import Container
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

RESERVED = {"web": "2001:db8:d:407::80", "mail": "2001:db8:d:407::25"}
ROUTED = {"build": "2001:db8:4070:501:"}
INTERNET = {"6": "2001:db8:ffff::80", "4": "203.0.113.80"}
CONTAINERS = (*RESERVED, *ROUTED)


@pytest.fixture(params=CONTAINERS)
def container(request: pytest.FixtureRequest, host: Host) -> Container:
    wait_until(lambda: host.run(f"machinectl show --property=Leader --value {request.param}").stdout != "")
    return Container(host, request.param)


def address_of(machine: Host, interface: str, family: str) -> str:
    """One of a machine's own that can be used, in which SLAAC's and DHCP's are alike."""

    def found() -> list[str]:
        shown = machine.run(f"ip -{family} -o address show dev {interface} scope global -tentative").stdout
        return re.findall(r"inet6? ([^/]+)/", shown)

    return str(wait_until(found)[0])


def test_addresses(container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    name = container.name
    wanted = [ROUTED[name], "10.9.1."] if name in ROUTED else [RESERVED[name] + "/128", "2001:db8:d:407:", "192.168.1."]

    def shown() -> str:
        return str(container.net("ip address show dev host0").stdout)

    said = wait_until(shown, lambda text: all(f" {one}" in text for one in wanted) and "tentative" not in text)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}:\n{said}")
    assert len(re.findall("scope global", said)) == len(wanted)


@pytest.mark.parametrize("family", ["6", "4"])
def test_container_and_machine_on_the_lan(container: Container, machine: Callable[[str], Host], family: str) -> None:
    desk = machine("desk")
    container.pings(address_of(desk, "eth0", family))
    desk.run_test(f"ping -n -c 1 -W 5 {container.address(family)}")


@pytest.mark.parametrize("family", ["6", "4"])
def test_container_and_internet(container: Container, machine: Callable[[str], Host], family: str) -> None:
    container.pings(INTERNET[family])
    # Nobody out there may begin: over IPv6 the gateway's firewall holds for containers as for any machine.
    answer = machine("outside").run(f"ping -n -c 1 -W 2 -I {INTERNET[family]} {container.address(family)}")
    assert answer.rc == 0, answer.stdout


def test_a_reserved_address_was_had_at_the_first_boot(machine: Callable[[str], Host]) -> None:
    leases = machine("gateway").check_output("cat /var/lib/kea/kea-leases6.csv").splitlines()[1:]
    held: dict[str, set[str]] = {}
    for line in leases:
        address, duid = line.split(",")[:2]
        held.setdefault(duid, set()).add(address)
    for reserved in RESERVED.values():
        assert {reserved} in held.values(), leases


def test_the_host_has_its_addresses_on_the_bridge(host: Host) -> None:
    assert address_of(host, "br0", "4") == "192.168.1.5"
    assert "2001:db8:d:407::5/64" in host.check_output("ip -6 address show dev br0")
    assert host.check_output("cat /sys/class/net/br0/address") == "02:00:00:00:05:01"
