# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault, Refusal, ValueProblem


def test_refusal_names_option_value_and_remedy() -> None:
    problem = ValueProblem("1279", "is too small", "Use 1280 or more")
    assert str(problem) == "1279 is too small. Use 1280 or more."
    refusal = Refusal.of("mtu", problem)
    assert str(refusal) == "mtu: 1279 is too small. Use 1280 or more."
    assert (refusal.option, refusal.value, refusal.remedy) == ("mtu", "1279", "Use 1280 or more")


@pytest.mark.parametrize(("end", "shown"), [(".", "."), ("!", "!"), ("?", "?"), ("", ".")])
def test_remedy_ends_once(end: str, shown: str) -> None:
    assert str(Refusal("mtu", 1, "is wrong", "Mend it" + end)) == "mtu: 1 is wrong. Mend it" + shown


def test_fault_says_what_was_left() -> None:
    assert str(Fault("restart radvd", "no such unit\n")) == "restart radvd: no such unit."
    assert str(Fault("restart radvd", "failed.", "All is back.")) == "restart radvd: failed. All is back."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "''"),
        (" ", "' '"),
        ("nas ", "'nas '"),
        ("two\nlines", "'two\\nlines'"),
        ("näs", "näs"),
        (17, "17"),
        ("a" * 401, "a" * 400 + "… (401 characters)"),
    ],
)
def test_a_value_can_be_seen(value: object, shown: str) -> None:
    assert str(ValueProblem(value, "is wrong", "Mend it")) == f"{shown} is wrong. Mend it."
