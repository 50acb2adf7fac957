# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host on the LAN gets."""

from __future__ import annotations

import json
import re
from typing import Any

from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

DNS = "2001:db8:53::53"
INTERNET = "2001:db8:ffff::80"


def addresses(machine: Host, interface: str) -> list[dict[str, Any]]:
    found = json.loads(machine.check_output("ip -json -6 address show dev %s", interface))
    return [one for link in found for one in link.get("addr_info", []) if not one.get("tentative")]


def of_length(machine: Host, interface: str, length: int) -> list[str]:
    return [one["local"] for one in addresses(machine, interface) if one["prefixlen"] == length]


def test_router_has_its_own_address_on_the_lan(host: Host, number: str) -> None:
    assert f"2001:db8:{number}:2::1" in of_length(host, "lan0", 64)


def test_client_makes_itself_an_address(client: Host, number: str) -> None:
    own = wait_until(lambda: [a for a in of_length(client, "eth0", 64) if a.startswith(f"2001:db8:{number}:2:")])
    assert len(own) == 1


def test_client_gets_its_static_address_by_duid(client: Host, number: str) -> None:
    assert wait_until(lambda: of_length(client, "eth0", 128)) == [f"2001:db8:{number}:2::c11e"]


def test_clients_gateway_is_the_routers_link_local_address(client: Host, link_local: str) -> None:
    route = wait_until(lambda: client.check_output("ip -6 route show default"))
    assert f" via {link_local} dev eth0 proto ra " in route


def test_client_learns_the_tunnels_mtu(client: Host) -> None:
    """networkd sets it on the route (252) or the link (257)."""

    def learnt() -> bool:
        route = client.check_output("ip -6 route show default")
        return " mtu 1480 " in route or client.sysctl("net.ipv6.conf.eth0.mtu") == 1480

    wait_until(learnt)


def test_client_learns_name_servers_and_search_list(client: Host) -> None:
    state = wait_until(lambda: client.check_output("cat /run/systemd/netif/links/*"), lambda text: "DNS=2" in text)
    learnt = {key: set(words.split()) for key, words in re.findall("^(DNS|DOMAINS)=(.+)$", state, re.MULTILINE)}
    assert learnt == {"DNS": {DNS}, "DOMAINS": {"home.example"}}


def test_advertisement_is_complete(client: Host, number: str) -> None:
    said = client.check_output("rdisc6 -1 -w 10000 eth0")
    for line in (
        "Stateful address conf.    :          Yes",
        f"Prefix                   : 2001:db8:{number}:2::/64",
        "Autonomous address conf.:          Yes",
        "MTU                      :         1480 bytes (valid)",
        f"Recursive DNS server     : {DNS}",
        "DNS search list          : home.example",
    ):
        assert line in said


def test_client_reaches_the_internet(client: Host) -> None:
    wait_until(lambda: of_length(client, "eth0", 128))
    client.run_expect([0], "ping -6 -c 3 -i 0.2 -W 2 %s", INTERNET)
    size = client.check_output(
        "curl --silent --show-error --max-time 20 --output /dev/null --write-out %%{size_download} http://[%s]/big.bin",
        INTERNET,
    )
    assert size == "2000000"
