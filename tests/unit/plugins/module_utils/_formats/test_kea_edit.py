# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_edit import revise
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_json import Container, parse
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import apply_edits

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Case:
    text: str
    count: int


@st.composite
def lists(draw: st.DrawFn) -> Case:
    """A list of numbered maps, with blanks and comments wherever they may stand."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    blank = st.sampled_from(
        ["", " ", "\t", newline, newline + "  ", " // c" + newline, " /* c */ ", f"/* c{newline} d */", f"# c{newline}"]
    )
    count = draw(st.integers(0, 5))
    trailing = bool(count) and draw(st.booleans())
    text = draw(blank) + '{ "l":' + draw(blank) + "[" + draw(blank)
    for number in range(count):
        text += draw(st.sampled_from([f'{{ "n": {number} }}', f'{{{newline}    "n": {number}{newline}  }}'])) + draw(
            blank
        )
        if number < count - 1 or trailing:
            text += "," * draw(st.integers(1, 2)) + draw(blank)
    return Case(text + draw(blank) + "]" + draw(blank) + "}" + draw(blank), count)


def container(text: str) -> Container:
    found = parse(text).get_list("l")
    assert found is not None
    return found


@given(lists(), st.data())
def test_what_stays_keeps_its_bytes(case: Case, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, max(case.count - 1, 0)), max_size=case.count))
    new = data.draw(st.lists(st.sampled_from(['{ "n": 77 }', '{\n        "n": 88\n    }']), max_size=3))
    before = container(case.text)
    text = apply_edits(case.text, revise(case.text, before, gone, new))
    after = container(text)
    newline = "\r\n" if "\r\n" in case.text else "\n"
    kept = [element for number, element in enumerate(before.elements) if number not in gone]
    expected = [case.text[element.start : element.end] for element in kept]
    expected += [item.replace("\n", newline) for item in new]
    assert [text[element.start : element.end] for element in after.elements] == expected
    assert COMMENT.findall(text) == COMMENT.findall(case.text)
    if not gone and not new:
        assert text == case.text
    if after.elements and after.elements[-1].commas:
        # Only a comma that the user had put behind the last element stands there.
        assert not new
        assert kept[-1] is before.elements[-1]


@given(lists())
def test_what_came_and_went_leaves_no_trace(case: Case) -> None:
    """Elements that are added and then removed leave the elements and comments as they were."""
    before = container(case.text)
    added = apply_edits(case.text, revise(case.text, before, (), ['{ "n": 77 }']))
    count = len(container(added).elements)
    text = apply_edits(added, revise(added, container(added), {count - 1}, ()))
    assert [element.value for element in parse_values(text)] == [element.value for element in parse_values(case.text)]


def parse_values(text: str) -> list[object]:
    @dataclass(frozen=True)
    class Shown:
        value: str

    return [Shown(text[element.start : element.end]) for element in container(text).elements]


@pytest.mark.parametrize(
    ("text", "gone", "new", "expected"),
    [
        (
            '{ "l": [\n    { "n": 0 }, // nas\n    { "n": 1 }\n] }',
            {1},
            [],
            '{ "l": [\n    { "n": 0 } // nas\n] }',
        ),
        (
            '{ "l": [\n    { "n": 0 } // nas\n] }',
            set(),
            ["1"],
            '{ "l": [\n    { "n": 0 }, // nas\n    1\n] }',
        ),
        (
            '{ "l": [\n    { "n": 0 }, // nas\n    # the printer\n    { "n": 1 },\n    { "n": 2 }\n] }',
            {0, 1},
            ["3"],
            '{ "l": [\n     // nas\n    # the printer\n    { "n": 2 },\n    3\n] }',
        ),
        ('{\n    "l": []\n}', set(), ["1", "2"], '{\n    "l": [\n        1,\n        2\n    ]\n}'),
        ('{\n\t"l": [\n\t\t# none yet\n\t]\n}', set(), ["1"], '{\n\t"l": [\n\t\t# none yet\n\t    1\n\t]\n}'),
        ('{ "l": [ 0 ] }', set(), ["1"], '{ "l": [ 0,\n    1 ] }'),
        ('{ "l": [ 0, 1, 2 ] }', {1}, [], '{ "l": [ 0, 2 ] }'),
        ('{ "l": [ 0, 1 ] }', {0, 1}, [], '{ "l": [ ] }'),
        ('{ "l": [ 0, 1 ] }', {0, 1}, ["2"], '{ "l": [\n    2\n] }'),
    ],
)
def test_layout(text: str, gone: set[int], new: list[str], expected: str) -> None:
    assert apply_edits(text, revise(text, container(text), gone, new)) == expected
