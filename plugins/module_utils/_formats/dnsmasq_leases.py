# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease file of dnsmasq: https://manpages.debian.org/bookworm/dnsmasq-base/dnsmasq.8.en.html, --dhcp-leasefile.

DHCPv4 leases come first, then ``duid`` with the server's own DUID, then the DHCPv6 leases, one a line: when it ends (0
for never), the IAID (after a T for a temporary address), the address, the host's name or ``*``, the client's DUID or
``*``. dnsmasq delegates no prefixes, and writes the file anew at each change, so that each address is there once.
"""

from __future__ import annotations

import re

from .._values import lease as values
from .._values.lease import Lease
from .lease_file import Reading, complete_lines, shown
from .syntax import SyntaxProblem

UNKNOWN = "*"
FIELDS = ("end", "IAID", "address", "hostname", "DUID")

_WORD = re.compile(r"\S+")


def read(text: str) -> Reading:
    """Read a file. A last line without an end is one that dnsmasq is still writing, and is left out."""
    found: dict[bytes, Lease] = {}
    problems: list[SyntaxProblem] = []
    for number, line in enumerate(complete_lines(text), start=1):
        words = line.split()
        if not words or words[0] == "duid" or (len(words) == len(FIELDS) and "." in words[2] and ":" not in words[2]):
            continue
        if len(words) != len(FIELDS):
            problem = f"{len(words)} words, where a lease has {len(FIELDS)}"
            problems.append(SyntaxProblem(problem, number, 1))
            continue
        lease = _lease(line, number, words, problems)
        if lease is not None:
            found[lease.octets] = lease
    return Reading(list(found.values()), problems)


def _lease(line: str, number: int, words: list[str], problems: list[SyntaxProblem]) -> Lease | None:
    ends, iaid, address, hostname, duid = words
    temporary = iaid.startswith("T")
    reading = 0
    try:
        expires = values.parse_whole(ends, values.LAST_SECOND)
        reading = 1
        association = values.parse_whole(iaid[1:] if temporary else iaid)
        reading = 2
        octets = values.parse_octets(address)
        reading = 4
        client = None if duid == UNKNOWN else values.parse_pairs(duid)
    except ValueError as error:
        column = [match.start() for match in _WORD.finditer(line)][reading] + 1
        problems.append(SyntaxProblem(f"{FIELDS[reading]} {shown(words[reading])} {error}", number, column))
        return None
    return Lease(
        values.ADDRESS,
        octets,
        128,
        client,
        association,
        None if hostname == UNKNOWN else values.parse_hostname(hostname),
        expires or None,
        values.ACTIVE,
        temporary=temporary,
    )
