# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter firewall_plan: what it lays out, and what it refuses in which words."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import Any

import pytest
from homelab_netns.rulesets import planned
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.firewall_holes import texts

TUNNEL = {
    "interface": "he-ipv6",
    "broker_ipv4": "216.66.80.30",
    "address": "2001:db8:c:407::2/64",
    "prefixes": ["2001:db8:d::/48"],
}
LAN = {"interface": "lan0", "prefixes": ["2001:db8:d:1::/64"]}


def refused(**options: Any) -> list[str]:
    plan = planned(**options)
    assert plan["inside"] == plan["tunnels"] == plan["outside"] == []
    return plan["problems"]


def test_a_router() -> None:
    plan = planned(tunnels=[TUNNEL], outside=["eth0"], inside=[LAN])
    assert plan["problems"] == []
    assert plan["tunnels"] == [
        {
            "interface": "he-ipv6",
            "broker_ipv4": "216.66.80.30",
            "mss": 1420,
            "sources": ["2001:db8:c:407::2", "2001:db8:d::/48"],
        }
    ]
    prefix = "2001:db8:d:1::/64"
    assert plan["inside"] == [
        {"interface": "lan0", "sources": [prefix, "fe80::/10"], "only": True, "prefixes": [prefix], "ipv4": []}
    ]
    ours = ["2001:db8:c:407::2", "2001:db8:d::/48"]
    assert plan["outside"] == [
        {"interface": "he-ipv6", "tunnel": True, "foreign": ours},
        {"interface": "eth0", "tunnel": False, "foreign": ours},
    ]
    assert plan["admin_ports"] == [22]
    assert plan["admin_from_outside"] is False


def test_an_interface_that_is_both_knows_its_own_prefix() -> None:
    plan = planned(inside=[LAN], outside=["lan0", "eth1"])
    assert [way["foreign"] for way in plan["outside"]] == [[], ["2001:db8:d:1::/64"]]
    assert [lan["only"] for lan in plan["inside"]] == [False]


@pytest.mark.parametrize(
    ("client", "outside"),
    [
        ("2001:db8:ffff::1", True),
        ("2001:db8:d:1::10", False),
        ("2001:db8:d:2::10", True),
        ("192.0.2.9", False),
        ("::ffff:192.0.2.9", False),
        ("::1", False),
        ("fe80::1%lan0", False),
        ("fe80::1%eth0", True),
        ("fe80::1", True),
        ("somebody", True),
        ("", False),
    ],
)
def test_the_way_that_this_run_came_in_stays_open(client: str, outside: bool) -> None:
    connection = {"client": client, "server": "2001:db8:c:407::2", "port": 2222}
    options: dict[str, Any] = {"tunnels": [TUNNEL], "inside": [LAN]}
    plan = planned(connection, **options)
    assert plan["admin_from_outside"] is outside
    assert plan["admin_ports"] == [22, 2222]
    assert planned(connection, **options, admin_from_outside="never")["admin_from_outside"] is False
    assert planned(connection, **options, admin_from_outside="always")["admin_from_outside"] is True


def test_holes() -> None:
    plan = planned(
        inside=[LAN],
        forward_allow=[
            {"name": "web", "ports": [80, "443", "8000-8010"], "destinations": ["2001:db8:d:1::80"]},
            {"name": "all of UDP", "protocol": "udp", "interfaces": ["he-ipv6", "eth0"]},
            {"name": "ESP", "protocol": "esp", "sources": ["2001:db8:2::/48", "2001:db8:2:1::/64", "2001:db8:3::1"]},
            {"name": "GRE", "protocol": "gre", "sources": ["2001:db8:3::1"]},
            {"name": "a friend", "protocol": "any", "sources": ["2001:db8:3::1"]},
        ],
    )
    assert plan["forward_holes"] == [
        {"name": "web", "match": "ip6 daddr 2001:db8:d:1::80 tcp dport { 80, 443, 8000-8010 }"},
        {"name": "all of UDP", "match": 'iifname { "he-ipv6", "eth0" } meta l4proto udp'},
        {"name": "ESP", "match": "ip6 saddr { 2001:db8:2::/48, 2001:db8:3::1 } meta l4proto esp"},
        {"name": "GRE", "match": "ip6 saddr 2001:db8:3::1 meta l4proto 47"},
        {"name": "a friend", "match": "ip6 saddr 2001:db8:3::1"},
    ]


def test_holes_of_both_families() -> None:
    plan = planned(
        inside=[LAN | {"ipv4": ["192.0.2.0/25", "192.0.2.0/24"]}],
        forward_allow=[
            {"name": "web", "ports": [80]},
            {"name": "of both", "ports": [81], "sources": ["2001:db8:2::/48", "198.51.100.0/24", "198.51.100.9"]},
            {"name": "of one", "ports": [82], "sources": ["2001:db8:2::1"]},
            {"name": "of the other", "protocol": "any", "sources": ["203.0.113.9"], "interfaces": ["eth0"]},
            {"name": "to one", "protocol": "gre", "destinations": ["192.0.2.7", "2001:db8:d:1::7"]},
        ],
    )
    assert [lan["ipv4"] for lan in plan["inside"]] == [["192.0.2.0/24"]]
    assert {hole["name"]: hole["match"] for hole in plan["forward_holes"]} == {
        "web": "tcp dport 80",
        "of both": "ip6 saddr 2001:db8:2::/48 tcp dport 81",
        "of one": "ip6 saddr 2001:db8:2::1 tcp dport 82",
        "to one": "ip6 daddr 2001:db8:d:1::7 meta l4proto 47",
    }
    assert {hole["name"]: hole["match"] for hole in plan["forward_holes_ipv4"]} == {
        "web": "tcp dport 80",
        "of both": "ip saddr 198.51.100.0/24 tcp dport 81",
        "of the other": 'iifname "eth0" ip saddr 203.0.113.9',
        "to one": "ip daddr 192.0.2.7 meta l4proto 47",
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {},
            (
                "firewall_inside: [] and no way out leave every interface a stranger. "
                "Name the LANs in firewall_inside, the ways out in firewall_tunnels or firewall_outside."
            ),
        ),
        (
            {"tunnels": [TUNNEL | {"broker_ipv4": "2001:db8::1"}]},
            (
                "firewall_tunnels[0].broker_ipv4: 2001:db8::1 is an IPv6 address where an IPv4 address belongs. "
                "Write the one behind 'Server IPv4 Address' on the tunnel's page, as in 216.66.80.30."
            ),
        ),
        (
            {"tunnels": [TUNNEL | {"broker_ipv4": "216.66.80"}]},
            (
                "firewall_tunnels[0].broker_ipv4: '216.66.80' is not an IPv4 address. "
                "Write the one behind 'Server IPv4 Address' on the tunnel's page, as in 216.66.80.30."
            ),
        ),
        (
            {"tunnels": [TUNNEL | {"mtu": 1279}]},
            (
                "firewall_tunnels[0].mtu: 1279 is not between 1280 and 65535. "
                "Write the tunnel's MTU; IPv6 needs at least 1280 (RFC 8200)."
            ),
        ),
        (
            {"tunnels": [TUNNEL | {"prefixes": ["2001:db8:d:1::1/48"]}]},
            (
                "firewall_tunnels[0].prefixes: 2001:db8:d:1::1/48 has bits set behind its length of 48. "
                "Write 2001:db8:d::/48."
            ),
        ),
        (
            {"tunnels": [{"interface": "he-ipv6", "broker_ipv4": "216.66.80.30"}]},
            (
                "firewall_tunnels[0].prefixes: [] lets nothing leave through the tunnel. Write 'address' (the "
                "tunnel's own "
                "IPv6 address), 'prefixes' (what is routed to you) or both."
            ),
        ),
        (
            {"tunnels": [TUNNEL], "inside": [{"interface": "lan0", "prefixes": ["2001:db8:c:407::/64"]}]},
            (
                "firewall_inside: 2001:db8:c:407::/64 is the prefix of the tunnel he-ipv6 itself, which has the "
                "address "
                "2001:db8:c:407::2. Give the LAN a part of the prefix that is routed to you, not of the tunnel's own."
            ),
        ),
        (
            {"inside": [LAN, LAN | {"interface": "lan1"}]},
            (
                "firewall_inside: 2001:db8:d:1::/64 of lan1 overlaps 2001:db8:d:1::/64 of lan0. "
                "Give each LAN a part of its own."
            ),
        ),
        (
            {"inside": [LAN, LAN]},
            "firewall_inside: lan0 is there twice. Put all of an interface into one entry.",
        ),
        (
            {"tunnels": [TUNNEL], "inside": [{"interface": "he-ipv6"}]},
            (
                "firewall_inside: he-ipv6 is also in firewall_tunnels. A tunnel leads outside: take it out of "
                "firewall_inside."
            ),
        ),
        (
            {"inside": [{"interface": "lan0", "prefixes": ["192.168.1.0/24"]}]},
            (
                "firewall_inside[0].prefixes: 192.168.1.0/24 is an IPv4 network, where an IPv6 prefix belongs. "
                "Write an IPv6 prefix with its length, as in 2001:db8:0:1::/64."
            ),
        ),
        (
            {"inside": [{"interface": "lan0", "prefixes": ["fe80::/64"]}]},
            (
                "firewall_inside[0].prefixes: fe80::/64 reaches into fe80::/10. Write a prefix that hosts have "
                "addresses "
                "of; what holds on every link is let through anyway."
            ),
        ),
        (
            {"inside": [{"interface": "lan0", "prefixes": "2001:db8:d:1::/64"}]},
            (
                "firewall_inside[0].prefixes: 2001:db8:d:1::/64 is not a list. "
                "Write a list, one item a line, each after a dash."
            ),
        ),
        (
            {"outside": ['e"; accept;'], "inside": [LAN]},
            (
                "firewall_outside: 'e\"; accept;' has a character that no interface name can have. "
                "Write at most 15 letters, digits, dots, dashes or underscores, such as he-ipv6."
            ),
        ),
        (
            {"outside": ['e";accept;'], "inside": [LAN]},
            (
                "firewall_outside: 'e\";accept;' has a character that would need quoting. "
                "Give the interface a name of letters, digits and . _ @ + -."
            ),
        ),
        (
            {"outside": ["ve-*"], "inside": [LAN]},
            (
                "firewall_outside: 've-*' has a character that would need quoting. "
                "Give the interface a name of letters, digits and . _ @ + -."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": 'x" accept; #', "ports": [22]}]},
            (
                'firewall_input_allow[0].name: x" accept; # cannot stand in a comment. '
                "Write what it is for, in at most 100 letters, digits, blanks and . _ : / ( ) + , -."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "web", "ports": [80]}, {"name": "web", "ports": [443]}]},
            "firewall_input_allow[1].name: web is there twice. Give every hole a name of its own.",
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "web", "ports": ["80-20"]}]},
            (
                "firewall_input_allow[0].ports: 80-20 is out of range. "
                "Write a number from 1 to 65535, or two of them as in 8000-8010."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "web", "ports": ["http"]}]},
            (
                "firewall_input_allow[0].ports: http is not a port or a range of ports. "
                "Write a number from 1 to 65535, or two of them as in 8000-8010."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "vpn", "protocol": "esp", "ports": [500]}]},
            (
                "firewall_input_allow[0].protocol: esp has no ports. "
                "Leave the ports out, or name one of tcp, udp, sctp, dccp, udplite."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "all", "protocol": "any"}]},
            (
                "firewall_input_allow[0].protocol: any alone would let everything in. "
                "Name ports, sources, destinations or interfaces."
            ),
        ),
        (
            {"inside": [LAN], "input_allow": [{"name": "web", "ports": [80], "sources": ["192.0.2.1"]}]},
            (
                "firewall_input_allow[0].sources: 192.0.2.1 is an IPv4 address, where an IPv6 address belongs. "
                "Write an IPv6 address of the host's network, as in 2001:db8:0:1::10."
            ),
        ),
        (
            {"inside": [LAN | {"ipv4": ["2001:db8::/64"]}]},
            (
                "firewall_inside[0].ipv4: 2001:db8::/64 is not an IPv4 network. "
                "Write it with its length, as in 192.0.2.0/24."
            ),
        ),
        (
            {"inside": [LAN | {"ipv4": ["10.0.0.0/8"]}, {"interface": "lan1", "ipv4": ["10.9.1.0/28"]}]},
            "firewall_inside: 10.9.1.0/28 of lan1 overlaps 10.0.0.0/8 of lan0. Give each LAN a part of its own.",
        ),
        (
            {
                "inside": [LAN | {"ipv4": ["10.0.0.0/8"]}],
                "forward_allow": [{"name": "web", "sources": ["192.0.2.1"], "destinations": ["2001:db8::1"]}],
            },
            (
                "firewall_forward_allow[0].sources: 192.0.2.1 are of one family, and the destinations of the other. "
                "Write sources and destinations of one family, or of both."
            ),
        ),
        (
            {"scope": "lan", "inside": [LAN]},
            "firewall_scope: lan is not known here. Write one of: all, inside, machine.",
        ),
        (
            {"scope": "inside", "inside": [LAN], "outside": ["eth0"]},
            (
                "firewall_scope: inside has no place for a way out: eth0, since all that is not inside is one. "
                "Leave firewall_outside and firewall_tunnels out."
            ),
        ),
        (
            {"scope": "inside", "inside": [{"interface": "lan0"}]},
            ("firewall_inside[0].prefixes: [] leave nothing that lan0 may send. Write the prefixes of its hosts."),
        ),
        (
            {"inside": [LAN], "admin_ports": [0]},
            "firewall_admin_ports: 0 is not between 1 and 65535. Write the port that sshd listens on, as in 22.",
        ),
        (
            {"inside": [LAN], "echo_rate": "often"},
            "firewall_echo_rate: often is not a whole number. Write how many packets, or 0 to switch it off.",
        ),
        (
            {"inside": [LAN], "bogons": ["2001:db8::1"]},
            (
                "firewall_bogons: 2001:db8::1 has no prefix length. "
                "Write an IPv6 prefix with its length, as in 2001:db8:0:1::/64."
            ),
        ),
    ],
)
def test_refusals(options: dict[str, Any], problem: str) -> None:
    assert refused(**options) == [problem]


def test_all_problems_are_told_at_once() -> None:
    problems = refused(outside=["a b"], inside=[{"interface": "lan0", "prefixes": ["2001:db8::"]}], log_rate=-1)
    assert len(problems) == 3


prefixes = st.builds(
    lambda address, length: IPv6Network((address, length), strict=False),
    st.integers(0, 2**128 - 1),
    st.integers(0, 128),
)


@given(st.lists(prefixes, max_size=8), st.integers(0, 2**128 - 1))
def test_sets_hold_the_same_addresses_without_overlap(nets: list[IPv6Network], address: int) -> None:
    kept = [IPv6Network(text) for text in texts(nets)]
    one = IPv6Network(address)
    assert any(one.subnet_of(net) for net in kept) == any(one.subnet_of(net) for net in nets)
    assert not any(a.overlaps(b) for i, a in enumerate(kept) for b in kept[i + 1 :])
