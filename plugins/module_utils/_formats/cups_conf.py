# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of CUPS: ``Name value`` lines, and blocks of them between ``<Kind argument>`` and ``</Kind>``.

cupsd.conf(5) is such a file, and so is printers.conf, in which cupsd keeps its queues.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Union

_OPENING = re.compile(r"<([A-Za-z]+)\s*([^>]*)>")


class Directive(NamedTuple):
    name: str
    value: str = ""


class Block(NamedTuple):
    """A block and what is in it.

    :param kind: as in ``Location``
    :param argument: as in ``/admin``
    """

    kind: str
    argument: str
    items: tuple[Item, ...] = ()

    def value(self, name: str) -> str:
        """The value of the last directive of this name, empty where there is none."""
        values = [item.value for item in self.items if isinstance(item, Directive) and item.name == name]
        return values[-1] if values else ""


Item = Union[Directive, Block]


def render(items: Sequence[Item]) -> str:
    """The lines of a file, without a header."""
    return "".join(line + "\n" for line in _lines(items, ""))


def _lines(items: Sequence[Item], indent: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        if isinstance(item, Directive):
            # As cupsFilePutConf does it: the first, and no other.
            value = item.value.replace("#", "\\#", 1)
            lines.append(f"{indent}{item.name} {value}".rstrip())
        else:
            opening = f"{item.kind} {item.argument}".strip()
            lines += [f"{indent}<{opening}>", *_lines(item.items, indent + "  "), f"{indent}</{item.kind}>"]
    return lines


def parse(text: str) -> tuple[Item, ...]:
    """The directives and blocks of a file. A block that is not closed ends with the file, as cupsd takes it."""
    open_blocks: list[tuple[str, str, list[Item]]] = [("", "", [])]
    for raw in text.split("\n"):
        line = _without_comment(raw).strip()
        if not line:
            continue
        opening = _OPENING.fullmatch(line)
        if opening:
            open_blocks.append((opening[1], opening[2].strip(), []))
        elif line.startswith("</"):
            _close(open_blocks)
        else:
            name, _blank, value = line.partition(" ")
            open_blocks[-1][2].append(Directive(name, value.strip()))
    while len(open_blocks) > 1:
        _close(open_blocks)
    return tuple(open_blocks[0][2])


def _without_comment(line: str) -> str:
    """As cupsFileGetConf reads it: the first number sign begins a comment, or behind a backslash none does."""
    before, sign, after = line.partition("#")
    if not before.endswith("\\"):
        return before
    return before[:-1] + sign + after


def _close(open_blocks: list[tuple[str, str, list[Item]]]) -> None:
    if len(open_blocks) > 1:
        kind, argument, items = open_blocks.pop()
        open_blocks[-1][2].append(Block(kind, argument, tuple(items)))
