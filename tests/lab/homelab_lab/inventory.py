# SPDX-License-Identifier: GPL-3.0-or-later
"""How Ansible reaches the router."""

from __future__ import annotations

import json
from typing import Any

from .machine import Machine


def inventory(machine: Machine, group: str) -> dict[str, Any]:
    host = {"ansible_python_interpreter": "/usr/bin/python3", "ansible_pipelining": True, **machine.host_variables()}
    return {"all": {"children": {group: {"hosts": {"gateway": host}}}}}


def render(machine: Machine, group: str) -> str:
    # JSON is YAML: Ansible reads it as either, and no library is needed to write it.
    return json.dumps(inventory(machine, group), indent=2) + "\n"
