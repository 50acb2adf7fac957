# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of systemd-networkd and udev (.network, .netdev, .link, and drop-ins of them), see systemd.syntax(7).

Sections and keys keep their order and may repeat: a second [Address] is another address, not more of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .._values.errors import ValueProblem

COMMENT_MARKS = ("#", ";")
# What systemd takes for white space; Python's own strip() and splitlines() know more characters.
BLANKS = " \t\r\n"


@dataclass(frozen=True)
class Setting:
    """One assignment.

    :param comments: the comment lines above it
    """

    key: str
    value: str
    comments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        key = self.key
        if not key or key != key.strip(BLANKS) or "=" in key or "\n" in key or key.startswith(("[", *COMMENT_MARKS)):
            raise ValueProblem(repr(key), "is no key of a unit file", "Write the key alone, such as Address")
        if "\n" in self.value or "\r" in self.value:
            raise ValueProblem(repr(self.value), "has more than one line", "Write one line, or a list of values")
        if self.value != self.value.strip(BLANKS) or _is_continued(self.value):
            problem = "begins or ends with a blank, or ends with a backslash, which systemd would not read back"
            raise ValueProblem(repr(self.value), problem, "Write the value without it")


@dataclass(frozen=True)
class Section:
    """A section with its settings in order."""

    name: str
    settings: tuple[Setting, ...]
    comments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        name = self.name
        if not name or name != name.strip(BLANKS) or any(mark in name for mark in "[]\n\r"):
            raise ValueProblem(repr(name), "is no section name", "Write it without brackets, such as Network")

    def get(self, key: str) -> str | None:
        """The value that counts where only one does: the last."""
        values = self.all(key)
        return values[-1] if values else None

    def all(self, key: str) -> list[str]:
        return [setting.value for setting in self.settings if setting.key == key]


@dataclass(frozen=True)
class Unit:
    """A whole file.

    :param comments: the comment lines at its end
    """

    sections: tuple[Section, ...]
    comments: tuple[str, ...] = ()

    def named(self, name: str) -> list[Section]:
        return [section for section in self.sections if section.name == name]

    def get(self, section: str, key: str) -> str | None:
        """The last value of a key over all sections of a name."""
        values = [value for each in self.named(section) for value in each.all(key)]
        return values[-1] if values else None


def section(name: str, settings: Iterable[tuple[str, str]], comments: tuple[str, ...] = ()) -> Section:
    """A section from plain pairs."""
    return Section(name, tuple(Setting(key, value) for key, value in settings), comments)


def _is_continued(line: str) -> bool:
    # A backslash that another one escapes does not continue the line.
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """(number, text) of each comment, and of each other line with its continuations, all stripped of white space."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first = number
        line = lines[number].strip(BLANKS)
        number += 1
        # A comment is never continued; one between two parts of a continued line is skipped (systemd.syntax(7)).
        while _is_continued(line) and not line.startswith(COMMENT_MARKS):
            line = line[:-1] + " "
            if number == len(lines):
                break
            following = lines[number]
            number += 1
            if following.lstrip(BLANKS).startswith(COMMENT_MARKS):
                line = line[:-1] + "\\"
            else:
                line += following.rstrip(BLANKS)
        if line.strip(BLANKS):
            yield first + 1, line.strip(BLANKS)


def parse(text: str) -> Unit:
    """Read a file.

    :raises ValueProblem: a line that is no section, assignment or comment; systemd skips such lines with a log line
    """
    sections: list[Section] = []
    comments: list[str] = []
    for number, line in _logical_lines(text):
        if line.startswith(COMMENT_MARKS):
            comments.append(line)
            continue
        if line.startswith("["):
            if not line.endswith("]"):
                raise ValueProblem(repr(line), f"(line {number}) has no closing bracket", "Write it as [Network]")
            sections.append(Section(line[1:-1], (), tuple(comments)))
        else:
            sections = _with_setting(sections, number, line, tuple(comments))
        comments = []
    return Unit(tuple(sections), tuple(comments))


def _with_setting(sections: list[Section], number: int, line: str, comments: tuple[str, ...]) -> list[Section]:
    key, sign, value = line.partition("=")
    if not sign:
        raise ValueProblem(repr(line), f"(line {number}) is no assignment", "Write it as Key=value")
    if not sections:
        raise ValueProblem(repr(line), f"(line {number}) stands before any section", "Begin with one, such as [Match]")
    last = sections[-1]
    settings = (*last.settings, Setting(key.strip(BLANKS), value.strip(BLANKS), comments))
    return [*sections[:-1], Section(last.name, settings, last.comments)]


def render(unit: Unit) -> str:
    """Write a file, with an empty line between sections."""
    blocks = ["\n".join(_section_lines(each)) + "\n" for each in unit.sections]
    if unit.comments:
        blocks.append("\n".join(unit.comments) + "\n")
    return "\n".join(blocks)


def _section_lines(each: Section) -> Iterator[str]:
    yield from each.comments
    yield f"[{each.name}]"
    for setting in each.settings:
        yield from setting.comments
        yield f"{setting.key}={setting.value}"
