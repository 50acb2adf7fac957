# SPDX-License-Identifier: GPL-3.0-or-later
"""A container on a link of its own, with a prefix that the router sends to its host: no NAT, no proxy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import ELSEWHERE


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
