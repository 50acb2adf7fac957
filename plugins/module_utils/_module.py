# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read → desired → plan → diff → apply, once for all modules."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable

from ._host.host import Host
from ._host.locks import DIRECTORY as LOCK_DIRECTORY
from ._host.locks import locked
from ._plans.plan import Plan
from ._values.errors import Fault, Refusal

if TYPE_CHECKING:
    from ._carrying_out import Module

    Builder = Callable[[Host, Mapping[str, Any]], Plan]

LOCK_PATIENCE = 60.0

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
    # look at all that AnsibleModule brought along takes longer than most modules; those in between are a seventh of
    # what a set of thousands takes, and find nothing.
    gc.disable()
    gc.freeze()
    host = Host()
    facts: dict[str, Any] = {}
    with refusing(module), _lock(name, wanted=not module.check_mode):
        plan = build(host, module.params)
        if plan.changed and not module.check_mode:
            # Most runs change nothing: they need not load what carries a plan out, or what takes it back.
            from ._carrying_out import carry_out

            facts = carry_out(host, module, plan)
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


def _lock(name: str, wanted: bool) -> contextlib.AbstractContextManager[None]:
    """Keeps two runs of a module apart: the second waits for the first, then says that it gave up."""
    if not wanted:
        return contextlib.nullcontext()
    path = f"{LOCK_DIRECTORY}/homelab-ipv6-{name}.lock"
    said = f"another run of {name} has held {path} for {LOCK_PATIENCE:g} s"
    return locked(path, LOCK_PATIENCE, Fault("start", said, "Nothing was changed. Try again when it has ended."))
