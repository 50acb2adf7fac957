# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills runs of a module at random moments and looks at the files after each. Run in a place where /etc is the test's.

Standard input: {module, old, new, watch, kills, longest}. The module makes the host old once and new once; what the
directories of `watch` then hold is what they may hold after a kill. Prints how the runs ended.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils import basic

from ansible_collections.homelab.ipv6.plugins.module_utils._host.files import ASIDE
from ansible_collections.homelab.ipv6.tests.unit.plugins.killing import AFTER, BEFORE, BETWEEN, in_child, kill_often

# What networkd, udev, sysctl, systemd and Kea's and dhcpd's include lines read, and ifupdown (interfaces(5)).
READ_BY_A_SERVICE = re.compile(r"^[^.].*\.(network|netdev|link|conf|service|nft)$|^[a-zA-Z0-9_-]+$")

Files = dict[str, tuple[bytes, int]]


class Victim:
    def __init__(self, name: str, watch: list[str]) -> None:
        self._module = importlib.import_module(f"ansible_collections.homelab.ipv6.plugins.modules.{name}")
        self._watch = [Path(directory) for directory in watch]

    def run(self, options: dict[str, Any]) -> None:
        """The whole module, as Ansible would start it; ends the process."""
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        self._module.main()

    def result(self, options: dict[str, Any]) -> dict[str, Any]:
        """A run that nobody kills."""
        reading, writing = os.pipe()

        def work() -> None:
            sys.stdout = os.fdopen(writing, "w", buffering=1)
            self.run(options)

        child = in_child(work)
        os.close(writing)
        with os.fdopen(reading) as stream:
            said = stream.read()
        os.waitpid(child, 0)
        result: dict[str, Any] = json.loads(said)
        return result

    def silently(self, options: dict[str, Any]) -> None:
        sys.stdout = io.StringIO()
        self.run(options)

    def files(self) -> Files:
        found = [path for directory in self._watch for path in directory.rglob("*") if path.is_file()]
        return {str(path): (path.read_bytes(), path.stat().st_mode) for path in found}

    def put(self, files: Files) -> None:
        for directory in self._watch:
            for path in directory.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, (content, mode) in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
            Path(name).chmod(mode)


def apart(files: Files) -> tuple[Files, list[str]]:
    """The files themselves, and the paths of those that a run has left beside them."""
    aside = [path for path in files if ASIDE.match(Path(path).name)]
    return {path: files[path] for path in files.keys() - aside}, aside


def main() -> None:
    task = json.load(sys.stdin)
    victim = Victim(task["module"], task["watch"])
    states: list[Files] = []
    for options in (task["old"], task["new"]):
        result = victim.result(options)
        assert result.get("changed"), result
        states.append(victim.files())
    old, new = states
    leftovers = 0

    def look() -> str:
        nonlocal leftovers
        there, aside = apart(victim.files())
        assert not [path for path in aside if READ_BY_A_SERVICE.match(Path(path).name)]
        assert all(there.get(path) in (old.get(path), new.get(path)) for path in there.keys() | old.keys() | new.keys())
        leftovers += bool(aside)
        if aside or there not in (old, new):
            result = victim.result(task["new"])
            assert not result.get("failed"), result
            assert apart(victim.files())[0] == new
        return BEFORE if there == old else AFTER if there == new else BETWEEN

    ends = kill_often(
        lambda: victim.put(old), lambda: victim.silently(task["new"]), look, task["kills"], task["longest"]
    )
    sys.stdout.write(json.dumps({**ends, "leftovers": leftovers}))


if __name__ == "__main__":
    main()
