# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.link import (
    parse_broker,
    parse_ports,
    parse_resolver,
    parse_tunnel_address,
    parse_vlans,
)


def test_broker() -> None:
    assert parse_broker("216.66.80.30") == IPv4Address("216.66.80.30")
    # Behind a NAT of one's own, the other end may be private too.
    assert parse_broker("192.168.1.1") == IPv4Address("192.168.1.1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("127.0.0.1", "is not an address that a tunnel can end at"),
        ("240.0.0.1", "is not an address that a tunnel can end at"),
        ("224.0.0.1", "is not the address of one host"),
        ("0.0.0.0", "is not the address of one host"),
        ("216.66.80.30/24", "is not an IPv4 address"),
        ("2001:db8::1", "is an IPv6 address where an IPv4 address belongs"),
    ],
)
def test_no_broker(text: str, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        parse_broker(text)
    assert says in str(raised.value)
    assert "'Server IPv4 Address' on the tunnel's page" in raised.value.remedy


def test_link_local_resolver_loses_its_zone() -> None:
    assert parse_resolver("fe80::53%lan0") == IPv6Address("fe80::53")
    with pytest.raises(ValueProblem):
        parse_resolver("192.0.2.53")


def test_tunnel_address_with_the_length_that_the_page_prints() -> None:
    assert parse_tunnel_address("2001:db8::2/64") == parse_tunnel_address("2001:db8::2") == IPv6Address("2001:db8::2")
    with pytest.raises(ValueProblem, match="has a wrong prefix length"):
        parse_tunnel_address("2001:db8::2/129")


@pytest.mark.parametrize(
    ("text", "ports"), [("443", "443"), (443, "443"), (" 8000-8010 ", "8000-8010"), ("53-53", "53"), ("065535", None)]
)
def test_ports(text: object, ports: str | None) -> None:
    if ports is None:
        with pytest.raises(ValueProblem, match="is not a port or a range of ports"):
            parse_ports(text)
    else:
        assert parse_ports(text) == ports


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0", "is out of range"),
        ("65536", "is out of range"),
        ("20-10", "is out of range"),
        ("http", "is not a port or a range of ports"),
        ("", "is not a port or a range of ports"),
        (True, "is not a port or a range of ports"),
    ],
)
def test_no_ports(text: object, says: str) -> None:
    with pytest.raises(ValueProblem, match=says):
        parse_ports(text)


@given(st.integers(1, 65535), st.integers(1, 65535))
def test_ports_are_read_back(one: int, other: int) -> None:
    first, last = sorted((one, other))
    shown = parse_ports(f"{first}-{last}")
    assert parse_ports(shown) == shown


def test_resolver_that_is_no_address() -> None:
    with pytest.raises(ValueProblem, match="is not an IPv6 address"):
        parse_resolver("dns.home.example")


@pytest.mark.parametrize(
    ("text", "vlans"), [("10", "10"), (10, "10"), (" 20-29 ", "20-29"), ("7-7", "7"), ("4094", "4094"), ("1", "1")]
)
def test_vlans(text: object, vlans: str) -> None:
    assert parse_vlans(text) == vlans


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0", "0 is out of range. Write a number from 1 to 4094"),
        ("4095", "is out of range"),
        ("20-10", "is out of range"),
        ("guests", "is not a VLAN or a range of VLANs"),
        ("10,20", "is not a VLAN or a range of VLANs"),
        (True, "is not a VLAN or a range of VLANs"),
    ],
)
def test_no_vlans(text: object, says: str) -> None:
    with pytest.raises(ValueProblem, match=says):
        parse_vlans(text)


@given(st.integers(1, 4094), st.integers(1, 4094))
def test_vlans_are_read_back(one: int, other: int) -> None:
    first, last = sorted((one, other))
    shown = parse_vlans(f"{first}-{last}")
    assert parse_vlans(shown) == shown
