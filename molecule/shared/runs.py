# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of a scenario's converge.yml, as callback_plugins/record.py wrote them down."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# These run on the controller; what is left costs a round trip to the managed host.
ON_CONTROLLER = {
    f"ansible.builtin.{name}"
    for name in (
        "add_host assert debug fail group_by import_role import_tasks include_role include_tasks include_vars meta "
        "pause set_fact set_stats validate_argument_spec"
    ).split()
}
# What apt-get prints about a simulation is not what it prints about the real thing.
OTHER_WORDS_IN_CHECK_MODE = {"ansible.builtin.apt", "ansible.builtin.package"}
# Before a package is there, check mode cannot ask systemd about its service, and roles leave such a task out.
SERVICES = {"ansible.builtin.systemd", "ansible.builtin.systemd_service", "ansible.builtin.service"}

# By host and name. On a machine with two profiles, check mode shows the second one a machine that the first has not
# changed: here the router's forwarding, which containers of its own need too.
AFTER_ANOTHER_PROFILE = {
    ("gateway", "homelab.ipv6.nspawn : Forward what is for routed containers and comes from them"),
}


@dataclass(frozen=True)
class Result:
    host: str
    task: str
    action: str
    outcome: str
    changed: bool
    seconds: float
    msg: str
    diffs: list[Any]

    @property
    def on_host(self) -> bool:
        return self.outcome != "skipped" and self.action not in ON_CONTROLLER

    @property
    def differences(self) -> list[Any]:
        """The diffs that show one, without the headers: template names a temporary file of its own there."""
        flat = [part for diff in self.diffs for part in (diff if isinstance(diff, list) else [diff])]
        return [
            {key: value for key, value in part.items() if not key.endswith("_header")}
            if isinstance(part, dict)
            else part
            for part in flat
            if not isinstance(part, dict) or part.get("before") != part.get("after")
        ]

    def promise(self) -> tuple[Any, ...]:
        """What check mode must foretell."""
        diffs = [] if self.action in OTHER_WORDS_IN_CHECK_MODE else self.differences
        return self.host, self.task, self.changed, json.dumps(diffs, sort_keys=True, indent=1)


@dataclass(frozen=True)
class Run:
    playbook: str
    check: bool
    collection: str
    started: float
    results: list[Result]

    @property
    def changes(self) -> list[str]:
        return [f"{result.host}: {result.task}" for result in self.results if result.changed]

    def left_out_services(self) -> set[tuple[str, str]]:
        return {(one.host, one.task) for one in self.results if one.outcome == "skipped" and one.action in SERVICES}

    def promises(self, but: Collection[tuple[str, str]] = ()) -> list[tuple[Any, ...]]:
        """What the run changed, or would have changed, but for tasks known by host and name."""
        counted = (result for result in self.results if (result.host, result.task) not in but)
        return sorted(result.promise() for result in counted if result.changed or result.differences)

    def tasks_on(self, host: str) -> list[str]:
        return [result.task for result in self.results if result.host == host and result.on_host]


def read(path: Path) -> Run:
    words = path.stem.split("-")
    head, *lines = map(json.loads, path.read_text().splitlines())
    return Run(words[1], words[-1] == "check", head["collection"], head["started"], [Result(**line) for line in lines])


def recorded() -> list[Run]:
    """All runs since the containers were made, in order."""
    directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "runs"
    return [read(path) for path in sorted(directory.glob("*.jsonl"))]


def converge_runs() -> list[Run]:
    return [run for run in recorded() if run.playbook == "converge"]
