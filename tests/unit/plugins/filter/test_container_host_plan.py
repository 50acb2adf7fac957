# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter container_host_plan: what the profile's parts get, and what it refuses in the user's words."""

from __future__ import annotations

from typing import Any

import pytest
from homelab_netns.rulesets import planned as firewall_planned

from .container_hosts import BOX, LINK, SHED, WEB, network, plan


def inbound(*holes: dict[str, Any], container: dict[str, Any] = BOX) -> dict[str, Any]:
    return plan(containers=[{**container, "inbound": list(holes)}])


def test_what_the_firewall_knows_of_routed_containers() -> None:
    firewall = plan()["firewall"]
    assert firewall == {
        "inside": [
            {"interface": "ve-box", "prefixes": ["2001:db8:d:500::/64"], "ipv4": ["10.9.1.0/28"]},
            {"interface": "ve-shed", "prefixes": ["2001:db8:d:501::/64"], "ipv4": []},
        ],
        "forward_allow": [],
        "leave": False,
    }


def test_what_may_come_in() -> None:
    result = inbound(
        {"ports": [80, "8000-8010"]},
        {"ports": [80, "8000-8010"], "sources": ["192.0.2.0/24"]},
        {"name": "vpn", "protocol": "udp", "ports": [51820], "sources": ["2001:db8:2::/48"]},
        {"protocol": "esp"},
    )
    ends = ["2001:db8:d:500::/64", "10.9.1.0/28"]
    assert result["firewall"]["forward_allow"] == [
        {"name": "box: tcp 80,8000-8010", "ports": [80, "8000-8010"], "destinations": ends},
        {
            "name": "box: tcp 80,8000-8010 (2)",
            "ports": [80, "8000-8010"],
            "sources": ["192.0.2.0/24"],
            "destinations": ends,
        },
        {
            "name": "box: vpn",
            "protocol": "udp",
            "ports": [51820],
            "sources": ["2001:db8:2::/48"],
            "destinations": ends,
        },
        {"name": "box: esp", "protocol": "esp", "destinations": ends},
    ]
    # What the profile lets through, the role firewall takes.
    firewall = firewall_planned(scope="inside", **result["firewall"])
    assert firewall["problems"] == []
    assert [hole["match"] for hole in firewall["forward_holes_ipv4"]] == [
        "ip daddr 10.9.1.0/28 tcp dport { 80, 8000-8010 }",
        "ip saddr 192.0.2.0/24 ip daddr 10.9.1.0/28 tcp dport { 80, 8000-8010 }",
        "ip daddr 10.9.1.0/28 meta l4proto esp",
    ]
    assert [hole["name"] for hole in firewall["forward_holes"]] == ["box: tcp 80,8000-8010", "box: vpn", "box: esp"]
    # The role nspawn knows nothing of it.
    assert result["containers"] == [BOX]


@pytest.mark.parametrize("other", [{"containers": [WEB]}, {"firewall": False}])
def test_nothing_to_filter(other: dict[str, Any]) -> None:
    result = plan(**other)
    assert result["problems"] == []
    assert result["firewall"] == {"inside": [], "forward_allow": [], "leave": False}


def test_one_that_goes_opens_nothing() -> None:
    result = plan(containers=[{"name": "box", "state": "absent", "inbound": [{"ports": [80]}]}])
    assert (result["problems"], result["firewall"]["forward_allow"]) == ([], [])


def test_the_bridge_that_it_makes_need_not_be_there() -> None:
    without = {**network(), "links": {"eth0": LINK}, "uplink": "eth0"}
    made = plan(without, bridge={"interface": "eth0"})
    assert made["problems"] == []
    # Nor does the module look for it.
    assert [one["bridge"] for one in made["looks"]["containers"]] == ["", "", ""]
    assert [one["bridge"] for one in plan()["looks"]["containers"]] == ["br0", "", ""]
    assert plan(without, containers=[BOX, {**WEB, "started": False}])["problems"] == []
    (problem,) = plan(without)["problems"]
    assert problem == (
        "container_host_bridge_name: br0 is not there on this host, and web is to be on it. Name the network card in "
        "container_host_bridge_interface to have it made, or write the name of a bridge that is there."
    )


def test_networkd_need_not_run_where_the_role_bridge_starts_it() -> None:
    def ends(result: dict[str, Any]) -> list[str]:
        paths = [file["path"] for one in result["looks"]["containers"] for file in one["files"]]
        return [path for path in paths if path.endswith(("-ve-box.network", "-ve-shed.network"))]

    assert len(ends(plan())) == 2
    assert ends(plan(bridge={"interface": "eth0"})) == []


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (
            {"containers": [{**WEB, "bridge": "br9"}]},
            (
                "container_host_containers[0].bridge: br9 is not there on this host, and web is to be on it. Make it "
                "first, or write the name of a bridge that is there."
            ),
        ),
        (
            {"containers": [{**WEB, "bridge": "eth0"}]},
            (
                "container_host_containers[0].bridge: eth0 is no bridge, and "
                "web is to be on it. Name a bridge here, and a "
                "network card in container_host_bridge_interface."
            ),
        ),
        (
            {"bridge": {"interface": "eth7"}},
            "container_host_bridge_interface: eth7 does not exist on this host. Use one of eth0.",
        ),
        (
            {"bridge": {"interface": "eth0", "forward_delay": 40}},
            (
                "container_host_bridge_forward_delay: 40 is not between 0 and 30. Write 2 to 30 seconds with "
                "container_host_bridge_stp, and 0 without."
            ),
        ),
        (
            {"bridge": {"interface": "eth0", "vlans": ["10"]}},
            (
                "container_host_bridge_vlans: 10 are given for a bridge that does not look at VLANs. Set "
                "container_host_bridge_vlan_filtering: true, or leave container_host_bridge_vlans out: a plain bridge "
                "passes all VLANs."
            ),
        ),
        (
            {"bridge": {"interface": "eth0", "dhcp": "none", "gateways": ["192.0.2.1"]}},
            (
                "container_host_bridge_gateways: 192.0.2.1 is in none of the networks of this host "
                "(container_host_bridge_addresses is empty), so it cannot be "
                "reached. Name the router's address on this "
                "very link."
            ),
        ),
        (
            {"containers": [{**WEB, "image": "gone"}]},
            (
                "container_host_containers[0].image: 'gone' is no image. Write one of those in container_host_images: "
                "trixie."
            ),
        ),
        (
            {"routed_prefixes": [], "containers": [BOX]},
            (
                "container_host_containers[0].prefix: 2001:db8:d:500::/64 "
                "lies in none of the prefixes that are routed to "
                "this host, container_host_routed_prefixes: none. Write a "
                "/64 of one of them, as the filter subnets works "
                "them out."
            ),
        ),
    ],
)
def test_refusals(other: dict[str, Any], problem: str) -> None:
    assert plan(**other) == {"problems": [problem]}


def test_a_card_that_is_a_port_elsewhere() -> None:
    (problem,) = plan(network(eth0={"master": "br1"}), bridge={"interface": "eth0"})["problems"]
    assert problem.endswith("Take it out there, or set container_host_bridge_name: br1 if that is it.")


def test_addresses_that_nobody_gives() -> None:
    links = {"links": {"eth0": {**LINK, "networkd": False}}, "uplink": "eth0", "loopback_file": ""}
    (problem,) = plan(links, bridge={"interface": "eth0"})["problems"]
    assert problem.startswith("container_host_bridge_dhcp: keep keeps what eth0 has, and neither ifupdown nor")
    assert problem.endswith(
        "Say where addresses come from: container_host_bridge_dhcp: both, or none with "
        "container_host_bridge_addresses and container_host_bridge_gateways."
    )


@pytest.mark.parametrize(
    ("container", "hole", "problem"),
    [
        (
            WEB,
            {"ports": [80]},
            (
                "container_host_containers[0].inbound[0]: tcp 80 is for a "
                "routed container: this host does not filter what "
                "comes in over a bridge. Leave it out, or write mode: routed."
            ),
        ),
        (
            BOX,
            {"ports": ["http"]},
            (
                "container_host_containers[0].inbound[0].ports: http is not a port or a range of ports. Write a number "
                "from 1 to 65535, or two of them as in 8000-8010."
            ),
        ),
        (
            BOX,
            {"ports": [80], "sources": ["192.0.2.1/24"]},
            (
                "container_host_containers[0].inbound[0].sources: 192.0.2.1/24 has bits set behind its length of 24. "
                "Write 192.0.2.0/24."
            ),
        ),
        (
            SHED,
            {"ports": [80], "sources": ["192.0.2.1"]},
            (
                "container_host_containers[0].inbound[0].sources: 192.0.2.1 is an IPv4 address, where an IPv6 address "
                "belongs. Write an IPv6 address of the host's network, as in 2001:db8:0:1::10."
            ),
        ),
        (
            BOX,
            {"name": 'x" accept', "ports": [80]},
            (
                'container_host_containers[0].inbound[0].name: box: x" '
                "accept cannot stand in a comment. Write what it is "
                "for, in at most 100 letters, digits, blanks and . _ : / ( ) + , -."
            ),
        ),
        (
            BOX,
            {"protocol": "gre", "ports": [80]},
            (
                "container_host_containers[0].inbound[0].protocol: gre has "
                "no ports. Leave the ports out, or name one of "
                "tcp, udp, sctp, dccp, udplite."
            ),
        ),
    ],
)
def test_what_cannot_come_in(container: dict[str, Any], hole: dict[str, Any], problem: str) -> None:
    assert inbound(hole, container=container) == {"problems": [problem]}


def test_two_of_one_name() -> None:
    hole = {"name": "vpn", "ports": [80]}
    assert inbound(hole, hole)["problems"] == [
        "container_host_containers[0].inbound[1].name: vpn is there twice. Give each of them a name of its own."
    ]


def test_all_problems_are_told_at_once() -> None:
    problems = plan(
        bridge={"interface": "eth7"},
        containers=[{**WEB, "addresses": ["2001:db8::/64"]}, {**BOX, "inbound": [{"ports": [0]}]}],
    )["problems"]
    assert [problem.partition(":")[0] for problem in problems] == [
        "container_host_bridge_interface",
        "container_host_containers[0].addresses",
        "container_host_containers[1].inbound[0].ports",
    ]
