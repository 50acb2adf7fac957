# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile of container hosts repeats options of the roles that it is made of: in all but its words they agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
PROFILE = "container_host_"


def options(role: str) -> dict[str, Any]:
    text = (ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["argument_specs"]["main"]["options"]  # type: ignore[no-any-return]


def without_words(option: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in option.items() if key not in ("description", "options")}
    return {**kept, "options": {name: without_words(each) for name, each in option.get("options", {}).items()}}


MINE = options("container_host")
# The profile makes a bridge only where a card is named, and says what goes without words of its own.
OTHERWISE = {"bridge_interface", "nspawn_bridge"}
PASSED_ON = [
    *((f"{PROFILE}{name}".replace("bridge_commit", "commit"), option) for name, option in options("bridge").items()
      if name not in OTHERWISE),
    *((name.replace("nspawn_", PROFILE), option) for name, option in options("nspawn").items()
      if name not in OTHERWISE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "option"), PASSED_ON, ids=[name for name, _option in PASSED_ON])
def test_they_agree(name: str, option: dict[str, Any]) -> None:
    mine = without_words(MINE[name])
    mine["options"].pop("inbound", None)
    assert mine == without_words(option)


def test_what_comes_in_is_a_hole_of_the_firewall() -> None:
    mine = MINE["container_host_containers"]["options"]["inbound"]["options"]
    hole = options("firewall")["firewall_forward_allow"]["options"]
    assert {name: without_words(option) for name, option in mine.items() if name != "name"} == {
        name: without_words(hole[name]) for name in ("protocol", "ports", "sources")
    }
