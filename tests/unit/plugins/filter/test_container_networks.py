# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of a host of routed containers: which it must not have already, and whose routers it goes on hearing."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule

from .container_hosts import BOX, OPTIONS, SHED, WEB, network, plan

LO = "05-homelab-lo.network"
CUT_OFF = "and its machines would be cut off from this host. Write a network that no other interface of this host has."


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (
            {"routed_prefixes": ["2001:db8:d:407::/64"], "containers": [{**SHED, "prefix": "2001:db8:d:407::/64"}]},
            (
                "container_host_routed_prefixes: 2001:db8:d:407::/64 overlaps 2001:db8:d:407::/64, the network of br0, "
                + CUT_OFF
            ),
        ),
        (
            {"routed_prefixes": ["2001:db8:d:400::/56"], "containers": []},
            (
                "container_host_routed_prefixes: 2001:db8:d:400::/56 overlaps 2001:db8:d:407::/64, the network of br0, "
                "and its machines would be cut off from this host. List the parts without that, as the filter subnets "
                "works them out."
            ),
        ),
        (
            {"containers": [{**BOX, "ipv4": "192.0.2.1/25"}]},
            ("container_host_containers[].ipv4: 192.0.2.1/25 overlaps 192.0.2.0/24, the network of br0, " + CUT_OFF),
        ),
        (
            {"bridge": {"interface": "eth0", "addresses": ["2001:db8:d:5ff::5/64"]}},
            (
                "container_host_routed_prefixes: 2001:db8:d:500::/56 overlaps 2001:db8:d:5ff::/64, the network of br0, "
                "and its machines would be cut off from this host. List the parts without that, as the filter subnets "
                "works them out."
            ),
        ),
    ],
)
def test_networks_that_the_host_has_already(other: dict[str, Any], problem: str) -> None:
    links = network(eth0={"networks": []})
    assert plan(links, **other)["problems"] == [problem]


def test_the_hardware_address_of_the_card() -> None:
    card = {"mac": "02:00:00:00:00:aa"}
    assert plan(network(eth1=card), containers=[{**WEB, "mac": "02:00:00:00:00:AA"}])["problems"] == [
        (
            "container_host_containers[].mac: 02:00:00:00:00:aa is that of eth1 on this host, and web is to have it. "
            "Leave it out, or write one that nobody has."
        )
    ]
    assert plan(network(eth1=card), containers=[{**WEB, "mac": "02:00:00:00:00:ab"}])["problems"] == []


def test_its_own_links_of_earlier_runs_are_no_hindrance() -> None:
    own = {
        "networks": ["2001:db8:d:500::/64", "10.9.1.0/28"],
        "network_file": "/etc/systemd/network/10-homelab-ipv6-ve-box.network",
    }
    assert plan(network(**{"ve-box": own}))["problems"] == []
    # Nor is one that is no longer in the list.
    assert plan(network(**{"ve-box": own}), containers=[SHED])["problems"] == []
    foreign = {**own, "network_file": "/usr/lib/systemd/network/80-container-ve.network"}
    assert len(plan(network(**{"ve-other": foreign}))["problems"]) == 2


def test_from_where_ansible_comes_in() -> None:
    far = {**network(), "ssh_connection": {"client": "2001:db8:d:5aa::2"}}
    assert plan(far)["problems"] == [
        (
            "container_host_routed_prefixes: 2001:db8:d:500::/56 holds 2001:db8:d:5aa::2, from where Ansible comes in: "
            "it would be cut off. Write a network in which no machine is yet."
        )
    ]
    assert len(plan({**network(), "ssh_connection": {"client": "10.9.1.2"}})["problems"]) == 1
    assert plan({**network(), "ssh_connection": {"client": "fe80::1%br0"}})["problems"] == []
    # It may well run in a container.
    own = {"networks": ["2001:db8:d:5aa::/64"], "network_file": "/etc/systemd/network/10-homelab-ipv6-ve-a.network"}
    inside = {**network(**{"ve-a": own}), "ssh_connection": {"client": "2001:db8:d:5aa::2"}}
    assert plan(inside)["problems"] == []


def listening(links: dict[str, Any], **options: Any) -> dict[str, Any]:
    wanted = {**OPTIONS, "bridge": "br0", **options}
    result: dict[str, Any] = FilterModule().filters()["nspawn_plan"](wanted, links)
    assert result["problems"] == []
    return {"accept_ra": result["accept_ra"], "units": [one for one in result["units"] if one["name"] != LO]}


def test_the_kernel_goes_on_listening() -> None:
    listens = {"networkd": False, "accept_ra": 1}
    links = network(eth0=listens, eth1=listens, port0={**listens, "master": "br1"}, **{"ve-box": listens})
    assert listening(links)["accept_ra"] == {"eth0": {"accept_ra": 2}, "eth1": {"accept_ra": 2}}
    assert listening(links, bridge_over="eth0")["accept_ra"] == {"eth1": {"accept_ra": 2}}
    assert listening(links, containers=[WEB])["accept_ra"] == {}


def test_networkd_goes_on_listening() -> None:
    def unit(name: str) -> dict[str, Any]:
        section = {"name": "Network", "settings": {"IPv6AcceptRA": "yes"}}
        return {"name": f"{name}.d/50-homelab-ipv6.conf", "sections": [section]}

    silent = {"kind": "bridge", "says_accept_ra": False}
    assert listening(network(br0=silent))["units"] == [unit("10-lan.network")]
    assert listening(network(br0=silent), containers=[WEB])["units"] == []
    # The way out may be one of IPv6 alone.
    links = network(eth1={**silent, "ra_default": True, "network_file": "/run/systemd/network/10-netplan-eth1.network"})
    assert listening({**links, "uplink": ""})["units"] == [unit("10-netplan-eth1.network")]
    # The role bridge says it.
    card = network(eth0={"says_accept_ra": False, "ra_default": True})
    assert listening({**card, "uplink": "eth0"}, bridge_over="eth0")["units"] == []


def lo(links: dict[str, Any], **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = FilterModule().filters()["nspawn_plan"]({**OPTIONS, "bridge": "br0", **options}, links)
    return {one["name"]: one for one in result["units"]}


def test_what_is_for_nobody_is_sent_back() -> None:
    (unit,) = lo(network()).values()
    assert unit["name"] == LO
    assert unit["sections"][0] == {"name": "Match", "settings": {"Type": "loopback"}}
    routes = [section["settings"] for section in unit["sections"] if section["name"] == "Route"]
    assert [(route["Destination"], route["Type"]) for route in routes] == [
        ("2001:db8:d:500::/56", "unreachable"),
        ("10.9.1.0/28", "unreachable"),
    ]
    # A file of the user's goes on to be used.
    theirs = {**network(), "loopback_file": "/etc/systemd/network/20-lo.network"}
    (unit,) = lo(theirs).values()
    assert unit["name"] == "20-lo.network.d/50-homelab-ipv6.conf"
    assert {section["name"] for section in unit["sections"]} == {"Route"}


def test_the_routes_go_with_the_prefixes() -> None:
    none = {"routed_prefixes": [], "containers": [WEB]}
    assert lo(network(), **none) == {}
    ours = {**network(), "loopback_file": f"/etc/systemd/network/{LO}"}
    assert lo(ours, **none) == {LO: {"name": LO, "state": "absent"}}


def dns(servers: list[str], *values: str, containers: list[dict[str, Any]]) -> tuple[list[str], dict[str, str]]:
    """What is wrong, and the hosts' ends of the links."""
    links = {**network(), "name_servers": servers}
    wanted = {**OPTIONS, "bridge": "br0", "routed_dns": list(values), "containers": containers}
    result: dict[str, Any] = FilterModule().filters()["nspawn_plan"](wanted, links)
    files = [file for each in result["containers"] for file in each["files"] if "-ve-" in file["path"]]
    return result["problems"], {file["path"].partition("-ve-")[2]: file["content"] for file in files}


def test_name_servers_of_the_host() -> None:
    problems, ends = dns(["2001:db8::53", "192.0.2.53"], "auto", containers=[BOX, SHED])
    assert problems == []
    assert "[IPv6SendRA]\nDNS=2001:db8::53\n" in ends["box.network"]
    assert "[DHCPServer]\nDNS=192.0.2.53\n" in ends["box.network"]
    assert "[IPv6SendRA]\nDNS=2001:db8::53\n" in ends["shed.network"]
    assert "192.0.2.53" not in ends["shed.network"]
    problems, ends = dns([], "2001:db8::a", "auto", containers=[SHED])
    assert problems == []
    assert "DNS=2001:db8::a\n" in ends["shed.network"]


def test_a_container_that_could_ask_nobody() -> None:
    assert dns(["192.0.2.53"], "auto", containers=[BOX])[0] == []
    assert dns(["192.0.2.53"], "auto", containers=[SHED])[0] == [
        (
            "nspawn_routed_dns: 192.0.2.53 has no name server that shed could ask over IPv6, which is all that it has. "
            "Write addresses of name servers, or [] to have none."
        )
    ]
    (problem,) = dns([], "auto", containers=[BOX])[0]
    assert problem.startswith("nspawn_routed_dns: none on this host has no name server that box could ask over IPv6 or")
    assert dns([], containers=[BOX, SHED])[0] == []
    assert dns([], "auto", containers=[WEB])[0] == []


@pytest.mark.parametrize("value", ["127.0.0.53", "fe80::1", "ns.example", "ff02::fb"])
def test_what_is_no_name_server(value: str) -> None:
    (problem,) = dns([], value, "2001:db8::53", containers=[SHED])[0]
    assert problem.startswith(f"nspawn_routed_dns: {value} is ")
