# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configuration of ISC's dhcpd (dhcpd.conf(5)): its statements, the hosts among them, and hosts rendered anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from .._values.duid import Duid
from .._values.errors import ValueProblem
from .._values.ipv6 import address_text, read_address
from .syntax import HOSTS_HEADER, SyntaxProblem, position

HEADER = HOSTS_HEADER
DUID, HARDWARE = "duid", "hwaddr"
# A host that has an address in several subnets is declared once for each, since dhcpd knows one address a declaration.
REPEATED = re.compile(r"(.+)--[0-9]+$")

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r'[^\s{};"#]+')
_SECRETS = ("secret", "ldap-password")
# In a text that cannot be read as a configuration.
_SECRET = re.compile(r'(?i)(?<![\w-])(?:secret|ldap-password)\s+("(?:[^"\\]|\\.)*"|[^\s{};"#]+)')


@dataclass(frozen=True)
class Word:
    """One word of a statement; ``quoted`` is what stood in quotes, without them."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Statement:
    """What ends with a semicolon, or has a block of statements.

    :param offset: where it begins
    :param block: None where it has none
    """

    words: tuple[Word, ...]
    offset: int = field(default=0, compare=False)
    block: tuple[Statement, ...] | None = None

    @classmethod
    def of(cls, *words: str | Word, block: Sequence[Statement] | None = None) -> Statement:
        """A statement to be rendered."""
        spelled = tuple(word if isinstance(word, Word) else Word(word) for word in words)
        return cls(spelled, block=None if block is None else tuple(block))

    @property
    def name(self) -> str:
        """Its first word, which dhcpd reads without regard to case."""
        return self.words[0].text.lower() if self.words else ""

    def argument(self, number: int = 1) -> str:
        """A later word, empty where there is none."""
        return self.words[number].text if number < len(self.words) else ""


class HostDeclaration(NamedTuple):
    """A ``host``.

    :param kind: of identifier; empty where it has none that is known here
    :param identifier: in its canonical form
    :param quoted: its DUID stands in quotes, which dhcpd takes for text
    :param only_ipv4: it has a fixed-address, of which a dhcpd that serves IPv6 makes nothing, and none for IPv6
    """

    name: str
    kind: str
    identifier: str
    addresses: tuple[IPv6Address, ...] = ()
    prefixes: tuple[IPv6Network, ...] = ()
    hostname: str | None = None
    quoted: bool = False
    only_ipv4: bool = False
    line: int = 0


def parse(text: str) -> tuple[Statement, ...]:
    """Read a configuration.

    :raises SyntaxProblem: a block or a string has no end, or a statement no semicolon
    """
    return _Parser(text).whole()


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, those inside blocks too."""
    for statement in statements:
        yield statement
        yield from walk(statement.block or ())


def includes(statements: Sequence[Statement]) -> list[str]:
    """The files that are read along."""
    return [statement.argument() for statement in walk(statements) if statement.name == "include"]


def secrets(statements: Sequence[Statement]) -> list[str]:
    """The keys with which messages are signed, and passwords. dhcpd joins the words of a key without quotes."""
    words = [word.text for one in walk(statements) if one.name in _SECRETS for word in one.words[1:]]
    return [word for word in words if word.strip("=+/")]


def secrets_of(text: str | None) -> list[str]:
    """The keys and passwords in what may be a configuration, whether or not it can be read."""
    try:
        return secrets(parse(text or ""))
    except SyntaxProblem:
        return [secret for match in _SECRET.finditer(text or "") if (secret := match.group(1).strip('"'))]


def served(statements: Sequence[Statement]) -> list[IPv6Network]:
    """The prefixes of all ``subnet6``."""
    found: list[IPv6Network] = []
    for statement in walk(statements):
        if statement.name == "subnet6":
            try:
                found.append(IPv6Network(statement.argument(), strict=False))
            except ValueError:
                continue
    return found


def hosts(text: str, statements: Sequence[Statement]) -> list[HostDeclaration]:
    """All ``host`` declarations."""
    found: list[HostDeclaration] = []
    line, counted = 1, 0
    for statement in walk(statements):
        if statement.name == "host" and statement.block is not None:
            # Counted on from the one before: there may be thousands of them.
            line, counted = line + text.count("\n", counted, statement.offset), statement.offset
            found.append(_host(statement, line))
    return found


def render(declarations: Sequence[HostDeclaration]) -> str:
    """A file of hosts, to be included."""
    return HEADER + "".join("\n" + _render_host(host) for host in declarations)


def render_statements(statements: Sequence[Statement], indent: str = "") -> str:
    """A configuration."""
    lines: list[str] = []
    for one in statements:
        words = " ".join(f'"{word.text}"' if word.quoted else word.text for word in one.words)
        if one.block is None:
            lines.append(f"{indent}{words};\n")
        else:
            lines.append(f"{indent}{words} {{\n{render_statements(one.block, indent + '    ')}{indent}}}\n")
    return "".join(lines)


def render_include(path: str) -> str:
    """The line that reads a file along."""
    return f'include "{path}";\n'


def _render_host(host: HostDeclaration) -> str:
    lines = []
    if host.kind == DUID:
        lines.append(f"host-identifier option dhcp6.client-id {host.identifier};")
    elif host.kind == HARDWARE:
        lines.append(f"hardware ethernet {host.identifier};")
    lines += [f"fixed-address6 {address_text(address)};" for address in host.addresses]
    lines += [f"fixed-prefix6 {prefix};" for prefix in host.prefixes]
    if host.hostname:
        lines.append(f'ddns-hostname "{host.hostname}";')
    return f"host {host.name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _host(statement: Statement, line: int) -> HostDeclaration:
    kind, identifier, quoted = "", "", False
    addresses: list[IPv6Address] = []
    prefixes: list[IPv6Network] = []
    hostname: str | None = None
    for inner in statement.block or ():
        try:
            if inner.name == "host-identifier" and inner.argument(2).lower() == "dhcp6.client-id":
                kind, quoted = DUID, inner.words[-1].quoted
                identifier = str(Duid.parse(_octets(inner.argument(3), quoted)))
            elif inner.name == "hardware":
                kind, identifier = HARDWARE, _octets(inner.argument(2).lower(), quoted=False)
            elif inner.name == "fixed-address6":
                # One declaration may list several, with commas.
                listed = " ".join(word.text for word in inner.words[1:]).replace(",", " ").split()
                addresses += [read_address(item) for item in listed]
            elif inner.name == "fixed-prefix6":
                prefixes.append(IPv6Network(inner.argument(), strict=False))
            elif inner.name == "ddns-hostname":
                hostname = inner.argument()
        except (ValueError, ValueProblem):
            # Whether dhcpd can make sense of it is for dhcpd to say.
            continue
    given = {inner.name for inner in statement.block or ()}
    return HostDeclaration(
        statement.argument(),
        kind,
        identifier,
        tuple(addresses),
        tuple(prefixes),
        hostname,
        quoted,
        "fixed-address" in given and not given & {"fixed-address6", "fixed-prefix6"},
        line,
    )


def _octets(text: str, quoted: bool) -> str:
    """dhcpd takes 0:1:a for 00:01:0a."""
    return text if quoted else ":".join(part.zfill(2) for part in text.split(":"))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.open: list[int] = []

    def whole(self) -> tuple[Statement, ...]:
        statements = self._statements()
        if self.offset < len(self.text):
            raise self._problem("this } closes nothing", self.offset)
        return statements

    def _problem(self, problem: str, offset: int) -> SyntaxProblem:
        return SyntaxProblem(problem, *position(self.text, offset))

    def _char(self) -> str:
        blank = _BLANK.match(self.text, self.offset)
        self.offset = blank.end() if blank else self.offset
        return self.text[self.offset : self.offset + 1]

    def _statements(self) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while True:
            char = self._char()
            if char == ";":
                self.offset += 1
            elif char in ("", "}"):
                return tuple(found)
            else:
                found.append(self._statement())

    def _statement(self) -> Statement:
        start = self.offset
        words: list[Word] = []
        while True:
            char = self._char()
            if char == ";":
                self.offset += 1
                return Statement(tuple(words), start)
            if char == "{" and self._defines_record(words):
                words.append(self._record())
                continue
            if char == "{":
                return Statement(tuple(words), start, self._block())
            if char in ("", "}"):
                raise self._problem(f"{words[0].text!r} has no semicolon at its end", start)
            words.append(self._word(char))

    @staticmethod
    def _defines_record(words: Sequence[Word]) -> bool:
        """Before the record type of an option's definition: option x code 150 = { ip-address, integer 8 };

        A host may well be called "of".
        """
        return bool(words) and words[0].text.lower() == "option" and words[-1].text.lower().endswith(("=", "of"))

    def _record(self) -> Word:
        start = self.offset
        end = self.text.find("}", start)
        if end < 0:
            raise self._problem("this { is never closed", start)
        self.offset = end + 1
        return Word(self.text[start : self.offset])

    def _block(self) -> tuple[Statement, ...]:
        start = self.offset
        self.offset += 1
        # Blocks within blocks: far fewer than Python's own stack holds.
        self.open.append(start)
        if len(self.open) > 100:
            raise self._problem("more than 100 blocks are open", start)
        statements = self._statements()
        if self._char() != "}":
            raise self._problem("this { is never closed", start)
        self.offset += 1
        self.open.pop()
        return statements

    def _word(self, char: str) -> Word:
        match = _STRING.match(self.text, self.offset) if char == '"' else _WORD.match(self.text, self.offset)
        if match is None:
            raise self._problem("this string has no end", self.offset)
        self.offset = match.end()
        return Word(match.group(1), quoted=True) if char == '"' else Word(match.group())
