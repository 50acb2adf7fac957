# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that are made: what can be their names, identities, capabilities and paths."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values import machine
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.ipv6 import parse_hardware_address

ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"


@given(seed=st.text(), name=st.text())
def test_derived_identities_are_what_they_look_like(seed: str, name: str) -> None:
    text = machine.derived_machine_id(seed, name)
    assert machine.parse_machine_id(text) == text
    assert (uuid.UUID(text).version, uuid.UUID(text).variant) == (4, uuid.RFC_4122)
    address = machine.derived_hardware_address(text)
    assert parse_hardware_address(address) == address
    # Locally administered.
    assert int(address[:2], 16) & 3 == 2


def test_derived_identities_stay() -> None:
    # Another one would be another DUID, and the container would lose its address.
    assert machine.derived_machine_id("attic", "web") == "dbddeff8a85948dc9838095b9c85ab27"
    assert machine.derived_hardware_address(machine.derived_machine_id("attic", "web")) == "a2:90:bc:d6:e2:00"
    derived = {machine.derived_machine_id(seed, name) for seed in ("attic", "cellar") for name in ("web", "mail")}
    assert len(derived) == 4


@pytest.mark.parametrize(
    ("parse", "value", "read"),
    [
        (machine.parse_machine_name, "web-1", "web-1"),
        (machine.parse_machine_name, "a" * 63, "a" * 63),
        (machine.parse_machine_name, 1, "1"),
        (machine.parse_machine_id, ID.upper(), ID),
        (machine.parse_machine_id, str(uuid.UUID(ID)), ID),
        (machine.parse_capability, "CAP_NET_ADMIN", "CAP_NET_ADMIN"),
        (machine.parse_absolute_path, "/srv/a b/..c", "/srv/a b/..c"),
    ],
)
def test_read(parse: Callable[[object], str], value: object, read: str) -> None:
    assert parse(value) == read


@pytest.mark.parametrize(
    ("parse", "value", "said"),
    [
        (machine.parse_machine_name, "Web", "'Web' cannot be the name of a container. Write at most 63 lower-case"),
        (machine.parse_machine_name, "../etc", "'../etc' cannot be the name of a container."),
        (machine.parse_machine_name, "web-", "'web-' cannot be the name of a container."),
        (machine.parse_machine_name, "a" * 64, "cannot be the name of a container."),
        (machine.parse_machine_name, "web\n", r"'web\n' cannot be the name of a container."),
        (machine.parse_capability, "NET_ADMIN", "NET_ADMIN is no name of a capability. Write it as in capabilities(7)"),
        (machine.parse_absolute_path, "srv", "'srv' is not absolute. Write a whole path without colons, quotes,"),
        (machine.parse_absolute_path, "/srv:/etc", "'/srv:/etc' has something in it that a path of a container"),
        (machine.parse_absolute_path, "/srv\n[Exec]", r"'/srv\n[Exec]' has something in it that a path"),
        (machine.parse_absolute_path, "/srv/../etc", "'/srv/../etc' has something in it that a path"),
        (machine.parse_absolute_path, "/srv/..", "'/srv/..' has something in it that a path"),
        (machine.parse_absolute_path, "/srv/%n", "'/srv/%n' has something in it that a path"),
    ],
)
def test_refused(parse: Callable[[object], str], value: object, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse(value)
    assert said in str(caught.value)
