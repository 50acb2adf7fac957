# SPDX-License-Identifier: GPL-3.0-or-later
"""What a router machine can do, whether it is a virtual machine or a container."""

from __future__ import annotations

import abc
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import paths
from .run import LabError, execute

ROUTER = "router"
PLACES = (ROUTER, "broker", "internet", "client", "client2", "switch")
# Fresh DHCPv6 clients: one that was not answered for a while asks every two minutes only.
RENEW = "systemctl restart lab-dhcp@client lab-dhcp@client2"
Result = subprocess.CompletedProcess[str]


def state_directory(name: str) -> Path:
    return paths.run_directory() / "labs" / name


def state_file(name: str) -> Path:
    return state_directory(name) / "state.json"


def in_place(place: str, argv: Sequence[str], timeout: float) -> list[str]:
    """The command as the router machine runs it. The machine itself ends it when its time is up."""
    if place not in PLACES:
        raise LabError(f"no such place: {place}; there are {', '.join(PLACES)}")
    bounded = ["timeout", "--kill-after=5", f"{timeout:g}", *argv]
    return bounded if place == ROUTER else ["ip", "netns", "exec", place, *bounded]


class Machine(abc.ABC):
    kind: str

    def __init__(self, name: str) -> None:
        self.name = name

    def run(
        self,
        place: str,
        argv: Sequence[str] | str,
        *,
        timeout: float = 60,
        check: bool = True,
        stdin: str | None = None,
    ) -> Result:
        """Run a command (a string: in a shell) in a place of the lab."""
        words = ["sh", "-c", argv] if isinstance(argv, str) else list(argv)
        command = self.reach(in_place(place, words, timeout))
        # The machine gets the first word on a timeout; this one is for when it does not answer at all.
        result = execute(command, timeout=timeout + 30, check=False, stdin=stdin)
        if check and result.returncode != 0:
            tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-25:])
            reason = f"no end after {timeout:g} s" if result.returncode == 124 else f"exit {result.returncode}"
            raise LabError(f"{reason} on {place}: {shlex.join(words)}\n{tail}")
        return result

    @abc.abstractmethod
    def reach(self, argv: Sequence[str]) -> list[str]:
        """The local command that runs a command as root on the router machine."""

    @abc.abstractmethod
    def start(self) -> None:
        """Booted when this returns."""

    def reboot(self, timeout: float = 600) -> None:
        """A real reboot, from inside; returns when all is up again."""
        before = self.boot_id()
        if before is None:
            raise LabError(f"the machine {self.name} does not answer")
        end = time.monotonic() + timeout
        self.restart()
        while self.boot_id() in (before, None):
            if time.monotonic() > end:
                raise LabError(f"the machine {self.name} did not come back in {timeout:.0f} s\n{self.last_words()}")
            time.sleep(0.3)
        self.wait_until_booted(end - time.monotonic())

    @abc.abstractmethod
    def last_words(self) -> str:
        """What its console said last."""

    @abc.abstractmethod
    def restart(self) -> None:
        """Ask for a reboot; return when the machine is on its way down or already back."""

    @abc.abstractmethod
    def remove(self) -> None:
        """Stop it and delete all of it; never fails because something is already gone."""

    @abc.abstractmethod
    def is_running(self) -> bool: ...

    @abc.abstractmethod
    def host_variables(self) -> dict[str, Any]:
        """How Ansible reaches the router."""

    @abc.abstractmethod
    def state(self) -> dict[str, Any]: ...

    def save(self) -> None:
        path = state_file(self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"kind": self.kind, **self.state()}, indent=2) + "\n")

    def forget(self) -> None:
        shutil.rmtree(state_directory(self.name), ignore_errors=True)

    def boot_id(self) -> str | None:
        try:
            result = self.run(ROUTER, ["cat", "/proc/sys/kernel/random/boot_id"], timeout=10, check=False)
        except LabError:
            return None
        return result.stdout.strip() if result.returncode == 0 else None

    def wait_until_booted(self, timeout: float) -> str:
        """Until systemd has started everything, whether well or not; returns its word for it."""
        end = time.monotonic() + timeout
        word = "unreachable"
        while time.monotonic() < end:
            if not self.is_running():
                raise LabError(f"the machine {self.name} is gone")
            try:
                word = self.run(
                    ROUTER, ["systemctl", "is-system-running", "--wait"], timeout=end - time.monotonic(), check=False
                ).stdout.strip()
            except LabError:
                word = "unreachable"
            if word in ("running", "degraded"):
                self._insist_on_the_world()
                return word
            time.sleep(0.5)
        raise LabError(f"the machine {self.name} did not finish booting in {timeout:.0f} s: {word or 'unreachable'}")

    def _insist_on_the_world(self) -> None:
        """Whatever else is wrong with the router may be what is being tested; the world around it must be there."""
        failed = self.run(ROUTER, "systemctl list-units --failed --plain --no-legend 'lab-*'", timeout=60).stdout
        if failed.strip():
            log = self.run(ROUTER, "journalctl -b --no-pager --lines=40 --unit='lab-*'", timeout=60).stdout
            raise LabError(f"units of the lab failed:\n{failed}\n{log}")
