# SPDX-License-Identifier: GPL-3.0-or-later
"""The ruleset, in the kernel, before real packets: each scenario's promises are kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from homelab_netns.firewall_bed import FirewallBed
from homelab_netns.firewall_scenarios import Scenario, broken_promises, flood, scenarios
from homelab_netns.namespaces import possible
from homelab_netns.rulesets import rendered

pytestmark = [
    pytest.mark.skipif(bool(possible()), reason=possible()),
    pytest.mark.skipif(shutil.which("nft") is None, reason="nftables is not installed"),
]


@pytest.fixture(scope="module")
def bed() -> Iterator[FirewallBed]:
    bed = FirewallBed()
    try:
        yield bed
    finally:
        bed.close()


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_promises_are_kept(bed: FirewallBed, scenario: Scenario) -> None:
    bed.load(rendered(**scenario.options))
    assert broken_promises(bed, scenario) == []


def test_without_a_ruleset_they_are_not(bed: FirewallBed) -> None:
    bed.load("")
    router = scenarios()[0]
    broken = broken_promises(bed, router)
    # What must pass passes there too, or the bed itself drops it.
    assert [promise for promise in broken if promise.endswith(": dropped")] == []
    assert len(broken) > len(router.rows) / 2


def test_a_flood_of_pings_is_held_to_its_rate(bed: FirewallBed) -> None:
    bed.load(rendered(**scenarios()[0].options, echo_rate=5))
    from_outside, from_lan = flood(bed, 50)
    assert 5 <= from_outside <= 10
    assert from_lan == 50


def test_nothing_else_in_the_kernel_changes(bed: FirewallBed) -> None:
    foreign = "table inet filter {\n chain input {\n type filter hook input priority 0; policy drop;\n}\n}\n"
    bed.load(foreign)
    before = bed.spaces.run("router", "nft", "list", "table", "inet", "filter")
    for options in (scenarios()[0].options, scenarios()[-1].options):
        bed.spaces.run("router", "nft", "-f", "-", stdin=rendered(**options))
    assert bed.spaces.run("router", "nft", "list", "table", "inet", "filter") == before


def test_a_ruleset_with_a_fault_leaves_the_old_one(bed: FirewallBed) -> None:
    bed.load(rendered(**scenarios()[0].options))
    before = bed.spaces.run("router", "nft", "-s", "list", "table", "inet", "homelab_ipv6")
    faulty = rendered(**scenarios()[1].options).replace("jump forged", "jump no_such_chain")
    with pytest.raises(AssertionError, match="No such file or directory"):
        bed.spaces.run("router", "nft", "-f", "-", stdin=faulty)
    assert bed.spaces.run("router", "nft", "-s", "list", "table", "inet", "homelab_ipv6") == before
