# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries that cannot be right, and what is said of each: tools/bad_input.py writes the file."""

from __future__ import annotations

import json

import pytest
from bad_input import FILE, Case, cases

BLOCKS = FILE.read_text().rstrip("\n").split("\n\n")


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_said(block: str) -> None:
    asked, said = block.split("\n")
    provider, hosts = asked.split(" ", 1)
    assert Case(provider, json.loads(hosts)).message() == said.strip()


def test_none_is_taken_any_more_that_was_refused() -> None:
    assert len(BLOCKS) >= 300
    asked = [block.split("\n")[0] for block in BLOCKS]
    assert asked == [f"{case.provider} {json.dumps(case.hosts, ensure_ascii=False)}" for case in cases()]


@pytest.mark.parametrize("block", BLOCKS)
def test_each_names_an_option_and_a_remedy(block: str) -> None:
    said = block.split("\n")[1].strip()
    option, rest = said.split(": ", 1)
    assert option.startswith(("hosts[", "config_file"))
    # The problem is one sentence, the remedy another.
    assert rest.endswith(".")
    assert ". " in rest
