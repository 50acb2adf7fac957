# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM where it works. /dev/kvm may be there and no kernel boot under it: only booting one tells."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from . import images, initrd, paths
from .run import LabError, execute, say

KVM = ["-accel", "kvm", "-cpu", "host"]
# la57 would add a level to every page walk that the emulator does.
TCG = ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"]
PROBE_TIMEOUT = 20.0


def choose(image: images.MachineImage) -> list[str]:
    return KVM if kvm_works(image) else TCG


def kvm_works(image: images.MachineImage) -> bool:
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    verdict = paths.cache() / f"kvm-{host_key()}"
    if not verdict.exists():
        works = probe(image)
        say("KVM works here" if works else "KVM does not boot a kernel here: emulating, which takes longer")
        verdict.write_text("yes\n" if works else "no\n")
    return verdict.read_text() == "yes\n"


def host_key() -> str:
    names = os.uname()
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")][:1]
    return hashlib.sha256(repr((names.release, names.version, model)).encode()).hexdigest()[:12]


def probe(image: images.MachineImage) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        console = Path(scratch) / "console"
        argv = [
            "qemu-system-x86_64", *KVM, "-M", "q35", "-m", "512", "-nodefaults", "-display", "none", "-no-reboot",
            "-serial", f"file:{console}", "-kernel", str(image.kernel), "-initrd", str(image.initrd),
            "-append", "console=ttyS0 lab.probe panic=-1",
        ]  # fmt: skip
        try:
            execute(argv, timeout=PROBE_TIMEOUT, check=False)
        except LabError:
            return False
        return console.exists() and initrd.PROBE_MARK in console.read_text(errors="replace")
