# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that is read and edited without losing a byte: where things stand, and how edits are put in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Files of hosts begin with this, by which they are known again as ours.
HOSTS_HEADER = "# Managed by Ansible (homelab.ipv6.dhcp6_hosts): edits here are lost at the next run.\n"


class SyntaxProblem(ValueError):
    """A text that cannot be read; lines and columns count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        self.problem = problem
        self.line = line
        self.column = column
        super().__init__(f"line {line}, column {column}: {problem}")


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


@dataclass(frozen=True)
class Edit:
    """What stands between two offsets becomes another text."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Put edits that do not overlap into a text; those at one offset keep their order. Line ends follow the text's."""
    newline = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    offset = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[offset : edit.start], edit.text.replace("\n", newline)]
        offset = edit.end
    return "".join([*parts, text[offset:]])


def append(text: str, addition: str) -> str:
    """A text with further lines behind its last one, whether or not that one is ended. Line ends follow the text's."""
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if text.endswith("\n") or not text else newline
    return text + gap + addition.replace("\n", newline)


def indentation(text: str, offset: int) -> str:
    """The blanks with which the line of an offset begins."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def begins_line(text: str, offset: int) -> bool:
    """Only blanks stand before the offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip(" \t")
