# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON that Kea reads, without losing a byte of it.

Kea's dialect (its parser: src/bin/dhcp6/dhcp6_lexer.ll and dhcp6_parser.yy) has comments from ``#`` or ``//`` to the
end of the line and between ``/*`` and ``*/``, ``<?include "file"?>`` in place of any part, and superfluous commas
behind an element. The tree that comes out knows where in the text everything stands, so that an edit replaces what it
means to and nothing else.

A configuration has thousands of reservations, and most runs change none of them. So a map that is plain JSON, as these
are, is found by its pattern as a whole and taken apart only for whoever asks for its elements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Union

from .syntax import SyntaxProblem, position

_BLANKS_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]+|(?:#|//)[^\n]*|/\*[\s\S]*?\*/)*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_INCLUDE = re.compile(r'<\?\s*include\s+"([^"\n]+)"\s*\?>')
# Plain JSON: no comment, no escape, and nothing deeper than what a reservation has.
_BLANK = r"[ \t\r\n]*"
_PLAIN_STRING = r'"[^"\\\x00-\x1f]*"'
_PLAIN_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_PLAIN_SCALAR = f"(?:{_PLAIN_STRING}|{_PLAIN_NUMBER}|true|false|null)"
_decode = json.JSONDecoder().raw_decode


def _between(opening: str, item: str, closing: str) -> str:
    return rf"\{opening}{_BLANK}(?:{item}{_BLANK}(?:,{_BLANK}{item}{_BLANK})*)?\{closing}"


def _map_of(value: str) -> str:
    return _between("{", f"{_PLAIN_STRING}{_BLANK}:{_BLANK}{value}", "}")


_FLAT = f"(?:{_PLAIN_SCALAR}|{_map_of(_PLAIN_SCALAR)})"
_PLAIN_MAP = re.compile(_map_of(f"(?:{_FLAT}|{_between('[', _FLAT, ']')})"))
# Deeper than any configuration, and less deep than Python's own stack.
_DEEPEST = 100
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Scalar(NamedTuple):
    """A string, number, truth value or null, between two offsets of the text."""

    start: int
    end: int
    value: str | float | bool | None


class Include(NamedTuple):
    """A part that Kea reads from another file."""

    start: int
    end: int
    path: str


class Element(NamedTuple):
    """What stands between two commas of a list or map.

    :param key: of a map's member; None in a list and for an include
    :param commas: the offsets of the commas behind it
    """

    start: int
    end: int
    key: str | None
    value: Value
    commas: tuple[int, ...]


class Container:
    """A list or a map, from its opening to behind its closing bracket.

    :param text: the whole text, where this is a map in plain JSON whose elements have not been looked for
    """

    __slots__ = ("_elements", "_text", "end", "is_map", "start")

    def __init__(self, start: int, end: int, elements: tuple[Element, ...], is_map: bool, text: str = "") -> None:
        self.start = start
        self.end = end
        self.is_map = is_map
        self._elements = elements
        self._text = text

    @property
    def elements(self) -> tuple[Element, ...]:
        """What is in it, in order."""
        if self._text:
            self._elements, self._text = _Parser(self._text, self.start).container(self.is_map).elements, ""
        return self._elements

    def data(self) -> Any:
        """What it stands for: a ``dict`` or ``list``, without what other files have of it."""
        if self._text:
            return _decode(self._text, self.start)[0]
        if self.is_map:
            return {one.key: _data(one.value) for one in self.elements if one.key is not None}
        return [_data(one.value) for one in self.elements if not isinstance(one.value, Include)]

    def mentions(self, words: re.Pattern[str]) -> bool:
        """Whether to look into it for what matches; True also where only a look can tell."""
        return not self._text or words.search(self._text, self.start, self.end) is not None

    def get(self, key: str) -> Value | None:
        """The member of that name, None if there is none."""
        for element in self.elements:
            if element.key == key:
                return element.value
        return None

    def get_list(self, key: str) -> Container | None:
        """The member of that name if it is a list."""
        found = self.get(key)
        return found if isinstance(found, Container) and not found.is_map else None

    def get_map(self, key: str) -> Container | None:
        """The member of that name if it is a map."""
        found = self.get(key)
        return found if isinstance(found, Container) and found.is_map else None

    def get_text(self, key: str) -> str | None:
        """The member of that name if it is a string."""
        found = self.get(key)
        return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None

    def maps(self) -> list[Container]:
        """The maps among its elements."""
        values = (element.value for element in self.elements)
        return [value for value in values if isinstance(value, Container) and value.is_map]

    def includes(self) -> list[Include]:
        """The includes in place of its elements."""
        loose = (element.value for element in self.elements if element.key is None)
        return [value for value in loose if isinstance(value, Include)]


Value = Union[Scalar, Include, Container]


def _data(value: Value) -> Any:
    if isinstance(value, Container):
        return value.data()
    return value.value if isinstance(value, Scalar) else None


def parse(text: str) -> Container:
    """Read a whole configuration.

    :raises SyntaxProblem: it is none; Kea may still refuse what can be read here
    """
    return _Parser(text).whole()


def skip_blank(text: str, offset: int) -> int:
    """The offset of the next token, past blanks and comments.

    :raises SyntaxProblem: a comment has no end
    """
    match = _BLANKS_AND_COMMENTS.match(text, offset)
    offset = match.end() if match else offset
    if text.startswith("/*", offset):
        raise SyntaxProblem("this comment has no end", *position(text, offset))
    return offset


class _Parser:
    def __init__(self, text: str, offset: int = 0) -> None:
        self.text = text
        self.offset = offset
        self.depth = 0

    def whole(self) -> Container:
        self._skip()
        if not self.text.startswith("{", self.offset):
            raise self._problem("a configuration begins with {")
        root = self.container(is_map=True)
        self._skip()
        if self.offset < len(self.text):
            raise self._problem(f"{self.text[self.offset]!r} stands behind the end of the configuration")
        return root

    def _problem(self, problem: str, offset: int | None = None) -> SyntaxProblem:
        return SyntaxProblem(problem, *position(self.text, self.offset if offset is None else offset))

    def _skip(self) -> None:
        self.offset = skip_blank(self.text, self.offset)

    def _value(self) -> Value:
        start = self.offset
        char = self.text[start : start + 1]
        if char in ("{", "["):
            plain = _PLAIN_MAP.match(self.text, start)
            if plain:
                self.offset = plain.end()
                return Container(start, self.offset, (), True, self.text)
            return self.container(is_map=char == "{")
        if char == '"':
            return self._string()
        include = self._include()
        if include:
            return include
        return self._bare()

    def _bare(self) -> Scalar:
        start = self.offset
        number = _NUMBER.match(self.text, start)
        if number:
            self.offset = number.end()
            return Scalar(start, self.offset, float(number.group()))
        word = _WORD.match(self.text, start)
        if word and word.group() in _WORDS:
            self.offset = word.end()
            return Scalar(start, self.offset, _WORDS[word.group()])
        found = word.group() if word else self.text[start : start + 1]
        raise self._problem(f"{found!r} is no value" if found else "the text ends where a value belongs")

    def _string(self) -> Scalar:
        start = self.offset
        match = _STRING.match(self.text, start)
        if not match:
            raise self._problem("this string has no end, a control character or an escape that JSON does not have")
        self.offset = match.end()
        written = match.group()
        return Scalar(start, self.offset, json.loads(written) if "\\" in written else written[1:-1])

    def _include(self) -> Include | None:
        start = self.offset
        if not self.text.startswith("<?", start):
            return None
        match = _INCLUDE.match(self.text, start)
        if not match:
            raise self._problem('an include is written <?include "FILE"?>')
        self.offset = match.end()
        return Include(start, self.offset, match.group(1))

    def container(self, is_map: bool) -> Container:
        start = self.offset
        closing = "}" if is_map else "]"
        self.offset += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._problem(f"more than {_DEEPEST} brackets are open", start)
        elements: list[Element] = []
        while not self._closed(closing, start):
            if elements and not elements[-1].commas and not self._next_to_include(elements[-1]):
                raise self._problem(f"{self.text[self.offset]!r} stands where a comma or {closing} belongs")
            elements.append(self._element(is_map))
        self.offset += 1
        self.depth -= 1
        return Container(start, self.offset, tuple(elements), is_map)

    def _closed(self, closing: str, start: int) -> bool:
        self._skip()
        if self.offset >= len(self.text):
            raise self._problem(f"this {self.text[start]} is never closed", start)
        return self.text.startswith(closing, self.offset)

    def _next_to_include(self, element: Element) -> bool:
        # The file may begin or end with the comma.
        return isinstance(element.value, Include) or self.text.startswith("<?", self.offset)

    def _element(self, is_map: bool) -> Element:
        start = self.offset
        key: str | None = None
        value: Value | None = self._include() if is_map else None
        if value is None:
            key = self._key() if is_map else None
            value = self._value()
        end = self.offset
        return Element(start, end, key, value, tuple(self._commas()))

    def _key(self) -> str:
        if not self.text.startswith('"', self.offset):
            raise self._problem(f"{self.text[self.offset]!r} stands where a name in quotes belongs")
        key = self._string()
        self._skip()
        if not self.text.startswith(":", self.offset):
            raise self._problem(f"a colon is missing behind {key.value!r}")
        self.offset += 1
        self._skip()
        return str(key.value)

    def _commas(self) -> Iterator[int]:
        while True:
            self._skip()
            if not self.text.startswith(",", self.offset):
                return
            yield self.offset
            self.offset += 1
