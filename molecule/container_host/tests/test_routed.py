# SPDX-License-Identifier: GPL-3.0-or-later
"""A container on a link of its own, with a prefix that the router sends to its host: no NAT, no proxy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import ELSEWHERE
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until


@pytest.fixture
def box(container: Callable[[str], Any]) -> Any:
    return container("box")


def test_its_addresses_are_of_its_own_prefixes(box: Any, number: str) -> None:
    assert box.address("6").startswith(f"2001:db8:d:{number}00:")
    assert box.address("4").startswith(f"10.{number}.1.")


@pytest.mark.parametrize("family", ["6", "4"])
@pytest.mark.parametrize("place", ["client", "internet"])
def test_pings_both_ways(box: Any, router: Host, family: str, place: str) -> None:
    box.pings(ELSEWHERE[place][family])
    assert router.run(f"ip netns exec {place} ping -n -c 1 -W 5 {box.address(family)}").rc == 0


@pytest.mark.parametrize("family", ["6", "4"])
def test_it_and_those_on_the_bridge_reach_each_other(box: Any, container: Callable[[str], Any], family: str) -> None:
    web = container("web")
    box.pings(web.address(family))
    web.pings(box.address(family))


def test_nothing_translates_and_nothing_stands_in(host: Host, box: Any, router: Host, number: str) -> None:
    assert "masquerade" not in host.run("nft list ruleset").stdout
    assert host.check_output("ip -6 neighbour show proxy") == ""
    # What arrives comes from the container itself.
    router.run_test("rm -f /tmp/seen; ip netns exec internet timeout 30 tcpdump -n -i eth0 -c 1 -l "
                    f"icmp6 and src net 2001:db8:d:{number}00::/56 >/tmp/seen 2>/dev/null & sleep 1")  # fmt: skip
    address = box.address("6")
    box.pings(ELSEWHERE["internet"]["6"])
    router.run_test("for i in $(seq 50); do grep -q ICMP6 /tmp/seen && exit 0; sleep 0.1; done; exit 1")
    assert address in router.check_output("cat /tmp/seen")


def test_the_host_forwards_and_its_kernel_listens_to_routers_as_before(host: Host) -> None:
    keys = ("all.forwarding", "spare0.accept_ra")
    assert host.check_output("sysctl --values " + " ".join(f"net.ipv6.conf.{key}" for key in keys)) == "1\n2"


def test_what_is_for_nobody_comes_back(router: Host, number: str) -> None:
    # Without a route, host and router would hand it to each other until its hops are used up.
    said = router.run(f"ip netns exec internet ping -n -c 1 -W 3 2001:db8:d:{number}aa::1").stdout
    assert "Destination unreachable" in said
    assert "exceeded" not in said


def test_unused_parts_are_unreachable(host: Host, number: str) -> None:
    assert f"unreachable 2001:db8:d:{number}00::/56" in host.check_output("ip -6 route show type unreachable")
    assert f"unreachable 10.{number}.1.0/28" in host.check_output("ip route show type unreachable")
    # It is networkd's now, and yet has what it always had.
    assert "127.0.0.1/8" in host.check_output("ip address show dev lo")


def test_it_knows_name_servers(box: Any) -> None:
    wanted = {"2001:db8:d:407::53", "192.0.2.53"}
    # Those of router advertisements may come later than the address.
    wait_until(
        lambda: set(box.run("sed -n 's/^DNS=//p' /run/systemd/netif/links/*").split()), lambda told: wanted <= told
    )


def test_its_host_still_hears_the_router(host: Host) -> None:
    # It is networkd that does, and the kernel's forwarding is nothing to that.
    assert host.check_output("sysctl --values net.ipv6.conf.all.forwarding") == "1"
    assert "via fe80::" in host.check_output("ip -6 route show default proto ra")
