# SPDX-License-Identifier: GPL-3.0-or-later
"""The router machine as a virtual machine with Debian's own kernel."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import accelerator, booted, guest, images, paths, qemu, ssh
from .machine import RENEW, ROUTER, Machine, state_directory
from .run import LabError, execute, step


class VirtualMachine(Machine):
    kind = "vm"

    def __init__(self, name: str, system: str = "debian12", port: int = 0, pid: int = 0) -> None:
        super().__init__(name)
        self.system = system
        self.port = port
        self.pid = pid
        self.cold = False
        self.durable = False

    @property
    def folder(self) -> Path:
        return paths.cache() / "labs" / self.name

    @property
    def control(self) -> Path:
        return state_directory(self.name) / "ssh"

    @property
    def monitor(self) -> Path:
        return state_directory(self.name) / "monitor"

    def state(self) -> dict[str, Any]:
        return {"system": self.system, "port": self.port, "pid": self.pid}

    def start(self) -> None:
        """Booted when this returns. Emulated, a boot takes long: it is then done once and gone on from there."""
        image = images.build_machine(self.system)
        acceleration = accelerator.choose(image)
        if self.cold or acceleration == accelerator.KVM:
            with step(f"booting {self.name}"):
                self.boot(image, acceleration)
            return
        snapshot = booted.find(self.system, image, acceleration)
        if not snapshot.folder.exists():
            booted.build(snapshot, image, acceleration, VirtualMachine(f"boot-{os.getpid()}", self.system))
        with step(f"resuming {self.name}"):
            self._prepare(snapshot.disk, "qcow2")
            self._launch(image.kernel, snapshot.initrd, acceleration, "-incoming", snapshot.incoming())
            booted.resume(self.monitor)
            self._catch_up()

    def boot(self, image: images.MachineImage, acceleration: list[str]) -> None:
        self._prepare(image.disk, "raw")
        self._boot(image, acceleration)

    def _boot(self, image: images.MachineImage, acceleration: list[str]) -> None:
        guest.make_initrd(image.initrd, self.folder / "initrd", ssh.public_key())
        self._launch(image.kernel, self.folder / "initrd", acceleration)
        self.wait_until_booted(qemu.BOOT_TIMEOUT)

    def _prepare(self, backing: Path, form: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        state_directory(self.name).mkdir(parents=True, exist_ok=True)
        argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", form, "-b", str(backing)]
        execute([*argv, str(self.folder / "disk.qcow2")], timeout=60)

    def _launch(self, kernel: Path, initrd: Path, acceleration: list[str], *more: str) -> None:
        disk = self.folder / "disk.qcow2"
        devices = qemu.Devices(self.name, kernel, initrd, disk, self.console, self.monitor, self.durable)
        self.port, self.pid = qemu.launch(devices, acceleration, self.folder / "pid", more)

    def cut_power(self) -> None:
        """Gone at once, with all that was not on its disk yet."""
        self._end((signal.SIGKILL, 10.0))
        self._disconnect()

    def power_on(self) -> None:
        """Boot from its own disk as a power cut has left it; returns when it has."""
        image = images.build_machine(self.system)
        self._boot(image, accelerator.choose(image))
        self.save()

    def _catch_up(self) -> None:
        """What a machine that was asleep since its image was made cannot know: the time."""
        self.run(ROUTER, f"date -s @{time.time():.0f} >/dev/null; {RENEW}", timeout=120)

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    def reach(self, argv: Sequence[str]) -> list[str]:
        ssh.connect(self.port, self.control)
        return [*ssh.command(self.port, "-o", f"ControlPath={self.control}"), "--", shlex.join(argv)]

    def _disconnect(self) -> None:
        for path in (self.control, self.control.with_name("ansible")):
            ssh.disconnect(self.port, path)

    def restart(self) -> None:
        self.run(ROUTER, ["systemctl", "--no-block", "reboot"], timeout=60, check=False)
        # What is still half open would be waited for until its keep-alives run out.
        self._disconnect()

    def is_running(self) -> bool:
        if not self.pid:
            return False
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return f"homelab-ipv6-{self.name}\0".encode() in command

    def halt(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.pid = int((self.folder / "pid").read_text())
        self._disconnect()
        self._end((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    def _end(self, *signals: tuple[signal.Signals, float]) -> None:
        for number, patience in signals:
            end = time.monotonic() + patience
            if self.is_running():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
            while self.is_running() and time.monotonic() < end:
                time.sleep(0.05)
        if self.is_running():
            raise LabError(f"qemu (process {self.pid}) does not end")

    def remove(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.forget()

    def last_words(self) -> str:
        if not self.console.exists():
            return ""
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-30:])

    def host_variables(self) -> dict[str, Any]:
        return ssh.host_variables(self.port, self.control.with_name("ansible"))
