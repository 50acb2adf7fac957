# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the machine: gives servers one set of static hosts and then the other, until the power goes.

usage: repeating.py TASKS
TASKS is a file with a JSON list of lists of options of dhcp6_hosts. Prints a line after each list, and stops after as
many as `--turns` says.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils import basic

from ansible_collections.homelab.ipv6.plugins.modules import dhcp6_hosts


def run(options: dict[str, Any]) -> None:
    """The whole module, as Ansible would start it, in a process of its own."""
    child = os.fork()
    if child == 0:
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        said, sys.stdout = sys.stdout, io.StringIO()
        code = 1
        try:
            dhcp6_hosts.main()
        except SystemExit as end:
            code = int(end.code or 0)
        if code:
            said.write(sys.stdout.getvalue() + "\n")
            said.flush()
        os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"dhcp6_hosts failed: {options['provider']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--turns", type=int)
    arguments = parser.parse_args()
    tasks = json.loads(arguments.tasks.read_text())
    turns = itertools.count() if arguments.turns is None else range(arguments.turns)
    for turn in turns:
        for options in tasks[turn % len(tasks)]:
            run(options)
        sys.stdout.write(f"{turn}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
