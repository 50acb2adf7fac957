# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints, on a managed host, all that a module or role could have changed there, one thing a line: what differs
between two of these is a change. Runs on the host's own Python, from standard input."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMMANDS = (
    "ip -details address",
    "ip -4 route show table all",
    # Without the seconds until something expires.
    "ip -6 route show table all | sed -E 's/ expires [0-9]+sec//'",
    # Without what its counters show: others may send something at any time.
    "nft --stateless list ruleset",
    "systemctl list-unit-files --no-legend --no-pager",
    "systemctl list-units --type=service --all --no-legend --plain --no-pager -o json | tr -d '\\n'",
    "sysctl -a --ignore -r '^net.ipv6.conf.*(forwarding|accept_ra|disable_ipv6|autoconf|use_tempaddr)$'",
)
ROOTS = ("/etc", "/run/systemd/network", "/run/network", "/srv", "/root")
LIVE = {"/etc/ld.so.cache", "/etc/mtab"}


def describe(path: Path) -> str:
    info = path.lstat()
    shape = f"{stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid}"
    if path.is_symlink():
        return f"{shape} -> {path.readlink()}"
    if path.is_file():
        # The time too: a file that is written anew with the same bytes was not left alone.
        return f"{shape} {info.st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return shape


def files() -> Iterator[str]:
    for root in ROOTS:
        for path in Path(root).rglob("*"):
            if str(path) not in LIVE:
                yield f"{path}: {describe(path)}"


def running_state() -> Iterator[str]:
    for command in COMMANDS:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)  # noqa: S602 # constants above
        yield from (f"{command}: {line}" for line in done.stdout.splitlines())


if __name__ == "__main__":
    sys.stdout.write("\n".join([*files(), *running_state()]))
