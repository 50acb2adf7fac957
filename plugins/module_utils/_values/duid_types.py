# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of DUIDs that RFCs describe, and how long a DUID of each is."""

from __future__ import annotations

import datetime as dt

from .errors import ValueProblem

LLT, EN, LL, UUID = 1, 2, 3, 4
KINDS = {LLT: "DUID-LLT", EN: "DUID-EN", LL: "DUID-LL", UUID: "DUID-UUID"}
UNKNOWN = "unknown"
# IANA counts types upwards and has come to 4; networkd and Kea take any.
HIGHEST_LIKELY = 15

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

# systemd's sd-dhcp-duid.c: the number under which it is registered, and how many octets it puts behind that.
SYSTEMD_ENTERPRISE = 43793
SYSTEMD_LENGTH = FIXED_PART[EN] + 8


def type_of(octets: bytes) -> int:
    """The type code."""
    return int.from_bytes(octets[:2], "big")


def exact_length(octets: bytes) -> int | None:
    """How many octets a DUID that begins so has, where its type and hardware type tell."""
    kind = type_of(octets)
    if kind == UUID:
        return UUID_LENGTH
    if kind not in (LLT, LL):
        return None
    address = ADDRESS_LENGTHS.get(int.from_bytes(octets[2:4], "big"))
    return None if address is None else FIXED_PART[kind] + address


def check_length(octets: bytes) -> None:
    """Refuse what has too many octets, or too few.

    :raises ValueProblem: it cannot be a DUID
    """
    length = len(octets)
    kind = type_of(octets)
    if length == ETHERNET_ADDRESS and kind > HIGHEST_LIKELY:
        # A DUID of such a type is possible; a MAC address in its place is common.
        remedy = "Read the DUID from the client or from the server's leases, or write this as hwaddr"
        raise ValueProblem(octets.hex(":"), "is an Ethernet address, not a DUID", remedy)
    copy_whole = "Copy it whole from the client or from the server's log"
    if not SHORTEST <= length <= LONGEST:
        octet = "1 octet" if length == 1 else f"{length} octets"
        problem = f"has {octet}, where a DUID has {SHORTEST} to {LONGEST}"
        raise ValueProblem(octets.hex(":"), problem, copy_whole)
    name = KINDS.get(kind)
    if kind in FIXED_PART and length <= FIXED_PART[kind]:
        problem = f"has {length} octets, where a {name} has at least {FIXED_PART[kind] + 1}"
        raise ValueProblem(octets.hex(":"), problem, copy_whole)
    expected = exact_length(octets)
    if expected is not None and length != expected:
        hardware = f" of hardware type {int.from_bytes(octets[2:4], 'big')}" if kind in (LLT, LL) else ""
        problem = f"has {length} octets, where a {name}{hardware} has {expected}"
        raise ValueProblem(octets.hex(":"), problem, "Compare it with the client's own, octet by octet")
