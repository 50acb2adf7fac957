# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan carried out, with a way back armed before the first change where the play wants one."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from ._host import way_back
from ._host.apply import AS_BEFORE, apply
from ._host.host import Host
from ._plans.plan import Plan
from ._plans.way_back_terms import terms, too_short
from ._values.errors import Fault


class Module(Protocol):
    """What is used of AnsibleModule."""

    params: dict[str, Any]
    check_mode: bool

    def exit_json(self, **kwargs: Any) -> NoReturn: ...
    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn: ...
    def warn(self, warning: str) -> None: ...


def carry_out(host: Host, module: Module, plan: Plan) -> dict[str, Any]:
    """Returns the fact by which a play knows that there is something to confirm."""
    armed = _arm(host, module)
    try:
        apply(host, plan.steps)
    except Fault as fault:
        if armed is not None and armed.fresh and fault.left == AS_BEFORE:
            # The first change of a play was none: what it armed would only be in the way of the next try.
            way_back.forget(host, armed.terms.id)
        raise
    if armed is None:
        return {}
    return {"ansible_facts": {way_back.FACT: way_back.fact(armed.terms)}}


def _arm(host: Host, module: Module) -> way_back.Armed | None:
    """Before the first change of a play that wants a way back, give it one."""
    options = module.params.get("way_back")
    if not options:
        return None
    asked = terms(options, "way_back.timeout")
    untold = way_back.tell()
    if untold is not None:
        module.warn(way_back.told(untold) + ".")
    armed = way_back.arm(host, asked)
    warning = too_short(armed.last, asked.timeout) if armed.fresh else ""
    if warning:
        module.warn(warning)
    return armed
