# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What systemctl(1) prints of many units at once: `show`, blocks of KEY=VALUE, and `list-units`, a line each."""

from __future__ import annotations

from .way_back import UnitState

PROPERTIES = "Id,ActiveState,Type,RemainAfterExit,UnitFileState,Transient"
ON = frozenset({"active", "reloading", "activating"})


def parse_units(text: str) -> tuple[UnitState, ...]:
    """Of `systemctl show --property=PROPERTIES '*'`."""
    blocks = (dict(_pairs(block)) for block in text.split("\n\n"))
    return tuple(_unit(block) for block in blocks if block.get("Id"))


def parse_active(text: str) -> frozenset[str]:
    """The names of the units that are on, of `systemctl list-units --plain --no-legend`."""
    lines = (line.split(None, 3) for line in text.splitlines())
    return frozenset(words[0] for words in lines if len(words) > 2 and words[2] in ON)


def _pairs(block: str) -> list[tuple[str, str]]:
    return [(key, value) for key, equals, value in (line.partition("=") for line in block.splitlines()) if equals]


def _unit(block: dict[str, str]) -> UnitState:
    return UnitState(
        name=block["Id"],
        active=block.get("ActiveState") in ON,
        ends=block.get("Type") == "oneshot" and block.get("RemainAfterExit") != "yes",
        file_state=block.get("UnitFileState", ""),
        transient=block.get("Transient") == "yes",
    )
