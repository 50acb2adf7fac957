# SPDX-License-Identifier: GPL-3.0-or-later
"""What a second run costs."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.homelab.ipv6.molecule.shared.runs import converge_runs

MOST_TASKS = 30


def test_second_run_is_cheap(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = converge_runs()[2].tasks_on(f"host{number}")
    with capsys.disabled():
        sys.stdout.write(f"\nhost{number}: a converge with nothing to do runs {len(tasks)} tasks on the host\n")
    assert 0 < len(tasks) <= MOST_TASKS, tasks
