# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.interface import (
    parse_interface,
    parse_plain_interface,
)


@pytest.mark.parametrize("name", ["he-ipv6", "eth0.10", "fifteen-letters", "x"])
def test_name_is_taken(name: str) -> None:
    assert parse_interface(name) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is empty"),
        ("sixteen--letters", "has 16 bytes"),
        ("eth0:1", "has a character"),
        ("a/b", "has a character"),
        ("a b", "has a character"),
        ("a\nb", "has a character"),
        ("ü", "cannot be the name"),
        ("..", "cannot be the name"),
        ("all", "cannot be the name"),
        (12, "cannot be the name"),
    ],
)
def test_name_is_refused(name: object, said: str) -> None:
    with pytest.raises(ValueProblem, match=said):
        parse_interface(name)


def test_name_that_stands_anywhere_as_it_is() -> None:
    assert parse_plain_interface("eth0.10@x") == "eth0.10@x"
    for name in ('a"b', "a;b", "a{b"):
        with pytest.raises(ValueProblem, match="has a character that would need quoting"):
            parse_plain_interface(name)
