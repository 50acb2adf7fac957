# SPDX-License-Identifier: GPL-3.0-or-later
"""The data are what iproute2 6.1 of Debian 12 printed about a tunnel and a bridge."""

from __future__ import annotations

import json
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.iproute import (
    Ipv4Address,
    KernelRoute,
    Link,
    parse_addresses,
    parse_global_addresses,
    parse_ipv4_addresses,
    parse_link,
    parse_networks,
    parse_ra_defaults,
    parse_route_to,
    parse_routes,
)

DATA = Path(__file__).parent / "data/iproute"


def recorded(name: str) -> str:
    return (DATA / f"{name}.json").read_text()


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("link-sit", Link("he9", "sit", 1480, True, "198.51.100.1", "198.51.100.2", 255)),
        ("link-sit0", Link("sit0", "sit", 1480, False, "any", "any", 64)),
        ("link-bridge", Link("br7", "bridge", 1500, True)),
    ],
)
def test_link(name: str, link: Link) -> None:
    assert parse_link(recorded(name)) == link


def test_inherited_ttl_is_none() -> None:
    link = parse_link(recorded("link-sit").replace('"ttl":255', '"ttl":"inherit"'))
    assert link
    assert link.ttl == 0


def test_addresses_without_link_local_ones() -> None:
    assert parse_global_addresses(recorded("address6")) == (IPv6Interface("2001:db8:1::2/64"),)


def test_ipv4_addresses_and_who_set_them() -> None:
    assert parse_ipv4_addresses(recorded("address4")) == [
        Ipv4Address("lo", "127.0.0.1", False),
        Ipv4Address("br7", "192.0.2.7", True),
        Ipv4Address("br7", "198.51.100.7", False),
    ]


def test_routes_without_the_kernels_own() -> None:
    def route(text: str, **more: object) -> KernelRoute:
        plain = {"type": "unicast", "link": "he9", "gateway": None, "source": None, "metric": 1024, "table": 254}
        return KernelRoute(IPv6Network(text), **{**plain, "protocol": "boot", **more})  # type: ignore[arg-type]

    gateway, source = IPv6Address("fe80::1"), IPv6Address("2001:db8:1::2")
    assert parse_routes(recorded("routes6")) == [
        route("2001:db8:77::/64", gateway=gateway, source=source, metric=77, table=100),
        route("2001:db8:78::/64", type="blackhole", link="lo"),
        route("2001:db8:4000::/48", type="unreachable", link="lo", protocol="static"),
        route("::/0", protocol="static"),
    ]


def test_routes_that_a_set_cannot_hold_are_left_out() -> None:
    text = recorded("routes6").replace('"table":"100"', '"table":"isp2"')
    assert len(parse_routes(text)) == 3
    assert len(parse_routes(recorded("routes6").replace('"gateway":"fe80::1"', '"nexthops":[]'))) == 3


def test_way_to_a_host() -> None:
    assert parse_route_to(recorded("route-get")) == ("wan0", "198.51.100.2")


def test_nothing_is_printed() -> None:
    assert parse_link("") is None
    assert parse_link("[{}]") is None
    assert parse_global_addresses("[]") == ()
    assert parse_routes("") == []
    assert parse_route_to("") == ("", "")


def test_addresses_of_both_families() -> None:
    found = parse_addresses(recorded("addresses"))
    assert found["lo"] == ["127.0.0.1/8", "::1/128"]
    assert found["br7"] == ["192.0.2.7/24", "2001:db8:d:407::7/64", "fe80::5ce5:66ff:fe29:c494/64"]
    assert parse_addresses("") == {}


def test_networks_that_are_reached_without_a_router() -> None:
    found = parse_networks(recorded("addresses"), recorded("routes4-main"), recorded("routes6-main"))
    # What goes by a router, nowhere, or is link-local, is none.
    assert found == {
        "lo": ["127.0.0.0/8", "::1/128"],
        "br7": ["192.0.2.0/24", "2001:db8:d:407::/64"],
        "eth7": ["2001:db8:d:408::7/128", "203.0.113.0/24", "2001:db8:d:408::/64"],
    }


def test_a_way_to_nearly_everywhere_is_no_network() -> None:
    routes = '[{"dst":"2000::/3","dev":"he"},{"dst":"128.0.0.0/1","dev":"wg0"},{"dst":"10.0.0.0/8","dev":"wg0"}]'
    assert parse_networks("", routes) == {"wg0": ["10.0.0.0/8"]}


def test_the_length_of_a_peers_prefix() -> None:
    peer = {"local": "192.0.2.7", "address": "198.51.100.1", "prefixlen": 32, "scope": "global"}
    assert parse_networks(json.dumps([{"ifname": "ppp0", "addr_info": [peer]}])) == {"ppp0": ["198.51.100.1/32"]}


def test_default_routes_by_router_advertisements() -> None:
    routes = recorded("routes6-main")
    assert parse_ra_defaults(routes) == ["eth7"]
    assert parse_ra_defaults(routes.replace('"protocol":"ra"', '"protocol":"static"')) == []
    # Two routers, as iproute2 has them in one route.
    ways = [{"gateway": "fe80::1", "dev": "a"}, {"gateway": "fe80::2", "dev": "b"}]
    several = json.dumps([{"dst": "default", "protocol": "ra", "nexthops": ways}])
    assert parse_ra_defaults(several) == ["a", "b"]
    assert parse_networks("", several) == {}
