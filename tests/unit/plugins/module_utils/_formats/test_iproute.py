# SPDX-License-Identifier: GPL-3.0-or-later
"""The data are what iproute2 6.1 of Debian 12 printed about a tunnel and a bridge."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.iproute import (
    Ipv4Address,
    KernelRoute,
    Link,
    parse_global_addresses,
    parse_ipv4_addresses,
    parse_link,
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
