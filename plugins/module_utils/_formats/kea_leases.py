# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease files of kea-dhcp6 (memfile), comma-separated values.

https://kea.readthedocs.io/en/stable/arm/dhcp6-srv.html#memfile-basic-storage-for-leases and kea-lfc(8). Each change of
a lease is a line at the end of the file, and the last one counts. Columns are known by their names in the first line:
Debian 12's Kea 2.2 writes 17 of them, Debian 13's Kea 2.6 one more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .._values import lease as values
from .._values.lease import Lease
from .lease_file import Reading, complete_lines, shown
from .syntax import SyntaxProblem

# In the order in which Kea itself loads them when it starts (Memfile_LeaseMgr::loadLeasesFromFiles): what a cleanup has
# completed takes the place of what went into it, the previous result (.2) and the file that was cleaned up (.1). What a
# cleanup was still writing (.output) is never loaded.
COMPLETED, PREVIOUS, INPUT, CURRENT = ".completed", ".2", ".1", ""
SUFFIXES = (COMPLETED, PREVIOUS, INPUT, CURRENT)

# The columns that are read. There is no state in files of Kea before 0.9.2.
REQUIRED = "address duid valid_lifetime expire subnet_id lease_type iaid prefix_len hostname".split()
STATE = "state"

# Lease::TYPE_NA, TYPE_TA and TYPE_PD.
IA_NA, IA_TA, IA_PD = 0, 1, 2
# Lease::STATE_DEFAULT, STATE_DECLINED, STATE_EXPIRED_RECLAIMED, STATE_RELEASED and STATE_REGISTERED; the last two are
# younger than Kea 2.6.
KEA_STATES = (values.ACTIVE, values.DECLINED, values.EXPIRED, values.RELEASED, values.REGISTERED)

_ESCAPED = re.compile(r"&#x([0-9a-fA-F]{2})")


def files(present: Iterable[str]) -> tuple[str, ...]:
    """Which of the files that are there count, by their suffixes, in the order in which they are read."""
    there = set(present)
    unread = {PREVIOUS, INPUT} if COMPLETED in there else set()
    return tuple(suffix for suffix in SUFFIXES if suffix in there - unread)


def read(text: str) -> Reading:
    """Read a file. A last line without an end is one that Kea is still writing, and is left out.

    :raises SyntaxProblem: the first line does not name the columns of DHCPv6 leases
    """
    lines = complete_lines(text)
    if not lines:
        return Reading([], [])
    columns = lines[0].rstrip("\r").split(",")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise SyntaxProblem(f"the first line names no column {missing[0]!r}", 1, 1)
    places = {name: columns.index(name) for name in [*REQUIRED, STATE] if name in columns}
    found = Reading([], [])
    for number, line in enumerate(lines[1:], start=2):
        fields = line.rstrip("\r").split(",")
        if len(fields) == len(columns):
            _read_row(fields, places, number, found)
        elif fields != [""]:
            problem = f"{len(fields)} fields, where the first line names {len(columns)} columns"
            found.problems.append(SyntaxProblem(problem, number, 1))
    return found


def last(readings: Sequence[Reading]) -> list[Lease]:
    """What counts of several files, given in order: the last line of each address or prefix."""
    found = {lease.octets: lease for reading in readings for lease in reading.leases}
    return list(found.values())


def _read_row(fields: Sequence[str], places: Mapping[str, int], line: int, found: Reading) -> None:
    row = _Row(fields, places)
    try:
        found.leases.append(row.lease())
    except ValueError as error:
        place = places[row.reading]
        column = sum(len(field) + 1 for field in fields[:place]) + 1
        found.problems.append(SyntaxProblem(f"{row.reading} {shown(fields[place])} {error}", line, column))


class _Row:
    """One line."""

    def __init__(self, fields: Sequence[str], places: Mapping[str, int]) -> None:
        self._fields = fields
        self._places = places
        # The column that is being read, for the message.
        self.reading = ""

    def _get(self, name: str) -> str:
        self.reading = name
        return self._fields[self._places[name]]

    def lease(self) -> Lease:
        """What it says.

        :raises ValueError: the column that is being read cannot be right; the message is a predicate
        """
        octets = values.parse_octets(self._get("address"))
        state = values.parse_whole(self._get(STATE), len(KEA_STATES) - 1) if STATE in self._places else 0
        duid: bytes | None = values.parse_pairs(self._get("duid"))
        if KEA_STATES[state] == values.DECLINED and not any(duid or b""):
            # Whoever declined an address does not have it; Kea writes zeros.
            duid = None
        lifetime = values.parse_whole(self._get("valid_lifetime"))
        # Kea adds an infinite lifetime like any other.
        ends = values.parse_whole(self._get("expire"), values.LAST_SECOND)
        kind = values.parse_whole(self._get("lease_type"), IA_PD)
        length = values.parse_whole(self._get("prefix_len"), 128)
        return Lease(
            values.PREFIX if kind == IA_PD else values.ADDRESS,
            octets,
            length if kind == IA_PD else 128,
            duid,
            values.parse_whole(self._get("iaid")),
            values.parse_hostname(unescaped(self._get("hostname"))),
            None if lifetime == values.LARGEST_32 else ends,
            # A lifetime of 0 is how Kea writes that a lease is no more: the client or a command gave it back.
            KEA_STATES[state] if lifetime else values.RELEASED,
            values.parse_whole(self._get("subnet_id")),
            kind == IA_TA,
        )


def unescaped(text: str) -> str:
    """A field as it was before Kea wrote its commas as ``&#x2c``."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "&#x" in text else text
