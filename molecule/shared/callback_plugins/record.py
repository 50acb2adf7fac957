# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes what each task of a run returned, one JSON object a line, for the tests that compare runs (see runs.py)."""

from __future__ import annotations

DOCUMENTATION = """
name: record
type: aggregate
short_description: Record each task's outcome for Molecule's tests
description: Records go to C(runs/NN-PLAYBOOK[-check].jsonl) in Molecule's directory of the scenario.
"""

import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.started: dict[str, float] = {}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        name = Path(playbook._file_name).stem
        if name in {"create", "destroy"}:
            return
        directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "runs"
        directory.mkdir(exist_ok=True)
        number = len(list(directory.iterdir()))
        suffix = "-check" if context.CLIARGS["check"] else ""
        self.path = directory / f"{number:02d}-{name}{suffix}.jsonl"
        # Ansible itself merges all places that hold the collection; the first one is what it runs.
        origin = Path(import_module("ansible_collections.homelab.ipv6").__path__[0]).resolve()
        self.path.write_text(json.dumps({"collection": str(origin), "started": time.time()}) + "\n")

    def record(self, result: Any, outcome: str) -> None:
        if not self.path:
            return
        returned = result.result
        # What a task keeps from its user it does not promise.
        items = returned.get("results", [returned]) if result.task.diff else []
        entry = {
            "host": result.host.get_name(),
            "task": result.task.get_name(),
            "action": result.task.action,
            "outcome": outcome,
            "changed": bool(returned.get("changed")),
            "seconds": round(time.monotonic() - self.started.get(result.host.get_name(), time.monotonic()), 3),
            "msg": str(returned.get("msg", "")),
            "diffs": [item["diff"] for item in items if isinstance(item, dict) and item.get("diff")],
        }
        with self.path.open("a") as stream:
            stream.write(json.dumps(entry, default=str) + "\n")

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ARG002 (Ansible's own names)
        self.started[host.get_name()] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        self.record(result, "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self.record(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self.record(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self.record(result, "failed")
