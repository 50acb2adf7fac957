# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import (
    StaticHost,
    read_hosts,
    refuse_relative,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

DUID = "00:03:00:01:52:54:00:65:43:21"
OTHER = "00:03:00:01:52:54:00:65:43:22"


def host(**given: Any) -> dict[str, Any]:
    return {"name": "nas", "duid": DUID, "addresses": ["2001:db8:0:1::10"], **given}


def other(**given: Any) -> dict[str, Any]:
    return {"name": "tv", "duid": OTHER, "addresses": ["2001:db8:0:1::11"], **given}


def test_hosts_are_read_in_their_canonical_form() -> None:
    nas, bot, mac = read_hosts(
        [
            host(
                duid="00-03-00-01-52-54-00-65-43-21", addresses=["2001:DB8:0:1:0::10"], prefixes=["2001:db8:100::/56"]
            ),
            host(name="bot", duid=None, machine_id="0102030405060708090a0b0c0d0e0f10", addresses=[], hostname="bot"),
            host(name="mac", duid=None, hwaddr="52-54-00-AB-CD-EF", addresses=["2001:db8:0:2::1"]),
        ]
    )
    assert (nas.kind, nas.identifier, nas.addresses) == ("duid", DUID, (IPv6Address("2001:db8:0:1::10"),))
    assert nas.prefixes == (IPv6Network("2001:db8:100::/56"),)
    assert (bot.kind, bot.identifier) == ("duid", "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2")
    assert (mac.kind, mac.identifier) == ("hwaddr", "52:54:00:ab:cd:ef")
    assert mac.result() == {
        "name": "mac",
        "duid": None,
        "duid_type": None,
        "duid_time": None,
        "hwaddr": "52:54:00:ab:cd:ef",
        "addresses": ["2001:db8:0:2::1"],
        "prefixes": [],
        "hostname": None,
    }


@pytest.mark.parametrize(
    ("identifier", "kind", "time"),
    [
        ("00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56", "DUID-LLT", "2022-06-14T13:40:45+00:00"),
        (DUID, "DUID-LL", None),
        # As someone edited it.
        ("'by hand'", None, None),
    ],
)
def test_what_is_told_of_a_duid(identifier: str, kind: str | None, time: str | None) -> None:
    told = StaticHost("", "nas", "duid", identifier).result()
    assert (told["duid"], told["duid_type"], told["duid_time"], told["hwaddr"]) == (identifier, kind, time, None)


def test_addresses_beside_a_prefix_are_its_neighbours() -> None:
    prefixes = ["2001:db8:0:2::/64", "2001:db8:0:4::/64"]
    around = ["2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:3::", "2001:db8:0:5::"]
    assert len(read_hosts([host(prefixes=prefixes), other(addresses=around)])) == 2


def test_paths_are_absolute() -> None:
    refuse_relative({"config_file": "/etc/kea/kea-dhcp6.conf", "hosts_file": None, "lease_file": ""})
    with pytest.raises(Refusal) as raised:
        refuse_relative({"config_file": None, "hosts_file": "dhcp/hosts"})
    assert str(raised.value) == (
        "hosts_file: dhcp/hosts is no absolute path. Write where it is from the root on, as in /etc/dhcp/hosts."
    )


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        (
            [host(duid=DUID[:-3])],
            f"hosts[0].duid: {DUID[:-3]} has 9 octets, where a DUID-LL of hardware type 1 has 10.",
        ),
        ([host(), other(duid="00:03:0")], "hosts[1].duid: 00:03:0 has '0' as its octet 3"),
        ([host(duid="00:03:00:01:52:54:00:65:43:2x")], "has 'x' in it, which is no hexadecimal digit"),
        ([host(duid=None, machine_id="12")], "hosts[0].machine_id: 12 has 2 digits, where a machine-id has 32"),
        ([host(duid=None, hwaddr="52:54")], "hosts[0].hwaddr: 52:54 has 2 octets, where an Ethernet address has 6"),
        ([host(duid=None)], "hosts[0]: nas is known by no identifier, where one identifier belongs"),
        (
            [host(duid=None, from_lease=" .")],
            "hosts[0].from_lease: ' .' is no name. Write the name that the host has in",
        ),
        (
            [host(duid=None, from_lease="nas"), other(duid=None, from_lease="nas")],
            "hosts[1].from_lease: the client nas in the leases is also the duid of hosts[0] (nas).",
        ),
        ([host(hwaddr="52:54:00:ab:cd:ef")], "is known by duid and hwaddr, where one identifier belongs. Give exactly"),
        ([host(addresses=["192.0.2.1"])], "hosts[0].addresses[0]: 192.0.2.1 is an IPv4 address, where an IPv6 address"),
        ([host(prefixes=["192.0.2.0/24"])], "hosts[0].prefixes[0]: 192.0.2.0/24 is an IPv4 network"),
        ([host(subnet="2001:db8::")], "hosts[0].subnet: 2001:db8:: has no prefix length"),
        ([host(name="my nas")], "hosts[0].name: 'my nas' cannot be the name of a host"),
        ([host(name="nas--2")], "hosts[0].name: 'nas--2' cannot be the name of a host"),
        (
            [host(hostname="nas"), other(hostname="NAS")],
            "hosts[1].hostname: NAS is also the name of hosts[0] (nas), and both hosts would answer to it. Give each",
        ),
        ([host(hostname="na_s")], "hosts[0].hostname: 'na_s' is no host name"),
        ([host(addresses=[])], "hosts[0]: nas gets nothing from the server"),
        ([host(), other(name="nas")], "hosts[1].name: nas is also the name of hosts[0] (nas)"),
        (
            [host(), other(), host(name="x", duid=DUID.replace(":", "-"), addresses=["2001:db8::9"])],
            f"hosts[2].duid: {DUID} is also the duid of hosts[0] (nas).",
        ),
        (
            [host(), other(addresses=["2001:db8:0:1::11", "2001:db8:0:1::10"])],
            "hosts[1].addresses[1]: 2001:db8:0:1::10 is also the address of hosts[0] (nas)",
        ),
        ([host(addresses=["2001:db8::1", "2001:db8::1"])], "hosts[0].addresses[1]: 2001:db8::1 is given twice"),
        (
            [host(prefixes=["2001:db8:100::/56"]), other(prefixes=["2001:db8:100:80::/60"])],
            "hosts[1].prefixes[0]: 2001:db8:100:80::/60 overlaps a prefix of hosts[0] (nas)",
        ),
        (
            [host(prefixes=["2001:db8:100::/56", "2001:db8:100:80::/60"])],
            "hosts[0].prefixes[1]: 2001:db8:100:80::/60 overlaps 2001:db8:100::/56, which this host gets as well",
        ),
        (
            [other(addresses=["2001:db8:100::1"]), host(prefixes=["2001:db8:200::/56", "2001:db8:100::/56"])],
            "hosts[1].prefixes[1]: 2001:db8:100::/56 has an address of hosts[0] (tv) in it, 2001:db8:100::1. Deleg",
        ),
        (
            [host(addresses=["2001:db8:1ff::1"], prefixes=["2001:db8:100::/40"])],
            "hosts[0].prefixes[0]: 2001:db8:100::/40 has an address of hosts[0] (nas) in it, 2001:db8:1ff::1. Delegate",
        ),
        ([host(prefixes=["2001:db8:100::/56"] * 2)], "hosts[0].prefixes[1]: 2001:db8:100::/56 is given twice"),
    ],
)
def test_refusals_name_option_value_and_remedy(hosts: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(Refusal) as raised:
        read_hosts(hosts)
    assert says in str(raised.value)
    assert raised.value.remedy
