# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configuration of dnsmasq (dnsmasq(8)): its directives, the DHCPv6 hosts and ranges among them; files of hosts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

from .._values.duid import Duid
from .._values.errors import ValueProblem
from .._values.ipv6 import address_text
from .syntax import HOSTS_HEADER, SyntaxProblem

MANAGED = HOSTS_HEADER
DUID, HARDWARE = "duid", "hwaddr"

# What dnsmasq reads inside quotes: \" \\ \t \n \b \e \r.
_ESCAPES = {"t": "\t", "n": "\n", "b": "\b", "e": "\033", "r": "\r", '"': '"', "\\": "\\"}
_NOT_A_NAME = re.compile(r"[0-9]+[smhdwSMHDW]?|infinite|ignore")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
# The addresses of [A/124] are all reserved; of more than these only the first is looked at.
_LISTED_PREFIX = 120


@dataclass(frozen=True)
class Directive:
    """One line.

    :param value: behind the ``=``, empty where there is none
    :param comment: behind the ``#``
    """

    key: str
    value: str = ""
    comment: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class HostEntry:
    """A ``dhcp-host``, or a line of a ``dhcp-hostsfile``.

    :param identifiers: kind and canonical form, of those that can be known
    :param hostname: under which DNS knows the host
    :param name: of the host in our own file, from its comment
    :param only_ipv4: it is of no concern to DHCPv6
    """

    identifiers: tuple[tuple[str, str], ...]
    addresses: tuple[IPv6Address, ...] = ()
    hostname: str | None = None
    name: str | None = None
    only_ipv4: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Ranges:
    """The IPv6 subnets in which addresses are given out.

    :param unknown: values of ranges whose prefix only the running server knows: it takes it from an interface
    """

    prefixes: tuple[IPv6Network, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(text: str) -> tuple[Directive, ...]:
    """Read a configuration.

    :raises SyntaxProblem: a quotation has no end
    """
    return tuple(
        Directive(key.strip(), value.strip(), comment, number) for key, value, comment, number in _read(text, "=")
    )


def render(directives: Iterable[Directive]) -> str:
    """A configuration. The values have to need no quotation."""
    return "".join(f"{one.key}={one.value}\n" if one.value else f"{one.key}\n" for one in directives)


def _read(text: str, separator: str) -> Iterator[tuple[str, str, str, int]]:
    # dnsmasq ends lines at \n alone and takes any other white space for a blank.
    for number, line in enumerate(text.split("\n"), 1):
        content, comment = _without_comment(line, number)
        if content.strip():
            key, _equals, value = content.partition(separator) if separator else (content, "", "")
            yield key, value, comment, number


def _without_comment(line: str, number: int) -> tuple[str, str]:
    """A line with its quotations read, and what stands behind a # that begins it or follows a blank."""
    if "#" not in line and '"' not in line:
        return line, ""
    found: list[str] = []
    offset, blank = 0, True
    while offset < len(line):
        char = line[offset]
        if char == '"':
            quoted, offset = _quotation(line, offset, number)
            found.append(quoted)
            blank = False
            continue
        if char == "#" and blank:
            return "".join(found), line[offset + 1 :].strip()
        found.append(char)
        blank = char.isspace()
        offset += 1
    return "".join(found), ""


def _quotation(line: str, start: int, number: int) -> tuple[str, int]:
    found: list[str] = []
    offset = start + 1
    while offset < len(line):
        char = line[offset]
        if char == '"':
            return "".join(found), offset + 1
        if char == "\\" and line[offset + 1 : offset + 2] in _ESCAPES:
            offset += 1
            char = _ESCAPES[line[offset]]
        found.append(char)
        offset += 1
    raise SyntaxProblem("this quotation has no end", number, start + 1)


def hosts(directives: Iterable[Directive]) -> list[HostEntry]:
    """The hosts of a configuration."""
    return [_host(one.value, None, one.line) for one in directives if one.key == "dhcp-host"]


def parse_hosts(text: str) -> list[HostEntry]:
    """Read a file of hosts.

    :raises SyntaxProblem: a quotation has no end
    """
    return [_host(content, comment or None, number) for content, _value, comment, number in _read(text, "")]


def render_hosts(entries: Sequence[HostEntry]) -> str:
    """A file of hosts. Behind each stands the name by which it is found again."""
    return MANAGED + "".join(_render_host(entry) + "\n" for entry in entries)


def as_directives(text: str) -> str:
    """A file of hosts as the lines of a configuration, each on its old line.

    ``dnsmasq --test`` looks into a configuration only.
    """
    lines = text.splitlines(keepends=True)
    return "".join(line if line.startswith("#") or not line.strip() else "dhcp-host=" + line for line in lines)


def _render_host(entry: HostEntry) -> str:
    words = [("id:" if kind == DUID else "") + identifier for kind, identifier in entry.identifiers]
    words += [entry.hostname] if entry.hostname else []
    words += [f"[{address_text(address)}]" for address in entry.addresses]
    return ",".join(words) + (f" # {entry.name}" if entry.name else "")


def taken_for_something_else(name: str) -> bool:
    """In a ``dhcp-host`` this is a lease time, a word of the language or an IPv4 address, and no name."""
    return bool(_NOT_A_NAME.fullmatch(name)) or _is_ipv4(name)


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _host(value: str, name: str | None, line: int) -> HostEntry:
    identifiers: list[tuple[str, str]] = []
    addresses: list[IPv6Address] = []
    hostname: str | None = None
    ipv4 = False
    for word in (part.strip() for part in value.split(",")):
        if word.startswith("id:"):
            identifiers += _duid(word[3:])
        elif word.startswith("[") and word.endswith("]"):
            addresses += _bracketed(word[1:-1])
        elif ":" in word:
            # A tag is none of these, nor is a MAC address with a wildcard one that can be compared.
            mac = ":".join(part.zfill(2) for part in word.lower().split(":"))
            identifiers += [(HARDWARE, mac)] if _MAC.fullmatch(mac) else []
        elif _is_ipv4(word):
            ipv4 = True
        elif word and not taken_for_something_else(word):
            hostname = word
    only_ipv4 = ipv4 and not addresses
    return HostEntry(tuple(identifiers), tuple(addresses), hostname, name, only_ipv4, line)


def _duid(text: str) -> list[tuple[str, str]]:
    """dnsmasq takes 0:1:a for 00:01:0a, and whatever is not hexadecimal for a client's identifier as text."""
    try:
        return [(DUID, str(Duid.parse(":".join(part.zfill(2) for part in text.split(":")))))]
    except ValueProblem:
        return []


def _bracketed(text: str) -> list[IPv6Address]:
    address, _slash, length = text.partition("/")
    try:
        first = IPv6Address(address)
        return list(IPv6Network((first, int(length)), strict=False)) if int(length or 0) >= _LISTED_PREFIX else [first]
    except ValueError:
        # Whether dnsmasq can make sense of it is for dnsmasq to say.
        return []


def ranges(directives: Iterable[Directive]) -> Ranges:
    """Where a configuration gives out addresses by DHCPv6, be it to hosts that are listed only."""
    prefixes: list[IPv6Network] = []
    unknown: list[str] = []
    for directive in directives:
        if directive.key != "dhcp-range":
            continue
        words = [word.strip() for word in directive.value.split(",")]
        words = [word for word in words if not word.startswith(("tag:", "set:", "net:"))]
        if not words or ":" not in words[0] or not _gives_addresses(words):
            continue
        if any(word.startswith("constructor:") for word in words):
            unknown.append(directive.value)
            continue
        length = next((word for word in words[1:] if word.isdecimal()), "64")
        try:
            prefixes.append(IPv6Network((words[0], int(length)), strict=False))
        except ValueError:
            continue
    return Ranges(tuple(prefixes), tuple(unknown))


def _gives_addresses(words: Sequence[str]) -> bool:
    """With a last address, from an interface, or to listed hosts alone; other ranges are for router advertisements."""
    if "ra-stateless" in words or "ra-only" in words:
        return False
    return "static" in words or any(":" in word for word in words[1:])


def hosts_paths(directives: Iterable[Directive]) -> list[str]:
    """The files of hosts that are read along, and the directories whose files all are."""
    return [posixpath.normpath(one.value) for one in directives if one.key in ("dhcp-hostsfile", "dhcp-hostsdir")]


def included_files(directives: Iterable[Directive]) -> list[str]:
    """The configurations that are read along."""
    return [one.value for one in directives if one.key == "conf-file" and one.value]


def included_directories(directives: Iterable[Directive]) -> list[str]:
    """The directories of configurations that are read along, with what says which files of them."""
    return [one.value for one in directives if one.key == "conf-dir" and one.value]


def chosen(directory: str, names: Iterable[str]) -> list[str]:
    """Those files of a directory that a ``conf-dir`` means, with their paths.

    :param directory: its value: ``/etc/dnsmasq.d``, behind it endings that are left out, or, with a ``*``, meant alone
    """
    path, *patterns = (part.strip() for part in directory.split(","))
    only = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*") and pattern != "*")
    never = tuple(pattern for pattern in patterns if pattern and not pattern.startswith("*"))
    return [
        posixpath.join(path, name)
        for name in names
        if not name.startswith(".")
        and not name.endswith("~")
        and not (name.startswith("#") and name.endswith("#"))
        and not (never and name.endswith(never))
        and (not only or name.endswith(only))
    ]
