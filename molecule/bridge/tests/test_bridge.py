# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge has taken the card's place: the same addresses, known by the same name, and hardly a ping lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

# What issue 5 allows.
LONGEST_GAP = 5.0
GUEST = "ip netns exec guest "
# What the MAC addresses of guests begin with.
GUESTS = "06:"


@pytest.fixture
def name(host: Host) -> str:
    return host.backend.name.rpartition("-")[2]


@pytest.fixture
def server(machine: Callable[[str], Host]) -> Host:
    return machine("server")


def addresses(host: Host, interface: str) -> list[str]:
    lines = host.check_output("ip -oneline address show dev %s scope global", interface).splitlines()
    return sorted(line.split()[3] for line in lines)


def test_the_addresses_are_the_same_and_the_bridges(host: Host) -> None:
    remembered = host.file("/root/addresses").content_string.split()
    assert len(remembered) == 2
    assert addresses(host, "br0") == remembered


def test_the_card_has_no_address_at_all(host: Host) -> None:
    assert host.check_output("ip -oneline address show dev eth0") == ""
    assert host.check_output("ip -6 route show dev eth0") == ""
    assert host.check_output("ip -4 route show dev eth0") == ""


@pytest.mark.parametrize("family", [4, 6])
def test_the_ways_out_are_the_same_and_by_the_bridge(host: Host, family: int) -> None:
    lines = host.check_output(f"ip -{family} route show default").splitlines()
    remembered = host.file(f"/root/ways{family}").content_string.splitlines()
    assert remembered
    assert sorted({match.group() for match in re.finditer(r"via \S+", "\n".join(lines))}) == remembered
    assert all(" dev br0 " in line for line in lines)


def test_the_bridge_has_the_cards_hardware_address(host: Host) -> None:
    found = [host.file(f"/sys/class/net/{name}/address").content_string for name in ("eth0", "br0")]
    assert found[0] == found[1]


def known_as(leases: str) -> list[list[str]]:
    """dnsmasq.leases without times and names, which may come later: MAC or IAID, address, client id or DUID."""
    rows = [line.split() for line in leases.splitlines()]
    return sorted([row[1], row[2], row[4]] for row in rows if len(row) == 5 and not row[1].startswith(GUESTS))


def test_the_server_knows_them_as_before(server: Host) -> None:
    before, now = (server.file(path).content_string for path in ("/root/leases", "/var/lib/misc/dnsmasq.leases"))
    assert len(known_as(before)) == 4
    assert known_as(now) == known_as(before)


@pytest.mark.parametrize("family", [4, 6])
def test_a_stream_of_pings_is_hardly_interrupted(
    server: Host, name: str, family: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"/root/ping-{name}-{family}"

    def answered() -> list[float]:
        found = re.findall(r"^\[([\d.]+)\] .* time=", server.file(path).content_string, re.MULTILINE)
        return [float(stamp) for stamp in found]

    assert float(server.check_output("date +%s.%N")) - answered()[-1] < 2, "the stream has come to its end"
    stamps = answered()
    gap = max(later - earlier for earlier, later in pairwise(stamps))
    with capsys.disabled():
        sys.stdout.write(f"\n{name}, IPv{family}: longest gap {gap:.2f} s of {stamps[-1] - stamps[0]:.0f} s\n")
    assert len(stamps) > 100
    assert gap <= LONGEST_GAP


def test_ifupdown_lets_go_of_the_card(host: Host) -> None:
    assert host.run("pgrep dhclient").rc == 1
    assert not host.check_output("ifquery --state | grep eth0 || true")


def test_frames_pass_at_once(host: Host) -> None:
    assert host.file("/sys/class/net/br0/bridge/stp_state").content_string.strip() == "0"
    assert host.file("/sys/class/net/br0/bridge/forward_delay").content_string.strip() == "0"


@pytest.fixture
def guest(host: Host) -> Iterator[Host]:
    """A member of the network behind the bridge, as a container is."""
    mac = GUESTS + host.file("/sys/class/net/br0/address").content_string.strip()[3:]
    host.run_expect([0], "ip netns add guest")
    host.run_expect([0], f"ip link add guest0 master br0 type veth peer name eth0 address {mac} netns guest")
    host.run_expect([0], "ip link set guest0 up; ip -n guest link set eth0 up")
    yield host
    host.run_expect([0], "ip netns delete guest")


def test_who_is_behind_the_bridge_is_a_member_of_the_network(guest: Host) -> None:
    # A global address by the server's RA would need more than a /64 that is for DHCPv6 alone.
    wait_until(lambda: guest.run(GUEST + "rdisc6 -1 eth0").rc == 0)
    guest.run_expect(
        [0],
        GUEST + "timeout 30 dhclient -4 -1 -cf /dev/null -lf /run/guest.leases -pf /run/guest.pid -sf /bin/true eth0",
    )
    # It comes back before its child has written down its number.
    wait_until(lambda: guest.file("/run/guest.pid").exists and guest.file("/run/guest.pid").size > 0)
    guest.run_test(GUEST + "dhclient -4 -x -pf /run/guest.pid eth0")
    assert "fixed-address 192.0.2." in guest.file("/run/guest.leases").content_string
