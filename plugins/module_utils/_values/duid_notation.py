# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The notations in which programs show DUIDs, with what stands around them where a whole line is pasted."""

from __future__ import annotations

import re

from .duid_types import EN, LL, LLT, SYSTEMD_ENTERPRISE, SYSTEMD_LENGTH, UUID, exact_length, type_of
from .errors import ValueProblem
from .ipv6 import is_address

NOTATIONS = "Write it as pairs of hexadecimal digits, as in 00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"
# Digits of a number that is none of a DUID's own: the shortest that is common has 20.
SHORT = 12
QUOTES = "Put it in quotes, or YAML takes it for a number"

# What stands before a DUID where it is shown or configured.
_LABEL = re.compile(
    r"""
    (?:
        # "DHCPv6 Client DUID. . . . : " of ipconfig, in any language; "DHCP6 Client DUID: " of networkctl; "DUID: " of
        # Wireshark; "duid=[" of Kea's log; "ipv6.dhcp-duid: " of nmcli
        (?: [^:=\\]* \b )? duid \b [^:=\\]* (?: :\s+ | =\s* )
        # an export of Windows' registry, and what its reg query prints
        | "?Dhcpv6DUID"? (?: = | \s+ REG_BINARY \s+ )
        # nmcli's list of DHCPv6 options; the variables that dhcpcd hands to its scripts
        | (?: DHCP6\.OPTION\[\d+\]: \s* )? (?: new_ )? dhcp6_client_id \s* = \s*
        # dhcpcd's log, with the interface's name; dhcp6s.conf
        | (?: [\w.-]+: \s+ )? duid \s+
        # dhclient's lease file, dhcpd.conf
        | default-duid \s+
        | (?: host-identifier \s+ )? (?: option \s+ )? dhcp6\.(?:client|server)-id \s+
        # dnsmasq.conf
        | id:
    )?
    (?: hex: )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
# By name networkd shows the type, and leaves its two octets out (systemd's sd-dhcp-duid.c, duid_type_table).
_NETWORKD = re.compile(r"(DUID-LLT|DUID-EN/Vendor|DUID-LL|UUID):([0-9a-fA-F]*)")
_NETWORKD_TYPES = {"DUID-LLT": LLT, "DUID-EN/Vendor": EN, "DUID-LL": LL, "UUID": UUID}
# What people take for a DUID.
_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")

CANONICAL = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2})+")
_SEPARATORS = re.compile(r"[:\-, ]")
_FOREIGN = re.compile(r"[^0-9a-fA-F:\-, ]")
_C_ESCAPE = re.compile(r'\\([0-7]{3}|x[0-9a-fA-F]{2}|[\\"\'abfnrtv])|([ !#-\[\]-~])')
_C_LETTERS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "\\": 92, '"': 34, "'": 39}


def is_short_number(text: str) -> bool:
    """What YAML may have made of pairs with colons: it counts them in sixties."""
    return text.strip().isdigit() and len(text.strip()) <= SHORT


def octets_of(text: str) -> bytes:
    """The octets of a DUID in any of the notations; whether they can be a DUID is another question.

    :raises ValueProblem: it is in none of them
    """
    if CANONICAL.fullmatch(text):
        # As servers' files have it, in their thousands.
        return bytes.fromhex(text.replace(":", ""))
    inner = _LABEL.sub("", text.strip(), count=1).rstrip(";, ")
    if inner.startswith("["):
        inner = inner[1:].partition("]")[0]
    shown = networkd_octets(inner)
    if shown is not None:
        return shown
    return _from_c_string(text, inner) if "\\" in inner else _from_hex(text, inner.strip("\"'"))


def networkd_octets(text: str) -> bytes | None:
    """The octets of a DUID as networkd and networkctl show one, ``DUID-EN/Vendor:0000ab11…``; None where it is none.

    :raises ValueProblem: it has an odd number of digits, or it cannot be told where it ends
    """
    match = _NETWORKD.fullmatch(text)
    if match is None:
        return None
    octets = _NETWORKD_TYPES[match.group(1)].to_bytes(2, "big") + _from_hex(text, match.group(2))
    if not octets.endswith(b"\0\0"):
        return octets
    # Releases of systemd before Debian 12's showed two octets more than there are, which are zeros.
    expected = exact_length(octets)
    if type_of(octets) == EN and int.from_bytes(octets[2:6], "big") == SYSTEMD_ENTERPRISE:
        expected = SYSTEMD_LENGTH
    if expected is None:
        problem = "ends with two octets of zeros, which an old networkctl adds"
        remedy = "Write it as pairs of hexadecimal digits, as the server's log or leases show it"
        raise ValueProblem(text, problem, remedy)
    return octets[:-2] if len(octets) == expected + 2 else octets


def _refuse_lookalike(text: str, inner: str) -> None:
    if _UUID.fullmatch(inner):
        remedy = "If the client's DUID is a DUID-UUID of it, write 00:04: and its 16 octets as pairs with colons"
        raise ValueProblem(text, "is a UUID, not a DUID", remedy)
    # Eight groups of one or two digits are octets.
    if re.search("::|[0-9a-fA-F]{3}", inner) and is_address(inner):
        raise ValueProblem(text, "is an IPv6 address, not a DUID", NOTATIONS)


def _from_hex(text: str, inner: str) -> bytes:
    _refuse_lookalike(text, inner)
    digits = inner[2:] if inner[:2].lower() == "0x" else inner
    foreign = _FOREIGN.search(digits)
    if foreign:
        raise ValueProblem(text, f"has {foreign.group()!r} in it, which is no hexadecimal digit", NOTATIONS)
    if len(set(_SEPARATORS.findall(digits))) > 1 and not re.search(r"[,:] ", digits):
        raise ValueProblem(text, "mixes separators", NOTATIONS)
    parts = re.split(r"[:\-,] ?| ", digits)
    if ":" in digits and not any(re.fullmatch("0.", part) for part in parts):
        # dhclient and dhcpd leave leading zeros out: 0:1:0:1:2a:… One that does so does it everywhere.
        parts = [part.zfill(2) if part else part for part in parts]
    if len(parts) > 1:
        for number, part in enumerate(parts, start=1):
            if len(part) != 2:
                problem = f"has {part!r} as its octet {number}, where two hexadecimal digits belong"
                raise ValueProblem(text, problem, NOTATIONS)
    if len(digits) % 2 and len(parts) == 1:
        remedy = QUOTES if is_short_number(text) else "One digit is missing or too many"
        if not is_short_number(text) and re.fullmatch("[1-9][0-9]*", text.strip()):
            # YAML leaves the zeros at the beginning out, and reads what has no digit above 7 as an octal number.
            remedy += f"; or it stands there without quotes. {QUOTES}"
        count = "1 digit" if len(digits) == 1 else f"{len(digits)} digits"
        raise ValueProblem(text, f"has {count}, an odd number", remedy)
    return bytes.fromhex("".join(parts))


def _from_c_string(text: str, inner: str) -> bytes:
    """The notation of dhclient and dhcpd: printable characters as they are, all others in octal."""
    content = inner[1:-1] if len(inner) > 1 and inner[0] == inner[-1] == '"' else inner
    octets = bytearray()
    position = 0
    while position < len(content):
        match = _C_ESCAPE.match(content, position)
        octet = _c_octet(match) if match else None
        if match is None or octet is None or octet > 0xFF:
            problem = f"has {content[position : position + 4]!r} in it, which no C string holds"
            raise ValueProblem(text, problem, "Copy it whole from the lease file, from one quote to the other")
        octets.append(octet)
        position = match.end()
    return bytes(octets)


def _c_octet(match: re.Match[str]) -> int:
    escape, plain = match.groups()
    if plain:
        return ord(plain)
    if escape[0] == "x":
        return int(escape[1:], 16)
    return _C_LETTERS[escape] if escape in _C_LETTERS else int(escape, 8)
