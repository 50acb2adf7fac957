# SPDX-License-Identifier: GPL-3.0-or-later
"""No rule of the firewall could be left out without a test of its promises failing (about a minute)."""

from __future__ import annotations

import shutil

import pytest
from homelab_netns.firewall_bed import FirewallBed, MarkerLost
from homelab_netns.firewall_scenarios import broken_promises, scenarios
from homelab_netns.mutations import without_each_rule
from homelab_netns.namespaces import possible
from homelab_netns.rulesets import rendered

pytestmark = [
    pytest.mark.skipif(bool(possible()), reason=possible()),
    pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed"),
]


def test_every_rule_is_needed() -> None:
    rules: set[str] = set()
    needed: set[str] = set()
    bed = FirewallBed()
    try:
        for scenario in scenarios():
            for rule, ruleset in without_each_rule(rendered(**scenario.options)):
                rules.add(rule)
                if rule in needed:
                    continue
                bed.load(ruleset)
                try:
                    kept = not broken_promises(bed, scenario)
                except MarkerLost:
                    kept = False
                if not kept:
                    needed.add(rule)
    finally:
        bed.close()
    assert len(rules) > 50
    assert rules - needed == set()
