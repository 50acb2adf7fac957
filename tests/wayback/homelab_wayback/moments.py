# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the host: kills what arms, confirms or goes back at random moments, and looks whether it is before or after.

usage: moments.py PROGRAM SEED COUNT
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM, SEED, COUNT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.path.insert(0, PROGRAM)

from homelab_ipv6._formats.way_back import Terms  # noqa: E402 (the program is the argument)
from homelab_ipv6._host.host import Host  # noqa: E402
from homelab_ipv6._host.way_back import arm, confirm  # noqa: E402
from homelab_ipv6._host.way_back_store import Store  # noqa: E402

SERVICE, TIMER = "homelab-ipv6-way-back.service", "homelab-ipv6-way-back.timer"
CHILD = """
import sys
sys.path.insert(0, {program!r})
from homelab_ipv6._formats.way_back import Terms
from homelab_ipv6._host.host import Host
from homelab_ipv6._host.way_back import arm, confirm
{call}
"""
ARM = "arm(Host(), Terms('moments', 'a test', 0.0, 0.0, 600))"
CONFIRM = "confirm(Host(), 'moments')"
FILE = Path("/etc/sysctl.d/77-moments.conf")
VALUE = Path("/proc/sys/net/ipv4/conf/all/log_martians")


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False).stdout.strip()


def killed(call: str, after: float) -> None:
    source = CHILD.format(program=PROGRAM, call=call)
    with subprocess.Popen([sys.executable, "-c", source], start_new_session=True) as child:
        time.sleep(after)
        os.killpg(child.pid, signal.SIGKILL)


def wholly_armed(store: Store) -> list[str]:
    """What is missing of being armed."""
    missing = []
    if store.load() is None:
        missing.append("manifest")
    if not Path(store.program).is_file():
        missing.append("program")
    if systemctl("is-active", TIMER) != "active":
        missing.append("timer")
    if not Path("/etc/systemd/system/sysinit.target.wants/homelab-ipv6-way-back-boot.service").exists():
        missing.append("boot")
    return missing


def wholly_free(store: Store) -> list[str]:
    """What is left of being armed, once the timer would have gone off."""
    systemctl("start", SERVICE)
    end = time.monotonic() + 20
    while time.monotonic() < end and systemctl("is-active", SERVICE) in ("active", "activating"):
        time.sleep(0.05)
    left = [path.name for path in Path(store.directory).iterdir() if path.name != "outcome.json"]
    left += [
        str(path) for root in ("/etc/systemd", "/run/systemd/system") for path in Path(root).rglob("*ipv6-way-back*")
    ]
    return left + ([TIMER] if systemctl("is-active", TIMER) == "active" else [])


def arming(store: Store, after: float) -> list[str]:
    killed(ARM, after)
    if store.is_armed():
        problems = wholly_armed(store)
        confirm(Host(), "moments")
        return problems
    # Whatever is left is in nobody's way.
    arm(Host(), Terms("moments", "a test", 0.0, 0.0, 600))
    problems = wholly_armed(store)
    confirm(Host(), "moments")
    return problems + wholly_free(store)


def confirming(store: Store, after: float) -> list[str]:
    arm(Host(), Terms("moments", "a test", 0.0, 0.0, 600))
    killed(CONFIRM, after)
    if store.is_armed():
        problems = wholly_armed(store)
        confirm(Host(), "moments")
        return problems
    return wholly_free(store)


def going_back(store: Store, after: float) -> list[str]:
    FILE.unlink(missing_ok=True)
    VALUE.write_text("0\n")
    arm(Host(), Terms(str(time.monotonic()), "a test", 0.0, 0.0, 600))
    FILE.write_text("x = y\n")
    VALUE.write_text("1\n")
    systemctl("start", SERVICE)
    time.sleep(after)
    systemctl("kill", "--signal=KILL", SERVICE)
    end = time.monotonic() + 30
    while time.monotonic() < end and store.is_armed():
        time.sleep(0.05)
    problems = ["still armed"] if store.is_armed() else []
    problems += ["file"] if FILE.exists() else []
    problems += ["value"] if VALUE.read_text() != "0\n" else []
    return problems + wholly_free(store)


def main() -> None:
    chance = random.Random(SEED)  # noqa: S311 (to be repeated, not to be kept secret)
    store = Store()
    value = VALUE.read_text()
    for number in range(COUNT):
        what = (arming, confirming, going_back)[number % 3]
        after = chance.uniform(0.0, 1.6 if what is going_back else 0.7)
        sys.stdout.write(json.dumps([what.__name__, round(after, 3), what(store, after)]) + "\n")
        sys.stdout.flush()
    VALUE.write_text(value)


main()
