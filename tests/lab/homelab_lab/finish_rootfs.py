# SPDX-License-Identifier: GPL-3.0-or-later
"""mmdebstrap's last hook: turns a fresh root file system into the lab's bare Debian.

    python3 -m homelab_lab.finish_rootfs --suite SUITE [--kernel PACKAGE] [--containers PACKAGES] ROOT PACKAGE…

The PACKAGEs, with what they need, become a package repository inside the image: machines and containers of
the lab reach no network, and roles must install for real all the same. With --containers it has all that other
root file systems with those PACKAGES are made of, too.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = "srv/debs"
INIT = "usr/local/sbin/lab-init"

FILES = {
    "etc/apt/sources.list": f"deb [trusted=yes] file:/{REPOSITORY} ./\n",
    "etc/network/interfaces": "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n",
    "etc/hostname": "debian\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    # Present but empty: every container and machine gets an id of its own, without systemd taking it for a
    # first boot, at which it would enable services that stock Debian leaves off.
    "etc/machine-id": "",
    # With /sys writable systemd believes it should wait for udev, which a container has not.
    INIT: "#!/bin/sh\nmount -o remount,ro,bind /sys\nexec /lib/systemd/systemd\n",
}


def apt(tool: str, *arguments: str, folder: Path | None = None) -> str:
    """The host's apt with the new root's packages and sources."""
    return subprocess.run(
        [tool, "-o", "APT::Sandbox::User=root", *arguments], check=True, timeout=600, cwd=folder, text=True,
        stdout=subprocess.PIPE, env={**os.environ, "APT_CONFIG": os.environ["MMDEBSTRAP_APT_CONFIG"]},
    ).stdout  # fmt: skip


def add_kernel(root: Path, package: str) -> None:
    """The kernel and its modules alone: installed as a package it would bring and run Debian's initrd builder."""
    depends = apt("apt-cache", "depends", "--important", package)
    real = next(word for word in depends.split() if word.startswith("linux-image-") and word != package)
    with tempfile.TemporaryDirectory() as scratch:
        apt("apt-get", "--quiet", "download", real, folder=Path(scratch))
        (archive,) = Path(scratch).glob("*.deb")
        unpacked = Path(scratch) / "unpacked"
        subprocess.run(["dpkg-deb", "--extract", str(archive), str(unpacked)], check=True, timeout=300)
        # In a package the modules lie under /lib or, in newer ones, /usr/lib.
        (modules,) = (*unpacked.glob("lib/modules/*"), *unpacked.glob("usr/lib/modules/*"))
        (root / "usr/lib/modules").mkdir(parents=True, exist_ok=True)
        shutil.move(str(modules), str(root / "usr/lib/modules" / modules.name))
        (kernel,) = (unpacked / "boot").glob("vmlinuz-*")
        shutil.move(str(kernel), str(root / "boot" / kernel.name))
    subprocess.run(["chroot", str(root), "depmod", modules.name], check=True, timeout=120)


def download(root: Path, packages: list[str], *options: str) -> None:
    target = root / REPOSITORY
    (target / "partial").mkdir(parents=True, exist_ok=True)
    apt("apt-get", "--yes", "--quiet", "--download-only", "--no-install-recommends", *options,
        "-o", f"Dir::Cache::Archives={target}", "install", *packages)  # fmt: skip
    shutil.rmtree(target / "partial")
    (target / "lock").unlink(missing_ok=True)
    for path in target.glob("*%3a*.deb"):
        # apt decodes the names in its index, and would look for a colon.
        path.rename(path.with_name(path.name.replace("%3a", "~")))


def required(root: Path) -> list[str]:
    """What every Debian has."""
    argv = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "--showformat=${Priority} ${Package}\\n"]
    listed = subprocess.run(argv, check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[1] for line in listed.splitlines() if line.startswith("required ")] + ["apt"]


def index(root: Path) -> str:
    """The text of a Packages file: each package's own control fields, and where and what its file is."""
    stanzas = []
    for path in sorted((root / REPOSITORY).glob("*.deb")):
        control = subprocess.run(
            ["dpkg-deb", "--field", str(path)], check=True, timeout=60, stdout=subprocess.PIPE, text=True
        ).stdout.rstrip("\n")
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        stanzas.append(f"{control}\nFilename: ./{path.name}\nSize: {len(content)}\nSHA256: {digest}\n")
    return "\n".join(stanzas)


def release(root: Path, suite: str) -> str:
    """The text of a Release file: mmdebstrap takes essential packages from the suite of that name only."""
    content = (root / REPOSITORY / "Packages").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"Suite: {suite}\nCodename: {suite}\nSHA256:\n {digest} {len(content)} Packages\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", required=True)
    parser.add_argument("--containers", default="")
    parser.add_argument("--kernel")
    parser.add_argument("root", type=Path)
    parser.add_argument("packages", nargs="*")
    arguments = parser.parse_args()
    root: Path = arguments.root
    if arguments.kernel:
        add_kernel(root, arguments.kernel)
    download(root, arguments.packages)
    if containers := arguments.containers.split():
        # As if nothing were installed.
        download(root, [*required(root), *containers], "-o", "Dir::State::status=/dev/null")
    (root / REPOSITORY / "Packages").write_text(index(root))
    (root / REPOSITORY / "Release").write_text(release(root, arguments.suite))
    shutil.rmtree(root / "etc/apt/sources.list.d", ignore_errors=True)
    (root / "etc/apt/sources.list.d").mkdir()
    (root / "etc/network/interfaces.d").mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (root / name).write_text(text)
    (root / INIT).chmod(0o755)
    for stale in (root / "var/lib/apt/lists").glob("*_*"):
        stale.unlink()
    subprocess.run(["chroot", str(root), "apt-get", "-q", "update"], check=True, timeout=120)


if __name__ == "__main__":
    main()
