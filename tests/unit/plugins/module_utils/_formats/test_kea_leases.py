# SPDX-License-Identifier: GPL-3.0-or-later
"""Kea's lease files, as Kea 2.2 (Debian 12) and 2.6 (Debian 13) and their kea-lfc wrote them for real clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import kea_leases
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_leases import Reading
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.lease import LARGEST_32, LAST_SECOND, Lease

DATA = Path(__file__).parent / "data/leases"
OLD, NEW = ((DATA / version / "kea-leases6.csv").read_text() for version in ("kea-2.2", "kea-2.6"))
HEADER = OLD.splitlines()[0] + "\n"
ROW = "2001:db8::1,00:02:03,7200,1795705275,7,3600,0,1,128,0,0,a.example,,0,,,\n"


def by_address(text: str) -> dict[str, Lease]:
    reading = kea_leases.read(text)
    assert reading.problems == []
    return {lease.octets.hex(): lease for lease in kea_leases.last([reading])}


def octets(subnet: int, host: int) -> str:
    return f"20010db8{subnet:08x}{host:016x}"


@pytest.mark.parametrize("text", [OLD, NEW], ids=["2.2", "2.6"])
def test_leases_of_real_clients(text: str) -> None:
    found = by_address(text)
    named = found[octets(0x10000, 0x100)]
    assert named.duid is not None
    assert named.duid[:4] + named.duid[8:] == bytes.fromhex("00010001020000000001")
    assert (named.hostname, named.iaid, named.subnet_id, named.state) == ("nas.home.example", 1, 7, "active")
    assert (named.type, named.length, named.temporary) == ("address", 128, False)
    assert found[octets(0x10000, 0x102)].duid == bytes.fromhex("00020000ab116122775c40de1342")
    reserved = found[octets(0x10000, 0xC11E)]
    assert reserved.duid == bytes.fromhex("00040123456789abcdef0123456789abcdef")
    delegated = found["20010db880000000" + 16 * "0"]
    assert (delegated.type, delegated.length, delegated.iaid) == ("prefix", 56, 6)
    # Two with one IAID: an address and a prefix of one client.
    assert delegated.duid == found[octets(0x10000, 0x103)].duid


@pytest.mark.parametrize("text", [OLD, NEW], ids=["2.2", "2.6"])
def test_states(text: str) -> None:
    found = by_address(text)
    # Kea 2.2 writes 00 for the DUID, 2.6 00:00:00.
    declined = found[octets(0x10000, 0x104)]
    assert (declined.state, declined.duid) == ("declined", None)
    assert found[octets(0x10000, 0x105)].state == "active"
    # Given back by the client; removed by a command.
    assert found[octets(0x10000, 0x106)].state == "released"
    assert found[octets(0x20000, 7)].state == "released"
    # Reclaimed by Kea.
    assert found[octets(0x20000, 6)].state == "expired"
    endless = found[octets(0x20000, 5)]
    assert (endless.state, endless.expires, endless.iaid) == ("active", None, LARGEST_32)


def test_commas_are_escaped() -> None:
    assert "&#x2c" in OLD
    assert (
        kea_leases.unescaped('{ "port": 3&#x2c "room": "attic&#x2c left" }') == '{ "port": 3, "room": "attic, left" }'
    )
    assert kea_leases.unescaped("a&#b") == "a&#b"
    [lease] = kea_leases.read(HEADER + ROW.replace("a.example", "a&#x2cb.example.")).leases
    assert lease.hostname == "a,b.example"


@pytest.mark.parametrize("moment", ["cleaned", "rotated", "unfinished", "finished"])
def test_at_each_moment_of_a_cleanup_the_leases_are_the_same(moment: str) -> None:
    texts = {path.suffix.replace(".csv", ""): path.read_text() for path in (DATA / "kea-2.2" / moment).iterdir()}
    read = [kea_leases.read(texts[suffix]) for suffix in kea_leases.files(texts)]
    found = {lease.octets[15]: (lease.hostname, lease.state) for lease in kea_leases.last(read)}
    if moment == "cleaned":
        assert found == {
            0x10: ("stays.home.example", "active"),
            0x11: ("renamed-once.home.example", "active"),
            0x12: ("gone.home.example", "active"),
        }
    else:
        assert found == {
            0x10: ("stays.home.example", "active"),
            0x11: ("renamed-twice.home.example", "active"),
            0x12: ("gone.home.example", "released"),
            0x13: ("late.home.example", "active"),
        }


def test_files_are_read_in_kea_s_order() -> None:
    assert kea_leases.files(["", ".1", ".2", ".output", ".pid"]) == (".2", ".1", "")
    assert kea_leases.files(["", ".1", ".2", ".completed", ".output"]) == (".completed", "")
    assert kea_leases.files([]) == ()


def test_columns_are_known_by_name() -> None:
    names, values = HEADER.strip().split(","), ROW.strip().split(",")
    turned = ",".join(reversed(names)) + "\n" + ",".join(reversed(values)) + "\n"
    assert kea_leases.read(turned) == kea_leases.read(HEADER + ROW)
    # Before 0.9.2 leases had no state.
    stateless = names.index("hwaddr")
    old = ",".join(names[:stateless]) + "\r\n" + ",".join(values[:stateless]) + "\r\n"
    assert kea_leases.read(old) == kea_leases.read(HEADER + ROW)


def test_what_is_still_written_is_left_out() -> None:
    whole = kea_leases.read(NEW)
    for length in range(len(NEW)):
        reading = kea_leases.read(NEW[:length])
        assert reading.problems == []
        assert reading.leases == whole.leases[: len(reading.leases)]


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (ROW.replace("2001:db8::1", "2001:db8::x"), 1, "address '2001:db8::x' is not an IPv6 address"),
        (ROW.replace("00:02:03", "00-02-03"), 13, "duid '00-02-03' is not a DUID in pairs of hexadecimal digits"),
        (ROW.replace("7200", "-1"), 22, "valid_lifetime '-1' is not a whole number"),
        (ROW.replace("1795705275", "9" * 12), 27, f"expire '999999999999' is larger than {LAST_SECOND}"),
        (ROW.replace(",0,,,", ",9,,,"), 68, "state '9' is larger than 4"),
        ("a,b\n", 1, "2 fields, where the first line names 17 columns"),
        (ROW.replace("2001:db8::1", "x" * 100), 1, f"address '{'x' * 60}…' is not an IPv6 address"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_left_out(row: str, column: int, says: str) -> None:
    reading = kea_leases.read(HEADER + ROW + row + "\n" + ROW)
    assert len(reading.leases) == 2
    [problem] = reading.problems
    assert (problem.line, problem.column, problem.problem) == (3, column, says)


def test_a_file_of_another_kind_is_said_to_be() -> None:
    for text in ("lease 192.0.2.1 {\n}\n", "address,hwaddr,client_id\n"):
        with pytest.raises(SyntaxProblem, match="line 1, column 1: the first line names no column"):
            kea_leases.read(text)
    # Kea has just made it.
    assert kea_leases.read("") == Reading([], [])


leases = st.builds(
    Lease,
    type=st.just("address"),
    octets=st.binary(min_size=16, max_size=16),
    length=st.just(128),
    duid=st.binary(min_size=1, max_size=130),
    iaid=st.integers(0, LARGEST_32),
    hostname=st.none() | st.from_regex(r"[a-z,]([a-z.,&]*[a-z,])?", fullmatch=True),
    expires=st.none() | st.integers(0, LAST_SECOND),
    state=st.sampled_from(["active", "expired", "released", "registered"]),
    subnet_id=st.integers(0, LARGEST_32),
    temporary=st.booleans(),
) | st.builds(
    Lease,
    type=st.just("prefix"),
    octets=st.binary(min_size=16, max_size=16),
    length=st.integers(0, 128),
    duid=st.none(),
    iaid=st.integers(0, LARGEST_32),
    hostname=st.none(),
    expires=st.integers(0, LAST_SECOND),
    state=st.just("declined"),
    subnet_id=st.integers(0, LARGEST_32),
    temporary=st.just(False),
)


def written(lease: Lease) -> str:
    """A line as the manual describes it."""
    kind = 2 if lease.type == "prefix" else int(lease.temporary)
    lifetime, expires = (LARGEST_32, 0) if lease.expires is None else (60, lease.expires)
    state = ("active", "declined", "expired", "released", "registered").index(lease.state)
    hostname = (lease.hostname or "").replace(",", "&#x2c")
    duid = (lease.duid or b"\0").hex(":")
    start = f"{lease.octets.hex(':', 2)},{duid},{lifetime},{expires},{lease.subnet_id},30,{kind},{lease.iaid}"
    return f"{start},{lease.length},0,0,{hostname},,{state},,,\n"


@given(st.lists(leases, max_size=5))
def test_what_is_written_is_read_back(expected: list[Lease]) -> None:
    assert kea_leases.read(HEADER + "".join(map(written, expected))) == Reading(expected, [])


@given(st.text() | st.text(HEADER, max_size=300) | st.text("0123456789abc:,&#x.\n", max_size=200).map(HEADER.__add__))
def test_no_text_crashes(text: str) -> None:
    try:
        reading = kea_leases.read(text)
    except SyntaxProblem as problem:
        assert problem.line == 1  # noqa: PT017 (that it raises is not what is asked)
    else:
        assert all(problem.line > 1 and problem.column > 0 for problem in reading.problems)
