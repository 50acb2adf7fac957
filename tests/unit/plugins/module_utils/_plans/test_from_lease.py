# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names looked up in leases that real servers wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import DUID, HWADDR, StaticHost
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.from_lease import LeaseNames
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.leases import Found
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault, Refusal

DATA = Path(__file__).parents[1] / "_formats/data/leases"
KEA = (DATA / "kea-2.2/kea-leases6.csv").read_text()
NAMED = (DATA / "dhcpd-4.4.3/named").read_text()
DNSMASQ = (DATA / "dnsmasq-2.90/dnsmasq.leases").read_text()
# When the files were recorded, and when all but the endless leases in them have ended.
THEN, LATER = 1795698110, 1800000000
NAS, ODD = "00:01:00:01:32:9a:ea:19:02:00:00:00:00:01", "00:03:00:01:02:00:00:00:00:02"


def names(
    provider: str = "kea", text: str | None = KEA, *present: StaticHost, now: float = THEN, path: str = "/l"
) -> LeaseNames:
    found = Found(path, {} if text is None else {"": text}, "little")
    return LeaseNames(provider, now, lambda: found, lambda: present)


def duid(looked_up: LeaseNames, wanted: str) -> str:
    return looked_up.duid("hosts[0].from_lease", "entry", wanted)


def refusal(looked_up: LeaseNames, wanted: str) -> str:
    with pytest.raises(Refusal) as raised:
        duid(looked_up, wanted)
    return str(raised.value)


@pytest.mark.parametrize("wanted", ["nas", "NAS", "nas.", "nas.home.example", "Nas.Home.Example."])
@pytest.mark.parametrize(
    ("provider", "text", "expected"),
    [
        ("kea", KEA, NAS),
        ("dhcpd", NAMED, "00:01:00:01:32:9a:eb:24:02:00:00:00:00:01"),
        # dnsmasq writes names without their domain.
        ("dnsmasq", DNSMASQ, "00:01:00:01:32:9a:ea:ac:02:00:00:00:00:01"),
    ],
)
def test_names_are_compared_as_dns_compares_them(provider: str, text: str, expected: str, wanted: str) -> None:
    looked_up = names(provider, text)
    assert duid(looked_up, wanted) == expected
    assert looked_up.warnings == []


def test_another_domain_is_another_host() -> None:
    assert refusal(names(), "nas.guests.example") == (
        "hosts[0].from_lease: nas.guests.example is the name of no client in /l, where the nearest are "
        "nas.home.example. Correct the name, have that machine ask for an address first, or give its duid."
    )


def test_the_nearest_names_are_told() -> None:
    assert "where the nearest are oddname.home.example. Correct" in refusal(names(), "odname")
    assert "where the nearest are annotated.home.example, " in refusal(names(), "annotate.home.exmaple")


def test_all_names_are_told_where_none_is_near() -> None:
    said = refusal(names(), "xyz")
    assert "where there are annotated.home.example, desk.home.example, nas.home.example, oddname.home.example. " in said
    many = "".join(f"0 1 2001:db8::{number:x} host{number:02} 00:01:{number:02x}\n" for number in range(1, 20))
    assert "host07, host08 and 11 more. Correct" in refusal(names("dnsmasq", many), "xyz")
    assert "/l, which holds no name of a client at present. " in refusal(names("dnsmasq", ""), "nas")


def test_dhcpd_notes_few_names() -> None:
    assert refusal(names("dhcpd", NAMED), "xyz").endswith(
        "dhcpd notes a name only when it has updated the DNS with it."
    )


def with_another(hostname: str, octets: str = ODD) -> str:
    """Another client, which says that it has this name."""
    row = f"2001:db8:1::200,{octets},7200,1795705275,7,3600,0,1,128,0,0,{hostname},,0,,1,2\n"
    return KEA + row


def test_a_name_of_two_clients_is_refused_with_both() -> None:
    both = (
        f"{NAS} (nas.home.example with 2001:db8:1::100 until 2026-11-26T15:01:15+00:00); "
        f"{ODD} (nas.guests.example with 2001:db8:1::200 until 2026-11-26T15:01:15+00:00). "
        "Write the whole name, or the right one of these as duid."
    )
    looked_up = names("kea", with_another("nas.guests.example"))
    assert refusal(looked_up, "nas") == f"hosts[0].from_lease: nas is the name of 2 clients in /l: {both}"
    assert duid(looked_up, "nas.guests.example") == ODD


def test_the_whole_name_counts_more_than_one_without_a_domain() -> None:
    looked_up = names("kea", with_another("nas"))
    assert duid(looked_up, "nas.home.example") == NAS
    assert "is the name of 2 clients" in refusal(looked_up, "nas")


def test_several_leases_of_one_client_are_one() -> None:
    assert duid(names("kea", with_another("nas.home.example", NAS)), "nas") == NAS


def test_a_lease_that_has_ended_is_told_and_not_taken() -> None:
    assert refusal(names(now=LATER), "nas") == (
        f"hosts[0].from_lease: nas has no lease any more in /l, where it had: {NAS} (nas.home.example with "
        "2001:db8:1::100 until 2026-11-26T15:01:15+00:00). Start that machine again, or write this as duid."
    )
    # One that never ends.
    assert duid(names(now=LATER), "annotated") == "00:03:00:01:02:00:00:00:00:55"


def test_a_duid_that_no_rfc_describes_is_not_pinned() -> None:
    said = refusal(names("dnsmasq", "0 1 2001:db8::1 nas 00:01:00:01:32:9a\n"), "nas")
    assert said.startswith("hosts[0].from_lease: 00:01:00:01:32:9a has 6 octets, where a DUID-LLT has at least 9")


def test_where_there_are_no_leases() -> None:
    assert refusal(names("kea", None, path="/none.csv"), "nas") == (
        "hosts[0].from_lease: nas cannot be looked up: /none.csv is no file. "
        "Name the file in which kea-dhcp6 keeps its leases; it makes one when it first runs."
    )
    assert refusal(names("dhcp6s", None), "nas") == (
        "hosts[0].from_lease: nas cannot be looked up: dhcp6s keeps its leases in memory alone and writes them to no "
        "file. Read the client's DUID on the client, or in the log of dhcp6s when it runs with -D."
    )


def test_lines_that_cannot_be_read_are_told() -> None:
    looked_up = names("dnsmasq", DNSMASQ + "nonsense\n")
    assert duid(looked_up, "desk").startswith("00:04:")
    assert duid(looked_up, "nas").startswith("00:01:")
    assert looked_up.warnings == ["/l, line 11, column 1: 1 words, where a lease has 5. It is left out."]


PINNED = StaticHost("entry in /h", "entry", DUID, NAS)


@pytest.mark.parametrize(
    ("provider", "text", "now"), [("kea", KEA, THEN), ("kea", KEA, LATER), ("kea", None, THEN), ("dhcp6s", None, THEN)]
)
def test_a_pinned_host_stays_whatever_becomes_of_its_lease(provider: str, text: str | None, now: float) -> None:
    looked_up = names(provider, text, PINNED, now=now)
    assert duid(looked_up, "nas") == NAS
    assert looked_up.warnings == []


def test_a_pinned_host_needs_no_lease_file_that_keeps_still() -> None:
    def find() -> Found:
        raise Fault("read /l", "its server moves its lease files faster than they can be read")

    assert duid(LeaseNames("kea", THEN, find, lambda: [PINNED]), "nas") == NAS


def test_a_pinned_host_stays_where_the_name_is_another_clients_by_now() -> None:
    looked_up = names("kea", KEA, PINNED)
    assert duid(looked_up, "oddname") == NAS
    [warning] = looked_up.warnings
    assert warning == (
        f"hosts[0].from_lease: oddname is the name of another client in /l: {ODD} (oddname.home.example with "
        f"2001:db8:1::101 until 2026-11-26T15:01:18+00:00). entry stays pinned to {NAS}, also if its from_lease is a "
        "new one here; to move it to that client, write that client's DUID as its duid."
    )


def test_a_pinned_host_stays_where_a_second_client_takes_its_name() -> None:
    looked_up = names("kea", with_another("nas"), PINNED)
    assert duid(looked_up, "nas") == NAS
    assert looked_up.warnings == []


def test_a_host_that_is_known_by_its_mac_address_is_not_pinned_to_a_duid() -> None:
    assert duid(names("kea", KEA, StaticHost("", "entry", HWADDR, "02:00:00:00:00:01")), "nas") == NAS
