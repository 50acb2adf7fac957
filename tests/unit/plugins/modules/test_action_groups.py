# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups by which a play gives options to modules."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[4]
SOURCES = {path.stem: path.read_text() for path in (ROOT / "plugins/modules").glob("*.py")}
GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]


def test_all_modules() -> None:
    assert GROUPS["ipv6"] == sorted(SOURCES)


def test_modules_that_change_a_host() -> None:
    """They take the option way_back."""
    running = {name for name, text in SOURCES.items() if "run_module(module," in text}
    changing = {name for name in running if not name.endswith("_info")}
    assert "sysctl_set" in changing
    assert {name for name, text in SOURCES.items() if "**WAY_BACK_SPEC," in text} == changing
    assert set(GROUPS["way_back"]) == changing
