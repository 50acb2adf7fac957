# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carry a plan out: every step, or none of them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import Callable

from .._plans.conditions import Await, Require
from .._plans.plan import Files, KernelValue
from .._plans.socket_steps import Leave, Take
from .._plans.steps import Mark, Restart, Run, Serve, SocketCommand, Step, TreeStep
from .._plans.trees import Keep, MakeLayer, MakeTree, RemoveTree, SweepTree
from .._values.errors import Fault
from .files import FileSet
from .host import Host
from .service import restart, serve, serve_again, unserve
from .sysctl import overwritten
from .unix_socket import ask

AWAIT_INTERVAL = 0.2
AS_BEFORE = "Everything is as it was before."

Undo = Callable[[], None]


class _Undone:
    """How the finished steps are taken back: undo newest first, then recover oldest first."""

    def __init__(self) -> None:
        self.undo: list[Undo] = []
        self.recover: list[Undo] = []
        self.settle: list[Callable[[], None]] = []

    def take_back(self) -> list[str]:
        """Undo as much as can be; returns what could not."""
        problems: list[str] = []
        for action in list(reversed(self.undo)) + self.recover:
            try:
                action()
            except (Fault, OSError) as error:
                problems.append(str(error))
        return problems


def apply(host: Host, steps: Sequence[Step]) -> None:
    """Carry out the steps in order; when one fails, take back all since the last Keep.

    :raises Fault: names the step, what the tool said, and the state in which the host was left
    """
    undone = _Undone()
    kept: list[str] = []
    for step in steps:
        if isinstance(step, Keep):
            _settle(undone)
            undone = _Undone()
            kept.append(step.what)
            continue
        try:
            _perform(host, step, undone)
        except (Fault, OSError) as error:
            fault = error if isinstance(error, Fault) else Fault(step.describe(), str(error))
            problems = undone.take_back()
            left = "Done and kept: {}. All else is as it was before.".format(", ".join(kept)) if kept else AS_BEFORE
            if problems:
                left = "Taking it back went wrong too: {}. Look at these by hand.".format(
                    "; ".join(problems).rstrip(".")
                )
            raise Fault(fault.what, fault.said, left) from error
        except BaseException:
            # Neither a defect nor an interrupt leaves half a plan.
            undone.take_back()
            raise
    _settle(undone)


def _settle(undone: _Undone) -> None:
    for settle in undone.settle:
        settle()


def _perform(host: Host, step: Step, undone: _Undone) -> None:
    if isinstance(step, Files):
        files = FileSet(host, step.changes)
        undone.undo.append(files.undo)
        undone.settle.append(files.settle)
        files.carry_out(step.check)
    elif isinstance(step, Run):
        # A restart that fails has stopped the service: what recovers it must run although the step never finished.
        if step.recover is not None:
            undone.recover.append(_command(host, step.recover, "recover: " + step.why, step.timeout))
        _command(host, step.argv, step.why, step.timeout, step.stdin)()
        if step.undo is not None:
            undone.undo.append(_command(host, step.undo, "undo: " + step.why, step.timeout, step.undo_stdin))
    elif isinstance(step, KernelValue):
        undone.undo.append(_rewrite({step.path: step.before, **overwritten(host, step.path)}))
        _write_value(step.path, step.after)
    elif isinstance(step, Await):
        _await(host, step)
    elif isinstance(step, Mark):
        undone.undo.append(lambda: _unmark(step.path))
        undone.settle.append(lambda: _unmark(step.path))
        os.makedirs(os.path.dirname(step.path), mode=0o755, exist_ok=True)
        with open(step.path, "w", encoding="ascii"):
            pass
    elif isinstance(step, (MakeLayer, MakeTree, RemoveTree, SweepTree)):
        _perform_on_tree(host, step, undone)
    elif not isinstance(step, Keep):
        _perform_on_service(host, step, undone)


def _perform_on_tree(host: Host, step: TreeStep, undone: _Undone) -> None:
    # One module alone has such steps.
    from . import trees

    if isinstance(step, MakeTree):
        trees.make(host, step)
        undone.undo.append(lambda: trees.discard(host, step.path))
    elif isinstance(step, MakeLayer):
        from . import layers

        layers.make(host, step)
        undone.undo.append(lambda: layers.discard(host, step))
    elif isinstance(step, RemoveTree):
        trees.sweep(host, step.path)
        trees.remove(step)
        undone.undo.append(lambda: trees.bring_back(step))
        undone.settle.append(lambda: trees.sweep(host, step.path))
    else:
        trees.sweep(host, step.path)


def _perform_on_sockets(host: Host, step: Leave | Take, undone: _Undone) -> None:
    # Only one module needs it.
    from . import socket_service

    if isinstance(step, Leave):
        undone.recover.append(lambda: socket_service.return_to(host, step))
        socket_service.leave(host, step)
    else:
        undone.undo.append(lambda: socket_service.give_up(host, step))
        undone.recover.append(lambda: socket_service.take_again(host, step))
        socket_service.take(host, step)


def _perform_on_service(
    host: Host, step: Serve | Leave | Take | Restart | SocketCommand | Require, undone: _Undone
) -> None:
    if isinstance(step, (Leave, Take)):
        _perform_on_sockets(host, step, undone)
        return
    if isinstance(step, Serve):
        # Both before it is tried: a start that failed has left something, too.
        undone.undo.append(lambda: unserve(host, step))
        undone.recover.append(lambda: serve_again(host, step))
        serve(host, step)
        return
    if isinstance(step, Require):
        if host.which(step.tool) is None:
            raise Fault("run " + step.tool, f"it is not installed. Install the package {step.package} first")
        return
    undone.recover.append(lambda: restart(host, step.unit, step.udp6_port, step.timeout))
    if isinstance(step, Restart):
        restart(host, step.unit, step.udp6_port, step.timeout)
    else:
        _tell(step)


def _tell(step: SocketCommand) -> None:
    answer = ask(step.path, step.request, step.timeout)
    if not re.search(step.expect, answer):
        raise Fault(step.why, answer)


def _command(host: Host, argv: Sequence[str], why: str, timeout: float, stdin: str = "") -> Undo:
    def run() -> None:
        outcome = host.run(argv, stdin, timeout=timeout)
        if outcome.rc != 0:
            raise Fault("{} ({})".format(why, " ".join(argv)), outcome.said)

    return run


def _unmark(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)


def _write_value(path: str, value: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(value + "\n")


def _rewrite(values: Mapping[str, str]) -> Undo:
    def run() -> None:
        for path, value in values.items():
            # An interface may have gone meanwhile, and with it what it was set to.
            if os.path.exists(path):
                _write_value(path, value)

    return run


def _await(host: Host, step: Await) -> None:
    deadline = time.monotonic() + step.timeout
    expected = re.compile(step.pattern, re.MULTILINE)
    seen: str | None = None
    while True:
        outcome = host.run(step.argv, timeout=max(1.0, step.timeout))
        if outcome.rc == 0 and expected.search(outcome.out):
            return
        seen = outcome.out.strip() or outcome.said
        if time.monotonic() >= deadline:
            if step.soft:
                return
            said = "not within {:g} s; {} shows: {}. {}".format(step.timeout, " ".join(step.argv), seen, step.remedy)
            raise Fault("wait for " + step.why, said)
        time.sleep(AWAIT_INTERVAL)
