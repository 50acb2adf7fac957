# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints, on a managed host, all that a module or role could have changed there, one thing a line: what differs
between two of these is a change. Runs on the host's own Python, from standard input."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

COMMANDS = (
    # Without the seconds until something expires, here and at the routes.
    "ip -details address | sed -E 's/_lft [0-9]+sec/_lft/g'",
    "ip -4 route show table all",
    "ip -6 route show table all | sed -E 's/ expires [0-9]+sec//'",
    # Without what its counters show: others may send something at any time.
    "nft --stateless list ruleset",
    "systemctl list-unit-files --no-legend --no-pager",
    "systemctl list-units --type=service --all --no-legend --plain --no-pager -o json | tr -d '\\n'",
    "sysctl -a --ignore -r '^net.ipv6.conf.*(forwarding|accept_ra|disable_ipv6|autoconf|use_tempaddr)$'",
)
# What these print changes by itself within seconds: addresses that are still looked for elsewhere (the other end of a
# cable was plugged in just now), and units on their way.
UNSETTLED = (
    "ip -6 -oneline address show tentative | grep -v dadfailed",
    "systemctl list-jobs --no-legend --plain --no-pager",
    "systemctl list-units --state=activating,deactivating,reloading --no-legend --plain --no-pager",
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


def output(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)  # noqa: S602 # constants above
    return done.stdout


def running_state() -> Iterator[str]:
    for command in COMMANDS:
        yield from (f"{command}: {line}" for line in output(command).splitlines())


def settle(patience: float = 30) -> None:
    """Wait for what an earlier task began and did not wait for; after `patience` seconds look all the same."""
    deadline = time.monotonic() + patience
    while any(output(command) for command in UNSETTLED) and time.monotonic() < deadline:
        time.sleep(0.2)


if __name__ == "__main__":
    settle()
    sys.stdout.write("\n".join([*files(), *running_state()]))
