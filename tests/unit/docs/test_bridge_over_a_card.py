# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/bridge-over-a-card.md shows is what the role takes, and what it writes."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.ifupdown import parse, without_interface
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd import parse as parse_unit
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import networkd_units

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/bridge-over-a-card.md").read_text(encoding="utf-8")
PLAYS = [yaml.safe_load(block)[0] for block in re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)]
# Each block of settings, under the name that was last mentioned before it.
FILES = [
    (re.findall(r"04-homelab-[\w.]+", before)[-1], text)
    for before, text in re.findall(r"(?ms)(.*?)^```ini\n(.*?)^```$", PAGE.partition("\n## VLANs\n")[0])
]
CARD = {"kind": "", "master": "", "mac": "52:54:00:12:34:56", "networkd": True, "managed_by": []}
HOST = {"links": {"enp6s0": CARD}, "uplink": "enp6s0"}


def planned(play: dict[str, Any]) -> list[networkd_units.WantedUnit]:
    given = {key: value for key, value in play["roles"][0].items() if key != "role"}
    specs = yaml.safe_load((ROOT / "roles/bridge/meta/argument_specs.yml").read_text(encoding="utf-8"))
    validated = ArgumentSpecValidator(specs["argument_specs"]["main"]["options"]).validate(given)
    assert not validated.error_messages
    options = {key.removeprefix("bridge_"): value for key, value in validated.validated_parameters.items()}
    if options["forward_delay"] is None:
        options["forward_delay"] = 0
    plan = FilterModule().filters()["bridge_plan"](options, HOST)
    assert plan["problems"] == []
    items = [{"state": "present", "sections": None, **unit} for unit in plan["units"]]
    return networkd_units.wanted(items, Vocabulary(257))[0]


@pytest.mark.parametrize("play", PLAYS)
def test_each_play_is_taken(play: dict[str, Any]) -> None:
    assert play["roles"][0]["role"] == "homelab.ipv6.bridge"
    assert planned(play)


def test_the_files_are_those_of_the_first_play() -> None:
    assert len(PLAYS) == 3
    shown = {name: parse_unit(text) for name, text in FILES}
    written = {unit.name: parse_unit(unit.state.text) for unit in planned(PLAYS[0]) if unit.state}
    assert {name: settings(unit) for name, unit in shown.items()} == {
        name: settings(unit) for name, unit in written.items()
    }


def settings(unit: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(section.name, [(one.key, one.value) for one in section.settings]) for section in unit.sections]


def test_marks_are_taken_away_as_the_page_says(tmp_path: Path) -> None:
    (command,) = re.findall(r"^# (sed .*) /etc/network/interfaces$", PAGE, re.MULTILINE)
    text = "auto enp6s0\niface enp6s0 inet dhcp\n    mtu 1492\n\nauto lo\n"
    interfaces = tmp_path / "interfaces"
    interfaces.write_text(without_interface(text, "enp6s0"))
    assert len(parse(interfaces.read_text())) < len(parse(text))
    subprocess.run([*shlex.split(command), interfaces], check=True)
    assert interfaces.read_text() == text
