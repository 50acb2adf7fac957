# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that make a bare Debian the lab's router machine: the same in the virtual machine and the container."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import addresses, initrd, paths

LIBRARY = "usr/local/lib/homelab-lab"
UNITS = "etc/systemd/system"
ENABLED = {
    "lab-topology.service": "sysinit.target",
    "lab-http.service": "multi-user.target",
    "lab-dhcp@client.service": "multi-user.target",
    "lab-dhcp@client2.service": "multi-user.target",
}
# What costs boot time under emulation and does nothing for a router without a screen, a mirror or a hot plug.
MASKED = (
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service "
    "fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service systemd-logind.service "
    "systemd-binfmt.service systemd-pstore.service systemd-update-utmp.service systemd-update-utmp-runlevel.service "
    "modprobe@.service kmod-static-nodes.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount "
    "sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount "
    "proc-sys-fs-binfmt_misc.automount"
).split()
# Only in the virtual machine. The network card's driver is loaded by the initrd: nothing to wait for in udev.
NO_SETTLING = b"[Service]\nExecStart=\nExecStart=/bin/true\n"


@dataclass(frozen=True)
class File:
    path: str
    content: bytes
    mode: int = 0o644


def files(data: dict[str, Any], *, authorized_key: str | None) -> Iterator[File]:
    """All files, given by path without the leading slash. With a key it is a machine that ssh reaches."""
    yield from _library()
    yield File(
        "srv/www/" + data["internet"]["big_file"], hashlib.shake_256(b"big").digest(data["internet"]["big_size"])
    )
    yield File("etc/network/interfaces.d/uplink", uplink_stanza(data).encode())
    for who in ("client", "client2"):
        yield File(
            f"var/lib/dhcp/dhclient6.{who}.leases", f"default-duid {lease_string(data[who]['duid'])};\n".encode()
        )
    if authorized_key is not None:
        yield File("etc/hostname", b"router\n")
        yield File("etc/hosts", b"127.0.0.1 localhost\n127.0.1.1 router\n::1 localhost ip6-localhost ip6-loopback\n")
        yield File("etc/fstab", b"/dev/vda / ext4 errors=remount-ro 0 0\n")
        yield File("etc/network/interfaces.d/management", management_stanza(data).encode())
        yield File("etc/ssh/sshd_config.d/lab.conf", b"UseDNS no\nMaxSessions 50\nMaxStartups 50\n")
        yield File(f"{UNITS}/ifupdown-pre.service.d/lab.conf", NO_SETTLING)
        yield File("root/.ssh/authorized_keys", authorized_key.encode(), 0o600)


def _library() -> Iterator[File]:
    for path in sorted(paths.GUEST.iterdir()):
        if path.suffix == ".py":
            yield File(f"{LIBRARY}/{path.name}", path.read_bytes())
        elif path.suffix == ".service":
            yield File(f"{UNITS}/{path.name}", path.read_bytes())
    yield File(f"{LIBRARY}/dhclient-hooks/lab", (paths.GUEST / "dhclient-hooks/lab").read_bytes())
    yield File(f"{LIBRARY}/addresses.json", addresses.FILE.read_bytes())


def uplink_stanza(data: dict[str, Any]) -> str:
    uplink = data["uplink"]
    return (
        f"auto {uplink['interface']}\niface {uplink['interface']} inet static\n"
        f"    address {uplink['router']}\n    gateway {addresses.host(uplink['broker'])}\n"
    )


def management_stanza(data: dict[str, Any]) -> str:
    management = data["management"]
    return (
        f"auto {management['interface']}\niface {management['interface']} inet static\n"
        f"    address {management['router']}\n"
    )


def lease_string(duid: str) -> str:
    """The DUID as dhclient's lease file writes it: a C string, here with every byte as an octal escape."""
    return '"' + "".join(f"\\{int(byte, 16):03o}" for byte in duid.split(":")) + '"'


def symlinks() -> Iterator[tuple[str, str]]:
    """(path, target) of the links that enable the lab's units and mask what nobody needs."""
    for unit, target in ENABLED.items():
        name, _at, instance = unit.partition("@")
        source = f"{name}@.service" if instance else unit
        yield f"{UNITS}/{target}.wants/{unit}", f"/{UNITS}/{source}"
    for unit in MASKED:
        yield f"{UNITS}/{unit}", "/dev/null"


def make_initrd(base: Path, target: Path, authorized_key: str) -> None:
    """An initrd that puts the lab's files into the machine at its first boot."""
    with tempfile.TemporaryDirectory() as payload:
        lay_out(Path(payload) / initrd.PAYLOAD, addresses.load(), authorized_key=authorized_key)
        initrd.with_payload(base, Path(payload), target)


def lay_out(root: Path, data: dict[str, Any], *, authorized_key: str | None) -> None:
    for file in files(data, authorized_key=authorized_key):
        target = root / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        target.chmod(file.mode)
    (root / "root/.ssh").mkdir(exist_ok=True, parents=True)
    (root / "root/.ssh").chmod(0o700)
    for link, destination in symlinks():
        path = root / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(destination)
