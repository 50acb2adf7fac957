# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lease of a DHCPv6 server, whichever server wrote it down, and the fields that all of them write alike."""

from __future__ import annotations

import datetime as dt
import re
import socket
from typing import NamedTuple

ADDRESS, PREFIX = "address", "prefix"
ACTIVE, EXPIRED, RELEASED, DECLINED = "active", "expired", "released", "declined"
# Nobody's, though the server remembers who had it; and one that the client chose itself (RFC 9686).
FREE, REGISTERED = "free", "registered"
STATES = (ACTIVE, EXPIRED, RELEASED, DECLINED, FREE, REGISTERED)

# "IAID: The unique identifier for this IA_NA", four octets (RFC 8415, section 21.4); so are lifetimes, of which
# "0xffffffff […] represents infinity" (section 7.7).
LARGEST_32 = 2**32 - 1
# The last second that is written with a year of four digits.
LAST_SECOND = 253402300799
LONGEST_DUID = 130

_PAIRS = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})*")


class Lease(NamedTuple):
    """A lease as the server wrote it down. There may be ten thousands of them: a named tuple, and octets.

    :param type: ADDRESS or PREFIX
    :param octets: of the address, or the prefix's first
    :param length: of the prefix, 128 for an address
    :param duid: its octets, whatever the client sent; None where the server does not know whose it is
    :param expires: seconds since 1970; None for a lease that never ends
    :param state: as it was written: an active one may have ended since
    :param subnet_id: Kea's number of the subnet
    :param temporary: from an IA_TA
    """

    type: str
    octets: bytes
    length: int
    duid: bytes | None
    iaid: int
    hostname: str | None
    expires: int | None
    state: str
    subnet_id: int | None = None
    temporary: bool = False

    def state_at(self, now: float) -> str:
        """The state at a time: no server writes anything at the moment at which a lease ends."""
        over = self.state in (ACTIVE, REGISTERED) and self.expires is not None and self.expires <= now
        return EXPIRED if over else self.state

    def network(self) -> str:
        """The address, or the prefix with its length."""
        first = socket.inet_ntop(socket.AF_INET6, self.octets)
        return f"{first}/{self.length}" if self.type == PREFIX else first

    def ends(self) -> str | None:
        """When it does, in UTC as in ISO 8601; None for a lease that never ends."""
        if self.expires is None:
            return None
        # A third of the time of strftime().
        return dt.datetime.fromtimestamp(self.expires, dt.timezone.utc).isoformat(timespec="seconds")


def parse_octets(text: str) -> bytes:
    """The octets of an IPv6 address.

    :raises ValueError: it is none; the message is a predicate
    """
    try:
        # A sixth of the time that ipaddress takes.
        return socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        raise ValueError("is not an IPv6 address") from None


def parse_whole(text: str, largest: int = LARGEST_32) -> int:
    """A whole number, as programs write them.

    :raises ValueError: it is none, or too large; the message is a predicate
    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError("is not a whole number")
    # No number of so many digits fits, and Python refuses to read one of thousands.
    if len(text) > 20 or int(text) > largest:
        raise ValueError(f"is larger than {largest}")
    return int(text)


def parse_pairs(text: str) -> bytes:
    """A DUID's octets, written as pairs of hexadecimal digits with colons.

    :raises ValueError: it is none; the message is a predicate
    """
    if not _PAIRS.fullmatch(text):
        raise ValueError("is not a DUID in pairs of hexadecimal digits")
    octets = bytes.fromhex(text.replace(":", ""))
    if len(octets) > LONGEST_DUID:
        raise ValueError(f"has {len(octets)} octets, where a DUID has at most {LONGEST_DUID}")
    return octets


def parse_hostname(text: str) -> str | None:
    """A host's name without the dot of the root, since some servers write that and some do not."""
    return text.rstrip(".") or None


def same_host(one: str, other: str) -> bool:
    """Whether two names are those of one host, as DNS compares them; where one has no domain, its host counts alone."""
    first, second = (name.rstrip(".").lower() for name in (one, other))
    if "." in first and "." in second:
        return first == second
    return first.partition(".")[0] == second.partition(".")[0]
