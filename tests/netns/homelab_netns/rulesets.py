# SPDX-License-Identifier: GPL-3.0-or-later
"""The ruleset as the role `firewall` writes it, without Ansible around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import yaml

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import firewall_plan

ROLE = Path(__file__).resolve().parents[3] / "roles/firewall"
PREFIX = "firewall_"


def role_defaults() -> dict[str, Any]:
    defaults: dict[str, Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    return defaults


def planned(connection: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """What the filter makes of the role's defaults and these options, named without their prefix."""
    merged = {name.removeprefix(PREFIX): value for name, value in role_defaults().items()} | options
    return firewall_plan(merged, connection)


def rendered(connection: dict[str, Any] | None = None, **options: Any) -> str:
    """The ruleset that the role's template gives for them."""
    plan = planned(connection, **options)
    assert plan["problems"] == []
    variables = role_defaults() | {PREFIX + name: value for name, value in options.items()}
    settings, _newline, template = (ROLE / "templates/firewall.nft.j2").read_text(encoding="utf-8").partition("\n")
    assert settings == "#jinja2: trim_blocks: True, lstrip_blocks: True"
    environment = jinja2.Environment(  # noqa: S701 - no HTML
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(template).render(__firewall_plan=plan, **variables)
