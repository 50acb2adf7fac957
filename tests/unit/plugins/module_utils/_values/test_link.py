# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.link import (
    parse_broker,
    parse_resolver,
    parse_tunnel_address,
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
        ("0.0.0.0", "is not the address of one host"),  # noqa: S104 - nothing is bound to it
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
