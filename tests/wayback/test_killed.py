# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any moment, arming, confirming and going back leave the host before or after, never in between."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from homelab_lab import images
from homelab_lab.container import Container
from homelab_wayback.host import Host

from ansible_collections.homelab.ipv6.plugins.module_utils._host.way_back_program import program

PLAY = Path(__file__).with_name("plays") / "killed.yml"
# The play's own, and what going back may take beyond it.
TIMEOUT, GRACE = 12, 10
RESET = """
rm -rf /etc/sysctl.d/98-killed.conf /etc/systemd/network/30-lan0.network.d
sysctl -qw net.ipv4.conf.all.log_martians=0
networkctl reload; networkctl reconfigure lan0
cp -p /root/nftables.conf /etc/nftables.conf; systemctl reload nftables
"""
# An address that duplicates are still looked for has no route yet.
STEADY = "timeout 10 sh -c 'sleep 0.5; while ip -6 address show tentative | grep -q .; do sleep 0.1; done'"
MOMENTS = Path(__file__).with_name("homelab_wayback") / "moments.py"
SEED = 20261124


def test_before_or_after(host: Host, request: pytest.FixtureRequest, times: list[tuple[str, str]]) -> None:
    count = request.config.getoption("--moments")
    path = host.scratch / "program.pyz"
    path.write_bytes(program())
    assert isinstance(host.machine, Container)
    for source, name in ((path, "program.pyz"), (MOMENTS, "moments.py")):
        images.podman("cp", str(source), f"{host.machine.container}:/root/{name}")
    host.settle()
    before = host.look()
    printed = host.run(f"python3 /root/moments.py /root/program.pyz {SEED} {count}", timeout=60 + 6 * count)
    found = [json.loads(line) for line in printed.splitlines()]
    assert [entry for entry in found if entry[2]] == []
    assert len(found) == count
    assert host.difference(before) == []
    times.append((f"killed at {count} random moments: before or after", "all"))


def argv(change: str, timeout: int) -> Sequence[str]:
    variables = json.dumps({"change": change, "timeout": timeout})
    return ("ansible-playbook", str(PLAY), "--limit", "ipv6", "-e", variables)


def settled(host: Host, before: list[str], after: list[str]) -> str:
    """Before or after, as soon as it is one of them and nothing is armed; else what differs from both."""
    end = time.monotonic() + TIMEOUT + GRACE
    # What was sent to the host before the play was killed goes on there for a moment.
    time.sleep(2)
    while True:
        look = "still armed"
        if not host.is_armed():
            since_before, since_after = host.difference(before), host.difference(after)
            if not since_before or not since_after:
                return "after" if since_before else "before"
            look = "\n".join([*since_before, "and from after:", *since_after])
        if time.monotonic() > end:
            return look
        time.sleep(0.5)


def test_play_killed(host: Host, request: pytest.FixtureRequest, times: list[tuple[str, str]]) -> None:
    count = max(2, request.config.getoption("--moments") // 5)
    host.settle()
    host.run("cp -p /etc/nftables.conf /root/nftables.conf")
    host.run(RESET + STEADY)
    before = host.look()
    began = time.monotonic()
    done = host.ansible(*argv("whole", 120))
    whole = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    host.run(STEADY)
    after = host.look()
    assert after != before
    found = []
    chance = random.Random(SEED)  # noqa: S311 (to be repeated, not to be kept secret)
    for number in range(count):
        host.run(RESET + STEADY)
        assert host.difference(before) == []
        moment = chance.uniform(0.3, whole)
        with subprocess.Popen(
            host.ansible_argv(*argv(f"moment{number}", TIMEOUT)),
            env=host.environment(),
            cwd=host.scratch,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as play:
            time.sleep(moment)
            os.killpg(play.pid, signal.SIGKILL)
        found.append(settled(host, before, after))
        assert found[-1] in ("before", "after"), f"killed after {moment:.2f} s of {whole:.2f} s"
        assert host.broken() == set()
    host.run(RESET + STEADY)
    assert host.difference(before) == []
    shown = f"{found.count('before')} before, {found.count('after')} after"
    times.append((f"play killed at {count} random moments", shown))
