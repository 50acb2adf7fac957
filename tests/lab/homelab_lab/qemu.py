# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that qemu makes."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .run import LabError, execute, say

MEMORY = 2048
# Emulated on a machine that has other work to do, a boot can take minutes.
BOOT_TIMEOUT = 600.0
# nokaslr: nothing to relocate. The stall warnings and unit time-outs assume a processor of one's own.
APPEND = (
    "console=ttyS0 root=/dev/vda rw quiet mitigations=off nokaslr random.trust_cpu=on net.ifnames=0 "
    "cryptomgr.notests rcupdate.rcu_cpu_stall_suppress=1 systemd.default_timeout_start_sec=300 "
    "apparmor=1 security=apparmor"
)


@dataclass(frozen=True)
class Devices:
    """:param durable: what the machine was told to be on its disk is there, whatever becomes of the machine"""

    name: str
    kernel: Path
    initrd: Path
    disk: Path
    console: Path
    monitor: Path
    durable: bool = False

    def arguments(self, port: int) -> list[str]:
        cache = "writeback" if self.durable else "unsafe"
        return [
            "-name", f"homelab-ipv6-{self.name}",
            "-M", "q35", "-smp", "2", "-m", str(MEMORY),
            "-nodefaults", "-display", "none", "-serial", f"file:{self.console}",
            "-qmp", f"unix:{self.monitor},server=on,wait=off",
            "-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", APPEND,
            "-drive", f"file={self.disk},if=none,id=disk,format=qcow2,cache={cache},discard=unmap",
            "-device", "virtio-blk-pci,drive=disk",
            "-device", "virtio-rng-pci",
            # No way out but ssh from localhost; slirp's own router advertisements stay off.
            "-netdev", f"user,id=management,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-:22",
            "-device", "virtio-net-pci,netdev=management,romfile=",
        ]  # fmt: skip


def version() -> str:
    return execute(["qemu-system-x86_64", "--version"], timeout=30).stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(devices: Devices, acceleration: Sequence[str], pid_file: Path, more: Sequence[str]) -> tuple[int, int]:
    """Start it in the background; returns the port of its ssh and its process."""
    complaint = ""
    for _attempt in range(5):
        port = free_port()
        argv = ["qemu-system-x86_64", *acceleration, *devices.arguments(port), *more]
        result = execute([*argv, "-daemonize", "-pidfile", str(pid_file)], timeout=120, check=False)
        if result.returncode == 0:
            return port, int(pid_file.read_text())
        complaint = result.stderr.strip()
        if "forward" not in complaint:
            break
        # Somebody else may have taken the port since we looked.
        say(f"port {port} was taken, trying another")
    raise LabError(f"qemu did not start:\n{complaint}")
