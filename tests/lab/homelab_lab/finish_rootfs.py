# SPDX-License-Identifier: GPL-3.0-or-later
"""mmdebstrap's last hook: turns a fresh root file system into the lab's bare Debian.

    python3 -m homelab_lab.finish_rootfs ROOT PACKAGE…

The PACKAGEs, with what they need, become a package repository inside the image: machines and containers of
the lab reach no network, and roles must install for real all the same.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
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


def download(root: Path, packages: list[str]) -> None:
    target = root / REPOSITORY
    (target / "partial").mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["apt-get", "--yes", "--quiet", "--download-only", "--no-install-recommends",
         "-o", f"Dir::Cache::Archives={target}", "-o", "APT::Sandbox::User=root", "install", *packages],
        check=True, timeout=600, env={**os.environ, "APT_CONFIG": os.environ["MMDEBSTRAP_APT_CONFIG"]},
    )  # fmt: skip
    shutil.rmtree(target / "partial")
    (target / "lock").unlink(missing_ok=True)
    for path in target.glob("*%3a*.deb"):
        # apt decodes the names in its index, and would look for a colon.
        path.rename(path.with_name(path.name.replace("%3a", "~")))


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


def main(arguments: list[str]) -> None:
    root, packages = Path(arguments[0]), arguments[1:]
    download(root, packages)
    (root / REPOSITORY / "Packages").write_text(index(root))
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
    main(sys.argv[1:])
