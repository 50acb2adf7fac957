# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever locks himself out is let in again: the host goes back by itself, in time, to all that it was."""

from __future__ import annotations

import calendar
import time

import pytest
from homelab_wayback.host import Host
from homelab_wayback.rows import ROWS, Row

TIMEOUT = 10
# For a boot there is no timeout: it goes back at once.
BOOT_GRACE = 60.0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_back_by_itself(host: Host, row: Row, times: list[tuple[str, str]]) -> None:
    if host.machine.run("router", row.needs, check=False).returncode != 0:
        pytest.skip("the kernel of this machine cannot be broken like that")
    host.settle()
    host.run(row.preparing)
    before = host.look()
    armed = host.module("container", state="armed", timeout=TIMEOUT)
    fact = armed["ansible_facts"]["homelab_ipv6_way_back"]
    assert fact["armed"]
    # A container has the clock of this machine.
    until = calendar.timegm(time.strptime(fact["until"], "%Y-%m-%d %H:%M:%S UTC"))
    host.run(row.breaking)
    if row.cuts:
        assert row.cuts in host.broken(), "the line stays: this is no way to lock oneself out"
    assert host.difference(before), "nothing was broken"
    if row.then:
        until = time.time()
        host.machine.reboot() if row.then == "reboot" else host.kill()
    left = wait(host, before, until + (BOOT_GRACE if row.then else row.grace), reboot=bool(row.then))
    times.append((row.name, f"{time.time() - until:.1f}"))
    assert left == []
    assert host.broken() == set()
    outcome = host.outcome()
    assert (outcome["result"], outcome["lost"]) == ("reverted", [])
    assert outcome["why"] == ("reboot" if row.then else "timeout")
    assert host.leftovers() == []


def wait(host: Host, before: list[str], deadline: float, reboot: bool) -> list[str]:
    """Until all is as it was; returns what still differs at the deadline."""
    while True:
        left = host.difference(before) if not host.is_armed() else ["it is still armed"]
        if not left and reboot:
            # What is beyond the host went down with it.
            host.settle()
        if not left or time.time() > deadline:
            return left
        time.sleep(0.3)
