# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import (
    Edit,
    append,
    apply_edits,
    begins_line,
    indentation,
    position,
)


@given(st.text("ab\n", max_size=30), st.data())
def test_a_place_is_found_again(text: str, data: Any) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = position(text, offset)
    before = text.split("\n")[: line - 1]
    assert sum(len(one) + 1 for one in before) + column - 1 == offset


@pytest.mark.parametrize(
    ("text", "longer"),
    [
        ("", "one\ntwo\n"),
        ("x\n", "x\none\ntwo\n"),
        ("x", "x\none\ntwo\n"),
        ("x\r\n", "x\r\none\r\ntwo\r\n"),
        ("x\r\ny", "x\r\ny\r\none\r\ntwo\r\n"),
    ],
)
def test_lines_are_appended_as_the_text_ends_its_own(text: str, longer: str) -> None:
    assert append(text, "one\ntwo\n") == longer


def test_edits_are_put_in_by_their_places() -> None:
    edits = [Edit(3, 4, "D\n"), Edit(0, 0, "<"), Edit(0, 0, ">"), Edit(1, 2, "")]
    assert apply_edits("abcd\r\n", edits) == "<>acD\r\n\r\n"


def test_where_a_line_begins() -> None:
    text = "x\n \t{ y"
    assert (indentation(text, text.index("{")), begins_line(text, text.index("{"))) == (" \t", True)
    assert (indentation(text, text.index("y")), begins_line(text, text.index("y"))) == (" \t", False)
