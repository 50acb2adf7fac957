# SPDX-License-Identifier: GPL-3.0-or-later
"""ssh to the virtual machine, over one shared connection: a new one costs seconds under emulation."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from . import paths
from .run import execute

OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "20",
    "KexAlgorithms": "curve25519-sha256",  # the post-quantum default takes seconds under emulation
    "LogLevel": "ERROR",
    "ServerAliveCountMax": "8",
    "ServerAliveInterval": "15",
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
}


def key_file() -> Path:
    """The key to all of this cache's machines; made once."""
    key = paths.cache() / "ssh" / "id_ed25519"
    if not key.exists():
        key.parent.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=key.parent) as scratch:
            new = Path(scratch) / "key"
            execute(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "homelab-ipv6-lab", "-f", str(new)], timeout=30
            )
            new.with_suffix(".pub").rename(key.with_suffix(".pub"))
            new.rename(key)
    return key


def public_key() -> str:
    return key_file().with_suffix(".pub").read_text()


def words(options: dict[str, str]) -> list[str]:
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def command(port: int, *more: str) -> list[str]:
    key = {"IdentityFile": str(key_file()), "IdentitiesOnly": "yes"}
    return ["ssh", "-F", "none", *words({**OPTIONS, **key}), "-p", str(port), *more, "root@127.0.0.1"]


def connect(port: int, control: Path) -> None:
    if control.exists():
        if (
            execute(command(port, "-O", "check", "-o", f"ControlPath={control}"), timeout=20, check=False).returncode
            == 0
        ):
            return
        control.unlink(missing_ok=True)
    # The shared connection goes to the background and would keep a pipe open: no pipe for it. When it fails, the
    # command that wanted it says why.
    subprocess.run(
        command(port, "-M", "-N", "-f", "-o", f"ControlPath={control}"),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90, check=False,
    )  # fmt: skip


def disconnect(port: int, control: Path) -> None:
    if control.exists():
        execute(command(port, "-O", "exit", "-o", f"ControlPath={control}"), timeout=20, check=False)
        control.unlink(missing_ok=True)


def host_variables(port: int, control: Path) -> dict[str, Any]:
    return {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(key_file()),
        "ansible_ssh_common_args": shlex.join(["-F", "none", *words(OPTIONS)]),
        "ansible_ssh_args": f"-o ControlMaster=auto -o ControlPersist=300s -o ControlPath={control}",
        "ansible_ssh_pipelining": True,
    }
