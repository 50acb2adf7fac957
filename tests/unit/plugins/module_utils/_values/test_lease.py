# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values import lease as values
from ansible_collections.homelab.ipv6.plugins.module_utils._values.lease import Lease


def lease(state: str, expires: int | None) -> Lease:
    return Lease("address", bytes(16), 128, None, 1, None, expires, state)


@pytest.mark.parametrize(
    ("state", "expires", "now"),
    [
        ("active", 101, "active"),
        ("active", 100, "expired"),
        ("active", None, "active"),
        ("registered", 100, "expired"),
        ("declined", 100, "declined"),
        ("released", 100, "released"),
    ],
)
def test_a_lease_is_active_until_it_ends(state: str, expires: int | None, now: str) -> None:
    assert lease(state, expires).state_at(100) == now


@pytest.mark.parametrize(
    ("parse", "text", "says"),
    [
        (values.parse_octets, "2001:db8::g", "is not an IPv6 address"),
        (values.parse_octets, "192.0.2.1", "is not an IPv6 address"),
        (values.parse_octets, "::1\0", "is not an IPv6 address"),
        (values.parse_whole, "-1", "is not a whole number"),
        (values.parse_whole, "٣", "is not a whole number"),
        (values.parse_whole, "", "is not a whole number"),
        (values.parse_whole, "4294967296", "is larger than 4294967295"),
        (values.parse_whole, "9" * 5000, "is larger than 4294967295"),
        (values.parse_pairs, "00:1:02", "is not a DUID in pairs of hexadecimal digits"),
        (values.parse_pairs, "", "is not a DUID in pairs of hexadecimal digits"),
        (values.parse_pairs, ":".join(["00"] * 131), "has 131 octets, where a DUID has at most 130"),
    ],
)
def test_what_cannot_be_is_said(parse: Callable[[str], object], text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}$"):
        parse(text)


@given(st.ip_addresses(v=6))
def test_addresses_are_read_in_all_their_spellings(address: object) -> None:
    packed = address.packed  # type: ignore[attr-defined]
    assert values.parse_octets(str(address)) == packed
    assert values.parse_octets(address.exploded.upper()) == packed  # type: ignore[attr-defined]


@given(st.binary(min_size=1, max_size=130))
def test_pairs_are_read(octets: bytes) -> None:
    assert values.parse_pairs(octets.hex(":")) == octets


@given(st.text())
def test_no_text_crashes(text: str) -> None:
    for parse in (values.parse_octets, values.parse_whole, values.parse_pairs, values.parse_hostname):
        try:
            parse(text)
        except ValueError as error:
            assert str(error).startswith(("is ", "has "))  # noqa: PT017 (that it raises is not what is asked)


def test_hostnames_lose_the_dot_of_the_root() -> None:
    assert values.parse_hostname("nas.home.example.") == "nas.home.example"
    assert values.parse_hostname("") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("nas", "NAS", True),
        ("nas", "nas.home.example", True),
        ("nas.home.example.", "nas", True),
        ("nas.home.example", "NAS.home.example.", True),
        ("nas.home.example", "nas.guests.example", False),
        ("nas", "nas2", False),
        ("", "nas", False),
    ],
)
def test_names_of_one_host(one: str, other: str, same: bool) -> None:
    pairs = ((one, other), (other, one))
    assert [values.same_host(*pair) for pair in pairs] == [same, same]


def test_what_is_told_of_a_lease() -> None:
    assert lease("active", None).network() == "::"
    assert lease("active", None)._replace(type="prefix", length=56).network() == "::/56"
    assert lease("active", None).ends() is None
    assert lease("active", 1795705275).ends() == "2026-11-26T15:01:15+00:00"
