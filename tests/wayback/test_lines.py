# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side: a new connection of every kind, a controller that dies, and what the user is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homelab_wayback.host import Host

PLAYS = Path(__file__).with_name("plays")
BROKEN = "ip netns exec broker ip link set wan1"


@pytest.fixture(autouse=True)
def _line(host: Host) -> Iterator[None]:
    host.settle()
    yield
    host.run(f"{BROKEN} up; umount /var/lib/homelab-ipv6 2>/dev/null; true")
    if host.is_armed():
        host.module("container", state="reverted")


def play(host: Host, name: str, line: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    argv = ("ansible-playbook", str(PLAYS / f"{name}.yml"), "--limit", line, "-e", json.dumps(variables))
    return host.ansible(*argv, timeout=200)


def wait_for(host: Host, before: list[str], seconds: float) -> list[str]:
    end = time.monotonic() + seconds
    while (left := host.difference(before)) and time.monotonic() < end:
        time.sleep(0.5)
    return left


@pytest.mark.parametrize("line", ["ipv4", "ipv6", "alone", "container"])
def test_confirmed_over_a_new_connection(host: Host, line: str) -> None:
    done = play(host, "confirmed", line)
    assert done.returncode == 0, done.stdout + done.stderr
    used, new, still = (host.run(f"cat /tmp/{name}").split() for name in ("line.before", "line.new", "line.after"))
    if line != "container":
        # Client's and host's address and port.
        assert new[0:1] + new[2:] == used[0:1] + used[2:]
        assert new[1] != used[1], "the old connection was used again"
    if line in ("ipv4", "ipv6"):
        assert still == used, "Ansible goes on over the old one"
    assert not host.is_armed()
    assert host.leftovers() == []
    assert host.outcome()["result"] == "confirmed"


def test_controller_is_killed(host: Host, times: list[tuple[str, str]]) -> None:
    before = host.look()
    argv = host.ansible_argv("ansible-playbook", str(PLAYS / "unfinished.yml"), "--limit", "ipv6")
    environment = host.environment()
    with subprocess.Popen(
        argv, env=environment, cwd=host.scratch, stdout=subprocess.DEVNULL, start_new_session=True
    ) as it:
        end = time.monotonic() + 60
        while not host.run("ls /etc/sysctl.d/99-unfinished.conf 2>/dev/null || true") and time.monotonic() < end:
            time.sleep(0.2)
        os.killpg(it.pid, signal.SIGKILL)
    assert host.is_armed()
    armed = time.monotonic()
    assert wait_for(host, before, 25) == []
    times.append(("controller killed", f"{time.monotonic() - armed - 15:.1f}"))
    assert host.outcome()["why"] == "timeout"


def test_network_of_the_controller_is_gone(host: Host, times: list[tuple[str, str]]) -> None:
    before = host.look()
    # The play cuts its own line at the far end, behind the host's back.
    done = play(host, "cut_off", "ipv4", cut=f"{BROKEN} down")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "The change is not kept: no new connection to the host" in said or "UNREACHABLE" in said
    began = time.monotonic()
    while host.is_armed() and time.monotonic() < began + 30:
        time.sleep(0.3)
    assert host.outcome()["why"] == "timeout"
    host.run(f"{BROKEN} up")
    host.settle()
    assert wait_for(host, before, 10) == []
    times.append(("controller's network gone", "in time"))


def test_check_that_fails_takes_it_back_at_once(host: Host) -> None:
    before = host.look()
    done = play(host, "failing_check", "ipv6")
    assert done.returncode != 0
    assert "`echo no way; false` failed: no way (exit code 1). It is not kept" in done.stdout + done.stderr
    assert wait_for(host, before, 15) == []
    assert host.outcome()["why"] == "request"
    told = host.module("container", state="armed", timeout=60)
    assert any("`echo no way; false` failed" in warning for warning in told["warnings"])
    again = host.module("container", state="reverted")
    assert not again["warnings"], "once is enough"


def test_somebody_else_is_refused(host: Host) -> None:
    assert host.module("container", state="armed", timeout=60, id="a", who="ann")["changed"] is False
    refused = host.module("ipv4", state="armed", timeout=60, id="b", who="bob")
    assert refused["msg"].startswith("way_back: ann armed a way back and has until 2")
    refused = host.module("ipv4", state="confirmed", id="b")
    assert refused["msg"].startswith("state: confirmed is not yours: ann armed it, until 2")
    assert host.module("ipv4", state="confirmed", id="a")["outcome"]["result"] == "confirmed"


def test_full_disk_is_refused_before_anything_changes(host: Host) -> None:
    before = host.look()
    host.run("mkdir -p /var/lib/homelab-ipv6; mount -t tmpfs -o size=600k tmpfs /var/lib/homelab-ipv6")
    refused = host.module("container", state="armed", timeout=60)
    assert "cannot be remembered there: No space left on device. Make room; nothing was changed." in refused["msg"]
    assert host.difference(before) == []
    assert host.run("find /var/lib/homelab-ipv6 -type f") == ""
    assert host.run("systemctl list-timers --all | grep homelab || true") == ""


def test_play_that_arms_by_itself(host: Host) -> None:
    done = play(host, "lazy", "ipv6", value=1)
    assert done.returncode == 0, done.stdout + done.stderr
    first = host.outcome()
    assert first["result"] == "confirmed"
    checked = ("ansible-playbook", "--check", str(PLAYS / "lazy.yml"), "--limit", "ipv6", "-e", "value=0")
    # Check mode and a second run arm nothing: the record is still that of the first.
    assert host.ansible(*checked).returncode == 0
    again = play(host, "lazy", "ipv6", value=1)
    assert again.returncode == 0
    assert "skipping: [ipv6]" in again.stdout
    assert host.outcome() == first
    before = host.look()
    lost = play(host, "lazy", "ipv6", value=0, keep=False)
    assert lost.returncode == 0
    assert host.difference(before)
    assert wait_for(host, before, 25) == []
