# SPDX-License-Identifier: GPL-3.0-or-later
"""dnsmasq's lease file, as dnsmasq 2.90 (Debian 12) and 2.91 (Debian 13) wrote it for real clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dnsmasq_leases
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.lease_file import Reading
from ansible_collections.homelab.ipv6.plugins.module_utils._values.lease import LARGEST_32, LAST_SECOND, Lease

DATA = Path(__file__).parent / "data/leases"
TEXTS = {version: (DATA / f"dnsmasq-{version}/dnsmasq.leases").read_text() for version in ("2.90", "2.91")}
SERVER = "duid 00:01:00:01:32:9a:ea:aa:02:00:00:00:01:01\n"


@pytest.mark.parametrize("version", TEXTS)
def test_leases_of_real_clients(version: str) -> None:
    reading = dnsmasq_leases.read(TEXTS[version])
    assert reading.problems == []
    found = {lease.iaid: lease for lease in reading.leases if not lease.temporary}
    assert sorted(found) == [1, 2, 3, 4, 6, 7, 9]
    assert (found[1].hostname, found[4].hostname, found[2].hostname) == ("nas", "desk", None)
    assert found[4].octets.hex() == "20010db800010000000000000000c11e"
    assert found[4].duid == bytes.fromhex("00040123456789abcdef0123456789abcdef")
    assert found[3].duid == bytes.fromhex("00020000ab116122775c40de1342")
    assert all(lease.state == "active" and (lease.expires or 0) > 1795705000 for lease in reading.leases)
    [temporary] = [lease for lease in reading.leases if lease.temporary]
    assert (temporary.iaid, temporary.duid) == (7, found[7].duid)


def test_what_is_still_written_is_left_out() -> None:
    text = TEXTS["2.90"]
    whole = dnsmasq_leases.read(text)
    for length in range(len(text)):
        reading = dnsmasq_leases.read(text[:length])
        assert reading.problems == []
        assert reading.leases == whole.leases[: len(reading.leases)]


def test_a_lease_may_be_endless_and_its_client_unknown() -> None:
    [lease] = dnsmasq_leases.read(SERVER + "0 T4294967295 2001:db8::1 * *\n").leases
    assert lease == Lease("address", lease.octets, 128, None, LARGEST_32, None, None, "active", temporary=True)


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("soon 1 2001:db8::1 * 00:01", 1, "end 'soon' is not a whole number"),
        ("1 X1 2001:db8::1 * 00:01", 3, "IAID 'X1' is not a whole number"),
        ("1  1 2001:db8::x * 00:01", 6, "address '2001:db8::x' is not an IPv6 address"),
        ("1 1 2001:db8::1 * 0", 19, "DUID '0' is not a DUID in pairs of hexadecimal digits"),
        ("1 1 2001:db8::1 *", 1, "4 words, where a lease has 5"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_left_out(line: str, column: int, says: str) -> None:
    reading = dnsmasq_leases.read(f"{SERVER}\n{line}\n1 1 2001:db8::2 * 00:01\n")
    assert len(reading.leases) == 1
    [problem] = reading.problems
    assert (problem.line, problem.column, problem.problem) == (3, column, says)


leases = st.builds(
    Lease,
    type=st.just("address"),
    octets=st.binary(min_size=16, max_size=16),
    length=st.just(128),
    duid=st.none() | st.binary(min_size=1, max_size=130),
    iaid=st.integers(0, LARGEST_32),
    hostname=st.none() | st.from_regex(r"[a-z]([a-z.-]*[a-z])?", fullmatch=True),
    expires=st.none() | st.integers(1, LAST_SECOND),
    state=st.just("active"),
    subnet_id=st.none(),
    temporary=st.booleans(),
)


def written(lease: Lease) -> str:
    """A line as lease_update_file() of dnsmasq writes it."""
    iaid = f"{'T' if lease.temporary else ''}{lease.iaid}"
    duid = lease.duid.hex(":") if lease.duid else "*"
    return f"{lease.expires or 0} {iaid} {lease.octets.hex(':', 2)} {lease.hostname or '*'} {duid}\n"


@given(st.lists(leases, max_size=5, unique_by=lambda lease: lease.octets))
def test_what_is_written_is_read_back(expected: list[Lease]) -> None:
    text = "1 02:00:00:00:00:02 192.0.2.16 * *\n" + SERVER + "".join(map(written, expected))
    assert dnsmasq_leases.read(text) == Reading(expected, [])


@given(st.text() | st.text("0123T:ab* \n\t\x1f.", max_size=200).map(lambda text: text + "\n"))
def test_no_text_crashes(text: str) -> None:
    reading = dnsmasq_leases.read(text)
    assert all(problem.line > 0 and problem.column > 0 for problem in reading.problems)
