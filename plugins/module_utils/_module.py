# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read → desired → plan → diff → apply, once for all modules."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Protocol

from ._host.host import Host
from ._plans.plan import Plan
from ._values.errors import Fault, Refusal

if TYPE_CHECKING:
    from ._host.way_back import Armed

# Not in /run/lock: it is everybody's, and what an ordinary user has put there root cannot open (fs.protected_regular).
LOCK_DIRECTORY = "/run"
LOCK_PATIENCE = 60.0


class Module(Protocol):
    """What is used of AnsibleModule."""

    params: dict[str, Any]
    check_mode: bool

    def exit_json(self, **kwargs: Any) -> NoReturn: ...
    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn: ...
    def warn(self, warning: str) -> None: ...


Builder = Callable[[Host, Mapping[str, Any]], Plan]

# Common to all modules that change a host. A role sets it for all its tasks by module_defaults.
WAY_BACK_SPEC: dict[str, Any] = {
    "way_back": {
        "type": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "who": {"type": "str"},
            "timeout": {"type": "int", "default": 120},
            "paths": {"type": "list", "elements": "path", "default": []},
        },
    }
}


def run_module(module: Module, name: str, build: Builder) -> None:
    """Build a plan from the module's options and the host, then carry it out unless in check mode.

    The plan, and so the diff, is complete before anything changes: check mode shows what a real run does.

    :param name: the module's name, for the lock that keeps two runs of it apart
    :param build: reads the host and returns the plan; raises Refusal for a request that cannot be right
    """
    # Python looks for garbage now and then, and at the end of a process in all there is. This one ends soon, and such a
    # look at all that AnsibleModule brought along takes longer than most modules.
    gc.freeze()
    host = Host()
    facts: dict[str, Any] = {}
    with refusing(module), _one_at_a_time(name, wanted=not module.check_mode):
        plan = build(host, module.params)
        if plan.changed and not module.check_mode:
            facts = _carry_out(host, module, plan)
    for warning in plan.warnings:
        module.warn(warning)
    module.exit_json(
        changed=plan.changed, diff=plan.diff(), steps=[step.describe() for step in plan.steps], **plan.result, **facts
    )


@contextlib.contextmanager
def refusing(module: Module) -> Iterator[None]:
    """Whatever goes wrong is one message."""
    try:
        yield
    except Refusal as refusal:
        module.fail_json(msg=str(refusal), option=refusal.option, remedy=refusal.remedy)
    except Fault as fault:
        module.fail_json(msg=str(fault))
    except PermissionError as error:
        module.fail_json(msg=f"{error.filename}: permission denied. Run this task as root (become: true).")
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. Nothing was changed.")


def _carry_out(host: Host, module: Module, plan: Plan) -> dict[str, Any]:
    """Returns the fact by which a play knows that there is something to confirm."""
    # Most runs change nothing: they need not load what carries a plan out, or what takes it back.
    from ._host.apply import AS_BEFORE, apply

    armed = _arm(host, module)
    try:
        apply(host, plan.steps)
    except Fault as fault:
        if armed is not None and armed.fresh and fault.left == AS_BEFORE:
            # The first change of a play was none: what it armed would only be in the way of the next try.
            from ._host.way_back import forget

            forget(host, armed.terms.id)
        raise
    if armed is None:
        return {}
    from ._host.way_back import FACT, fact

    return {"ansible_facts": {FACT: fact(armed.terms)}}


def _arm(host: Host, module: Module) -> Armed | None:
    """Before the first change of a play that wants a way back, give it one."""
    options = module.params.get("way_back")
    if not options:
        return None
    from ._host import way_back
    from ._plans.way_back_terms import terms, too_short

    asked = terms(options, "way_back.timeout")
    untold = way_back.tell()
    if untold is not None:
        module.warn(way_back.told(untold) + ".")
    armed = way_back.arm(host, asked)
    warning = too_short(armed.last, asked.timeout) if armed.fresh else ""
    if warning:
        module.warn(warning)
    return armed


@contextlib.contextmanager
def _one_at_a_time(name: str, wanted: bool) -> Iterator[None]:
    """Hold the lock of this module's name; a second run waits for the first, then says that it gave up."""
    if not wanted:
        yield
        return
    path = os.path.join(LOCK_DIRECTORY, f"homelab-ipv6-{name}.lock")
    with open(path, "a", encoding="ascii") as stream:
        deadline = time.monotonic() + LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    said = f"another run of {name} has held {path} for {LOCK_PATIENCE:g} s"
                    raise Fault("start", said, "Nothing was changed. Try again when it has ended.") from None
                time.sleep(0.2)
        yield
