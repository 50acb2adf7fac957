# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.ipv6 import (
    address_text,
    is_address,
    parse_delegated_prefix,
    parse_hardware_address,
    parse_host_address,
    parse_prefix,
    read_address,
)

# Texts that begin or end like an address, and addresses that end like one of IPv4.
near_addresses = st.text("0123456789abcdefABCDEFg:.%/ ", max_size=42)
addresses = st.ip_addresses(v=6) | st.sampled_from(["::", "::/96", "::ffff:0:0/96", "64:ff9b::/96"]).flatmap(
    lambda network: st.ip_addresses(network=network if "/" in network else network + "/128")
)


@given(st.ip_addresses(network="2001:db8::/32"))
def test_an_address_is_read_in_any_spelling(address: IPv6Address) -> None:
    for text in (str(address), address.exploded, address.exploded.upper()):
        assert parse_host_address(text) == address


@given(near_addresses | addresses.map(str))
def test_an_address_is_read_as_python_reads_it(text: str) -> None:
    try:
        expected = IPv6Address(text)
    except ValueError:
        with pytest.raises(AddressValueError):
            read_address(text)
    else:
        assert read_address(text) == expected


@given(addresses)
def test_an_address_is_written_as_python_writes_it(address: IPv6Address) -> None:
    assert address_text(address) == str(address)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("192.0.2.1", "is an IPv4 address, where an IPv6 address belongs"),
        ("2001:db8::1/64", "has a prefix length"),
        ("2001:db8::g", "is not an IPv6 address"),
        ("fe80::1", "is a link-local address"),
        ("fe80::1%eth0", "is a link-local address"),
        ("ff02::1", "is a multicast address"),
        ("::1", "is a loopback address"),
        ("::", "is the unspecified address"),
        ("2001:db8::1%eth0", "names an interface, which belongs to link-local addresses alone"),
        ("", "'' is not an IPv6 address. Write an IPv6 address of the host's network"),
        ("2001:db8::1/64", "has a prefix length, where the address of one host belongs. Write 2001:db8::1 alone."),
        ("[2001:db8::1]", "is not an IPv6 address. Write 2001:db8::1 alone."),
        (" 2001:db8::1", "' 2001:db8::1' is not an IPv6 address. Write 2001:db8::1 alone."),
        ("2001:db8::1,2001:db8::2", "is not one IPv6 address. Write each address as an item of its own"),
        ("192.0.2.1/24", "is an IPv4 address, where an IPv6 address belongs"),
        ("2001:db8:::1", "is not an IPv6 address. Write an IPv6 address of the host's network"),
        # Not what is left of it.
        ("2001:db8::1O", "is not an IPv6 address. Write an IPv6 address of the host's network"),
        ("{{ prefix }}::1", "is not an IPv6 address. Write an IPv6 address of the host's network"),
        ("2001:db8::/64", "has a prefix length, where the address of one host belongs. Write an IPv6 address of"),
    ],
)
def test_what_no_server_hands_out(text: str, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        parse_host_address(text)
    assert says in str(raised.value)


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_a_prefix_is_read_back(address: IPv6Address, length: int) -> None:
    prefix = IPv6Network((address, length), strict=False)
    assert parse_prefix(str(prefix)) == prefix


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2001:db8::", "has no prefix length"),
        ("2001:db8::1/64", "has bits set behind its length of 64. Write 2001:db8::/64"),
        ("2001:db8::/129", "has the length '129', which is no number from 0 to 128"),
        ("2001:db8::%eth0/64", "names an interface, which no prefix does"),
        ("lan", "is not an IPv6 prefix"),
        ("lan/64", "is not an IPv6 prefix"),
        ("192.0.2.0/24", "is an IPv4 network, where an IPv6 prefix belongs"),
    ],
)
def test_what_is_no_prefix(text: str, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        parse_prefix(text)
    assert says in str(raised.value)


@pytest.mark.parametrize("text", ["52:54:00:AB:34:56", "52-54-00-ab-34-56"])
def test_hardware_address(text: str) -> None:
    assert parse_hardware_address(text) == "52:54:00:ab:34:56"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("52:54:00:12:34", "has 5 octets, where an Ethernet address has 6. Write six pairs"),
        ("00:03:00:01:52:54:00:12:34:56", "has 10 octets, where an Ethernet address has 6. "),
        ("00:03:00:01:52:54:00:12:34:56", "if this is the DUID, write it as duid"),
        ("525400123456", "is not an Ethernet address"),
        ("52:54-00:12:34:56", "is not an Ethernet address"),
        ("52:54:00:12:34:5g", "is not an Ethernet address"),
        (5, "is not an Ethernet address"),
        ("00:00:00:00:00:00", "is no address that one interface can have. Write one whose"),
        ("ff:ff:ff:ff:ff:ff", "is no address that one interface can have. Write one whose"),
        ("33-33-00-00-00-01", "is no address that one interface can have. Write one whose"),
    ],
)
def test_what_is_no_hardware_address(text: object, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        parse_hardware_address(text)
    assert says in str(raised.value)


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_a_prefix_is_delegated_where_its_addresses_are_routed(address: IPv6Address, length: int) -> None:
    prefix = IPv6Network((address, length), strict=False)
    if prefix.is_link_local or prefix.is_multicast or not length:
        with pytest.raises(ValueProblem, match="is of addresses that are not routed to a host"):
            parse_delegated_prefix(str(prefix))
    else:
        assert parse_delegated_prefix(str(prefix)) == prefix


@pytest.mark.parametrize("text", ["fe80::/64", "ff00::/8", "::/0"])
def test_what_is_not_delegated(text: str) -> None:
    with pytest.raises(ValueProblem, match="Write a prefix of global or unique local addresses"):
        parse_delegated_prefix(text)


@pytest.mark.parametrize("text", ["64:ff9b::1", "::ffff:192.0.2.1", "4000::1"])
def test_an_address_that_is_handed_out_nowhere_may_be_one(text: str) -> None:
    assert parse_host_address(text) == IPv6Address(text)


@given(near_addresses | addresses.map(str))
def test_what_is_an_address(text: str) -> None:
    try:
        IPv6Address(text)
    except ValueError:
        assert not is_address(text)
    else:
        assert is_address(text)
