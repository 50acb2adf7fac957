# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.prefix import (
    parse_address,
    parse_address_with_length,
    parse_ipv4,
    parse_ipv6,
    parse_ipv6_interface,
    parse_ipv6_network,
    plan_subnets,
)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_ipv4, "198.51.100.1"),
        (parse_ipv6, "2001:db8::1"),
        (parse_ipv6, "fe80::1"),
        (parse_ipv6_interface, "2001:db8:c:407::2/64"),
        (parse_ipv6_network, "2001:db8:4070::/48"),
        (parse_ipv6_network, "::/0"),
    ],
)
def test_value_is_taken(parse: Callable[[object], object], text: str) -> None:
    assert str(parse(text)) == text


def test_default_is_a_prefix() -> None:
    assert parse_ipv6_network("default") == IPv6Network("::/0")


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (parse_ipv4, "2001:db8::1", "is an IPv6 address where an IPv4 address belongs"),
        (parse_ipv4, "198.51.100.256", "is not an IPv4 address"),
        (parse_ipv4, "198.51.100.1/24", "is not an IPv4 address"),
        (parse_ipv4, "224.0.0.1", "is not the address of one host"),
        (parse_ipv4, "0.0.0.0", "is not the address of one host"),
        (parse_ipv4, "255.255.255.255", "is not the address of one host"),
        (parse_ipv4, "", "is not an IPv4 address"),
        (parse_ipv6, "198.51.100.1", "is an IPv4 address where an IPv6 address belongs"),
        (parse_ipv6, "2001:db8::1/64", "has a prefix length"),
        (parse_ipv6, "2001:db8::g", "is not an IPv6 address"),
        (parse_ipv6, "ff02::1", "is not the address of one host"),
        (parse_ipv6, "::", "is not the address of one host"),
        (parse_ipv6, "fe80::1%eth0", "is not the address of one host"),
        (parse_ipv6_interface, "198.51.100.1/24", "is an IPv4 address where an IPv6 address belongs"),
        (parse_ipv6_interface, "2001:db8::2", "has no prefix length. Write it as 2001:db8::2/64"),
        (parse_ipv6_interface, "2001:db8::2/129", "is not an IPv6 address with a prefix length"),
        (parse_ipv6_interface, "nonsense", "is not an IPv6 address"),
        (parse_ipv6_interface, "ff02::1/64", "is not the address of one host"),
        (parse_ipv6_network, "2001:db8::1/48", "Write 2001:db8::/48"),
        (parse_ipv6_network, "2001:db8::", "has no prefix length"),
        (parse_ipv6_network, "198.51.100.0/24", "IPv4"),
    ],
)
def test_value_is_refused(parse: Callable[[object], object], text: str, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse(text)
    assert said in str(caught.value)


def test_list_is_numbered_in_order() -> None:
    assert plan_subnets("2001:db8:4070::/48", ["lan", "guest", "containers"]) == {
        "lan": "2001:db8:4070::/64",
        "guest": "2001:db8:4070:1::/64",
        "containers": "2001:db8:4070:2::/64",
    }


def test_numbers_stand_in_the_address() -> None:
    assert plan_subnets("2001:db8:4070:100::/56", {"lan": 1, "guest": "0x20", "far": 255}) == {
        "lan": "2001:db8:4070:101::/64",
        "guest": "2001:db8:4070:120::/64",
        "far": "2001:db8:4070:1ff::/64",
    }


names = st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=20)


@given(names, st.text(min_size=4, max_size=5))
def test_appended_name_moves_no_other(before: list[str], new: str) -> None:
    plan = plan_subnets("2001:db8:4070::/48", before)
    assert plan_subnets("2001:db8:4070::/48", [*before, new]).items() > plan.items()


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 255), max_size=20))
def test_subnets_lie_in_the_prefix_and_apart(numbers: dict[str, int]) -> None:
    whole = IPv6Network("2001:db8:4070:100::/56")
    if len(set(numbers.values())) < len(numbers):
        with pytest.raises(ValueProblem, match="has the number of"):
            plan_subnets(str(whole), numbers)
        return
    plan = [IPv6Network(subnet) for subnet in plan_subnets(str(whole), numbers).values()]
    assert len(set(plan)) == len(plan)
    assert all(subnet.prefixlen == 64 and subnet.subnet_of(whole) for subnet in plan)


@pytest.mark.parametrize(
    ("prefix", "wanted", "said"),
    [
        ("2001:db8::/64", ["lan"], "2001:db8::/64 cannot be split: a LAN takes a whole /64"),
        ("2001:db8::/63", ["a", "b", "c"], "c: 2 is beyond the 2 subnets of 2001:db8::/63"),
        ("2001:db8::/48", {"lan": -1}, "lan: -1 is beyond"),
        ("2001:db8::/48", {"lan": 1, "guest": 1}, "guest: 1 has the number of lan"),
        ("2001:db8::/48", {"lan": "1", "guest": "0x1"}, "guest: 1 has the number of lan"),
        ("2001:db8::/48", {"lan": "ten"}, "lan: ten is not a number"),
        ("2001:db8::/48", {"lan": True}, "lan: True is not a number"),
        ("2001:db8::/48", {"lan": None}, "lan: None is not a number"),
        ("2001:db8::/48", ["lan", "lan"], "'lan' stands in the list twice"),
        ("2001:db8::/48", [""], "'' is no name"),
        ("2001:db8::1/48", ["lan"], "has bits set"),
    ],
)
def test_plan_is_refused(prefix: str, wanted: object, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        plan_subnets(prefix, wanted)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_addresses_of_either_family() -> None:
    assert parse_address("192.0.2.1") == IPv4Address("192.0.2.1")
    assert parse_address("fe80::1") == IPv6Address("fe80::1")
    assert parse_address_with_length("192.0.2.10/24") == IPv4Interface("192.0.2.10/24")
    assert parse_address_with_length("192.0.2.0/31") == IPv4Interface("192.0.2.0/31")
    assert parse_address_with_length("192.0.2.7/32") == IPv4Interface("192.0.2.7/32")
    assert parse_address_with_length("2001:db8::10/64") == IPv6Interface("2001:db8::10/64")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("192.0.2.10", "192.0.2.10 has no prefix length. Write it as 192.0.2.10/24"),
        ("192.0.2.10/33", "is not an IPv4 address with a prefix length. Write it as 192.0.2.10/24"),
        ("192.0.2.10/", "is not an IPv4 address with a prefix length"),
        ("192.0.2.0/24", "is the address of 192.0.2.0/24 as a whole, not of a host"),
        ("192.0.2.255/24", "is the address of 192.0.2.0/24 as a whole"),
        ("192.0.2.256/24", "is not an IPv4 address"),
        ("2001:db8::10", "2001:db8::10/64"),
        ("host", "is not an IPv4 address"),
    ],
)
def test_no_address_with_its_length(text: str, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_address_with_length(text)
    assert said in str(caught.value)
