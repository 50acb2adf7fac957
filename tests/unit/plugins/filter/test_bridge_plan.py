# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the role `bridge` and links of a host → units, or what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import networkd_units

from .container_hosts import BRIDGE

bridge_plan = FilterModule().filters()["bridge_plan"]
OPTIONS: dict[str, Any] = {**BRIDGE, "interface": "eth0"}
MAC = "02:00:00:00:00:01"
CARD = {"kind": "", "master": "", "mac": MAC, "networkd": True, "managed_by": []}


def network(**links: dict[str, Any]) -> dict[str, Any]:
    return {"links": {"eth0": CARD, **{name: {**CARD, **link} for name, link in links.items()}}, "uplink": "eth0"}


def planned(links: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    plan = bridge_plan({**OPTIONS, **options}, links or network())
    assert plan["problems"] == []
    # Whatever it is, networkd knows it.
    for release in (252, 257):
        items = [{"state": "present", "sections": None, **unit} for unit in plan["units"]]
        assert networkd_units.wanted(items, Vocabulary(release))[1] == []
    return plan


def sections(plan: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    (unit,) = (unit for unit in plan["units"] if unit["name"] == name)
    return [(section["name"], section["settings"]) for section in unit["sections"]]


def test_a_card_and_nothing_else_said() -> None:
    plan = planned()
    assert plan["handover"] == "adopt"
    assert sections(plan, "04-homelab-br0.netdev") == [
        ("NetDev", {"Name": "br0", "Kind": "bridge", "MACAddress": MAC}),
        ("Bridge", {"STP": "no", "ForwardDelaySec": 0, "VLANFiltering": "no"}),
    ]
    assert sections(plan, "04-homelab-br0.network") == [
        ("Match", {"Name": "br0"}),
        ("Network", {"LinkLocalAddressing": "ipv6", "IPv6AcceptRA": "yes"}),
    ]
    assert sections(plan, "04-homelab-eth0.network") == [
        ("Match", {"Name": "eth0"}),
        ("Network", {"Bridge": "br0", "IPv6AcceptRA": "no", "LinkLocalAddressing": "no"}),
    ]


def test_addresses_that_are_said() -> None:
    plan = planned(
        dhcp="none",
        addresses=["192.0.2.10/24", "2001:db8::10/64"],
        gateways=["192.0.2.1", "fe80::1"],
        dns=["2001:db8::53"],
        search=["home.example", "example"],
        accept_ra=False,
    )
    assert plan["handover"] == "replace"
    assert dict(sections(plan, "04-homelab-br0.network"))["Network"] == {
        "DHCP": "no",
        "LinkLocalAddressing": "ipv6",
        "IPv6AcceptRA": "no",
        "Address": ["192.0.2.10/24", "2001:db8::10/64"],
        "Gateway": ["192.0.2.1", "fe80::1"],
        "DNS": ["2001:db8::53"],
        "Domains": "home.example example",
    }
    assert plan["units"][-1] == {"name": "04-homelab-br0.network.d/10-handed-over.conf", "state": "absent"}


def test_dhcp_may_bring_the_gateways_network() -> None:
    plan = planned(dhcp="ipv4", gateways=["192.0.2.1"])
    assert dict(sections(plan, "04-homelab-br0.network"))["Network"]["DHCP"] == "ipv4"


def test_vlans_pass_between_card_and_bridge() -> None:
    plan = planned(vlan_filtering=True, vlans=[10, "20-29"])
    assert dict(sections(plan, "04-homelab-br0.netdev"))["Bridge"]["VLANFiltering"] == "yes"
    expected = [
        ("BridgeVLAN", {"PVID": 1, "EgressUntagged": 1}),
        ("BridgeVLAN", {"VLAN": "10"}),
        ("BridgeVLAN", {"VLAN": "20-29"}),
    ]
    for name in ("eth0", "br0"):
        assert sections(plan, f"04-homelab-{name}.network")[2:] == expected


def test_spanning_tree() -> None:
    plan = planned(stp=True, forward_delay=15)
    assert dict(sections(plan, "04-homelab-br0.netdev"))["Bridge"] == {
        "STP": "yes",
        "ForwardDelaySec": 15,
        "VLANFiltering": "no",
    }


def test_the_second_run_says_the_same() -> None:
    joined = network(eth0={"master": "br0"}, br0={"kind": "bridge"})
    assert planned({**joined, "uplink": "br0"}) == planned()


@pytest.mark.parametrize(
    ("links", "options", "said"),
    [
        ({}, {"interface": "eth7"}, "bridge_interface: eth7 does not exist on this host. Use one of eth0"),
        ({}, {"name": "eth0"}, "bridge_name: eth0 is there on this host, and is no bridge"),
        ({"br0": {"kind": "bridge"}}, {"interface": "br0"}, "bridge_interface: br0 is the bridge itself"),
        (
            {"eth0": {"master": "br9"}},
            {},
            "is a port of br9 already, and can be one of a single bridge or bond. Take it out there, or set bridge_na",
        ),
        ({"eth0": {"kind": "wlan"}}, {}, "bridge_interface: eth0 is a wireless card"),
        ({"eth0": {"kind": "wireguard"}}, {}, "eth0 is of the kind wireguard, and so is no network card"),
        ({"eth0": {"mac": ""}}, {}, "eth0 has no Ethernet address, and so is no network card"),
        ({}, {"name": "a-name-that-is-too-long"}, "bridge_name: "),
        ({}, {"dhcp": "maybe"}, "bridge_dhcp: "),
        ({}, {"addresses": ["192.0.2.10"]}, "bridge_addresses: 192.0.2.10 has no prefix length"),
        ({}, {"gateways": ["router"]}, "bridge_gateways: "),
        (
            {},
            {"dhcp": "none", "addresses": ["192.0.2.10/24"], "gateways": ["198.51.100.1"]},
            "198.51.100.1 is in none of the networks of this host (192.0.2.0/24), so it cannot be reached",
        ),
        ({}, {"dhcp": "none", "gateways": ["192.0.2.1"]}, "(bridge_addresses is empty)"),
        ({}, {"dns": ["one"]}, "bridge_dns: "),
        ({}, {"stp": True, "forward_delay": 0}, "bridge_forward_delay: 0"),
        ({}, {"forward_delay": 31}, "bridge_forward_delay: 31"),
        ({}, {"vlans": [10]}, "bridge_vlans: 10 are given for a bridge that does not look at VLANs"),
        ({}, {"vlan_filtering": True, "vlans": [4095]}, "bridge_vlans: 4095 is out of range"),
        (
            {"eth0": {"networkd": False}},
            {},
            "bridge_dhcp: keep keeps what eth0 has, and neither ifupdown nor networkd nor NetworkManager",
        ),
    ],
)
def test_what_cannot_be_right_is_said(links: dict[str, Any], options: dict[str, Any], said: str) -> None:
    plan = bridge_plan({**OPTIONS, **options}, network(**links))
    assert said in "\n".join(plan["problems"])
    assert plan["units"] == []


def test_another_card_does_not_come_beside_the_one_of_an_earlier_run() -> None:
    earlier = {"master": "br0", "network_file": "/etc/systemd/network/04-homelab-eth1.network"}
    (said,) = bridge_plan(OPTIONS, network(br0={"kind": "bridge"}, eth1=earlier))["problems"]
    assert said.startswith("bridge_interface: eth0 would be in br0 beside eth1, which an earlier run has put there")
    assert "bridge_interface: eth1" in said
    # What the user has put there, who knows what for, stays.
    theirs = {"master": "br0", "network_file": "/etc/systemd/network/20-second-port.network"}
    planned(network(br0={"kind": "bridge"}, eth1=theirs))
    planned(network(br0={"kind": "bridge"}, br1={"kind": "bridge"}, eth1={**earlier, "master": "br1"}))


def test_the_bridge_of_another_program() -> None:
    def said(card: dict[str, Any], **link: Any) -> list[str]:
        bridge = {"kind": "bridge", "networkd": False, **link}
        plan = bridge_plan({**OPTIONS, "name": "virbr0"}, network(virbr0=bridge, eth0=card))
        return list(plan["problems"])

    assert said({}) == [
        (
            "bridge_name: virbr0 is there as a bridge, and no network configuration of this host made it: libvirt, "
            "Docker, or a hand. Give the bridge another name, or take that one away first."
        )
    ]
    assert said({}, managed_by=[{"manager": "ifupdown", "source": "/etc/network/interfaces", "obstacles": []}]) == []
    # An earlier run's, while networkd is down.
    assert said({"master": "virbr0"}) == []


def test_a_host_without_a_card() -> None:
    plan = bridge_plan(OPTIONS, {"links": {}, "uplink": ""})
    assert "there is no card at all" in plan["problems"][0]
