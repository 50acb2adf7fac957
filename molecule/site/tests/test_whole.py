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

# By the machine that has them: the gateway is a host of containers too.
CONTAINERS = {"attic": ("web", "mail", "build"), "gateway": ("proxy", "cell")}
RESERVED = {"web": "2001:db8:d:407::80", "mail": "2001:db8:d:407::25", "proxy": "2001:db8:d:407::88"}
ROUTED = {"build": ("2001:db8:4070:501:", "10.9.1."), "cell": ("2001:db8:4070:601:", "10.9.2.")}
INTERNET = {"6": "2001:db8:ffff::80", "4": "203.0.113.80"}


@pytest.fixture(
    params=[(machine, name) for machine, names in CONTAINERS.items() for name in names], ids=lambda one: one[1]
)
def container(request: pytest.FixtureRequest, machine: Callable[[str], Host]) -> Container:
    has_it, name = machine(request.param[0]), request.param[1]
    wait_until(lambda: has_it.run(f"machinectl show --property=Leader --value {name}").stdout != "")
    return Container(has_it, name)


def address_of(machine: Host, interface: str, family: str) -> str:
    """One of a machine's own that can be used, in which SLAAC's and DHCP's are alike."""

    def found() -> list[str]:
        shown = machine.run(f"ip -{family} -o address show dev {interface} scope global -tentative").stdout
        return re.findall(r"inet6? ([^/]+)/", shown)

    return str(wait_until(found)[0])


def test_addresses(container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    name = container.name
    wanted = ROUTED.get(name) or [RESERVED[name] + "/128", "2001:db8:d:407:", "192.168.1."]

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
    # Pings may come in, as to any machine.
    answer = machine("outside").run(f"ping -n -c 1 -W 2 -I {INTERNET[family]} {container.address(family)}")
    assert answer.rc == 0, answer.stdout


def test_the_gateway_guards_a_routed_container_of_its_own(machine: Callable[[str], Host]) -> None:
    cell = Container(machine("gateway"), "cell")
    cell.run("systemctl is-active --quiet web || systemd-run --unit=web python3 -m http.server --bind :: 8080")
    address = cell.address("6")
    ask = f"curl --silent --show-error --noproxy '*' --max-time 3 --output /dev/null http://[{address}]:8080/"
    wait_until(lambda: machine("gateway").run(ask), lambda done: done.rc == 0)
    assert machine("desk").run(ask).rc == 0
    assert machine("outside").run(ask).rc == 28


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
