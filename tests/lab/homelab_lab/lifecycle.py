# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings labs up and takes them down; whatever interrupts it, nothing half made is left."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from . import paths
from .container import Container, kernel_has_sit
from .machine import Machine, state_file
from .run import LabError, lock, step
from .vm import VirtualMachine

KINDS: dict[str, type[VirtualMachine | Container]] = {"vm": VirtualMachine, "container": Container}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")  # it becomes part of a socket's path, which must be short


def default_name() -> str:
    """A lab for each checkout, so that two of them do not get in each other's way."""
    named = os.environ.get("HOMELAB_IPV6_LAB")
    if named:
        return named
    checkout = paths.LAB.parent.parent
    return "lab-" + hashlib.sha256(str(checkout).encode()).hexdigest()[:6]


def checked_name(name: str | None) -> str:
    chosen = name or default_name()
    if not NAME.fullmatch(chosen):
        raise LabError(f"--name {chosen}: only a-z, 0-9 and -, at most 24 of them, starting with a letter or digit")
    return chosen


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    with lock(paths.run_directory() / f"lab-{name}.lock", f"busy with the lab {name}", timeout=1800):
        yield


def find(name: str) -> Machine | None:
    try:
        state: dict[str, Any] = json.loads(state_file(name).read_text())
    except FileNotFoundError:
        return None
    return KINDS[state.pop("kind")](name, **state)


def get(name: str) -> Machine:
    machine = find(name)
    if machine is None:
        raise LabError(f"there is no lab {name}: start one with `lab up`")
    if not machine.is_running():
        raise LabError(f"the lab {name} is not running any more: `lab down`, then `lab up`")
    return machine


def kind_for(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "container" if kernel_has_sit() else "vm"


def up(
    name: str, *, wanted: str = "auto", system: str = "debian12", cold: bool = False, durable: bool = False
) -> Machine:
    """:param durable: for who cuts its power, which only a virtual machine has"""
    with one_at_a_time(name):
        there = find(name)
        if there is not None and there.is_running():
            raise LabError(f"the lab {name} is up already: `lab down` ends it")
        _sweep(name)
        machine = KINDS[kind_for(wanted)](name, system)
        if isinstance(machine, VirtualMachine):
            machine.cold, machine.durable = cold, durable
        try:
            machine.start()
            machine.save()
        except BaseException:
            machine.remove()
            raise
    return machine


def down(name: str) -> None:
    with one_at_a_time(name), step(f"taking {name} down"):
        _sweep(name)


def _sweep(name: str) -> None:
    """Without its state file, too: what died half-way left none."""
    there = find(name)
    for machine in [there] if there is not None else [kind(name) for kind in KINDS.values()]:
        if machine.kind == "container" and there is None and not (paths.cache() / "podman").exists():
            continue
        machine.remove()


def names() -> list[str]:
    return sorted(path.parent.name for path in (paths.run_directory() / "labs").glob("*/state.json"))
