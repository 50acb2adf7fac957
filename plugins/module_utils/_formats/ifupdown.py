# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""interfaces(5): the configuration of ifupdown, stock Debian's network manager."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KEYWORDS = (
    "iface",
    "mapping",
    "auto",
    "no-auto-down",
    "no-scripts",
    "source",
    "source-directory",
    "template",
    "rename",
)
LISTS = ("auto", "no-auto-down", "no-scripts", "rename")
# source-directory reads only names of these characters (run-parts rules, interfaces(5)).
DIRECTORY_ENTRY = re.compile(r"^[A-Za-z0-9_-]+$")
HANDED_OVER = "#homelab.ipv6# "


@dataclass(frozen=True)
class Stanza:
    """A stanza of an interfaces file.

    :param words: its first line, cut at white space: ("iface", "eth0", "inet", "static")
    :param options: key and value of the lines below
    :param first: number of its first line, from 1
    :param last: number of its last line that is not blank or a comment
    """

    words: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    first: int
    last: int

    @property
    def keyword(self) -> str:
        return self.words[0]

    def names(self, interface: str) -> bool:
        """Whether the stanza speaks of an interface."""
        words = self.words[1:2] if self.keyword == "iface" else self.words[1:]
        return (self.keyword == "iface" or is_list(self.keyword)) and any(means(word, interface) for word in words)


def means(word: str, interface: str) -> bool:
    """Whether a word names an interface: itself, a label on it (eth0:1), or what it is to be up as (eth0=home)."""
    return re.split("[:=]", word, maxsplit=1)[0] == interface


def brings_up_as_another(word: str, interface: str) -> bool:
    """Whether a word of a list lets an interface be up under another name: eth0=home, or the pattern /eth*/=home."""
    match = re.match(r"^/([^/]+)(?:/[^=]*)?=", word)
    return word.startswith(interface + "=") or bool(match and fnmatch.fnmatchcase(interface, match.group(1)))


def is_list(keyword: str) -> bool:
    """Whether a stanza is a list of interfaces."""
    return keyword in LISTS or keyword.startswith("allow-")


def _is_keyword(word: str) -> bool:
    return word in KEYWORDS or word.startswith("allow-")


def _logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """(first, last, text) of each line that says something, with continued lines joined."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first = number
        line = lines[number]
        # A comment cannot be continued (interfaces(5)).
        while line.endswith("\\") and not line.lstrip().startswith("#") and number + 1 < len(lines):
            number += 1
            line = line[:-1] + lines[number]
        number += 1
        if line.strip() and not line.lstrip().startswith("#"):
            yield first + 1, number, line.strip()


def parse(text: str) -> list[Stanza]:
    """The stanzas of a file, in order."""
    stanzas: list[Stanza] = []
    for first, last, line in _logical_lines(text):
        words = tuple(line.split())
        if _is_keyword(words[0]) or not stanzas:
            stanzas.append(Stanza(words, (), first, last))
        else:
            stanza = stanzas[-1]
            key, value = (*line.split(None, 1), "")[:2]
            stanzas[-1] = Stanza(stanza.words, (*stanza.options, (key, value)), stanza.first, last)
    return stanzas


def sources(stanzas: Sequence[Stanza], base: str = "/etc/network") -> list[tuple[str, bool]]:
    """(pattern or directory, is a directory) of what a file reads in; relative names start at its own directory."""
    found: list[tuple[str, bool]] = []
    for stanza in stanzas:
        if stanza.keyword in ("source", "source-directory"):
            is_directory = stanza.keyword == "source-directory"
            found.extend((os.path.join(base, word), is_directory) for word in stanza.words[1:])
    return found


def is_read(path: str, stanzas: Sequence[Stanza], base: str = "/etc/network") -> bool:
    """Whether a file with these stanzas reads ``path`` in."""
    directory, name = os.path.split(path)
    for pattern, is_directory in sources(stanzas, base):
        if is_directory and _matches(pattern.rstrip("/"), directory) and DIRECTORY_ENTRY.match(name):
            return True
        if not is_directory and _matches(pattern, path):
            return True
    return False


def _matches(pattern: str, path: str) -> bool:
    """As glob(7) does it: a wildcard ends at a slash and matches no leading dot."""
    parts, names = pattern.split("/"), path.split("/")
    return len(parts) == len(names) and all(
        name == part or (fnmatch.fnmatchcase(name, part) and not name.startswith("."))
        for part, name in zip(parts, names)
    )


def without_interface(text: str, interface: str) -> str:
    """The text with all that speaks of an interface made a comment; every other byte stays.

    A stanza is kept as a comment behind :data:`HANDED_OVER`, so that taking the marks away brings it back. An
    ``auto`` line that names several interfaces is kept as a comment too, above the line with the others.
    """
    lines = text.split("\n")
    for stanza in reversed(parse(text)):
        if not stanza.names(interface):
            continue
        span = slice(stanza.first - 1, stanza.last)
        kept = [HANDED_OVER + line if line.strip() else line for line in lines[span]]
        others = [word for word in stanza.words[1:] if not means(word, interface)] if is_list(stanza.keyword) else []
        if others:
            line = " ".join([stanza.keyword, *others])
            # A backslash that ends the line would join it to the next.
            kept.append(line + " " if line.endswith("\\") else line)
        lines[span] = kept
    return "\n".join(lines)


def without_state(text: str, interface: str) -> str:
    """ifupdown's /run/network/ifstate, where each line is INTERFACE=CONFIGURATION, without an interface."""
    return "".join(line for line in text.splitlines(keepends=True) if line.partition("=")[0] != interface)


def render_stanza(words: Sequence[str], options: Sequence[tuple[str, str]]) -> str:
    """A stanza as ifupdown's own examples write it."""
    return "".join([" ".join(words) + "\n", *(f"    {key} {value}\n" for key, value in options)])
