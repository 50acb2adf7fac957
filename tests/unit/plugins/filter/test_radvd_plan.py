# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter radvd_plan: what it fills in, and what it refuses in which words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import radvd_plan

PREFIX = {"prefix": "2001:db8:d:407::/64"}


def refused(*interfaces: dict[str, Any]) -> list[str]:
    plan = radvd_plan({"interfaces": list(interfaces)})
    assert plan["interfaces"] == []
    return plan["problems"]


def test_what_is_not_said_follows() -> None:
    assert radvd_plan({"interfaces": [{"name": "lan0", "prefixes": [PREFIX]}]}) == {
        "problems": [],
        "interfaces": [
            {
                "name": "lan0",
                "managed": False,
                "other": False,
                "mtu": 0,
                "hop_limit": 64,
                "preference": "medium",
                "min_interval": 200,
                "max_interval": 600,
                "lifetime": 1800,
                "dns_lifetime": 1800,
                # None are invented.
                "rdnss": [],
                "dnssl": [],
                "prefixes": [
                    {
                        "prefix": "2001:db8:d:407::/64",
                        "on_link": True,
                        "autonomous": True,
                        "valid_lifetime": 86400,
                        "preferred_lifetime": 14400,
                        "deprecate": False,
                    }
                ],
            }
        ],
    }


def test_values_are_taken_in_any_notation() -> None:
    (interface,) = radvd_plan(
        {
            "interfaces": [
                {
                    "name": "br-lan",
                    "max_interval": "30",
                    "lifetime": 0,
                    "rdnss": ["2001:DB8:0::53", "fe80::1%lan0"],
                    "dnssl": ["home.example."],
                    "prefixes": [{"prefix": "2001:0db8:000d:0407:0000::/64"}],
                }
            ]
        }
    )["interfaces"]
    assert interface["rdnss"] == ["2001:db8::53", "fe80::1"]
    assert interface["dnssl"] == ["home.example"]
    assert (interface["min_interval"], interface["max_interval"], interface["dns_lifetime"]) == (10, 30, 90)
    assert interface["lifetime"] == 0
    assert interface["prefixes"][0]["prefix"] == "2001:db8:d:407::/64"


def test_every_interval_has_a_shortest_one_that_radvd_takes() -> None:
    for longest in range(4, 1801):
        plan = radvd_plan({"interfaces": [{"name": "lan0", "max_interval": longest}]})
        assert plan["problems"] == []
        assert 3 <= plan["interfaces"][0]["min_interval"] <= longest * 3 / 4


@pytest.mark.parametrize(
    ("interface", "problem"),
    [
        (
            {"prefixes": [{"prefix": "2001:db8:d::/48"}]},
            (
                "radvd_interfaces[0].prefixes[0].prefix: 2001:db8:d::/48 is a /48, and hosts make addresses of a /64 "
                "alone "
                "(RFC 4862). Write a /64, or autonomous: false where addresses come from DHCPv6 only."
            ),
        ),
        (
            {"prefixes": [{"prefix": "2001:db8:d:407::1/64"}]},
            (
                "radvd_interfaces[0].prefixes[0].prefix: 2001:db8:d:407::1/64 has bits set behind its length of 64. "
                "Write 2001:db8:d:407::/64."
            ),
        ),
        (
            {"prefixes": [{"prefix": "192.168.1.0/24"}]},
            (
                "radvd_interfaces[0].prefixes[0].prefix: 192.168.1.0/24 is an IPv4 network, where an IPv6 prefix "
                "belongs. "
                "Write an IPv6 prefix with its length, as in 2001:db8:0:1::/64."
            ),
        ),
        (
            {"prefixes": [{"prefix": "fe80::/64"}]},
            (
                "radvd_interfaces[0].prefixes[0].prefix: fe80::/64 reaches into fe80::/10. "
                "Write a prefix that was given to you, or a ULA."
            ),
        ),
        (
            {"prefixes": [PREFIX | {"preferred_lifetime": 86401}]},
            (
                "radvd_interfaces[0].prefixes[0].preferred_lifetime: 86401 is longer than valid_lifetime, 86400. "
                "Write the same or less: an address is preferred only while it is valid."
            ),
        ),
        (
            {"prefixes": [PREFIX, PREFIX]},
            (
                "radvd_interfaces: 2001:db8:d:407::/64 on lan0 overlaps 2001:db8:d:407::/64, announced on lan0 "
                "already. "
                "Give each link a prefix of its own, and announce it once."
            ),
        ),
        (
            {"mtu": 1279},
            (
                "radvd_interfaces[0].mtu: 1279 is not between 1280 and 65535. "
                "Write the MTU of the way out (that of the tunnel); IPv6 needs at least 1280 (RFC 8200)."
            ),
        ),
        (
            {"rdnss": ["192.168.1.1"]},
            (
                "radvd_interfaces[0].rdnss: 192.168.1.1 is an IPv4 address, where an IPv6 address belongs. "
                "Write an IPv6 address of the host's network, as in 2001:db8:0:1::10."
            ),
        ),
        (
            {"dnssl": ["home..example"]},
            "radvd_interfaces[0].dnssl: home..example is not a domain name. Write a name such as home.example.",
        ),
        (
            {"max_interval": 3},
            (
                "radvd_interfaces[0].max_interval: 3 is not between 4 and 1800. "
                "Write at most how many seconds pass between two advertisements (RFC 4861)."
            ),
        ),
        (
            {"max_interval": 100, "min_interval": 76},
            (
                "radvd_interfaces[0].min_interval: 76 is not between 3 and 75. "
                "Write at least how many seconds pass between two advertisements: at most 3/4 of max_interval."
            ),
        ),
        (
            {"lifetime": 599},
            (
                "radvd_interfaces[0].lifetime: 599 is not between 600 and 9000. "
                "Write 0 (not a default router) or from max_interval, here 600, to 9000 seconds (RFC 4861)."
            ),
        ),
        (
            {"name": "lan0{};"},
            (
                "radvd_interfaces[0].name: 'lan0{};' has a character that would need quoting. "
                "Give the interface a name of letters, digits and . _ @ + -."
            ),
        ),
        (
            {"preference": "highest"},
            "radvd_interfaces[0].preference: highest is not known here. Write one of: medium, low, high.",
        ),
        (
            {"managed": "perhaps"},
            "radvd_interfaces[0].managed: perhaps is neither true nor false. Write true or false, without quotes.",
        ),
    ],
)
def test_refusals(interface: dict[str, Any], problem: str) -> None:
    assert refused({"name": "lan0"} | interface) == [problem]


def test_two_interfaces_cannot_share_a_prefix_or_a_name() -> None:
    lan0, lan1 = {"name": "lan0", "prefixes": [PREFIX]}, {"name": "lan1", "prefixes": [PREFIX]}
    assert refused(lan0, lan1) == [
        (
            "radvd_interfaces: 2001:db8:d:407::/64 on lan1 overlaps 2001:db8:d:407::/64, announced on lan0 already. "
            "Give each link a prefix of its own, and announce it once."
        )
    ]
    assert refused({"name": "lan0"}, {"name": "lan0"}) == [
        "radvd_interfaces: lan0 is there twice. Put all of an interface into one entry."
    ]


def test_nothing_to_announce_is_a_mistake() -> None:
    assert refused() == [
        (
            "radvd_interfaces: [] announces nothing. "
            "Name an interface to announce on, or switch radvd off with radvd_state: absent."
        )
    ]
