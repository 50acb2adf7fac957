# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import Duid, networkd_duid, told_of
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

CANONICAL = "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"

# One DUID of each type that an RFC describes, and one of a type that none does.
lengths = {1: 12, 3: 8, 4: 16}
duids = st.one_of(
    st.binary(min_size=10, max_size=10).map(lambda tail: b"\0\1\0\1" + tail),
    st.binary(min_size=6, max_size=6).map(lambda tail: b"\0\3\0\1" + tail),
    st.binary(min_size=16, max_size=16).map(lambda tail: b"\0\4" + tail),
    st.binary(min_size=5, max_size=128).map(lambda tail: b"\0\2" + tail),
    # Six octets are taken for a MAC address.
    st.binary(min_size=1, max_size=128).filter(lambda tail: len(tail) != 4).map(lambda tail: b"\1\2" + tail),
).map(Duid)


def quotify(octets: bytes) -> str:
    """As ISC's quotify_buf writes a DUID into a lease file."""
    parts = []
    for octet in octets:
        if octet in b'"\\':
            parts.append("\\" + chr(octet))
        elif 0x20 <= octet < 0x7F:
            parts.append(chr(octet))
        else:
            parts.append(f"\\{octet:03o}")
    return '"' + "".join(parts) + '"'


@given(duids)
def test_what_is_rendered_is_read_back(duid: Duid) -> None:
    assert Duid.parse(str(duid)) == duid


@given(duids)
def test_every_notation_is_the_same_duid(duid: Duid) -> None:
    pairs = str(duid).split(":")
    for text in (
        "-".join(pairs).upper(),
        " ".join(pairs),
        "hex:" + ",".join(pairs),
        "".join(pairs),
        "0x" + "".join(pairs),
        # As dhclient's lease file has the other options of a lease.
        ":".join(f"{octet:x}" for octet in duid.octets),
        quotify(duid.octets),
        f"default-duid {quotify(duid.octets)};",
        f"dhcp6.client-id {duid}",
        f"  {duid}\n",
        f'"{duid}"',
    ):
        assert Duid.parse(text) == duid, text


@given(st.text())
def test_anything_else_is_refused_with_the_value_in_the_message(text: str) -> None:
    problem = None
    try:
        duid = Duid.parse(text)
    except ValueProblem as raised:
        problem = raised
    if problem:
        assert str(problem).startswith((text, repr(text)))
    else:
        assert Duid.parse(str(duid)) == duid


@given(duids, st.integers(1, 8))
def test_a_lost_octet_is_seen_where_the_length_is_known(duid: Duid, lost: int) -> None:
    assume(duid.type in lengths)
    with pytest.raises(ValueProblem, match=r"has \d+ octets, where"):
        Duid.parse(str(duid)[: -3 * lost])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('default-duid "\\000\\001\\000\\001*;L]RT\\000\\0224V";', "DUID-LLT"),
        ('"\\x00\\x01\\x00\\x01*;L]RT\\x00\\x124V"', "DUID-LLT"),
        ("\\000\\001\\000\\001*;L]RT\\000\\0224V", "DUID-LLT"),
        ('"Dhcpv6DUID"=hex:00,01,00,01,2a,3b,4c,5d,52,54,00,12,34,56', "DUID-LLT"),
        ("00, 01, 00, 01, 2a, 3b, 4c, 5d, 52, 54, 00, 12, 34, 56", "DUID-LLT"),
        ("option dhcp6.client-id 00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56;", "DUID-LLT"),
    ],
)
def test_a_duid_is_found_in_what_stands_around_it(text: str, kind: str) -> None:
    assert str(Duid.parse(text)) == CANONICAL
    assert Duid.parse(text).kind == kind


def test_letters_of_c_escapes() -> None:
    assert Duid.parse(r'"\000\002\a\b\t\n\v\f\r\\\"' + r"\'" + '"').octets == b"\0\2\a\b\t\n\v\f\r\\\"'"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (17, "is of type int, not a DUID. Put it in quotes"),
        ("4097", "has 2 octets, where a DUID has 3 to 130. Put it in quotes"),
        ("12345", "has 5 digits, an odd number. Put it in quotes"),
        (
            "844539485005614",
            "has 15 digits, an odd number. One digit is missing or too many; or it stands there without",
        ),
        ("0001000a1", "has 9 digits, an odd number. One digit is missing or too many"),
        ("", "'' is empty. Write it as pairs of hexadecimal digits"),
        (" ", "' ' is empty"),
        ("00:01", "has 2 octets, where a DUID has 3 to 130"),
        ("00:02:" + ":".join(["11"] * 129), "has 131 octets, where a DUID has 3 to 130"),
        ("00:01:00:01:2a:3b:4c:5d:52:54:00:12:34", "has 13 octets, where a DUID-LLT of hardware type 1 has 14"),
        ("00:03:00:01:52:54:00:12:34:56:78", "has 11 octets, where a DUID-LL of hardware type 1 has 10"),
        ("00:01:00:20:2a:3b:4c:5d", "has 8 octets, where a DUID-LLT has at least 9"),
        ("00:02:00:00:ab:11", "has 6 octets, where a DUID-EN has at least 7"),
        ("00:03:00:20", "has 4 octets, where a DUID-LL has at least 5"),
        ("00:04:" + ":".join(["11"] * 15), "has 17 octets, where a DUID-UUID has 18"),
        ("00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:5g", "has 'g' in it, which is no hexadecimal digit"),
        ("00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:O0", "has 'O' in it"),
        ("00:01:0:01", "has '0' as its octet 3, where two hexadecimal digits belong"),
        ("00:01:000:01", "has '000' as its octet 3"),
        ("00::01:02", "is an IPv6 address, not a DUID"),
        ("00::01:02:0g", "has 'g' in it"),
        ("00:01::01:02:03:04:05:06:07", "has '' as its octet 3"),
        ("2001:DB8:0:1:0:0:0:1", "is an IPv6 address, not a DUID"),
        ("52:54:00:12:34:56", "is an Ethernet address, not a DUID. Read the DUID from the client or"),
        ("00:1a:2b:12:34:56", "is an Ethernet address, not a DUID"),
        ("52540012-3456-7890-abcd-ef0123456789", "is a UUID, not a DUID. If the client's DUID is a DUID-UUID of it, "),
        ("00", "has 1 octet, where a DUID has 3 to 130"),
        ("0:3:0:1:52:54:00:65:43:21", "has '0' as its octet 1"),
        ("0-3-0-1-52-54", "has '0' as its octet 1"),
        ("00:01-00:01", "mixes separators"),
        (r'"\000\001\999"', r"has '\\999' in it, which no C string holds"),
        (r'"\000\001\777"', "which no C string holds"),
        ('"\\000\\001é"', "which no C string holds"),
        ("\\", "which no C string holds"),
    ],
)
def test_refusals_say_what_is_wrong(text: object, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        Duid.parse(text)
    assert says in str(raised.value)


def test_llt() -> None:
    duid = Duid.parse(CANONICAL)
    assert (duid.type, duid.kind, duid.hardware_type) == (1, "DUID-LLT", 1)
    assert duid.link_layer_address == "52:54:00:12:34:56"
    assert duid.time == dt.datetime(2022, 6, 14, 13, 40, 45, tzinfo=dt.UTC)
    assert duid.enterprise is None
    assert duid.uuid is None


def test_llt_of_another_hardware_type_may_have_another_length() -> None:
    duid = Duid.parse("00:01:00:20:2a:3b:4c:5d:" + ":".join(["0f"] * 20))
    assert duid.hardware_type == 32
    assert duid.link_layer_address == ":".join(["0f"] * 20)


def test_ll() -> None:
    duid = Duid.parse("00:03:00:01:52:54:00:12:34:56")
    assert (duid.kind, duid.link_layer_address, duid.time) == ("DUID-LL", "52:54:00:12:34:56", None)


def test_en() -> None:
    duid = Duid.parse("00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2")
    assert (duid.kind, duid.enterprise, duid.hardware_type, duid.link_layer_address) == ("DUID-EN", 43793, None, None)


def test_uuid() -> None:
    duid = Duid.parse("00:04:12:34:56:78:12:34:56:78:12:34:56:78:12:34:56:78")
    assert (duid.kind, duid.uuid) == ("DUID-UUID", uuid.UUID("12345678-1234-5678-1234-567812345678"))


def test_unknown() -> None:
    assert Duid.parse("01:02:03").kind == "unknown"


@pytest.mark.parametrize(
    "text",
    ["0102030405060708090a0b0c0d0e0f10", "0102030405060708090A0B0C0D0E0F10\n", "01020304-0506-0708-090a-0b0c0d0e0f10"],
)
def test_networkd_duid_is_the_one_that_systemd_computes(text: str) -> None:
    # The DUID under which systemd 252 was seen to ask with this machine-id.
    assert str(networkd_duid(text)) == "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (1, "is of type int, not a machine-id"),
        ("0102", "has 4 digits, where a machine-id has 32"),
        ("0" * 31 + "g", "is not a machine-id"),
        ("0" * 32, "was never set"),
        ("uninitialized\n", "is not a machine-id"),
    ],
)
def test_what_is_no_machine_id(text: object, says: str) -> None:
    with pytest.raises(ValueProblem, match=says):
        networkd_duid(text)


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (None, (None, None, None)),
        (bytes.fromhex(CANONICAL.replace(":", "")), (CANONICAL, "DUID-LLT", "2022-06-14T13:40:45+00:00")),
        # Modulo 2^32: the last second that there is.
        (b"\0\1\0\1\xff\xff\xff\xff\1", ("00:01:00:01:ff:ff:ff:ff:01", "DUID-LLT", "2136-02-07T06:28:15+00:00")),
        (b"\0\1\0\1\xff\xff\xff\xff", ("00:01:00:01:ff:ff:ff:ff", "DUID-LLT", None)),
        (b"\0\3\0\1\2\0\0\0\0\1", ("00:03:00:01:02:00:00:00:00:01", "DUID-LL", None)),
        (b"\0\x17\1", ("00:17:01", "unknown", None)),
        (b"\7", ("07", "unknown", None)),
        (b"", ("", "unknown", None)),
    ],
)
def test_what_results_tell(octets: bytes | None, told: tuple[str | None, ...]) -> None:
    assert told_of(octets) == dict(zip(("duid", "duid_type", "duid_time"), told, strict=True))
