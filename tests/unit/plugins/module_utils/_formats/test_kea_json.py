# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_edit import render
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_json import Container, Include, Scalar, parse
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem

EXAMPLES = Path("/usr/share/doc/kea/examples/kea6")

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))
maps = st.dictionaries(texts, values, max_size=5)


def plain(node: Container | Include | Scalar) -> object:
    """What the tree stands for."""
    if isinstance(node, Include):
        return {"include": node.path}
    if isinstance(node, Scalar):
        return node.value
    if node.is_map:
        return {element.key: plain(element.value) for element in node.elements}
    return [plain(element.value) for element in node.elements]


@given(maps)
def test_json_is_read_as_json_is_read(value: dict[str, object]) -> None:
    assert plain(parse(json.dumps(value))) == value
    assert plain(parse(json.dumps(value, indent=2, ensure_ascii=False))) == value


@given(maps)
def test_what_is_rendered_is_read_back(value: dict[str, object]) -> None:
    assert plain(parse(render(value))) == value


@given(maps, st.sampled_from([None, 2]))
def test_data_is_the_same_whether_or_not_it_was_taken_apart(value: dict[str, object], indent: int | None) -> None:
    root = parse(json.dumps(value, indent=indent, ensure_ascii=False))
    assert root.data() == value
    assert plain(root) == value
    assert root.data() == value


@given(maps)
def test_spans_hold_what_they_say(value: dict[str, object]) -> None:
    text = json.dumps(value)

    def check(node: Container | Include | Scalar) -> None:
        assert json.loads(text[node.start : node.end]) == plain(node)
        for element in node.elements if isinstance(node, Container) else ():
            check(element.value)

    check(parse(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('# one\n{ // two\n "a": /* three\n four */ 1 } // end', {"a": 1}),
        ('{ "a": 1,, "b": [ 1, ], }', {"a": 1, "b": [1]}),
        ('{ <?include "/etc/kea/a.json"?> }', {None: {"include": "/etc/kea/a.json"}}),
        ('{ "a": <?include "a.json"?>, "b": 2 }', {"a": {"include": "a.json"}, "b": 2}),
        ('{ "a": [ 1, <?include "a.json"?> 2 ] }', {"a": [1, {"include": "a.json"}, 2]}),
        ('{ "a": [ 1 <?include "a.json"?> ] }', {"a": [1, {"include": "a.json"}]}),
        ('{ "a": "# // /* no comment */", "b": "\\u0041\\/\\"" }', {"a": "# // /* no comment */", "b": 'A/"'}),
        ('{ "a": 1.5e3, "b": -1, "c": 01 }', {"a": 1500.0, "b": -1, "c": 1}),
    ],
)
def test_dialect(text: str, value: object) -> None:
    root = parse(text)
    assert plain(root) == value
    # What stands in another file is not there.
    assert "include" in text or root.data() == value


def test_data_is_without_what_other_files_have() -> None:
    assert parse('{ <?include "a"?> "b": [ 1, <?include "c"?> ], "d": <?include "e"?> }').data() == {
        "b": [1],
        "d": None,
    }


def test_a_name_is_found_without_taking_a_map_apart() -> None:
    password = re.compile("password")
    plain_map, spelled = parse('{ "a": [ { "password": "x" }, { "pass\\u0077ord": "x" } ] }').get_list("a").maps()
    assert plain_map.mentions(password)
    assert not plain_map.mentions(re.compile("secret"))
    assert spelled.mentions(password)


# Kea 2.2 refuses every one of them, at the same place.
REFUSED = [
    ("", 1, 1, "a configuration begins with {"),
    ("[]", 1, 1, "a configuration begins with {"),
    ('{ "a": 1', 1, 1, "this { is never closed"),
    ('{\n  "a": [ 1 }', 2, 12, "'}' stands where a comma or ] belongs"),
    ('{ "a": 1 } x', 1, 12, "'x' stands behind the end"),
    ('{\n\n  "a" 1 }', 3, 7, "a colon is missing behind 'a'"),
    ('{ , "a": 1 }', 1, 3, "',' stands where a name in quotes belongs"),
    ('{ "a": [ , ] }', 1, 10, "',' is no value"),
    ('{ "a": 1 "b": 2 }', 1, 10, "'\"' stands where a comma or } belongs"),
    ("{ a: 1 }", 1, 3, "'a' stands where a name in quotes belongs"),
    ('{ "a": True }', 1, 8, "'True' is no value"),
    ('{ "a": "b }', 1, 8, "this string has no end"),
    ('{ "a": "b\tc" }', 1, 8, "a control character"),
    ('{ "a": "\\x" }', 1, 8, "an escape that JSON does not have"),
    ('{ /* "a": 1 }', 1, 3, "this comment has no end"),
    ('{ "a": <?inclde "x"?> }', 1, 8, "an include is written"),
    ('{ "a": ', 1, 8, "the text ends where a value belongs"),
    ('{ "a": ' + "[" * 200, 1, 107, "more than 100 brackets are open"),
]


@pytest.mark.parametrize(("text", "line", "column", "says"), REFUSED)
def test_problems_have_a_place(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        parse(text)
    assert says in str(raised.value)
    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize("text", [text for text, *_rest in REFUSED])
@pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed")
def test_kea_refuses_it_too(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kea.conf"
    path.write_text(text)
    done = subprocess.run(["kea-dhcp6", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode != 0


@given(st.text('{}[]",:/*#<?>\\ \n1a', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = None
    try:
        tree = parse(text)
    except SyntaxProblem as raised:
        problem = raised
    if problem:
        assert 1 <= problem.line <= text.count("\n") + 1
    else:
        assert text[tree.start] == "{"
        assert text[tree.end - 1] == "}"
        assert isinstance(plain(tree), dict)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="kea-doc is not installed")
def test_keas_own_examples_are_read() -> None:
    paths = sorted(EXAMPLES.glob("*.json"))
    assert len(paths) > 20
    for path in paths:
        assert parse(path.read_text()).get_map("Dhcp6"), path
