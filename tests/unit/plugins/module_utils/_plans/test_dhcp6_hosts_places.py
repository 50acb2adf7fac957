# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_places import (
    Stranger,
    place,
    refuse_strangers,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS

LAN, GUESTS = IPv6Network("2001:db8:0:1::/64"), IPv6Network("2001:db8:0:2::/64")


def host(**given: Any) -> dict[str, Any]:
    return {**NAS, **given}


def test_a_host_is_placed_by_its_addresses() -> None:
    (nas,) = read_hosts([host(addresses=["2001:db8:0:2::1", "2001:db8:0:1::1"], prefixes=["2001:db8:100::/56"])])
    guests, lan = place([nas], [LAN, GUESTS], "kea.conf")
    assert (guests.subnet, guests.addresses) == (GUESTS, (IPv6Address("2001:db8:0:2::1"),))
    assert (lan.subnet, lan.addresses) == (LAN, (IPv6Address("2001:db8:0:1::1"),))
    # The prefix goes with the first.
    assert guests.prefixes == nas.prefixes
    assert lan.prefixes == ()


def test_a_subnet_may_be_the_whole_sites() -> None:
    site = IPv6Network("2001:db8::/32")
    (nas,) = read_hosts([host(prefixes=["2001:db8:100::/56"])])
    assert [placement.prefixes for placement in place([nas], [site], "kea.conf")] == [nas.prefixes]


def test_of_subnets_in_each_other_an_address_belongs_to_the_longest() -> None:
    around = IPv6Network("2001:db8::/32")
    (nas,) = read_hosts([host(addresses=["2001:db8:0:1::1", "2001:db8:9::1"])])
    assert [placement.subnet for placement in place([nas], [around, LAN], "kea.conf")] == [LAN, around]
    (nas,) = read_hosts([host(addresses=["2001:db8:0:1::1"], subnet=str(around))])
    assert [placement.subnet for placement in place([nas], [around, LAN], "kea.conf")] == [around]


def test_a_host_without_addresses_goes_where_only_one_subnet_is_or_where_it_is_told() -> None:
    (nas,) = read_hosts([host(addresses=[], hostname="nas")])
    assert [placement.subnet for placement in place([nas], [LAN], "kea.conf")] == [LAN]
    (nas,) = read_hosts([host(addresses=[], hostname="nas", subnet=str(GUESTS))])
    assert [placement.subnet for placement in place([nas], [LAN, GUESTS], "kea.conf")] == [GUESTS]


@pytest.mark.parametrize(
    ("given", "served", "says"),
    [
        (
            host(addresses=["2001:db8:9::1"]),
            [LAN, GUESTS],
            "lies outside every subnet that the server has (in kea.conf: 2001:db8:0:1::/64, 2001:db8:0:2::/64).",
        ),
        (
            host(prefixes=["2001:db8:0:2::/63"]),
            [LAN, GUESTS],
            "hosts[0].prefixes[0]: 2001:db8:0:2::/63 overlaps 2001:db8:0:2::/64, a subnet of the server itself (in kea",
        ),
        (
            host(prefixes=["2001:db8:0:2:8000::/72"]),
            [LAN, GUESTS],
            "hosts[0].prefixes[0]: 2001:db8:0:2:8000::/72 overlaps 2001:db8:0:2::/64, a subnet of the server itself (",
        ),
        (
            host(addresses=["2001:db8:0:1::"]),
            [LAN],
            "hosts[0].addresses[0]: 2001:db8:0:1:: is the anycast address of all routers in 2001:db8:0:1::/64 (RFC ",
        ),
        (host(), [], "lies outside every subnet that the server has (in kea.conf: none)"),
        (host(subnet=str(GUESTS)), [LAN, GUESTS], "lies outside the subnet 2001:db8:0:2::/64"),
        (host(addresses=[], hostname="nas"), [LAN, GUESTS], "hosts[0]: nas has no address that tells its subnet"),
        (
            host(addresses=[], hostname="nas", subnet="2001:db8:9::/64"),
            [LAN],
            "hosts[0].subnet: 2001:db8:9::/64 is no subnet of the server",
        ),
    ],
)
def test_a_host_that_fits_nowhere_is_refused(given: dict[str, Any], served: list[IPv6Network], says: str) -> None:
    with pytest.raises(Refusal) as raised:
        place(read_hosts([given]), served, "kea.conf")
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("stranger", "says"),
    [
        (Stranger("the printer", (IPv6Address("2001:db8:0:1::10"),)), "2001:db8:0:1::10 is also the address of the p"),
        (
            Stranger("the printer", (), (IPv6Network("2001:db8:100::/48"),)),
            "hosts[0].prefixes[0]: 2001:db8:100::/56 overlaps a prefix of the printer",
        ),
    ],
)
def test_what_another_host_has_is_refused(stranger: Stranger, says: str) -> None:
    placements = place(read_hosts([host(prefixes=["2001:db8:100::/56"])]), [LAN], "kea.conf")
    refuse_strangers(placements, [Stranger("someone", (IPv6Address("2001:db8:0:1::99"),))])
    with pytest.raises(Refusal) as raised:
        refuse_strangers(placements, [stranger])
    assert says in str(raised.value)
