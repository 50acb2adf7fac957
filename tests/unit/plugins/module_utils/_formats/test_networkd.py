# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd import (
    BLANKS,
    Section,
    Setting,
    Unit,
    parse,
    render,
    section,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

# The example of systemd.syntax(7).
SYNTAX = """[Section A]
KeyOne=value 1
KeyTwo=value 2

# a comment

[Section B]
Setting="something" "some thing" "..."
KeyTwo=value 2 \\
       value 2 continued

[Section C]
KeyThree=value 3\\
# this line is ignored
; this line is ignored too
       value 3 continued
"""

printable = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"))
words = printable.map(lambda text: text.strip(BLANKS))
keys = st.from_regex(r"[A-Z][A-Za-z0-9-]{0,12}", fullmatch=True)
values = words.filter(lambda text: not text.endswith("\\"))
comments = st.lists(words.map("#{}".format).map(lambda text: text.rstrip(BLANKS)), max_size=2).map(tuple)
settings = st.builds(Setting, keys, values, comments)
sections = st.builds(Section, keys, st.lists(settings, max_size=4).map(tuple), comments)


@given(st.builds(Unit, st.lists(sections, max_size=4).map(tuple), comments))
def test_what_is_written_reads_back(unit: Unit) -> None:
    assert parse(render(unit)) == unit


@given(printable)
def test_no_line_is_read_twice_differently(line: str) -> None:
    """Whatever can be read is written in a way that reads the same."""
    try:
        unit = parse(f"[A]\n{line}\n")
    except ValueProblem:
        return
    assert parse(render(unit)) == unit


def test_example_of_the_manual() -> None:
    unit = parse(SYNTAX)
    assert [each.name for each in unit.sections] == ["Section A", "Section B", "Section C"]
    assert unit.sections[1].comments == ("# a comment",)
    assert unit.get("Section B", "KeyTwo") == "value 2         value 2 continued"
    assert unit.get("Section C", "KeyThree") == "value 3        value 3 continued"
    assert parse(render(unit)) == unit


def test_sections_and_keys_repeat_in_order() -> None:
    unit = parse("[Address]\nAddress=a\nAddress=b\n[Address]\nAddress=c\n")
    assert [each.all("Address") for each in unit.named("Address")] == [["a", "b"], ["c"]]
    assert unit.get("Address", "Address") == "c"
    assert unit.get("Address", "Label") is None
    assert unit.get("Route", "Gateway") is None


def test_rendered_as_people_write_it() -> None:
    unit = Unit((section("Match", [("Name", "eth0")], ("# ours",)), section("Network", [("DHCP", "yes")])), ("# end",))
    assert render(unit) == "# ours\n[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n\n# end\n"


def test_a_continued_last_line_ends_with_the_file() -> None:
    assert parse("[A]\nB=c\\").get("A", "B") == "c"


def test_an_escaped_backslash_continues_nothing() -> None:
    assert parse("[A]\nB=c\\\\\nD=e\n").get("A", "D") == "e"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Match\nName=x\n", "line 1) has no closing bracket"),
        ("\n[Match]\nName\n", "line 3) is no assignment"),
        ("Name=x\n", "line 1) stands before any section"),
        ("[]\n", "is no section name"),
        ("[A]\n=x\n", "is no key"),
    ],
)
def test_what_systemd_would_skip_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueProblem, match="(?s)" + said.replace(")", r"\)")):
        parse(text)


@pytest.mark.parametrize("key", ["", " A", "A=", "#A", ";A", "[A", "A\nB"])
def test_key_that_would_not_read_back(key: str) -> None:
    with pytest.raises(ValueProblem, match="is no key"):
        Setting(key, "x")


@pytest.mark.parametrize("value", ["a\nUnmanaged=yes", "a\rb"])
def test_value_cannot_bring_a_line_of_its_own(value: str) -> None:
    with pytest.raises(ValueProblem, match="more than one line"):
        Setting("Name", value)


@pytest.mark.parametrize("value", [" a", "a\t", "a\\"])
def test_value_that_would_not_read_back(value: str) -> None:
    with pytest.raises(ValueProblem, match="would not read back"):
        Setting("Name", value)


@pytest.mark.parametrize("name", ["", " Network", "[Network]", "Net\nwork"])
def test_section_name_that_would_not_read_back(name: str) -> None:
    with pytest.raises(ValueProblem, match="is no section name"):
        Section(name, ())


def test_of_a_setting_given_twice_the_last_counts() -> None:
    section = Section("Network", (Setting("DHCP", "no"), Setting("DHCP", "yes")))
    assert (section.get("DHCP"), section.get("DNS")) == ("yes", None)
