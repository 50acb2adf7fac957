# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests ask of a lab: addresses, packets on the wire, and things that take a while to come true."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .machine import Machine
from .run import LabError

T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str, *, timeout: float = 60, pause: float = 0.5) -> T:
    """The first truthy answer; what was seen last is in the error."""
    end = time.monotonic() + timeout
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"after {timeout:.0f} s still no {what}; last seen: {seen!r}")
        time.sleep(pause)


def ipv6_addresses(machine: Machine, place: str, interface: str) -> dict[str, dict[str, Any]]:
    """Usable addresses of an interface, as `ip` knows them: address → its properties."""
    result = machine.run(place, ["ip", "-6", "-json", "address", "show", "dev", interface])
    return {
        entry["local"]: entry
        for link in json.loads(result.stdout)
        for entry in link.get("addr_info", [])
        if not entry.get("tentative") and not entry.get("dadfailed")
    }


def ipv6_routes(machine: Machine, place: str, *selector: str) -> list[dict[str, Any]]:
    """Routes by `ip route`'s own words: `show default`, `get ADDRESS`."""
    result = machine.run(place, ["ip", "-6", "-json", "route", *(selector or ["show"])])
    routes: list[dict[str, Any]] = json.loads(result.stdout or "[]")
    return routes


def ping(machine: Machine, place: str, target: str, *, size: int = 56, count: int = 2, timeout: int = 15) -> bool:
    """Whether echo requests that must not be fragmented on the way come back."""
    argv = ["ping", "-6", "-n", "-M", "do", "-s", str(size), "-c", str(count), "-w", str(timeout), target]
    return machine.run(place, argv, timeout=timeout + 30, check=False).returncode == 0


class Capture:
    """tcpdump in a place of the lab; what it printed is there when the block is left."""

    def __init__(self) -> None:
        self.lines: list[str] = []


@contextlib.contextmanager
def capture(machine: Machine, place: str, interface: str, what: str, *, bound: int = 60) -> Iterator[Capture]:
    """Packets that pass an interface while the block runs: exactly those, for it starts when tcpdump listens."""
    unit = f"lab-capture-{time.monotonic_ns()}"
    files = f"/run/{unit}"
    namespace = "" if place == "router" else f"ip netns exec {place} "
    # Line by line (-l), as packets come (--immediate-mode), and never for ever.
    tcpdump = f"tcpdump -l -n -v --immediate-mode -i {interface} '{what}'"
    command = f"timeout {bound} {namespace}{tcpdump} >{files}.out 2>{files}.err"
    machine.run("router", ["systemd-run", "--quiet", "--collect", f"--unit={unit}", "sh", "-c", command])
    ready = f"for n in $(seq 100); do grep -q '^tcpdump: listening' {files}.err && exit; sleep 0.1; done; exit 1"
    try:
        machine.run("router", ready, timeout=30)
        seen = Capture()
        yield seen
        machine.run("router", ["sleep", "0.5"])  # for the last packet's way to the file
        seen.lines = machine.run("router", ["cat", f"{files}.out"]).stdout.splitlines()
    finally:
        with contextlib.suppress(LabError):
            machine.run("router", f"systemctl stop {unit}; rm -f {files}.out {files}.err")
