# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any moment leaves each file the old one or the new one, and the next run tidies up."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.files import ASIDE
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files

KILLS = 120
LONGEST = 12.0
OLD, NEW = "old\n" * 20_000, "new\n" * 30_000


def write_all(paths: list[Path]) -> None:
    host = Host()
    changes = []
    for path in paths:
        before = host.read_file(str(path))
        assert before is not None
        changes.append(FileChange(str(path), before, before.with_text(NEW)))
    apply(host, [Files(tuple(changes))])


def in_child(work: Callable[[], None]) -> int:
    """Do the work in a process of its own; its end is the end of the work, not of a test."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def typical_run(paths: list[Path]) -> float:
    """How long a run that nobody kills takes here."""
    times = []
    for _attempt in range(5):
        for path in paths:
            path.write_text(OLD)
        started = time.monotonic()
        os.waitpid(in_child(lambda: write_all(paths)), 0)
        times.append(time.monotonic() - started)
    return statistics.median(times)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_killed_run_leaves_whole_files(tmp_path: Path, count: int) -> None:
    paths = [tmp_path / f"file-{number}" for number in range(count)]
    within = typical_run(paths)
    chance = random.Random(count)  # noqa: S311 (nothing secret: the same moments each time)
    ends = {"before": 0, "between": 0, "after": 0}
    leftovers = 0
    deadline = time.monotonic() + LONGEST
    while sum(ends.values()) < KILLS // 3 and time.monotonic() < deadline:
        for path in paths:
            path.write_text(OLD)
        child = in_child(lambda: write_all(paths))
        time.sleep(chance.uniform(0, within))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = [path.read_text() for path in paths]
        assert set(found) <= {OLD, NEW}
        end = "before" if NEW not in found else "after" if OLD not in found else "between"
        ends[end] += 1
        # What else the machine does changes meanwhile: keep the kills in the midst of the work.
        within *= {"before": 1.1, "between": 1.0, "after": 0.9}[end]
        beside = [path for path in tmp_path.iterdir() if path not in paths]
        assert all(ASIDE.match(path.name) for path in beside)
        leftovers += bool(beside)
    # Otherwise the kills have all come too early or too late, and nothing was tried.
    assert sum(ends.values()) >= KILLS // 12
    assert leftovers
    for path in paths:
        path.write_text(OLD)
    write_all(paths)
    assert sorted(tmp_path.iterdir()) == paths
    assert {path.read_text() for path in paths} == {NEW}
