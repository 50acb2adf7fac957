# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any moment, arming, confirming and going back leave the host before or after, never in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from homelab_lab import images
from homelab_lab.container import Container
from homelab_wayback.host import Host

from ansible_collections.homelab.ipv6.plugins.module_utils._host.way_back import program

MOMENTS = Path(__file__).with_name("homelab_wayback") / "moments.py"
SEED = 20261124


def test_before_or_after(host: Host, request: pytest.FixtureRequest, times: list[tuple[str, str]]) -> None:
    count = request.config.getoption("--moments")
    path = host.scratch / "program.pyz"
    path.write_bytes(program())
    assert isinstance(host.machine, Container)
    for source, name in ((path, "program.pyz"), (MOMENTS, "moments.py")):
        images.podman("cp", str(source), f"{host.machine.container}:/root/{name}")
    host.settle()
    before = host.look()
    printed = host.run(f"python3 /root/moments.py /root/program.pyz {SEED} {count}", timeout=60 + 6 * count)
    found = [json.loads(line) for line in printed.splitlines()]
    assert [entry for entry in found if entry[2]] == []
    assert len(found) == count
    assert host.difference(before) == []
    times.append((f"killed at {count} random moments: before or after", "all"))
