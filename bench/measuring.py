# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benches share: a container of the lab, Ansible commands against it, and ratios with the goals they have.

A bench runs where the lab's podman is: tests/lab/enter .venv/bin/python bench/NAME.py (make bench-NAME does).
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BOOT_PATIENCE = 120
ENVIRONMENT = {
    "ANSIBLE_HOST_KEY_CHECKING": "0",
    "ANSIBLE_LOCALHOST_WARNING": "0",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_PIPELINING": "1",
}
WIDTH = 62


@dataclass(frozen=True)
class Goal:
    """A figure and the side of a bound on which it has to be."""

    what: str
    figure: float
    bound: float
    at_least: bool

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def row(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{self.what:<{WIDTH}} {self.figure:6.2f}   {sign} {self.bound:<4g} {'ok' if self.met else 'SHORT'}"


def judge(goals: Sequence[Goal]) -> int:
    """Print the figures beside their goals; an exit code that says whether all are met."""
    print(f"\n{'from this run':<{WIDTH}} {'':6}     goal")
    for goal in goals:
        print(goal.row())
    return 0 if all(goal.met for goal in goals) else 1


def say(what: str) -> None:
    print(f"bench: {what}", flush=True)


def median_ratio(pairs: Sequence[Sequence[float]]) -> float:
    """The second by the first, of the pairs' own ratios: what was measured side by side met the same machine."""
    return statistics.median(other / one for one, other in pairs)


def interleaved(count: int, *things: tuple[str, Callable[[], float]]) -> list[tuple[float, ...]]:
    """Seconds of several things in turn, so that what else the machine does falls on all of them."""
    found = []
    for number in range(count):
        times = tuple(measure() for _name, measure in things)
        shown = ", ".join(f"{name} {time:.2f} s" for (name, _measure), time in zip(things, times, strict=True))
        print(f"  {number + 1}/{count}: {shown}", flush=True)
        found.append(times)
    return found


def run(argv: Sequence[str], **environment: str) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, **ENVIRONMENT, **environment}
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(argv: Sequence[str], **environment: str) -> tuple[float, str]:
    """How long a whole command took, and what it printed."""
    started = time.monotonic()
    said = run(argv, **environment)
    return time.monotonic() - started, said


@dataclass(frozen=True)
class Container:
    """A machine of the lab with its own systemd and without a network."""

    name: str

    def run(self, *argv: str) -> str:
        return run(["podman", "exec", self.name, *argv])

    @property
    def variables(self) -> dict[str, str]:
        """How Ansible reaches it."""
        return {
            "ansible_host": self.name,
            "ansible_connection": "containers.podman.podman",
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def wait_until_up(self) -> None:
        # Until systemd answers at all.
        ask = ["podman", "exec", self.name, "systemctl", "is-system-running", "--wait"]
        deadline = time.monotonic() + BOOT_PATIENCE
        while subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() not in (
            "running",
            "degraded",
        ):
            if time.monotonic() > deadline:
                sys.exit(f"{self.name} does not come up")
            time.sleep(0.2)


@contextlib.contextmanager
def container(image: str, role: str = "", network: str = "none", more: Sequence[str] = ()) -> Iterator[Container]:
    """A container for as long as the block lasts.

    :param role: tells several of one run apart
    :param network: as podman takes it
    :param more: further words for podman
    """
    name = f"homelab-ipv6-bench-{os.getpid()}{role}"
    say(f"starting {image}")
    machine = Container(name)
    try:
        run(
            ["podman", "run", "--detach", "--privileged", "--systemd=always", f"--network={network}",
             f"--name={name}", *more, f"localhost/homelab-ipv6-{image}"]
        )  # fmt: skip
        machine.wait_until_up()
        yield machine
    finally:
        subprocess.run(["podman", "rm", "-f", "-t", "0", "-i", name], capture_output=True, check=False)


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory for playbooks, in which no settings of whoever runs this count."""
    with tempfile.TemporaryDirectory() as path:
        os.environ["ANSIBLE_CONFIG"] = f"{path}/ansible.cfg"
        Path(path, "ansible.cfg").touch()
        yield Path(path)
