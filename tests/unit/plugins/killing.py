# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills a piece of work at random moments, most of them while it changes files."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable

BEFORE, BETWEEN, AFTER = "before", "between", "after"
# Seconds.
PATIENCE = 30.0


def in_child(work: Callable[[], object]) -> int:
    """Do the work in a process of its own; its end is the end of the work, not of a test."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def typical_run(reset: Callable[[], None], work: Callable[[], object]) -> float:
    """Seconds of a run that nobody kills."""
    times = []
    for _attempt in range(3):
        reset()
        started = time.monotonic()
        os.waitpid(in_child(work), 0)
        times.append(time.monotonic() - started)
    return statistics.median(times)


def one_sided(ends: Counter[str], deadline: float) -> bool:
    """Whether all kills came too early or too late, as on a machine that has got slower since: so look for longer."""
    return not (ends[BEFORE] and ends[AFTER]) and time.monotonic() < deadline + PATIENCE


def kill_often(
    reset: Callable[[], None], work: Callable[[], object], look: Callable[[], str], kills: int, longest: float
) -> Counter[str]:
    """How often a killed run was found before, between or after its changes.

    :param look: what a kill has left; fails where it may not be so
    :param longest: seconds after which fewer kills will do
    """
    within, since = typical_run(reset, work), 0.0
    chance = random.Random(kills)  # noqa: S311 (nothing secret: the same moments each time)
    ends: Counter[str] = Counter()
    deadline = time.monotonic() + longest
    while ends.total() < kills and (time.monotonic() < deadline or one_sided(ends, deadline)):
        reset()
        child = in_child(work)
        time.sleep(chance.uniform(since, within))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        end = look()
        ends[end] += 1
        # What else the machine does changes meanwhile, and most of a run is no more than reading: keep the kills about
        # the moment of the changes.
        within *= {BEFORE: 1.2, BETWEEN: 1.0, AFTER: 0.85}[end]
        since = within * 0.75
    return ends
