# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule

tunnel_plan = FilterModule().filters()["tunnel_plan"]
OPTIONS: dict[str, Any] = {
    "server_ipv4": "198.51.100.1",
    "client_ipv6": "2001:db8:c:407::2/64",
    "routed_prefixes": ["2001:db8:d:407::/64", "2001:db8:4070::/48"],
    "default_route": True,
}


def test_routed_prefixes_end_here() -> None:
    assert tunnel_plan(OPTIONS) == {
        "addresses": ["2001:db8:c:407::2/64"],
        "routes": [
            {"destination": "::/0"},
            {"destination": "2001:db8:d:407::/64", "type": "unreachable"},
            {"destination": "2001:db8:4070::/48", "type": "unreachable"},
        ],
        "problems": [],
    }


def test_default_route_is_a_choice() -> None:
    plan = tunnel_plan({**OPTIONS, "default_route": False, "routed_prefixes": None})
    assert plan["routes"] == []
    assert plan["problems"] == []


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        (
            "routed_prefixes",
            ["2001:db8:c:407::/64"],
            "routed_prefixes[0]: 2001:db8:c:407::/64 is the tunnel's own",
        ),
        ("routed_prefixes", ["2001:db8:c::/48"], "the tunnel's own network"),
        (
            "routed_prefixes",
            ["2001:db8:d:407::/64"] * 2,
            "tunnel_routed_prefixes[1]: 2001:db8:d:407::/64 is there twice",
        ),
        ("routed_prefixes", ["2001:db8:d:407::1/64"], "has bits set"),
        ("routed_prefixes", "2001:db8:d:407::/64", "is not a list"),
        ("server_ipv4", "2001:db8::1", "tunnel_server_ipv4: 2001:db8::1 is an IPv6 address where an IPv4 address"),
        ("server_ipv4", "", "tunnel_server_ipv4: '' is not an IPv4 address"),
        ("client_ipv6", "198.51.100.2/24", "tunnel_client_ipv6: 198.51.100.2/24 is an IPv4 address where an IPv6"),
        ("client_ipv6", "2001:db8:c:407::2", "Write it as 2001:db8:c:407::2/64"),
    ],
)
def test_what_cannot_be_right_is_said(option: str, value: object, said: str) -> None:
    plan = tunnel_plan({**OPTIONS, option: value})
    assert [said in problem for problem in plan["problems"]] == [True]
    assert plan["addresses"] == plan["routes"] == []


def test_all_is_said_at_once() -> None:
    assert len(tunnel_plan({**OPTIONS, "server_ipv4": "x", "client_ipv6": "y"})["problems"]) == 2
