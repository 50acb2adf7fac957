# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DHCP Unique Identifiers: every notation in which people meet one, and one canonical form.

    "Each DHCP client and server has a DUID. […] Clients and servers MUST treat DUIDs as opaque values and MUST only
    compare DUIDs for equality." (RFC 8415, section 11)

So a server never says that a DUID is mistyped: it just never matches. What can be known to be wrong is refused here.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass

from .errors import ValueProblem
from .siphash import siphash24

LLT, EN, LL, UUID = 1, 2, 3, 4
KINDS = {LLT: "DUID-LLT", EN: "DUID-EN", LL: "DUID-LL", UUID: "DUID-UUID"}
UNKNOWN = "unknown"

# "A DUID consists of a 2-octet type code […] followed by a variable number of octets that make up the actual
# identifier. The length of the DUID (not including the type code) is at least 1 octet and at most 128 octets."
# (RFC 8415, section 11.1)
SHORTEST, LONGEST = 2 + 1, 2 + 128
# What stands before the part of variable length, which has at least one octet (RFC 8415, sections 11.2 to 11.4).
FIXED_PART = {LLT: 2 + 2 + 4, EN: 2 + 4, LL: 2 + 2}
# Type and a 128-bit UUID (RFC 6355, section 4).
UUID_LENGTH = 2 + 16

ETHERNET = 1
ETHERNET_ADDRESS = 6
# IEEE 802 and EUI-64 (IANA, "Hardware Types").
ADDRESS_LENGTHS = {ETHERNET: ETHERNET_ADDRESS, 6: 6, 27: 8}

# "The time value is the time that the DUID is generated, represented in seconds since midnight (UTC), January 1, 2000,
# modulo 2^32." (RFC 8415, section 11.2)
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)

# systemd's sd-dhcp-duid.c: the number under which it is registered, and the application's key.
SYSTEMD_ENTERPRISE = 43793
SYSTEMD_KEY = bytes.fromhex("80118cc2fe4a03ee3ed60c6f36391409")

NOTATIONS = "Write it as pairs of hexadecimal digits, as in 00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"
QUOTES = "Put it in quotes, or YAML takes it for a number"

_CANONICAL = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2})+")
_SEPARATORS = re.compile(r"[:\-, ]")
_FOREIGN = re.compile(r"[^0-9a-fA-F:\-, ]")
_C_ESCAPE = re.compile(r'\\([0-7]{3}|x[0-9a-fA-F]{2}|[\\"\'abfnrtv])|([ !#-\[\]-~])')
_C_LETTERS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "\\": 92, '"': 34, "'": 39}
# What stands around a DUID in dhclient's lease file, a dhcpd configuration or an export of the Windows registry.
_SURROUNDINGS = re.compile(
    r"^(?:default-duid\s+|(?:option\s+)?dhcp6\.(?:client|server)-id\s+|(?:\"Dhcpv6DUID\"=)?hex:)?(.*?);?$", re.DOTALL
)


@dataclass(frozen=True)
class Duid:
    """A DUID; its text is the canonical form, lower-case pairs with colons."""

    octets: bytes

    def __post_init__(self) -> None:
        _check_length(self.octets)

    def __str__(self) -> str:
        return self.octets.hex(":")

    @classmethod
    def parse(cls, text: object) -> Duid:
        r"""Read a DUID in any of the notations in which programs show one.

        Windows' ``00-01-00-01-…``, colons, blanks or commas between pairs, bare digits with or without ``0x``, and the
        C strings of dhclient's lease file, ``"\000\001\000\001\037k…"``.

        :raises ValueProblem: it cannot be a DUID
        """
        if not isinstance(text, str):
            raise ValueProblem(text, f"is of type {type(text).__name__}, not a DUID", QUOTES)
        if _CANONICAL.fullmatch(text):
            # As servers' files have it, in their thousands.
            return cls(bytes.fromhex(text.replace(":", "")))
        matched = _SURROUNDINGS.match(text.strip())
        inner = matched.group(1).strip() if matched else ""
        octets = _from_c_string(text, inner) if "\\" in inner else _from_hex(text, inner.strip("\"'"))
        try:
            return cls(octets)
        except ValueProblem as problem:
            # The user shall see what they wrote.
            remedy = QUOTES if inner.isdigit() else problem.remedy
            raise ValueProblem(text, problem.problem, remedy) from None

    @property
    def type(self) -> int:
        """The type code."""
        return int.from_bytes(self.octets[:2], "big")

    @property
    def kind(self) -> str:
        """The type's name, ``DUID-LLT`` and so on; ``unknown`` for one that no RFC describes."""
        return KINDS.get(self.type, UNKNOWN)

    @property
    def hardware_type(self) -> int | None:
        """IANA's number of the hardware type, of a DUID-LLT or DUID-LL."""
        return int.from_bytes(self.octets[2:4], "big") if self.type in (LLT, LL) else None

    @property
    def link_layer_address(self) -> str | None:
        """The address inside a DUID-LLT or DUID-LL.

        It need not belong to any interface that the client has today: the DUID is made once and kept.
        """
        if self.type not in (LLT, LL):
            return None
        return ":".join(f"{octet:02x}" for octet in self.octets[FIXED_PART[self.type] :])

    @property
    def time(self) -> dt.datetime | None:
        """When a DUID-LLT was made, by the clock that the client had then."""
        if self.type != LLT:
            return None
        return EPOCH + dt.timedelta(seconds=int.from_bytes(self.octets[4:8], "big"))

    @property
    def enterprise(self) -> int | None:
        """The enterprise number of a DUID-EN."""
        return int.from_bytes(self.octets[2:6], "big") if self.type == EN else None

    @property
    def uuid(self) -> uuid.UUID | None:
        """The UUID of a DUID-UUID."""
        return uuid.UUID(bytes=self.octets[2:]) if self.type == UUID else None


def told_of(octets: bytes | None) -> dict[str, str | None]:
    """What every result says of a DUID: the DUID, its type, and when a DUID-LLT was made, in UTC as in ISO 8601.

    :param octets: whatever a client sent, since a server takes that, and the client is then known by it; None where
        nothing is known of the client
    """
    if octets is None:
        return {"duid": None, "duid_type": None, "duid_time": None}
    try:
        duid = Duid(octets)
    except ValueProblem:
        kind = KINDS.get(int.from_bytes(octets[:2], "big"), UNKNOWN) if len(octets) > 1 else UNKNOWN
        return {"duid": octets.hex(":"), "duid_type": kind, "duid_time": None}
    # A third of the time of strftime().
    time = None if duid.time is None else duid.time.isoformat(timespec="seconds")
    return {"duid": str(duid), "duid_type": duid.kind, "duid_time": time}


def networkd_duid(machine_id: object) -> Duid:
    """The DUID under which systemd-networkd asks on a host with this machine-id, unless it is told another.

    A DUID-EN: systemd's enterprise number and the SipHash-2-4 of the machine-id, so that it is known before the host
    or container first boots.

    :param machine_id: what /etc/machine-id holds
    :raises ValueProblem: it is not a machine-id
    """
    # systemd writes the hash little-endian.
    hashed = siphash24(SYSTEMD_KEY, machine_id_octets(machine_id)).to_bytes(8, "little")
    return Duid(EN.to_bytes(2, "big") + SYSTEMD_ENTERPRISE.to_bytes(4, "big") + hashed)


def machine_id_octets(machine_id: object) -> bytes:
    """The 16 octets of what /etc/machine-id holds (machine-id(5)).

    :raises ValueProblem: it is not a machine-id
    """
    remedy = "Give the 32 hexadecimal digits of the host's /etc/machine-id, in quotes"
    if not isinstance(machine_id, str):
        raise ValueProblem(machine_id, f"is of type {type(machine_id).__name__}, not a machine-id", remedy)
    digits = machine_id.strip().replace("-", "")
    if not re.fullmatch(r"[0-9a-fA-F]{32}", digits):
        raise ValueProblem(machine_id, "is not a machine-id", remedy)
    octets = bytes.fromhex(digits)
    if not any(octets):
        raise ValueProblem(machine_id, "is a machine-id that was never set", "Let systemd-machine-id-setup make one")
    return octets


def _from_hex(text: str, inner: str) -> bytes:
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
        remedy = QUOTES if digits.isdigit() else "One digit is missing or too many"
        raise ValueProblem(text, f"has {len(digits)} digits, an odd number", remedy)
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


def _check_length(octets: bytes) -> None:
    length = len(octets)
    if not SHORTEST <= length <= LONGEST:
        problem = f"has {length} octets, where a DUID has {SHORTEST} to {LONGEST}"
        raise ValueProblem(octets.hex(":"), problem, "Copy it whole from the client or from the server's log")
    kind = int.from_bytes(octets[:2], "big")
    name = KINDS.get(kind)
    if kind in FIXED_PART and length <= FIXED_PART[kind]:
        problem = f"has {length} octets, where a {name} has at least {FIXED_PART[kind] + 1}"
        raise ValueProblem(octets.hex(":"), problem, "Copy it whole from the client or from the server's log")
    expected = UUID_LENGTH if kind == UUID else None
    if kind in (LLT, LL):
        hardware = int.from_bytes(octets[2:4], "big")
        expected = FIXED_PART[kind] + ADDRESS_LENGTHS[hardware] if hardware in ADDRESS_LENGTHS else None
        name = f"{name} of hardware type {hardware}"
    if expected is not None and length != expected:
        problem = f"has {length} octets, where a {name} has {expected}"
        raise ValueProblem(octets.hex(":"), problem, "Compare it with the client's own, octet by octet")
