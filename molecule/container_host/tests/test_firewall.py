# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches a routed container, in both families: what its entry opens, and nothing else. All else is as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import ELSEWHERE
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

DOORS = (Path(__file__).parents[1] / "doors.py").read_text(encoding="utf-8")
OPEN, FOR_THE_LAN, CLOSED = {"tcp 8080", "udp 5300"}, {"tcp 8081"}, {"tcp 8082", "udp 5301"}
ALL = OPEN | FOR_THE_LAN | CLOSED
PLACES = ("internet", "client")


def network_of(place: str) -> str:
    return f"ip netns exec {place}"


def serve(host: Host, name: str, network: str = "") -> None:
    """Answer on all doors in a network of the host, as the unit NAME."""
    host.run("systemctl stop %s", name)
    doors = json.dumps(sorted(ALL))
    run = f"systemd-run --quiet --collect --property=Type=notify --property=NotifyAccess=all --unit={name}"
    host.check_output(f"{run} {network} python3 -c %s serve %s", DOORS, doors)


def answered(host: Host, network: str, addresses: list[str]) -> dict[str, set[str]]:
    """From there, the doors of each address that let in."""
    asked = json.dumps([[address, door] for address in addresses for door in sorted(ALL)])
    found = json.loads(host.check_output(f"{network} python3 -c %s ask %s", DOORS, asked))
    return {address: {door for whose, door in found if whose == address} for address in addresses}


def finds(host: Host, network: str, addresses: list[str], doors: set[str]) -> None:
    """See that these doors of all the addresses let in, and no others."""
    wanted = dict.fromkeys(addresses, doors)
    # On a busy machine an answer may come too late.
    wait_until(lambda: answered(host, network, addresses), lambda found: found == wanted, patience=10)


@pytest.fixture
def box(host: Host, container: Callable[[str], Any]) -> Iterator[list[str]]:
    """The addresses of the routed container, which answers on all doors."""
    one = container("box")
    serve(host, "doors-box", f"nsenter --target {one.leader} --net")
    yield [one.address("6"), one.address("4")]
    host.run("systemctl stop doors-box")


def test_what_its_entry_opens_is_open_and_all_else_is_closed(host: Host, box: list[str], router: Host) -> None:
    # Its own host does not come in through the firewall: all doors are there.
    finds(host, "", box, ALL)
    finds(router, network_of("internet"), box, OPEN)
    finds(router, network_of("client"), box, OPEN | FOR_THE_LAN)


def test_it_reaches_everything(host: Host, container: Callable[[str], Any], router: Host) -> None:
    for place in PLACES:
        serve(router, f"doors-{place}", network_of(place))
    addresses = [address for place in PLACES for address in ELSEWHERE[place].values()]
    finds(host, f"nsenter --target {container('box').leader} --net", addresses, ALL)
    for place in PLACES:
        router.run(f"systemctl stop doors-{place}")


def test_those_on_the_bridge_are_not_filtered(host: Host, container: Callable[[str], Any], router: Host) -> None:
    # Not even where the kernel shows bridged packets to nftables, as it does on a machine with other containers.
    host.run("sysctl --write net.bridge.bridge-nf-call-ip6tables=1 net.bridge.bridge-nf-call-iptables=1")
    web = container("web")
    serve(host, "doors-web", f"nsenter --target {web.leader} --net")
    for place in PLACES:
        finds(router, network_of(place), [web.address("6"), web.address("4")], ALL)
    host.run("systemctl stop doors-web")


def test_neither_is_the_host(host: Host, router: Host, number: str) -> None:
    serve(host, "doors-host")
    for place in PLACES:
        finds(router, network_of(place), [f"2001:db8:d:407::{number}", f"192.0.2.{number}"], ALL)
    host.run("systemctl stop doors-host")


def test_nobody_sends_under_its_addresses(host: Host, router: Host, number: str) -> None:
    dropped = r"nft list chain inet homelab_ipv6 sources | sed -n 's/.*iifname != .*packets \([0-9]*\).*/\1/p'"
    before = int(host.check_output(dropped))
    forged = f"2001:db8:d:{number}00::bad"
    router.check_output(f"ip -n client address add {forged}/128 dev eth0 nodad")
    try:
        ping = f"ping -n -c 1 -W 1 -I {forged} 2001:db8:d:407::{number}"
        assert router.run(f"{network_of('client')} {ping}").failed
    finally:
        router.check_output(f"ip -n client address del {forged}/128 dev eth0")
    assert int(host.check_output(dropped)) == before + 1
