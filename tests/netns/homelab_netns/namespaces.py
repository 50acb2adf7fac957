# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces that a test makes, and takes down again whatever happens."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from ansible_collections.homelab.ipv6.plugins.module_utils._host.netns import network_at


def possible() -> str:
    """Why no namespace can be made here; empty where it can."""
    if os.geteuid() != 0:
        return "needs root"
    tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "no network namespaces here"


def bridges_pass_the_firewall() -> bool:
    """Whether br_netfilter is at work, which has the IP hooks see what a bridge hands on: with Docker, say."""
    return Path("/proc/sys/net/bridge/bridge-nf-call-ip6tables").exists()


class Namespaces:
    """A set of named namespaces, known to `ip netns` under names that no other run has."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def add(self, name: str) -> str:
        full = f"homelab-{os.getpid()}-{name}"
        subprocess.run(["ip", "netns", "add", full], check=True)
        self._made.append(full)
        self.run(name, "ip", "link", "set", "lo", "up")
        return full

    def full(self, name: str) -> str:
        return f"homelab-{os.getpid()}-{name}"

    def run(self, name: str, *command: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a command in a namespace and return what it printed."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.full(name), *command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} in {name}: {done.stderr or done.stdout}")
        return done.stdout

    def inside(self, name: str) -> contextlib.AbstractContextManager[None]:
        """The calling thread is in the namespace; sockets made there stay there."""
        return network_at(f"/run/netns/{self.full(name)}")

    def hardware_address(self, name: str, interface: str) -> bytes:
        with self.inside(name):
            text = subprocess.run(
                ["ip", "-o", "link", "show", interface], capture_output=True, text=True, check=True
            ).stdout
        return bytes.fromhex(text.split("link/ether ")[1].split()[0].replace(":", ""))

    def close(self) -> None:
        for full in reversed(self._made):
            subprocess.run(["ip", "netns", "del", full], check=False)
        self._made.clear()


def write_sysctl(spaces: Namespaces, name: str, key: str, value: str) -> None:
    """/proc/sys/net shows the namespace of whoever opens it."""
    with spaces.inside(name):
        Path("/proc/sys", key.replace(".", "/")).write_text(value, encoding="ascii")
