# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that is looked at before it is broken and after it has gone back; which, does not matter here."""

from __future__ import annotations

import difflib
import json
import subprocess
from typing import Any

from homelab_lab.machine import Machine

STATE = "/var/lib/homelab-ipv6/way-back"
# All that must come back, one thing a line; independent of the code that brings it back.
LOOK = r"""
ip -oneline address | sed -E 's/^[0-9]+: //; s/@[a-z]*[0-9]*:?//; s/valid_lft.*//; s/ (tentative|dadfailed)//g' | sort
ip -oneline link | sed -E 's/^[0-9]+: //; s/@[a-z]*[0-9]*:?//; s/link-netns.*//' | sort
ip -Numeric -4 route show table all | sort
ip -Numeric -6 route show table all | sed -E 's/ expires [0-9]+sec//' | sort
ip rule; ip -6 rule; ip neighbour show nud permanent; bridge vlan show
nft --stateless list ruleset
find /etc -type f -exec sha256sum {} + | sort
find /etc -printf '%y %p %m %U %G -> %l\n' | sort
systemctl list-units --all --plain --no-legend --type=service,socket,timer,path |
    awk '$2 == "loaded" && $1 !~ /tmpfiles-clean/ {print $1, $3, $4}' | grep -v '^homelab-ipv6-way-back' | sort
systemctl list-unit-files --no-legend | awk '{print $1, $2}' | grep -v '^homelab-ipv6-way-back' | sort
sysctl -a --pattern '^net\.ipv[46]\.(conf|ip_forward)' 2>/dev/null
"""


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a module returned that was run by the command `ansible`."""
    _status, _arrow, text = done.stdout.partition(" => ")
    assert text, f"{done.stdout}{done.stderr}"
    return dict(json.JSONDecoder().raw_decode(text)[0])


class Watched:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def run(self, script: str, *, check: bool = True, timeout: float = 60) -> str:
        result = self.machine.run("router", script, timeout=timeout, check=check)
        return result.stdout

    def look(self) -> list[str]:
        return self.run(LOOK, timeout=60).splitlines()

    def difference(self, before: list[str]) -> list[str]:
        lines = difflib.unified_diff(before, self.look(), lineterm="", n=0)
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]

    def outcome(self) -> dict[str, Any]:
        text = self.run(f"cat {STATE}/outcome.json", check=False)
        return dict(json.loads(text)["outcome"]) if text.strip() else {}

    def is_armed(self) -> bool:
        return self.machine.run("router", f"test -d {STATE}/armed", check=False).returncode == 0

    def leftovers(self) -> list[str]:
        """What a way back that has ended leaves beside its record."""
        script = (
            f"find {STATE} -mindepth 1 ! -name outcome.json; find /etc /run -name '*homelab-ipv6-way-back*' "
            "! -name '*.lock'; systemctl list-timers --all --no-legend | grep homelab-ipv6-way-back"
        )
        return self.run(script, check=False).splitlines()
