# SPDX-License-Identifier: GPL-3.0-or-later
"""The router machine as a privileged container: enough where the host's kernel has sit.

Elsewhere it is the quick way to test all but the tunnel.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import addresses, guest, images, paths
from .machine import Machine
from .run import execute, step

BOOT_TIMEOUT = 120.0


def kernel_has_sit() -> bool:
    """Whether the host's kernel can make a sit tunnel, tried in a network namespace that is gone right after."""
    argv = ["unshare", "--net", "ip", "link", "add", "probe", "type", "sit", "local", "192.0.2.1"]
    return execute(argv, timeout=30, check=False).returncode == 0


class Container(Machine):
    kind = "container"

    def __init__(self, name: str, system: str = "debian12") -> None:
        super().__init__(name)
        self.system = system

    @property
    def container(self) -> str:
        return f"homelab-ipv6-{self.name}"

    def state(self) -> dict[str, Any]:
        return {"system": self.system}

    def start(self) -> None:
        images.build_containers([self.system])
        with step(f"booting {self.name}"):
            images.podman(
                "create", "--name", self.container, "--privileged", "--systemd=always", "--network=none",
                "--hostname=router", f"{images.PREFIX}{self.system}:latest",
            )  # fmt: skip
            with tempfile.TemporaryDirectory() as scratch:
                guest.lay_out(Path(scratch), addresses.load(), authorized_key=None)
                images.podman("cp", f"{scratch}/.", f"{self.container}:/")
            images.podman("start", self.container)
            self.wait_until_booted(BOOT_TIMEOUT)

    def reach(self, argv: Sequence[str]) -> list[str]:
        return [str(paths.ENTER), "podman", "exec", "-i", self.container, *argv]

    def restart(self) -> None:
        # A container has no power to reboot itself; its processes all end and its init starts again.
        images.podman("restart", "--time=20", self.container, timeout=60)

    def boot_id(self) -> str | None:
        # /proc's boot_id is the host's: here the life of the init process tells one boot from the next.
        argv = [str(paths.ENTER), "podman", "container", "inspect", "--format={{.State.StartedAt}}", self.container]
        result: subprocess.CompletedProcess[str] = execute(argv, timeout=60, check=False)
        return result.stdout.strip() if result.returncode == 0 else None

    def is_running(self) -> bool:
        argv = [str(paths.ENTER), "podman", "container", "inspect", "--format={{.State.Running}}", self.container]
        return execute(argv, timeout=60, check=False).stdout.strip() == "true"

    def remove(self) -> None:
        images.podman("rm", "--force", "--time=0", "--ignore", self.container)
        self.forget()

    def last_words(self) -> str:
        argv = [str(paths.ENTER), "podman", "exec", self.container, "journalctl", "-b", "--lines=30", "--no-pager"]
        return execute(argv, timeout=60, check=False).stdout

    def host_variables(self) -> dict[str, Any]:
        return {"ansible_connection": "containers.podman.podman", "ansible_host": self.container}
