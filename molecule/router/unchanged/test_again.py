# SPDX-License-Identifier: GPL-3.0-or-later
"""What a second run costs. Before all other tests: those change and restart services themselves."""

from __future__ import annotations

import sys

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.runs import converge_runs

SERVICES = ("systemd-networkd", "homelab-ipv6-firewall", "radvd", "kea-dhcp6-server")
MOST_TASKS = 30


def test_nothing_was_restarted_or_reloaded_by_the_second_run(host: Host) -> None:
    second = converge_runs()[2].started
    command = "systemctl show --property=StateChangeTimestamp --timestamp=unix --value %s"
    touched = {name: host.check_output(command, name).lstrip("@") for name in SERVICES}
    assert {name: stamp for name, stamp in touched.items() if second <= float(stamp)} == {}


def test_second_run_is_cheap(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = converge_runs()[2].tasks_on(f"router{number}")
    with capsys.disabled():
        sys.stdout.write(f"\nrouter{number}: a converge with nothing to do runs {len(tasks)} tasks on the host\n")
    assert len(tasks) <= MOST_TASKS, tasks
