# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that changes a host takes the option way_back, and stands in the group by which a play sets it."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[4]


def test_modules_that_change_a_host() -> None:
    sources = {path.stem: path.read_text() for path in (ROOT / "plugins/modules").glob("*.py")}
    running = {name for name, text in sources.items() if "run_module(module," in text}
    changing = {name for name in running if not name.endswith("_info")}
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
    assert "sysctl_set" in changing
    assert {name for name, text in sources.items() if "**WAY_BACK_SPEC," in text} == changing
    assert set(groups["way_back"]) == changing
