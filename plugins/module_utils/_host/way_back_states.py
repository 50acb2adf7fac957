# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the states of commit_confirm mean on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._plans.way_back_terms import terms, too_short
from .._values.errors import Fault
from . import way_back
from .host import Host
from .way_back_checks import failed
from .way_back_store import Store

# A host goes back within seconds; an emulated one takes its time.
PATIENCE = 120.0


def bring_about(host: Host, params: Mapping[str, Any], check_mode: bool) -> tuple[dict[str, Any], list[str]]:
    """(what the module returns, warnings) of a state.

    :raises Refusal: the request cannot be right, or it comes too late
    """
    store = Store()
    asked = terms(params, "timeout")
    last = store.outcome()
    warnings = []
    if last is not None and last.result == "reverted" and not last.told:
        warnings.append(way_back.told(last) + ".")
    if check_mode:
        return _result(store, changed=False), warnings
    way_back.tell(store)
    if params["state"] == "armed":
        armed = way_back.arm(host, asked, store, anew=True)
        warning = too_short(armed.last, asked.timeout)
        return _result(store, False, way_back.fact(armed.terms)), [*warnings, *([warning] if warning else [])]
    if params["state"] == "confirmed":
        return _confirm(params, host, store), warnings
    return _go_back(host, asked.who, store), warnings


def _confirm(params: Mapping[str, Any], host: Host, store: Store) -> dict[str, Any]:
    problem = failed(params["commands"], params["command_timeout"]) if store.is_armed() else ""
    if problem:
        # Not waited for: the line that this came in on may be part of the change.
        way_back.request(host, problem, 0.0, store)
        raise Fault("check the change", problem, "It is not kept: the host is going back to what it was.")
    way_back.confirm(host, params["id"] or "", store)
    return _result(store, False, way_back.NOTHING_ARMED)


def _go_back(host: Host, who: str, store: Store) -> dict[str, Any]:
    outcome = way_back.request(host, "asked for by " + who, PATIENCE, store)
    if outcome is None and store.is_armed():
        raise Fault("take the change back", f"not done within {PATIENCE:g} s", "The host goes on with it.")
    # Whoever asked for it is told by the result.
    way_back.tell(store)
    return _result(store, outcome is not None and bool(outcome.done), way_back.NOTHING_ARMED)


def _result(store: Store, changed: bool, fact: Mapping[str, Any] | None = None) -> dict[str, Any]:
    last = store.outcome()
    outcome: dict[str, Any] = {}
    if last is not None:
        outcome = {
            "result": last.result, "why": last.why, "done": list(last.done), "lost": list(last.lost), "took": last.took
        }  # fmt: skip
    facts = {"ansible_facts": {way_back.FACT: dict(fact)}} if fact is not None else {}
    return {"changed": changed, "outcome": outcome, **facts}
