# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that are members of the LAN: addresses that are known beforehand, from the first boot on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import ELSEWHERE
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

RESERVED = {"web": "80", "mail": "25"}
BRIDGED = (*RESERVED, "shop")


@pytest.mark.parametrize("name", RESERVED)
def test_it_has_all_that_a_machine_on_the_lan_has(container: Callable[[str], Any], number: str, name: str) -> None:
    def kinds() -> list[str]:
        found = container(name).addresses()
        return sorted(f"{one['local']}/{one['prefixlen']}" for one in found if one["scope"] == "global")

    reserved = f"2001:db8:d:407::{number}:{RESERVED[name]}/128"
    shapes = [r"192\.0\.2\.1\d\d/24", re.escape(reserved), r"2001:db8:d:407:(?:[0-9a-f]{1,4}:){3}[0-9a-f]{1,4}/64"]
    wait_until(lambda: [kinds()], lambda seen: all(any(re.fullmatch(s, one) for one in seen[0]) for s in shapes))
    assert len(kinds()) == len(shapes)


@pytest.mark.parametrize("name", RESERVED)
def test_it_had_its_address_at_its_first_boot(router: Host, host: Host, number: str, name: str) -> None:
    # And never another one: the server has heard of this DUID for this address alone.
    plan = host.check_output(f"cat /var/lib/machines/{name}/etc/machine-id")
    leases = router.check_output("cat /var/lib/kea/kea-leases6.csv").splitlines()
    mine = [line.split(",") for line in leases if f"::{number}:{RESERVED[name]}," in line]
    duids = {fields[1] for fields in mine}
    assert len(duids) == 1, (plan, leases)
    assert {line.split(",")[0] for line in leases if line.split(",")[1] in duids} == {mine[0][0]}
    assert host.check_output(f"systemctl show --property=NRestarts --value systemd-nspawn@{name}") == "0"


@pytest.mark.parametrize("name", BRIDGED)
@pytest.mark.parametrize("family", ["6", "4"])
@pytest.mark.parametrize("place", ["client", "internet"])
def test_pings_both_ways(container: Callable[[str], Any], router: Host, name: str, family: str, place: str) -> None:
    one = container(name)
    one.pings(ELSEWHERE[place][family])
    assert router.run(f"ip netns exec {place} ping -n -c 1 -W 5 {one.address(family)}").rc == 0


def test_what_is_reserved_is_reached(router: Host, number: str) -> None:
    for last in RESERVED.values():
        for place in ("client", "internet"):
            router.run_test(f"ip netns exec {place} ping -n -c 1 -W 5 2001:db8:d:407::{number}:{last}")


def test_no_two_of_one_image_are_the_same_machine(host: Host, container: Callable[[str], Any]) -> None:
    def of_all(names: tuple[str, ...], command: str) -> list[str]:
        return [container(name).run(command) for name in names]

    for command in ("cat /etc/machine-id", "cat /etc/hostname", "cat /sys/class/net/host0/address"):
        assert len(set(of_all((*BRIDGED, "box"), command))) == 4
    keys = [*of_all(("shop", "box"), "cat /etc/ssh/ssh_host_ed25519_key.pub"),
            host.check_output("cat /etc/ssh/ssh_host_ed25519_key.pub")]  # fmt: skip
    assert len({key.split()[1] for key in keys}) == 3
    link = host.check_output("cat /sys/class/net/br0/address")
    assert link not in of_all(BRIDGED, "cat /sys/class/net/host0/address")


def test_what_a_container_may_take_and_see(host: Host, container: Callable[[str], Any]) -> None:
    said = host.check_output("systemctl show --property=MemoryMax,TasksMax systemd-nspawn@web")
    assert set(said.split()) == {"MemoryMax=536870912", "TasksMax=300"}
    assert container("web").run("cat /srv/seen/note") == "shared"
    assert container("web").run("touch /srv/seen/mine 2>/dev/null || echo refused") == "refused"
    # Its root is nobody on the host.
    assert host.check_output("stat --format=%%u /proc/%s", container("web").leader) != "0"
