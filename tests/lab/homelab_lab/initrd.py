# SPDX-License-Identifier: GPL-3.0-or-later
"""A small initrd: Debian's own takes longer to make and to boot under emulation than all the rest."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .run import LabError, execute

# For the root file system, and for the network card so that nobody need wait for udev. What the kernel has built
# in is not in modules.dep and is left out.
NEEDED = ("virtio_pci", "virtio_mmio", "virtio_blk", "ext4", "virtio_net")
PROBE_MARK = "homelab-ipv6-probe-ok"
PAYLOAD = "lab-files"
PLACED = "var/lib/homelab-lab-placed"

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs devtmpfs /dev
if /bin/busybox grep -q lab.probe /proc/cmdline; then
    echo {mark}
    /bin/busybox poweroff -f
fi
{insmods}
count=0
while ! [ -b /dev/vda ] && [ $count -lt 100 ]; do
    /bin/busybox sleep 0.1
    count=$((count + 1))
done
/bin/busybox mount -o rw,noatime /dev/vda /root || echo "lab: no root file system on /dev/vda"
# The lab's own files come with the initrd, once: after a reboot the machine is as it was left.
if ! [ -e /root/{placed} ]; then
    /bin/busybox cp -a /{payload}/. /root/
    /bin/busybox touch /root/{placed}
fi
/bin/busybox mount --move /dev /root/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /lib/systemd/systemd
"""


def dependencies(modules_dep: str) -> dict[str, tuple[str, list[str]]]:
    """modules.dep(5) as name → (path, paths it depends on, to be loaded from the last to the first)."""
    table = {}
    for line in modules_dep.splitlines():
        path, _colon, needs = line.partition(":")
        table[module_name(path)] = (path, needs.split())
    return table


def module_name(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".ko")[0].replace("-", "_")


def load_order(wanted: Iterable[str], table: dict[str, tuple[str, list[str]]]) -> list[str]:
    order: list[str] = []
    for name in wanted:
        if name not in table:
            continue
        path, needs = table[name]
        order += [one for one in (*reversed(needs), path) if one not in order]
    return order


def plain_module(path: Path) -> bytes:
    if path.suffix == ".ko":
        return path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", str(path)], check=True, timeout=60, stdout=subprocess.PIPE).stdout
    raise LabError(f"a kernel module in an unknown wrapping: {path}")


def build(modules: Path, target: Path) -> None:
    """Write the initrd for the modules under `…/lib/modules/VERSION`."""
    order = load_order(NEEDED, dependencies((modules / "modules.dep").read_text()))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name in ("bin", "proc", "dev", "root", "modules"):
            (root / name).mkdir()
        shutil.copy(find_busybox(), root / "bin/busybox")
        for path in order:
            (root / "modules" / f"{module_name(path)}.ko").write_bytes(plain_module(modules / path))
        insmods = "\n".join(f"/bin/busybox insmod /modules/{module_name(path)}.ko" for path in order)
        (root / "init").write_text(INIT.format(mark=PROBE_MARK, insmods=insmods, payload=PAYLOAD, placed=PLACED))
        (root / "init").chmod(0o755)
        pack(root, target)


def pack(root: Path, target: Path) -> None:
    names = (str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    execute(
        ["cpio", "--quiet", "--create", "--format=newc", "--owner=+0:+0", f"--directory={root}", f"--file={target}"],
        stdin="\n".join(names) + "\n", timeout=60,
    )  # fmt: skip


def with_payload(initrd: Path, payload: Path, target: Path) -> None:
    """The kernel unpacks archives one after the other, so the files for one machine are simply put behind."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "payload.cpio"
        pack(payload, archive)
        target.write_bytes(initrd.read_bytes() + archive.read_bytes())


def find_busybox() -> Path:
    for place in ("/usr/bin/busybox", "/bin/busybox"):
        if Path(place).exists():
            return Path(place)
    raise LabError("no busybox: run tests/lab/setup-host.sh")
