# SPDX-License-Identifier: GPL-3.0-or-later
"""What the router profile pays for its way back, where something changes: against one `ansible -m ping`.

Each round runs the profile with a change of the firewall twice, with a way back and without, and ping once, on one
container, as whole commands. What it pays is the difference. Where nothing changes nothing is armed: router_noop.py.
Exits with 1 where it is more than its goals allow.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections.abc import Mapping

from measuring import Goal, interleaved, judge, say
from router_bed import INBOUND, Bed, bed

MOST_TASKS, MOST_TIMES = 4, 3
PORTS = itertools.count(9000)


def change(way_back: bool) -> Mapping[str, object]:
    """Options of a run that opens a port that no run before it opened."""
    rule = {"name": "more", "ports": [str(next(PORTS))], "destinations": ["2001:db8:1:2::c101"]}
    return {"router_inbound": [*INBOUND, rule], "router_commit_confirm": way_back}


def converge(bench: Bed, way_back: bool) -> float:
    took = bench.converge(change(way_back))
    if not bench.changed:
        sys.exit("a run that was to change something did not")
    return took


def measure(bench: Bed, count: int) -> list[Goal]:
    tasks = len(bench.recorded(change(way_back=True))) - len(bench.recorded(change(way_back=False)))
    say(f"whole commands, {count} interleaved rounds")
    rounds = interleaved(
        count,
        ("with", lambda: converge(bench, way_back=True)),
        ("without", lambda: converge(bench, way_back=False)),
        ("ping", lambda: bench.module("ping")),
    )
    print(f"\n{'median, seconds':<48}")
    names = ("one change, with a way back", "one change, without", "ansible -m ping")
    for name, side in zip(names, zip(*rounds, strict=True), strict=True):
        print(f"{name:<48} {statistics.median(side):9.2f}")
    cost = statistics.median((with_it - without) / ping for with_it, without, ping in rounds)
    return [
        Goal("arm and confirm: tasks on the managed host", tasks, MOST_TASKS, at_least=False),
        Goal("arm and confirm / ansible -m ping", cost, MOST_TIMES, at_least=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of whole commands (default: 7)")
    count = parser.parse_args().rounds
    with bed() as bench:
        return judge(measure(bench, count))


if __name__ == "__main__":
    sys.exit(main())
