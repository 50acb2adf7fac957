# SPDX-License-Identifier: GPL-3.0-or-later
"""A converge of the router profile that has nothing to do, against `ansible -m setup` on the same container.

Whole commands are measured, in interleaved pairs. Exits with 1 where the profile costs more than its goals allow.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from measuring import Goal, interleaved, judge, median_ratio, say
from router_bed import Bed, bed

MOST_TASKS, MOST_TIMES = 30, 8


def table(bench: Bed) -> int:
    """Print the tasks on the managed host with the seconds of each; how many there are."""
    tasks = bench.recorded()
    print(f"\n{'tasks on the managed host':<70} seconds")
    for number, result in enumerate(tasks, 1):
        print(f"{number:3} {result.task[:65]:<66} {result.seconds:7.2f}")
    return len(tasks)


def measure(bench: Bed, count: int) -> list[Goal]:
    tasks = table(bench)
    print()
    say(f"whole commands, {count} interleaved pairs")
    pairs = interleaved(count, ("setup", lambda: bench.module("setup")), ("router", bench.converge))
    print(f"\n{'median, seconds':<48}")
    for name, side in zip(("ansible -m setup", "router, nothing to do"), zip(*pairs, strict=True), strict=True):
        print(f"{name:<48} {statistics.median(side):9.2f}")
    return [
        Goal("router, nothing to do: tasks on the managed host", tasks, MOST_TASKS, at_least=False),
        Goal("router, nothing to do / ansible -m setup", median_ratio(pairs), MOST_TIMES, at_least=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs of whole commands (default: 7)")
    count = parser.parse_args().pairs
    with bed() as bench:
        return judge(measure(bench, count))


if __name__ == "__main__":
    sys.exit(main())
