# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that has booted already, kept as disk and memory: emulated machines go on from there in seconds.

The same machine as a cold start gives (`lab up --cold`); reboots in it are real ones.
"""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import addresses, guest, images, paths, pruning, qemu, qmp, ssh
from .machine import ROUTER
from .run import LabError, execute, lock, step

if TYPE_CHECKING:
    from .vm import VirtualMachine

# What the first Ansible task would otherwise wait for: Python's own cache of compiled files, pages of the disk.
WARM_UP = """
python3 -c 'import apt, json, subprocess, tempfile, ssl, http.client, ipaddress, zipfile, runpy, ctypes, selectors'
systemctl show --property=Version >/dev/null
sync
"""


@dataclass(frozen=True)
class Snapshot:
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qcow2"

    @property
    def memory(self) -> Path:
        return self.folder / "memory.lz4"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    def incoming(self) -> str:
        return f"exec:lz4 -dcq {shlex.quote(str(self.memory))}"


def find(system: str, image: images.MachineImage, acceleration: list[str]) -> Snapshot:
    """Known by all that the state depends on: memory fits only the very same machine on the very same disk."""
    files = [*guest.files(addresses.load(), authorized_key=ssh.public_key()), *guest.symlinks()]
    key = images.fingerprint(image.folder.name, files, acceleration, qemu.APPEND, qemu.MEMORY, qemu.version(), WARM_UP)
    snapshot = Snapshot(paths.cache() / "booted" / f"{system}-{key}")
    pruning.used(snapshot.folder.name)
    return snapshot


def build(snapshot: Snapshot, image: images.MachineImage, acceleration: list[str], machine: VirtualMachine) -> None:
    with lock(paths.cache() / "images.lock", "building images", timeout=2400):
        if snapshot.folder.exists():
            return
        snapshot.folder.parent.mkdir(exist_ok=True)
        try:
            with step("booting the machine once, to go on from there later"):
                machine.boot(image, acceleration)
            with step("keeping what has booted"):
                _keep(machine, snapshot)
            pruning.prune_folders(snapshot.folder.parent, machine.system)
        except LabError as error:
            raise LabError(f"{error}\n{machine.last_words()}") from None
        finally:
            machine.remove()


def _keep(machine: VirtualMachine, snapshot: Snapshot) -> None:
    machine.run(ROUTER, WARM_UP, timeout=120)
    ssh.disconnect(machine.port, machine.control)
    made = Snapshot(machine.folder / "kept")
    made.folder.mkdir()
    with qmp.monitor(machine.monitor) as talk:
        talk.execute("stop")
        talk.execute("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        talk.execute("migrate", uri=f"exec:lz4 -1zq > {shlex.quote(str(made.memory))}")
        talk.wait_for("query-migrate", {"completed"}, {"failed", "cancelled"}, timeout=300)
    machine.halt()
    shutil.move(machine.folder / "disk.qcow2", made.disk)
    shutil.move(machine.folder / "initrd", made.initrd)
    execute(["lz4", "-tq", str(made.memory)], timeout=120)
    made.folder.rename(snapshot.folder)


def resume(monitor: Path) -> None:
    with qmp.monitor(monitor) as talk:
        talk.wait_for(
            "query-status", {"paused", "postmigrate", "prelaunch", "running"}, {"internal-error"}, timeout=120
        )
        talk.execute("cont")
