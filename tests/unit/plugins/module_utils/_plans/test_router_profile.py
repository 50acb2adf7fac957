# SPDX-License-Identifier: GPL-3.0-or-later
"""What the router profile accepts, what it makes of it, and what it says about what cannot be right."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.router_profile import profile
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

DUID = "00:01:00:01:2c:4d:6f:e1:52:54:00:c1:1e:01"


def link(**changes: Any) -> dict[str, Any]:
    plain = {
        "mac": "52:54:00:00:00:01",
        "mtu": 1500,
        "operstate": "up",
        "accept_ra": 1,
        "networkd": False,
        "network_file": "",
        "says_accept_ra": False,
        "managed_by": [],
    }
    return {**plain, **changes}


IFUPDOWN = {"manager": "ifupdown", "source": "/etc/network/interfaces line 12", "obstacles": []}


@pytest.fixture
def network() -> dict[str, Any]:
    return {
        "links": {"eth0": link(managed_by=[IFUPDOWN]), "lan0": link(), "lan1": link()},
        "uplink": "eth0",
        "ssh_connection": {},
        "sit": True,
    }


@pytest.fixture
def options() -> dict[str, Any]:
    return {
        "tunnel_name": "he-ipv6",
        "tunnel_server_ipv4": "198.51.100.1",
        "tunnel_server_ipv6": "2001:db8:c:407::1",
        "tunnel_client_ipv6": "2001:db8:c:407::2/64",
        "tunnel_mtu": 1480,
        "tunnel_activate": True,
        "routed_prefixes": ["2001:db8:d:407::/64", "2001:db8:4070::/48"],
        "uplink": "auto",
        "lan": [{"interface": "lan0", "prefix": "2001:db8:d:407::/64"}],
        "dns": ["2001:db8:d:407::53"],
        "search": ["home.arpa"],
        "routes": [],
        "hosts": [{"name": "nas", "duid": DUID, "addresses": ["2001:db8:d:407::c11e"]}],
        "dhcp6_stateless": False,
        "adopt": False,
        "verify_targets": [],
    }


def changed(options: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The options with one of them, named as in the message, replaced."""
    result = copy.deepcopy(options)
    at: Any = result
    *steps, last = path.replace("[", ".").replace("]", "").split(".")
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return result


def test_everything_that_the_blocks_get(options: dict[str, Any], network: dict[str, Any]) -> None:
    plan = profile(options, network)
    assert plan["tunnel"] == {
        "name": "he-ipv6",
        "server_ipv4": "198.51.100.1",
        "client_ipv6": "2001:db8:c:407::2/64",
        "client_address": "2001:db8:c:407::2",
        "server_ipv6": "2001:db8:c:407::1",
        "network": "2001:db8:c:407::/64",
        "mtu": 1480,
    }
    assert plan["dhcp6"] == [
        {
            "interface": "lan0",
            "prefix": "2001:db8:d:407::/64",
            "pools": ["2001:db8:d:407::1000-2001:db8:d:407::1fff"],
            "dns": ["2001:db8:d:407::53"],
            "search": ["home.arpa"],
        }
    ]
    assert plan["radvd"] == [
        {
            "name": "lan0",
            "prefixes": [{"prefix": "2001:db8:d:407::/64"}],
            "managed": True,
            "other": False,
            "mtu": 1480,
            "rdnss": ["2001:db8:d:407::53"],
            "dnssl": ["home.arpa"],
        }
    ]
    assert plan["firewall"] == {
        "tunnels": [
            {
                "interface": "he-ipv6",
                "broker_ipv4": "198.51.100.1",
                "address": "2001:db8:c:407::2/64",
                "prefixes": ["2001:db8:d:407::/64", "2001:db8:4070::/48"],
                "mtu": 1480,
            }
        ],
        "inside": [{"interface": "lan0", "prefixes": ["2001:db8:d:407::/64"]}],
    }
    assert plan["hosts"] == [
        {"name": "nas", "duid": DUID, "addresses": ["2001:db8:d:407::c11e"], "hostname": "nas"},
    ]
    assert plan["accept_ra"] == {"eth0": {"accept_ra": 2}, "lan1": {"accept_ra": 2}}
    assert [unit["name"] for unit in plan["units"]] == ["05-homelab-lan0.network"]


def test_a_file_of_the_users_own_gets_a_dropin(options: dict[str, Any], network: dict[str, Any]) -> None:
    network["links"]["lan0"] = link(networkd=True, network_file="/etc/systemd/network/20-lan.network")
    (unit,) = profile(options, network)["units"]
    assert unit["name"] == "20-lan.network.d/50-homelab-ipv6.conf"
    assert "Match" not in [section["name"] for section in unit["sections"]]


def test_links_of_networkd_keep_its_own_ra_client(options: dict[str, Any], network: dict[str, Any]) -> None:
    network["links"]["eth0"] = link(networkd=True, network_file="/etc/systemd/network/eth0.network")
    plan = profile(options, network)
    assert "eth0" not in plan["accept_ra"]
    assert plan["units"][1:] == [
        {
            "name": "eth0.network.d/50-homelab-ipv6.conf",
            "sections": [{"name": "Network", "settings": {"IPv6AcceptRA": "yes"}}],
        }
    ]
    network["links"]["eth0"]["says_accept_ra"] = True
    assert len(profile(options, network)["units"]) == 1


def test_what_is_sent_on_to_a_machine_of_a_lan_may_come_from_there(
    options: dict[str, Any], network: dict[str, Any]
) -> None:
    options["lan"].append({"interface": "lan1", "prefix": "2001:db8:4070:1::/64"})
    options["routes"] = [
        {"prefix": "2001:db8:4070:500::/56", "via": "2001:db8:d:407::5"},
        {"prefix": "2001:db8:4070:600::/64", "via": "2001:DB8:d:407:0::6"},
    ]
    plan = profile(options, network)
    assert [unit["sections"][3:] for unit in plan["units"]] == [
        [
            {"name": "Route", "settings": {"Destination": "2001:db8:4070:500::/56", "Gateway": "2001:db8:d:407::5"}},
            {"name": "Route", "settings": {"Destination": "2001:db8:4070:600::/64", "Gateway": "2001:db8:d:407::6"}},
        ],
        [],
    ]
    assert plan["firewall"]["inside"] == [
        {
            "interface": "lan0",
            "prefixes": ["2001:db8:d:407::/64", "2001:db8:4070:500::/56", "2001:db8:4070:600::/64"],
        },
        {"interface": "lan1", "prefixes": ["2001:db8:4070:1::/64"]},
    ]
    # What is announced on the link is its own prefix alone.
    assert next(one["prefixes"] for one in plan["radvd"]) == [{"prefix": "2001:db8:d:407::/64"}]


ROUTE = {"prefix": "2001:db8:4070:500::/56", "via": "2001:db8:d:407::5"}


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ({"prefix": "2001:db8:4071::/56"}, "router_routes[1].prefix: 2001:db8:4071::/56 is in none of router_routed_"),
        ({"prefix": "2001:db8:4070:1::/64"}, "router_routes[1].prefix: 2001:db8:4070:1::/64 overlaps 2001:db8:4070:1:"),
        ({"prefix": "2001:db8:4070::/56"}, "router_routes[1].prefix: 2001:db8:4070::/56 overlaps 2001:db8:4070:1::/64"),
        ({"prefix": "2001:db8:4070:501::/64"}, "router_routes[1].prefix: 2001:db8:4070:501::/64 overlaps 2001:db8:407"),
        ({"prefix": "2001:db8:4070:600::1/64"}, "router_routes[1].prefix: 2001:db8:4070:600::1/64 has bits set behind"),
        ({"via": "2001:db8:d:407::1"}, "router_routes[1].via: 2001:db8:d:407::1 is the router's own address on lan0"),
        ({"via": "2001:db8:d:408::5"}, "router_routes[1].via: 2001:db8:d:408::5 is on none of the LANs"),
        ({"via": "192.0.2.5"}, "router_routes[1].via: 192.0.2.5 is an IPv4 address"),
    ],
)
def test_what_cannot_be_sent_on_is_refused(
    options: dict[str, Any], network: dict[str, Any], route: dict[str, str], says: str
) -> None:
    options["lan"].append({"interface": "lan1", "prefix": "2001:db8:4070:1::/64"})
    options["routes"] = [ROUTE, {"prefix": "2001:db8:4070:600::/56", "via": "2001:db8:d:407::6", **route}]
    with pytest.raises(Refusal) as refusal:
        profile(options, network)
    assert str(refusal.value).startswith(says)


def test_a_stateless_server_gives_no_addresses_and_hosts_are_told_so(
    options: dict[str, Any], network: dict[str, Any]
) -> None:
    plan = profile({**options, "dhcp6_stateless": True, "hosts": []}, network)
    assert [(one["managed"], one["other"]) for one in plan["radvd"]] == [(False, True)]
    assert [one["pools"] for one in plan["dhcp6"]] == [[]]
    assert plan["dhcp6"][0]["dns"] == ["2001:db8:d:407::53"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "router_hosts[0]: nas is to get addresses of its own, and router_dhcp6_stateless is set"),
        (
            {
                "lan": [
                    {
                        "interface": "lan0",
                        "prefix": "2001:db8:d:407::/64",
                        "pool": "2001:db8:d:407::a-2001:db8:d:407::f",
                    }
                ]
            },
            "router_lan[0].pool: 2001:db8:d:407::a-2001:db8:d:407::f is to be handed out",
        ),
        ({"hosts": [], "dns": [], "search": []}, "router_dns: [] leaves a DHCPv6 server nothing to tell"),
    ],
)
def test_a_stateless_server_is_not_asked_for_more(
    options: dict[str, Any], network: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        profile({**options, "dhcp6_stateless": True, **given}, network)
    assert str(refusal.value).startswith(says)


def test_a_pool_may_be_given_or_left_out(options: dict[str, Any], network: dict[str, Any]) -> None:
    options["lan"][0]["pool"] = "2001:db8:d:407::a-2001:db8:d:407::f"
    assert profile(options, network)["dhcp6"][0]["pools"] == ["2001:db8:d:407::a-2001:db8:d:407::f"]
    options["lan"][0]["pool"] = "none"
    assert profile(options, network)["dhcp6"][0]["pools"] == []


BAD: list[tuple[str, object, str, str]] = [
    (
        "tunnel_server_ipv4",
        "2001:db8::1",
        "router_tunnel_server_ipv4",
        "is an IPv6 address where an IPv4 address belongs",
    ),
    ("tunnel_server_ipv4", "198.51.100", "router_tunnel_server_ipv4", "is not an IPv4 address"),
    ("tunnel_server_ipv4", "224.0.0.1", "router_tunnel_server_ipv4", "is not the address of one host"),
    ("tunnel_server_ipv4", "", "router_tunnel_server_ipv4", "'' is not an IPv4 address"),
    ("tunnel_client_ipv6", "198.51.100.2/24", "router_tunnel_client_ipv6", "is an IPv4 address, where an IPv6 address"),
    ("tunnel_client_ipv6", "2001:db8:c:407::2", "router_tunnel_client_ipv6", "has no prefix length"),
    ("tunnel_client_ipv6", "nonsense", "router_tunnel_client_ipv6", "is not an IPv6 address with a prefix length"),
    ("tunnel_server_ipv6", "2001:db8:d:407::1", "router_tunnel_server_ipv6", "is not in 2001:db8:c:407::/64"),
    ("tunnel_mtu", 1279, "router_tunnel_mtu", "is not between 1280 and 1480"),
    ("tunnel_mtu", 1500, "router_tunnel_mtu", "is not between 1280 and 1480"),
    ("routed_prefixes[0]", "2001:db8:c:407::/64", "router_routed_prefixes[0]", "is the tunnel's own /64"),
    ("routed_prefixes[1]", "2001:db8:4070::1/48", "router_routed_prefixes[1]", "has bits set behind its length"),
    ("routed_prefixes[1]", "192.0.2.0/24", "router_routed_prefixes[1]", "is an IPv4 network"),
    ("routed_prefixes", [], "router_routed_prefixes", "names no prefix"),
    ("uplink", "eth9", "router_uplink", "does not exist on this host. Use one of eth0, lan0, lan1"),
    ("lan", [], "router_lan", "names no interface"),
    ("lan[0].interface", "eth9", "router_lan[0].interface", "does not exist on this host. Use one of eth0, lan0, lan1"),
    ("lan[0].interface", "eth0", "router_lan[0].interface", "is the uplink"),
    ("lan[0].prefix", "2001:db8:c:407::/64", "router_lan[0].prefix", "is the tunnel's own /64"),
    ("lan[0].prefix", "2001:db8:4070::/56", "router_lan[0].prefix", "is a /56"),
    ("lan[0].prefix", "2001:db8:4070::/80", "router_lan[0].prefix", "is a /80"),
    ("lan[0].prefix", "2001:db8:ffff::/64", "router_lan[0].prefix", "is in none of router_routed_prefixes"),
    (
        "lan[0].address",
        "2001:db8:4070::1",
        "router_lan[0].address",
        "is not an address of a host in 2001:db8:d:407::/64",
    ),
    (
        "lan[0].address",
        "2001:db8:d:407::",
        "router_lan[0].address",
        "is not an address of a host in 2001:db8:d:407::/64",
    ),
    ("lan[0].pool", "2001:db8:d:407::1000", "router_lan[0].pool", "is no range of addresses"),
    ("lan[0].pool", "2001:db8:4070::1-2001:db8:4070::2", "router_lan[0].pool", "is not within 2001:db8:d:407::/64"),
    ("lan[0].pool", "2001:db8:d:407::9-2001:db8:d:407::2", "router_lan[0].pool", "ends before it starts"),
    ("dns[0]", "192.0.2.53", "router_dns[0]", "is an IPv4 address, where an IPv6 address belongs"),
    ("hosts[0].duid", "00:01:00:01:2c:4d:6f:e1:52:54:00:c1:1e", "router_hosts[0].duid", ""),
    ("hosts[0].duid", "00:01:00:01:2c:4d:6f:e1:52:54:00:c1:1e:0", "router_hosts[0].duid", ""),
    ("hosts[0].duid", "00:01:00:01:2c:4d:6f:e1:52:54:00:c1:1e:zz", "router_hosts[0].duid", ""),
    (
        "hosts[0].addresses[0]",
        "2001:db8:4070::5",
        "router_hosts[0].addresses[0]",
        "is outside every prefix that is served",
    ),
    ("hosts[0].addresses[0]", "192.0.2.5", "router_hosts[0].addresses[0]", "is an IPv4 address"),
    (
        "hosts[0].addresses[0]",
        "2001:db8:d:407::1",
        "router_hosts[0].addresses[0]",
        "belongs to the router on lan0 already",
    ),
    ("verify_targets", ["192.0.2.1"], "router_verify_targets[0]", "is an IPv4 address"),
]


@pytest.mark.parametrize(("path", "value", "option", "text"), BAD)
def test_what_cannot_be_right_is_refused(
    options: dict[str, Any], network: dict[str, Any], path: str, value: object, option: str, text: str
) -> None:
    with pytest.raises(Refusal) as caught:
        profile(changed(options, path, value), network)
    message = str(caught.value)
    assert message.startswith(option + ": ")
    assert text in message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"name": "other", "duid": DUID, "addresses": ["2001:db8:d:407::2"]}, "router_hosts[1].duid"),
        ({"name": "other", "duid": DUID.upper().replace(":", "-"), "addresses": []}, "router_hosts[1].duid"),
        ({"name": "nas", "duid": DUID[:-1] + "2", "addresses": []}, "router_hosts[1].name"),
        (
            {"name": "other", "duid": DUID[:-1] + "2", "addresses": ["2001:db8:d:407:0:0:0:c11e"]},
            "router_hosts[1].addresses[0]",
        ),
    ],
)
def test_no_two_hosts_share_name_duid_or_address(
    options: dict[str, Any], network: dict[str, Any], change: dict[str, Any], option: str
) -> None:
    options["hosts"].append(change)
    with pytest.raises(Refusal, match=r"belongs to host nas already\. Give each host its own\.") as caught:
        profile(options, network)
    assert caught.value.option == option


def test_a_host_is_known_by_its_duid_or_by_its_machine_id(options: dict[str, Any], network: dict[str, Any]) -> None:
    host = {"name": "box", "machine_id": "0102030405060708090a0b0c0d0e0f10", "addresses": []}
    options["hosts"] = [host]
    assert profile(options, network)["hosts"][0]["duid"] == "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2"
    for wrong in ({**host, "duid": DUID}, {"name": "box", "addresses": []}):
        options["hosts"] = [wrong]
        with pytest.raises(Refusal, match=r"^router_hosts\[0\]: box has (both|neither) duid"):
            profile(options, network)
    options["hosts"] = [{**host, "machine_id": "0102"}]
    with pytest.raises(Refusal, match=r"^router_hosts\[0\]\.machine_id: "):
        profile(options, network)


def test_no_two_lans_share_interface_or_prefix(options: dict[str, Any], network: dict[str, Any]) -> None:
    options["lan"].append({"interface": "lan1", "prefix": "2001:db8:d:407::/64"})
    with pytest.raises(Refusal, match=r"^router_lan\[1\]\.prefix: .* overlaps 2001:db8:d:407::/64 of lan0"):
        profile(options, network)
    options["lan"][1] = {"interface": "lan0", "prefix": "2001:db8:4070:1::/64"}
    with pytest.raises(Refusal, match=r"^router_lan\[1\]\.interface: lan0 stands in two entries"):
        profile(options, network)


def test_an_interface_of_ifupdown_is_refused_or_adopted(options: dict[str, Any], network: dict[str, Any]) -> None:
    network["links"]["lan0"] = link(managed_by=[IFUPDOWN])
    with pytest.raises(Refusal) as caught:
        profile(options, network)
    assert "lan0 is configured by ifupdown (/etc/network/interfaces line 12)" in str(caught.value)
    assert "router_adopt: true" in caught.value.remedy
    options["adopt"] = True
    assert profile(options, network)["units"][0]["name"] == "05-homelab-lan0.network"
    network["links"]["lan0"] = link(managed_by=[{**IFUPDOWN, "obstacles": ["line 12: up ip rule add"]}])
    with pytest.raises(Refusal, match="cannot be handed over because of: line 12: up ip rule add"):
        profile(options, network)


def test_a_kernel_without_sit_is_refused_unless_files_are_all_that_is_asked(
    options: dict[str, Any], network: dict[str, Any]
) -> None:
    network["sit"] = False
    with pytest.raises(Refusal, match=r"^router_tunnel_activate: true asks for a tunnel, and this kernel has no sit"):
        profile(options, network)
    options["tunnel_activate"] = False
    assert profile(options, network)


def test_a_host_without_ipv4_is_told_so(options: dict[str, Any], network: dict[str, Any]) -> None:
    network["uplink"] = ""
    with pytest.raises(Refusal, match="router_uplink: auto finds no interface with an IPv4 default route"):
        profile(options, network)
