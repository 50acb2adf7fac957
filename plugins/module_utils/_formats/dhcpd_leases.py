# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease file of ISC's dhcpd -6: https://manpages.debian.org/bookworm/isc-dhcp-server/dhcpd.leases.5.en.html.

Each change of an identity association (an ``ia-na``, ``ia-ta`` or ``ia-pd`` block, with all its addresses or prefixes)
is written whole at the end of the file, and the last one counts. Hosts with a fixed address get no lease. The file is
read by lines, as dhcpd lays them out: that is ten times faster than word by word.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .._values import lease as values
from .._values.lease import Lease
from .lease_file import Reading, complete_lines, shown
from .syntax import SyntaxProblem

STATES = {
    "active": values.ACTIVE,
    "expired": values.EXPIRED,
    "released": values.RELEASED,
    # So dhcpd names an address that a client declined.
    "abandoned": values.DECLINED,
    "free": values.FREE,
    "backup": values.FREE,
    "reset": values.FREE,
}
# The name that a dynamic DNS update gave the client; dhcpd notes none without one.
NAME = re.compile(r'set ddns-fwd-name = "(.*)";')
BYTE_ORDER = re.compile(r"authoring-byte-order (little|big)-endian;")
# Octets in a string, those that cannot be printed in octal; or, with "lease-id-format hex;", in pairs.
ASSOCIATION = re.compile(
    r'ia-(na|ta|pd) (?:"((?:[ !#-\[\]-~]|\\(?:[0-3][0-7]{2}|["\\]))*)"|([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})*)) \{'
)
MEMBERS = {
    "na": re.compile(r"iaaddr ([0-9a-fA-F:.]+)() \{"),
    "ta": re.compile(r"iaaddr ([0-9a-fA-F:.]+)() \{"),
    "pd": re.compile(r"iaprefix ([0-9a-fA-F:.]+)/([0-9]+) \{"),
}
# The day of the week first, in UTC; or, with "db-time-format local;", seconds since 1970.
ENDS = re.compile(
    r"ends (?:(never)|epoch ([0-9]+)|[0-6] ([0-9]{4})/([0-9]{1,2})/([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2}));"
)
NEVER = -1
IAID_LENGTH = 4

# A line with its number.
Line = tuple[int, str]


class Association(NamedTuple):
    """What an address or prefix is leased to: ``na``, ``ta`` or ``pd``, and whose."""

    kind: str
    iaid: int
    duid: bytes


def read(text: str, native: str) -> Reading:
    """Read a file. A last block without an end is one that dhcpd is still writing, and is left out.

    :param native: byte order of the machine, ``little`` or ``big``: dhcpd writes an IAID as it has it in memory
    """
    problems: list[SyntaxProblem] = []
    order = native
    found: dict[Association, list[Lease]] = {}
    for piece in _pieces(complete_lines(text)):
        number, line = piece[0]
        words = line.strip()
        says_order = BYTE_ORDER.fullmatch(words)
        order = says_order.group(1) if says_order else order
        try:
            if words.startswith("ia-"):
                association = _association(number, line, order)
                leases = list(_leases(association, piece))
                # What comes later in the file comes later here.
                found.pop(association, None)
                found[association] = leases
            elif not words.endswith((";", "{")):
                raise _problem("is neither a statement nor the beginning of a block", number, line)
        except SyntaxProblem as problem:
            problems.append(problem)
    # Where two clients had an address one after the other, it is the later one's.
    last = {lease.octets: lease for leases in found.values() for lease in leases}
    return Reading(list(last.values()), problems)


def _pieces(lines: Iterable[str]) -> Iterator[list[Line]]:
    """What stands outside of blocks, line by line, and each outermost block with all its lines."""
    piece: list[Line] = []
    depth = 0
    for number, line in enumerate(lines, start=1):
        words = line.strip()
        if line.startswith("ia-") and depth:
            # The block before has lost its end.
            yield piece[:1]
            piece, depth = [], 0
        if not depth and (not words or words.startswith("#")):
            continue
        piece.append((number, line))
        depth = max(0, depth + words.endswith("{") - words.startswith("}"))
        if not depth:
            yield piece
            piece = []


def _problem(problem: str, number: int, line: str) -> SyntaxProblem:
    return SyntaxProblem(f"{shown(line.strip())} {problem}", number, len(line) - len(line.lstrip()) + 1)


def _association(number: int, line: str, order: str) -> Association:
    match = ASSOCIATION.fullmatch(line.strip())
    if match is None:
        raise _problem("is not the beginning of a lease", number, line)
    kind, string, pairs = match.groups()
    # Python knows these escapes, too.
    octets = (
        bytes.fromhex(pairs.replace(":", "")) if pairs else string.encode().decode("unicode_escape").encode("latin-1")
    )
    if not IAID_LENGTH < len(octets) <= IAID_LENGTH + values.LONGEST_DUID:
        raise _problem("has no IAID and DUID", number, line)
    iaid = int.from_bytes(octets[:IAID_LENGTH], "little" if order == "little" else "big")
    return Association(kind, iaid, octets[IAID_LENGTH:])


def _leases(association: Association, piece: Sequence[Line]) -> Iterator[Lease]:
    """The addresses or prefixes of a block.

    :raises SyntaxProblem: the block cannot be what dhcpd wrote
    """
    if len(piece) == 1:
        raise _problem("is a block without an end", *piece[0])
    member: list[Line] = []
    depth = 0
    for number, line in piece[1:-1]:
        words = line.strip()
        depth += words.endswith("{") - words.startswith("}")
        if depth or member:
            member.append((number, line))
        elif not words.endswith(";"):
            raise _problem("has no place in a lease", number, line)
        if member and not depth:
            yield _lease(association, member)
            member = []


def _lease(association: Association, member: Sequence[Line]) -> Lease:
    number, line = member[0]
    match = MEMBERS[association.kind].fullmatch(line.strip())
    if match is None:
        raise _problem("is not an address or prefix of this lease", number, line)
    try:
        octets = values.parse_octets(match[1])
        length = values.parse_whole(match[2] or "128", 128)
    except ValueError as error:
        raise _problem(str(error), number, line) from None
    state, ends, hostname = None, None, None
    for inner_number, inner in member[1:]:
        words = inner.strip()
        if words.startswith("binding state "):
            state = STATES.get(words[len("binding state ") : -1])
            if state is None:
                raise _problem("is not a state that is known here", inner_number, inner)
        elif words.startswith("ends "):
            ends = _end(inner_number, inner)
        elif words.startswith("set "):
            name = NAME.fullmatch(words)
            hostname = values.parse_hostname(name[1]) if name else hostname
    if state is None or ends is None:
        raise _problem("does not say its state and when it ends", number, line)
    return Lease(
        values.PREFIX if association.kind == "pd" else values.ADDRESS,
        octets,
        length,
        association.duid,
        association.iaid,
        hostname,
        None if ends == NEVER else ends,
        state,
        temporary=association.kind == "ta",
    )


def _end(number: int, line: str) -> int:
    match = ENDS.match(line.strip())
    if match is None:
        raise _problem("is not a time", number, line)
    never, epoch, *parts = match.groups()
    if never:
        return NEVER
    try:
        if epoch:
            return values.parse_whole(epoch, values.LAST_SECOND)
        year, month, day, hour, minute, second = map(int, parts)
        return int(dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.timezone.utc).timestamp())
    except ValueError:
        raise _problem("is not a time", number, line) from None
