# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a network as iproute2 6.1 and nft 1.0.6 printed it (Debian 12)."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import way_back_network as network
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import (
    AddressState,
    NeighbourState,
    RuleState,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back_units import parse_active, parse_units

DATA = Path(__file__).with_name("data") / "way_back"
SIT = Path(__file__).with_name("data") / "iproute/link-sit.json"


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def test_links() -> None:
    links = {link.name: link for link in network.parse_links(recorded("address.json"))}
    assert set(links) >= {"wan0", "br0", "v0", "v1"}
    assert links["br0"].kind == "bridge"
    assert dict(links["br0"].data).keys() == {"stp_state", "vlan_filtering", "forward_delay"}
    assert links["v0"].master == "br0"
    assert links["v0"].up
    assert not links["v1"].up
    # The other end of a pair is none that it lies on: it may be in another namespace, under a number.
    assert links["v0"].parent == ""
    assert (links["wan0"].kind, links["wan0"].mtu, links["wan0"].mac) == ("veth", 1500, "52:54:00:00:02:01")


def test_ends_of_a_tunnel() -> None:
    (link,) = network.parse_links(SIT.read_text())
    assert link.kind == "sit"
    assert set(dict(link.data)) == {"proto", "remote", "local", "ttl"}


def test_route_over_a_nexthop_of_networkds() -> None:
    # systemd 257 and iproute2 6.15 (Debian 13), after a router advertisement.
    (route,) = network.parse_routes(
        "1 default nhid 2892643187 via fe80::ff:fe00:1 dev eth0 table 254 proto 9 scope 0 metric 1024 expires 1798sec "
        "pref medium\n\tnh_info id 2892643187 via fe80::ff:fe00:1 dev eth0 scope 253 proto 9 \n",
        "6",
    )
    assert " ".join(route.words) == (
        "unicast default via fe80::ff:fe00:1 dev eth0 table 254 proto 9 scope 0 metric 1024 pref medium"
    )
    assert route.expires == 1798
    # One that stands for nothing shown is named by nothing else.
    (route,) = network.parse_routes("6 192.0.2.0/24 nhid 7 table 254 proto 3 scope 0\n", "4")
    assert route.words[2:4] == ("nhid", "7")


def test_vlans_of_ports() -> None:
    # As bridge(8) of iproute2 6.1 prints them; the recorded kernel has none.
    vlans = '[{"ifname":"v0","vlans":[{"vlan":1,"flags":["PVID","Egress Untagged"]},{"vlan":5,"vlanEnd":6}]}]'
    links = {link.name: link for link in network.parse_links(recorded("address.json"), vlans)}
    assert links["v0"].vlans == ((1, ("PVID", "Egress Untagged")), (5, ()), (6, ()))
    assert links["br0"].vlans == ()


def test_addresses() -> None:
    found = {(address.link, address.local): address for address in network.parse_addresses(recorded("address.json"))}
    assert found["wan0", "198.51.100.2"] == AddressState(
        "wan0", "inet", "198.51.100.2", 24, broadcast="198.51.100.255", label="wan0"
    )
    # As networkd sets what it has by DHCPv4.
    (lease,) = network.parse_addresses(
        '[{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.144","prefixlen":24,"metric":1024}]}]'
    )
    assert lease.metric == 1024
    assert found["wan0", "10.3.3.3"].peer == "10.3.3.4"
    assert found["wan0", "10.3.3.3"].label == "wan0:1"
    assert found["wan0", "198.51.100.77"].valid in range(490, 501)
    assert not found["br0", "2001:db8:7::7"].prefix_route
    assert found["br0", "2001:db8:7::7"].nodad


def test_lifetimes_make_no_other_address() -> None:
    address = AddressState("wan0", "inet", "192.0.2.1", 24, valid=500, preferred=400)
    assert address.identity == address._replace(valid=20, preferred=0).identity
    assert address.identity != address._replace(length=25).identity
    assert address.identity != address._replace(prefix_route=False).identity


def test_routes() -> None:
    four = network.parse_routes(recorded("routes4"), "4")
    six = network.parse_routes(recorded("routes6"), "6")
    lines = [" ".join(route.words) for route in (*four, *six)]
    assert "unicast default via 198.51.100.1 dev wan0 table 254 proto 3 scope 0 onlink" in lines
    # In one line, as `ip route add` takes them.
    assert any(line.startswith("unicast 203.0.113.0/24") and line.count("nexthop via") == 2 for line in lines)
    assert "blackhole 203.0.114.0/24 table 254 proto 3 scope 0 metric 5" in lines
    assert "unreachable 2001:db8::/48 dev lo table 254 proto 3 scope 0 metric 1024 pref medium" in lines
    # Only what somebody can set, and nothing that follows from the addresses.
    assert not any("linkdown" in line or "expires" in line or "table 255" in line for line in lines)
    (dynamic,) = (route for route in six if route.expires >= 0)
    assert (dynamic.expires, dynamic.words[1]) == (599, "default")


def test_rules_and_neighbours() -> None:
    assert network.parse_rules(recorded("rules4"), "4")[0] == RuleState(
        "4", ("pref", "0", "from", "all", "lookup", "255", "proto", "2")
    )
    assert network.parse_neighbours(recorded("neighbours.json")) == (
        NeighbourState("198.51.100.9", "wan0", "02:00:00:00:00:01"),
    )
    assert network.parse_neighbours("") == ()


def test_tables() -> None:
    text = recorded("ruleset")
    assert network.parse_tables(text) == {"inet mine": text}
    warned = "# Warning: table ip filter is managed by iptables-nft, do not touch!\n"
    assert network.parse_tables(f"{text}{warned}table ip x {{\n}}\n") == {
        "inet mine": text,
        "ip x": "table ip x {\n}\n",
    }
    assert network.parse_tables("") == {}


def test_interfaces_of_ifupdown() -> None:
    assert network.parse_ifstate(recorded("ifstate")) == ("lo", "wan0")


def test_units() -> None:
    units = {unit.name: unit for unit in parse_units(recorded("units"))}
    assert units["ssh.service"].active
    assert units["ssh.service"].file_state == "enabled"
    assert not units["ssh.service"].ends
    assert not units["ifupdown-pre.service"].ends, "it remains"
    assert parse_units("Id=a.service\nType=oneshot\nRemainAfterExit=no\nActiveState=activating\n")[0].ends


def test_who_made_an_address() -> None:
    # iproute2 6.15 (Debian 13).
    found = {address.scope: address.protocol for address in network.parse_addresses(recorded("address-6.15.json"))}
    assert found == {"global": "", "link": "kernel_ll"}


def test_lines_that_are_none() -> None:
    route = "1 default via 192.0.2.1 dev eth0 table 254 proto 3 scope 0"
    assert len(network.parse_routes(f"\n{route}\nnonsense\n", "4")) == 1
    rule = "0:\tfrom all lookup 255\n"
    assert network.parse_rules(f"\n{rule}nonsense\n", "4") == network.parse_rules(rule, "4")


def test_units_that_are_on() -> None:
    """systemd 257 (Debian 13)."""
    on = parse_active(recorded("list-units"))
    assert {"ssh.service", "lab-dhcp@client2.service", "homelab-ipv6-firewall.service"} <= on
    assert not on & {"nftables.service", "auditd.service", "e2scrub_reap.service"}
    assert parse_active("a.service loaded activating start A\nb.service loaded failed failed B\n\n") == {"a.service"}
