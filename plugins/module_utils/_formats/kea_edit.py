# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Edits of Kea's JSON: elements that leave a list or map and others that join it, with the commas that this takes.

Comments stay, also those beside an element that goes: they are the user's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

from .kea_json import Container, Element
from .syntax import Edit, apply_edits, begins_line, indentation

STEP = "    "
# A comment or a blank within one line.
_REST = re.compile(r"[ \t]+|(?:#|//)[^\r\n]*|/\*(?:(?!\*/)[^\r\n])*\*/|(?=[\r\n])")


def render(value: object, indent: str = "") -> str:
    """Write a value as Kea's own examples are laid out: maps in lines of their own, lists of scalars in one.

    :param indent: of the line on which the value begins
    """
    inner = indent + STEP
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        members = [f"{inner}{json.dumps(key)}: {render(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(members) + "\n" + indent + "}"
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]"
        if not any(isinstance(item, (Mapping, list, tuple)) for item in value):
            return "[ " + ", ".join(json.dumps(item, ensure_ascii=False) for item in value) + " ]"
        return "[\n" + ",\n".join(inner + render(item, inner) for item in value) + "\n" + indent + "]"
    return json.dumps(value, ensure_ascii=False)


def child_indentation(text: str, container: Container) -> str:
    """The blanks before a new element of a list or map."""
    for element in container.elements:
        if begins_line(text, element.start):
            return indentation(text, element.start)
    return indentation(text, container.start) + STEP


def revise(text: str, container: Container, gone: Collection[int], new: Sequence[str]) -> list[Edit]:
    """The edits that take elements out of a list or map and put others at its end.

    :param gone: positions of the elements that go
    :param new: texts of the elements that come, laid out for the indentation that `child_indentation` gives
    """
    kept = [number for number in range(len(container.elements)) if number not in gone]
    cuts = [edit for number in gone for edit in _cut(text, container.elements[number])]
    if not kept:
        return _refill(text, container, cuts, new) if gone or new else []
    edits = cuts
    last = container.elements[kept[-1]]
    if new:
        if not last.commas:
            edits.append(Edit(last.end, last.end, ","))
        indent = "\n" + child_indentation(text, container)
        point = _behind(text, last)
        edits.append(Edit(point, point, ",".join(indent + item for item in new)))
    elif kept[-1] < len(container.elements) - 1:
        edits += [Edit(comma, comma + 1, "") for comma in last.commas]
    return edits


def _cut(text: str, element: Element) -> list[Edit]:
    """Remove an element and its commas; where they had lines for themselves, the lines go too."""
    pieces = [[element.start, element.end]]
    for comma in element.commas:
        if not text[pieces[-1][1] : comma].strip(" \t\r\n"):
            pieces[-1][1] = comma + 1
        else:
            pieces.append([comma, comma + 1])
    return [_with_line(text, start, end) for start, end in pieces]


def _with_line(text: str, start: int, end: int) -> Edit:
    before = start
    while before and text[before - 1] in " \t":
        before -= 1
    behind = end
    while text[behind : behind + 1] in (" ", "\t", "\r"):
        behind += 1
    if begins_line(text, start) and text[behind : behind + 1] == "\n":
        return Edit(before, behind + 1, "")
    if begins_line(text, start):
        return Edit(start, end, "")
    return Edit(before, end, "")


def _refill(text: str, container: Container, cuts: Sequence[Edit], new: Sequence[str]) -> list[Edit]:
    """Replace all that a list or map holds; its comments stay."""
    outer = indentation(text, container.start)
    inner = child_indentation(text, container)
    lines = ",\n".join(inner + item for item in new) + "\n" if new else ""
    closing = container.end - 1
    inside = text[container.start + 1 : closing]
    shift = container.start + 1
    left = apply_edits(inside, [Edit(cut.start - shift, cut.end - shift, "") for cut in cuts])
    if not left.strip():
        return [Edit(shift, closing, "\n" + lines + outer if new else " ")]
    if not new:
        return list(cuts)
    if begins_line(text, closing):
        start = text.rfind("\n", 0, closing) + 1
        return [*cuts, Edit(start, start, lines)]
    return [*cuts, Edit(closing, closing, "\n" + lines + outer)]


def _behind(text: str, element: Element) -> int:
    """Where the next element goes: behind the comma, and behind the comments that end the line."""
    start = element.commas[-1] + 1 if element.commas else element.end
    offset = start
    while True:
        match = _REST.match(text, offset)
        if match is None:
            # Another token, or a comment that goes on in the next line.
            return start
        offset = match.end()
        if text[offset : offset + 1] in ("\r", "\n"):
            return offset
