# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import leases
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.leases import Found, kea_lease_file
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

DATA = Path(__file__).parents[1] / "_formats/data/leases"
KEA = (DATA / "kea-2.2/kea-leases6.csv").read_text()
DHCPD = (DATA / "dhcpd-4.4.3/appended").read_text()
NAMED = (DATA / "dhcpd-4.4.3/named").read_text()
DNSMASQ = (DATA / "dnsmasq-2.90/dnsmasq.leases").read_text()
# When the files were recorded, and when all but the endless leases in them have ended.
THEN, LATER = 1795698110, 1800000000


def told(provider: str, text: str, now: float = THEN, everything: bool = False) -> list[dict[str, Any]]:
    plan = leases.plan(provider, Found("/l", {"": text}, "little"), now, everything)
    assert not plan.changed
    assert plan.warnings == ()
    assert plan.result["lease_file"] == "/l"
    rows: list[dict[str, Any]] = plan.result["leases"]
    return rows


def test_what_is_told_of_a_lease() -> None:
    rows = told("kea", KEA)
    assert rows[0] == {
        "type": "address",
        "address": "2001:db8:1::100",
        "prefix": None,
        "temporary": False,
        "duid": "00:01:00:01:32:9a:ea:19:02:00:00:00:00:01",
        "duid_type": "DUID-LLT",
        "duid_time": "2026-11-26T13:01:13+00:00",
        "iaid": 1,
        "hostname": "nas.home.example",
        "expires": "2026-11-26T15:01:15+00:00",
        "state": "active",
        "subnet_id": 7,
    }
    assert (rows[-1]["type"], rows[-1]["address"], rows[-1]["prefix"]) == ("prefix", None, "2001:db8:8000::/56")
    assert [row["duid_type"] for row in rows[1:4]] == ["DUID-LL", "DUID-EN", "DUID-LLT"]


def test_only_active_leases_unless_all_are_asked_for() -> None:
    assert {row["state"] for row in told("kea", KEA)} == {"active"}
    states = [row["state"] for row in told("kea", KEA, everything=True)]
    assert {state: states.count(state) for state in states} == {
        "active": 8,
        "declined": 1,
        "released": 2,
        "expired": 1,
    }
    [endless] = told("kea", KEA, LATER)
    assert (endless["expires"], endless["iaid"]) == (None, 2**32 - 1)
    assert {row["state"] for row in told("dhcpd", DHCPD, LATER, everything=True)} == {"expired", "released"}
    assert told("dnsmasq", DNSMASQ, LATER) == []


@pytest.mark.parametrize(("provider", "text"), [("kea", KEA), ("dhcpd", DHCPD), ("dnsmasq", DNSMASQ)])
def test_all_servers_are_told_alike(provider: str, text: str) -> None:
    rows = told(provider, text)
    # The client with DUID-LL 02 and the one with the DUID-EN; the numbers of their interfaces are no server's choice.
    duids = {row["iaid"]: row["duid"] for row in rows}
    assert duids[2] == "00:03:00:01:02:00:00:00:00:02"
    assert duids[3] == "00:02:00:00:ab:11:61:22:77:5c:40:de:13:42"
    assert rows == sorted(rows, key=lambda row: row["type"])
    assert {row["subnet_id"] is None for row in rows} == {provider != "kea"}


@pytest.mark.parametrize(
    ("octets", "kind", "time"),
    [
        # As no RFC has it: a DUID-LLT with an Ethernet address of five octets, one octet alone, a type of the future.
        ("00:01:00:01:32:9a:ea:19:02:00:00:00:00", "DUID-LLT", "2026-11-26T13:01:13+00:00"),
        ("00:01:00:01:32:9a:ea:19", "DUID-LLT", None),
        ("07", "unknown", None),
        ("00:ff:01", "unknown", None),
    ],
)
def test_a_duid_is_told_as_the_client_sent_it(octets: str, kind: str, time: str | None) -> None:
    [row] = told("dnsmasq", f"0 1 2001:db8::1 * {octets}\n")
    assert (row["duid"], row["duid_type"], row["duid_time"]) == (octets, kind, time)


def test_a_lease_without_a_client() -> None:
    [row] = told("dnsmasq", "253402300799 1 2001:db8::1 * *\n")
    assert (row["duid"], row["duid_type"], row["expires"]) == (None, None, "9999-12-31T23:59:59+00:00")


def test_a_lease_that_ended_long_ago() -> None:
    [row] = told("dhcpd", re.sub("ends [^;]*", "ends epoch 0", NAMED), everything=True)
    assert (row["state"], row["expires"]) == ("expired", "1970-01-01T00:00:00+00:00")


def test_warnings_name_the_place_and_end_somewhere() -> None:
    plan = leases.plan("dnsmasq", Found("/l", {"": "x\n" * 30 + "0 1 2001:db8::1 * *\n"}, "little"), THEN, False)
    assert len(plan.result["leases"]) == 1
    assert len(plan.warnings) == 21
    assert plan.warnings[0] == "/l, line 1, column 1: 1 words, where a lease has 5. It is left out."
    assert plan.warnings[-1] == "/l: 10 more like these are left out."


def test_warnings_name_the_one_of_kea_s_files() -> None:
    header = KEA.splitlines()[0] + "\n"
    plan = leases.plan("kea", Found("/l.csv", {"": header, ".2": header + "x\n"}, "little"), THEN, False)
    assert plan.warnings == (
        "/l.csv.2, line 2, column 1: 1 fields, where the first line names 17 columns. It is left out.",
    )


def test_refusals() -> None:
    with pytest.raises(Refusal) as missing:
        leases.plan("dhcpd", Found("/l", {}, "little"), THEN, False)
    assert str(missing.value) == (
        "lease_file: /l is no file. Name the file in which dhcpd keeps its leases; it makes one when it first runs."
    )
    with pytest.raises(Refusal) as foreign:
        leases.plan("kea", Found("/l", {"": DHCPD}, "little"), THEN, False)
    assert str(foreign.value) == (
        "lease_file: /l holds no leases of it: line 1, column 1: the first line names no column 'address'. "
        "Name the file in which kea-dhcp6 keeps its leases."
    )
    for provider, text, line in (("dnsmasq", KEA, "line 1"), ("dhcpd", KEA, "line 1")):
        with pytest.raises(
            Refusal, match=f"^lease_file: /l holds no leases of it: {line}.* Name the file in which {provider}"
        ):
            leases.plan(provider, Found("/l", {"": text}, "little"), THEN, False)
    with pytest.raises(Refusal) as unwritten:
        leases.refuse_unwritten("dhcp6s")
    assert str(unwritten.value) == (
        "provider: dhcp6s keeps its leases in memory alone and writes them to no file. "
        "Read the client's DUID on the client, or in the log of dhcp6s when it runs with -D."
    )
    leases.refuse_unwritten("kea")


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (None, "/var/lib/kea/kea-leases6.csv"),
        ('{"Dhcp6": {}}', "/var/lib/kea/kea-leases6.csv"),
        ('{"Dhcp6": {"lease-database": {"type": "memfile"}}}', "/var/lib/kea/kea-leases6.csv"),
        ('{"Dhcp6": { /* ours */ "lease-database": {"type": "memfile", "name": "/srv/l.csv"}}}', "/srv/l.csv"),
        ('{"Dhcp6": {"lease-database": {"name": "lan.csv"}}}', "/var/lib/kea/lan.csv"),
        ('{"Dhcp6": ', "/var/lib/kea/kea-leases6.csv"),
    ],
)
def test_where_kea_is_told_to_write(config: str | None, path: str) -> None:
    assert kea_lease_file(config) == path


def test_kea_with_a_database() -> None:
    with pytest.raises(Refusal) as raised:
        kea_lease_file('{"Dhcp6": {"lease-database": {"type": "mysql", "name": "kea"}}}')
    assert str(raised.value) == (
        "provider: kea has its leases in a database (mysql), not in a file. Ask the database, or name a lease_file."
    )


def seconds_for(count: int) -> float:
    header, row = KEA.splitlines()[:2]
    rows = (
        row.replace("1::100", f"1::{number:x}").replace("00:00:01,", f"{number // 256:02x}:{number % 256:02x}:01,")
        for number in range(count)
    )
    text = "\n".join([header, *rows, ""])
    before = time.process_time()
    assert len(told("kea", text)) == count
    return time.process_time() - before


def test_ten_times_the_leases_take_about_ten_times_as_long() -> None:
    # 0.2 s for ten thousand. Were each held against each, it would be a hundred times.
    few, many = (min(seconds_for(count) for _time in range(3)) for count in (1_000, 10_000))
    assert many < 30 * few
