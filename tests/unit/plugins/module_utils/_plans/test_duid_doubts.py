# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.duid_doubts import Named, _apart_by_one_octet, doubts

LLT = "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"
LATER = "00:01:00:01:2b:00:00:00:52:54:00:12:34:56"
TIMELESS = "00:01:00:01:00:00:00:00:52:54:00:12:34:56"
LL = "00:03:00:01:52:54:00:12:34:56"
OTHER = "00:03:00:01:52:54:00:12:34:66"


def said(*duids: str, key: str = "duid") -> list[str]:
    items = [{"name": f"h{number}", key: duid, "hostname": f"h{number}"} for number, duid in enumerate(duids)]
    in_leases = {"from_lease": lambda _option, _name, wanted: wanted}.get(key)
    return doubts(read_hosts(items, in_leases) if in_leases else read_hosts(items))


def test_duids_that_differ_in_one_octet() -> None:
    [warning] = said(LL, LLT, OTHER)
    assert warning == (
        "These DUIDs differ in one octet: h0 and h2 (octet 10: 56 and 66). If they are meant for one machine, one of "
        "them is mistyped, and no client will ever match it."
    )


def test_duids_that_differ_in_their_time() -> None:
    [warning] = said(LATER, LL, LLT)
    assert warning == (
        "These DUIDs differ in nothing but the time at which they were made: h0 and h2. A client makes its DUID once: "
        "if they are meant for one machine, keep the one under which it asks now."
    )
    # One octet of the time is the time, too.
    assert said(LLT, LLT.replace("2a", "2b")) == [warning.replace("h2", "h1")]


def test_a_time_of_zero() -> None:
    [warning] = said(TIMELESS)
    assert warning.startswith("The DUID-LLT of h0 has the time 0 (octets 5 to 8), as if it was computed from a MAC ")
    assert "dhcp6_identity_info" in warning
    assert len(said(TIMELESS, LLT)) == 2


@pytest.mark.parametrize(
    "duid",
    [
        # The type is lost; its length stands in front; the client identifier of DHCPv4; a number to YAML.
        "2a:3b:4c:5d:52:54:00:12:34:56",
        "0e:00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56",
        "01:52:54:00:12:34:56",
        "00:00:01:00:01:2a:3b",
        "472387231234567890",
    ],
)
def test_a_type_that_no_client_has(duid: str) -> None:
    [warning] = said(LL, duid)
    assert warning.startswith("The DUID of h1 has a type that no client is known to use: a DUID begins with 00:01, ")


def test_systemds_with_an_octet_too_few() -> None:
    [warning] = said("00:02:00:00:ab:11:61:77:40:de:13:42:c3")
    assert warning.startswith(
        "The DUID of h0 has systemd's enterprise number, and not the 14 octets that systemd's have"
    )


def test_what_was_seen_in_a_lease_is_real() -> None:
    assert said(TIMELESS, "2a:3b:4c:5d:52:54:00:12:34:56", key="from_lease") == []


@pytest.mark.parametrize(
    "duids",
    [
        (LL,),
        (LL, LLT),
        (LL, OTHER.replace("52:54", "52:55")),
        # The same octets at other places, and another length.
        ("00:02:00:00:00:01:aa:bb", "00:02:00:00:00:01:bb:aa", "00:02:00:00:00:01:aa"),
        # A type that has come since, and systemd's.
        ("00:05:01:02:03", "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2"),
        # Time and address.
        (LLT, LATER.replace("56", "57")),
    ],
)
def test_what_gives_no_reason_to_doubt(duids: tuple[str, ...]) -> None:
    assert said(*duids) == []


def test_mac_addresses_are_not_compared() -> None:
    assert said("52:54:00:12:34:56", "52:54:00:12:34:57", key="hwaddr") == []


def test_a_series_is_one_item_of_one_warning() -> None:
    [warning] = said(*(f"{LL[:-2]}{number:02x}" for number in range(30)), "00:03:00:01:52:55:00:12:34:00")
    assert "one octet: h0 and h30 (octet 6: 54 and 55); h0, h1, h2, h3 and 26 more (octet 10). If" in warning


def test_many_pairs_are_counted() -> None:
    duids = [f"00:03:00:01:52:{number:02x}:{number:02x}:12:34:{last}" for number in range(20) for last in ("00", "01")]
    [warning] = said(*duids)
    assert warning.count("octet 10") == 5
    assert "; and 15 more such groups. If" in warning


@given(st.sets(st.binary(min_size=3, max_size=5).map(lambda found: bytes(octet % 3 for octet in found)), max_size=40))
def test_groups_hold_all_pairs_and_each_once(duids: set[bytes]) -> None:
    hosts = [Named("", octets) for octets in sorted(duids)]
    found = [
        (one.octets, other.octets)
        for group in _apart_by_one_octet(hosts)
        for number, other in enumerate(group.hosts)
        for one in group.hosts[:number]
    ]
    expected = [
        (one, other)
        for one in duids
        for other in duids
        if one < other and len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("spread", [lambda number: number, lambda number: number * 2654435761 % 2**32])
def test_ten_times_the_hosts_take_about_ten_times_as_long(spread: Callable[[int], int]) -> None:
    def seconds(count: int) -> float:
        hosts = [
            Named("", bytes.fromhex("000300015254") + spread(number).to_bytes(4, "big")) for number in range(count)
        ]
        before = time.process_time()
        _apart_by_one_octet(hosts)
        return time.process_time() - before

    few, many = (min(seconds(count) for _time in range(3)) for count in (1_000, 10_000))
    assert many < 30 * few
