# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configuration of WIDE's dhcp6s (dhcp6s.conf(5)): its statements, the hosts and pools among them, and hosts rendered.

What dhcp6s reads was taken from its grammar and tried on it (20080615). It has no escapes inside quotes, a quotation
may go over lines, and a character that it does not know it skips, such as the carriage return of a DOS line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from .._values.duid import Duid
from .._values.errors import ValueProblem
from .._values.ipv6 import address_text
from .syntax import HOSTS_HEADER, SyntaxProblem, position

# A lifetime of this many seconds never ends (RFC 8415, section 7.7); dhcp6s.conf calls it infinity.
FOREVER = 0xFFFFFFFF
# It keeps 128 octets of a DUID, type and all, two less than RFC 8415 allows.
LONGEST_DUID = 128

# A comment, a word, a quotation, a mark, and a quotation without an end. All else is skipped, as dhcp6s does.
_TOKEN = re.compile(r'#[^\n]*|([A-Za-z0-9:._/,\-]+)|("[^"]*")|([{};])|(")')
_MARK, _UNENDED = 3, 4
_SLASH = re.compile(r"\s*/\s*")
_DEEPEST = 100


@dataclass(frozen=True)
class Statement:
    """What ends with a semicolon, be it behind a block.

    :param words: quotations with their quotes
    :param block: None where it has none
    """

    words: tuple[str, ...]
    block: tuple[Statement, ...] | None = None
    line: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0]

    def argument(self, number: int = 1) -> str:
        """A later word without quotes, empty where there is none."""
        return self.words[number].strip('"') if number < len(self.words) else ""


class Lifetimes(NamedTuple):
    """For how many seconds an address is preferred, and valid at all."""

    preferred: int
    valid: int


@dataclass(frozen=True)
class HostStatement:
    """A ``host``.

    :param duid: in its canonical form; empty where it has none that is one
    :param lifetimes: of its first address or prefix; None where it has none
    """

    name: str
    duid: str
    addresses: tuple[IPv6Address, ...] = ()
    prefixes: tuple[IPv6Network, ...] = ()
    lifetimes: Lifetimes | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Pool:
    """The addresses that clients get who are no host of the configuration."""

    name: str
    first: IPv6Address
    last: IPv6Address


def parse(text: str) -> tuple[Statement, ...]:
    """Read a configuration.

    :raises SyntaxProblem: a block or a quotation has no end, or a statement no semicolon
    """
    return _Parser(text).whole()


def walk(statements: Iterable[Statement]) -> Iterator[Statement]:
    """All statements, those inside blocks too."""
    for statement in statements:
        yield statement
        yield from walk(statement.block or ())


def includes(statements: Iterable[Statement]) -> list[str]:
    """The files that are read along. Inside a block there are none."""
    return [path for _line, path in include_lines(statements)]


def include_lines(statements: Iterable[Statement]) -> list[tuple[int, str]]:
    """Where each of them is named, and its path."""
    return [(statement.line, statement.argument()) for statement in statements if statement.name == "include"]


def secrets(statements: Iterable[Statement]) -> list[str]:
    """The keys with which messages are signed."""
    return [secret for one in walk(statements) if one.name == "secret" and (secret := one.argument())]


def secrets_of(text: str | None) -> list[str]:
    """The keys in what may be a configuration."""
    try:
        return secrets(parse(text or ""))
    except SyntaxProblem:
        return []


def pools(statements: Iterable[Statement]) -> list[Pool]:
    """All pools whose range can be read."""
    found: list[Pool] = []
    for statement in statements:
        if statement.name != "pool":
            continue
        for inner in statement.block or ():
            try:
                found.append(Pool(statement.argument(), IPv6Address(inner.argument(1)), IPv6Address(inner.argument(3))))
            except ValueError:
                # Whether dhcp6s can make sense of it is for dhcp6s to say.
                continue
    return found


def hosts(statements: Iterable[Statement]) -> list[HostStatement]:
    """All hosts. Of two with one name dhcp6s takes the first."""
    return [_host(one) for one in statements if one.name == "host" and one.block is not None]


def render(statements: Iterable[Statement], indent: str = "") -> str:
    """A configuration."""
    lines: list[str] = []
    for one in statements:
        words = indent + " ".join(one.words)
        if one.block is None:
            lines.append(f"{words};\n")
        else:
            lines.append(f"{words} {{\n{render(one.block, indent + '    ')}{indent}}};\n")
    return "".join(lines)


def render_hosts(entries: Sequence[HostStatement]) -> str:
    """A file of hosts, to be included."""
    return HOSTS_HEADER + "".join("\n" + _render_host(entry) for entry in entries)


def render_include(path: str) -> str:
    """The line that reads a file along."""
    return f'include "{path}";\n'


def _render_host(host: HostStatement) -> str:
    lines = [f"    duid {host.duid};\n"] if host.duid else []
    if host.lifetimes:
        preferred, valid = host.lifetimes
        lines += [f"    address {address_text(address)} {preferred} {valid};\n" for address in host.addresses]
        lines += [f"    prefix {prefix} {preferred} {valid};\n" for prefix in host.prefixes]
    return f"host {host.name} {{\n{''.join(lines)}}};\n"


def _host(statement: Statement) -> HostStatement:
    duid = ""
    addresses: list[IPv6Address] = []
    prefixes: list[IPv6Network] = []
    lifetimes: Lifetimes | None = None
    for inner in statement.block or ():
        try:
            if inner.name == "duid":
                duid = str(Duid.parse(inner.argument()))
            elif inner.name == "address":
                addresses.append(IPv6Address(inner.argument()))
                lifetimes = lifetimes or _lifetimes(inner.words[2:])
            elif inner.name == "prefix":
                # The slash may stand alone.
                prefix, *rest = _SLASH.sub("/", " ".join(inner.words[1:])).split()
                prefixes.append(IPv6Network(prefix, strict=False))
                lifetimes = lifetimes or _lifetimes(rest)
        except (ValueError, ValueProblem):
            # Whether dhcp6s can make sense of it is for dhcp6s to say.
            continue
    return HostStatement(statement.argument(), duid, tuple(addresses), tuple(prefixes), lifetimes, statement.line)


def _lifetimes(words: Sequence[str]) -> Lifetimes:
    preferred, *rest = (FOREVER if word == "infinity" else int(word) for word in words)
    return Lifetimes(preferred, rest[0] if rest else preferred)


class _Open(NamedTuple):
    """A statement whose block is being read.

    :param brace: where the block begins
    :param before: the statements that stand before it
    """

    words: list[str]
    start: int
    line: int
    brace: int
    before: list[Statement]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[_Open] = []
        self.found: list[Statement] = []
        # The statement that is being read: its words, where it begins, and its block once that is closed.
        self.words: list[str] = []
        self.start = 0
        self.line = 0
        self.block: tuple[Statement, ...] | None = None
        # Lines are counted once, up to here.
        self.counted, self.lines = 0, 1

    def whole(self) -> tuple[Statement, ...]:
        for match in _TOKEN.finditer(self.text):
            kind = match.lastindex
            if kind is None:
                continue
            if kind == _MARK:
                self._mark(match.group(), match.start())
            elif kind == _UNENDED:
                raise self._problem("this quotation has no end", match.start())
            else:
                self._word(match.group(), match.start())
        if self.words:
            raise self._unended()
        if self.open:
            raise self._problem("this { is never closed", self.open[-1].brace)
        return tuple(self.found)

    def _word(self, word: str, offset: int) -> None:
        if self.block is not None:
            raise self._unended()
        if not self.words:
            self.lines += self.text.count("\n", self.counted, offset)
            self.counted = self.start = offset
            self.line = self.lines
        self.words.append(word)

    def _mark(self, mark: str, offset: int) -> None:
        if mark == ";":
            if not self.words:
                raise self._problem("this semicolon ends nothing", offset)
            self.found.append(Statement(tuple(self.words), self.block, self.line))
            self.words, self.block = [], None
        elif mark == "{":
            self._descend(offset)
        else:
            self._ascend(offset)

    def _descend(self, offset: int) -> None:
        if self.block is not None:
            raise self._unended()
        if not self.words:
            raise self._problem("nothing stands before this {", offset)
        if len(self.open) == _DEEPEST:
            raise self._problem(f"more than {_DEEPEST} blocks are open", offset)
        self.open.append(_Open(self.words, self.start, self.line, offset, self.found))
        self.words, self.found = [], []

    def _ascend(self, offset: int) -> None:
        if self.words:
            raise self._unended()
        if not self.open:
            raise self._problem("this } closes nothing", offset)
        self.block = tuple(self.found)
        self.words, self.start, self.line, _brace, self.found = self.open.pop()

    def _unended(self) -> SyntaxProblem:
        return self._problem(f"{self.words[0]!r} has no semicolon at its end", self.start)

    def _problem(self, problem: str, offset: int) -> SyntaxProblem:
        return SyntaxProblem(problem, *position(self.text, offset))
