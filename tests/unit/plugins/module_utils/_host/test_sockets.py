# SPDX-License-Identifier: GPL-3.0-or-later
"""In which units a program has a port open: a real socket of this process, in a unit of the test's making."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._host.sockets import units_of

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root sees whose a socket is"),
    pytest.mark.skipif(shutil.which("ss") is None, reason="iproute2 is not installed"),
]
UNIT = "mine.service"
COMMAND = Path("/proc/self/comm").read_text().strip()


class Machine(Host):
    """This machine, but for systemd: this process is in the unit, and all others are in none."""

    def read_text(self, path: str) -> str | None:
        if path == f"/proc/{os.getpid()}/cgroup":
            return f"0::/system.slice/{UNIT}\n"
        return super().read_text(path) if not path.endswith("/cgroup") else "0::/\n"


class WithoutSs(Machine):
    def run(self, *_argv: Sequence[str], **_how: object) -> Outcome:
        return Outcome(127, "", "ss: not found")


def test_the_unit_of_whoever_has_the_port_is_told() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as held:
        held.bind(("::1", 0))
        port = held.getsockname()[1]
        assert units_of(Machine(), COMMAND, port) == [UNIT]
        assert units_of(Machine(), "kea-dhcp6", port) == []
        assert units_of(WithoutSs(), COMMAND, port) == []
    assert units_of(Machine(), COMMAND, port) == []
