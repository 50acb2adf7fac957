# SPDX-License-Identifier: GPL-3.0-or-later
"""dhcpd's lease file, as dhcpd 4.4.3-P1 of Debian 12 and 13 wrote it for real clients.

``appended`` as it grew while clients came, ``rewritten`` by the next start, ``hex`` under "lease-id-format hex;" on
Debian 13, ``named`` with a dynamic DNS update that BIND took.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd_leases
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.lease_file import Reading
from ansible_collections.homelab.ipv6.plugins.module_utils._values.lease import LARGEST_32, LAST_SECOND, Lease

DATA = Path(__file__).parent / "data/leases/dhcpd-4.4.3"
TEXTS = {name: (DATA / name).read_text() for name in ("appended", "rewritten", "hex", "named")}
BLOCK = """ia-na "\\001\\000\\000\\000\\000\\003\\000\\001ab" {
  cltt 4 2026/11/26 13:02:49;
  iaaddr 2001:db8::1 {
    binding state active;
    preferred-life 3600;
    max-life 7200;
    ends 4 2026/11/26 15:02:49;
  }
}
"""


def read(text: str) -> list[Lease]:
    reading = dhcpd_leases.read(text, "little")
    assert reading.problems == []
    return reading.leases


@pytest.mark.parametrize("name", ["appended", "rewritten", "hex"])
def test_leases_of_real_clients(name: str) -> None:
    found = {(lease.iaid, lease.type, lease.temporary): lease for lease in read(TEXTS[name])}
    # As Kea and dnsmasq wrote the IAIDs of the same clients: the last four octets of 02:00:00:00:00:01 and so on.
    assert {iaid for iaid, _type, _temporary in found} - {8} == {1, 2, 3, 6, 7, 9}
    assert found[2, "address", False].duid == bytes.fromhex("00030001020000000002")
    assert found[3, "address", False].duid == bytes.fromhex("00020000ab116122775c40de1342")
    delegated = found[6, "prefix", False]
    assert (delegated.octets[:8].hex(), delegated.length) == ("20010db88000ff00", 56)
    assert delegated.duid == found[6, "address", False].duid
    assert found[7, "address", True].octets[:10].hex() == "20010db800010000ffff"
    # It declined one address; its last block names another.
    assert (found[9, "address", False].state, found[9, "address", False].octets[15]) == ("active", 0xB7)
    released = found.get((8, "address", False))
    assert (released.state if released else None) == (None if name == "rewritten" else "released")


def test_a_declined_address_is_kept_for_ever() -> None:
    end = TEXTS["appended"].index("ends never;")
    [lease] = [
        lease for lease in read(TEXTS["appended"][: TEXTS["appended"].index("\n}\n", end) + 3]) if lease.iaid == 9
    ]
    assert (lease.state, lease.expires, lease.octets[15]) == ("declined", None, 0xB1)


def test_the_name_of_a_dynamic_dns_update() -> None:
    [lease] = read(TEXTS["named"])
    assert (lease.hostname, lease.expires) == ("nas.home.example", 1795705541)


def test_the_file_s_byte_order_counts() -> None:
    big = TEXTS["named"].replace("little-endian", "big-endian")
    assert [lease.iaid for lease in read(big)] == [0x01000000]
    assert [lease.iaid for lease in dhcpd_leases.read(BLOCK, "big").leases] == [0x01000000]


def test_times() -> None:
    [lease] = read(BLOCK.replace("ends 4 2026/11/26 15:02:49;", "ends epoch 1795705369; # Thu Nov 26 16:02:49 2026"))
    assert [lease] == read(BLOCK)


def test_an_address_belongs_to_who_had_it_last() -> None:
    other = BLOCK.replace("\\001\\000", "\\002\\000")
    assert [lease.iaid for lease in read(BLOCK + other)] == [2]
    assert [lease.iaid for lease in read(BLOCK + other + BLOCK)] == [1]
    assert read(BLOCK + BLOCK.partition("  iaaddr")[0] + "}\n") == []


def test_what_is_not_ours_is_passed_over() -> None:
    text = """
lease 192.0.2.1 {
  binding state active;
  on expiry {
    log "}";
  }
}
host nas {
  dynamic;
}
"""
    statements = """    set vendor = "{";
    on expiry or release {
      if known {
        execute ("x");
      } else {
        execute ("y");
      }
    }
"""
    assert read(text + BLOCK.replace("    ends", statements + "    ends")) == read(BLOCK)


def test_what_is_still_written_is_left_out() -> None:
    text = TEXTS["appended"]
    whole = dhcpd_leases.read(text, "little").leases
    for length in range(len(text)):
        reading = dhcpd_leases.read(text[:length], "little")
        assert reading.problems == []
        assert len(reading.leases) <= len(whole) + 1


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "says"),
    [
        ("ia-na", "ia-xx", 1, 1, "is not the beginning of a lease"),
        ("\\003", "\\403", 1, 1, "is not the beginning of a lease"),
        ("\\000\\003\\000\\001ab", "", 1, 1, "has no IAID and DUID"),
        ("ab", "a" * 130, 1, 1, "has no IAID and DUID"),
        ("iaaddr 2001:db8::1", "iaaddr 2001:db8:::1", 3, 3, "is not an IPv6 address"),
        ("iaaddr 2001:db8::1", "iaprefix 2001:db8::1/64", 3, 3, "is not an address or prefix of this lease"),
        ("binding state active", "binding state asleep", 4, 5, "is not a state that is known here"),
        ("    binding state active;\n", "", 3, 3, "does not say its state and when it ends"),
        ("    ends 4 2026/11/26 15:02:49;\n", "", 3, 3, "does not say its state and when it ends"),
        ("ends 4 2026/11/26", "ends 4 2026/13/26", 7, 5, "is not a time"),
        ("ends 4 2026/11/26", "ends tomorrow", 7, 5, "is not a time"),
        ("ends 4 2026/11/26 15:02:49", "ends epoch " + "9" * 12, 7, 5, "is not a time"),
        ("  cltt 4 2026/11/26 13:02:49;", "  cltt", 2, 3, "has no place in a lease"),
        ("  }\n}\n", "  }\n", 1, 1, "is a block without an end"),
    ],
)
def test_a_block_that_cannot_be_read_is_named_and_left_out(
    old: str, new: str, line: int, column: int, says: str
) -> None:
    broken = BLOCK.replace(old, new)
    after = BLOCK.replace("2001:db8::1", "2001:db8::2").replace("\\001", "\\005", 1)
    reading = dhcpd_leases.read(broken + after, "little")
    assert [lease.octets[15] for lease in reading.leases] == [2]
    [problem] = reading.problems
    assert (problem.line, problem.column) == (line, column)
    assert problem.problem.endswith(says)


def test_a_stray_line_is_named() -> None:
    reading = dhcpd_leases.read("}\nwhat\n" + BLOCK, "little")
    assert len(reading.leases) == 1
    assert [(problem.line, problem.problem.split()[0]) for problem in reading.problems] == [(1, "'}'"), (2, "'what'")]


leases = st.builds(
    Lease,
    type=st.sampled_from(["address", "prefix"]),
    octets=st.binary(min_size=16, max_size=16),
    length=st.integers(0, 128),
    duid=st.binary(min_size=1, max_size=130),
    iaid=st.integers(0, LARGEST_32),
    hostname=st.none() | st.from_regex(r"[a-z]([a-z.-]*[a-z])?", fullmatch=True),
    expires=st.none() | st.integers(0, LAST_SECOND),
    state=st.sampled_from(["active", "expired", "released", "free"]),
    subnet_id=st.none(),
    temporary=st.booleans(),
).map(lambda lease: lease._replace(temporary=False) if lease.type == "prefix" else lease._replace(length=128))


def written(lease: Lease, hexadecimal: bool) -> str:
    """A block as write_ia() of dhcpd writes it, its identifier as quotify_buf() does."""
    identity = lease.iaid.to_bytes(4, "little") + (lease.duid or b"")
    escaped = re.sub(rb'["\\]', rb"\\\g<0>", identity).decode("latin-1")
    quoted = '"' + re.sub(r"[^ -~]", lambda match: f"\\{ord(match[0]):03o}", escaped) + '"'
    name = "pd" if lease.type == "prefix" else "ta" if lease.temporary else "na"
    network = lease.octets.hex(":", 2)
    member = f"iaprefix {network}/{lease.length}" if lease.type == "prefix" else f"iaaddr {network}"
    ends = "never" if lease.expires is None else f"epoch {lease.expires}; # some day"
    fwd = f'\n    set ddns-fwd-name = "{lease.hostname}";' if lease.hostname else ""
    return (
        f"ia-{name} {identity.hex(':') if hexadecimal else quoted} {{\n  cltt 4 2026/11/26 13:02:49;\n  {member} {{\n"
        f"    binding state {lease.state};\n    ends {ends.removesuffix(';')};{fwd}\n  }}\n}}\n\n"
    )


def distinct(lease: Lease) -> object:
    return lease.octets


@given(st.lists(leases, max_size=5, unique_by=(distinct, lambda lease: (lease.iaid, lease.duid))), st.booleans())
def test_what_is_written_is_read_back(expected: list[Lease], hexadecimal: bool) -> None:
    text = "authoring-byte-order little-endian;\n\n" + "".join(written(lease, hexadecimal) for lease in expected)
    assert dhcpd_leases.read(text, "big") == Reading(expected, [])


@given(st.text() | st.lists(st.sampled_from(BLOCK.splitlines(keepends=True) + ["\n", "}", "{", "ia-"])).map("".join))
def test_no_text_crashes(text: str) -> None:
    reading = dhcpd_leases.read(text, "little")
    assert all(problem.line > 0 and problem.column > 0 for problem in reading.problems)
