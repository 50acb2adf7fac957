# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is left of a lab that was taken down, or that somebody interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest
from homelab_lab import images, lifecycle, paths, vm
from homelab_lab.container import Container
from homelab_lab.looking import wait_for
from homelab_lab.machine import state_directory
from homelab_lab.run import LabError

NAME = f"life-{os.getpid()}"
UP = [str(paths.LAB / "lab"), "up", "--machine", "container", "--name", NAME]


@pytest.fixture(autouse=True)
def _gone_afterwards() -> Iterator[None]:
    images.build_containers(["debian12"])
    yield
    lifecycle.down(NAME)


def containers() -> list[str]:
    return images.podman("ps", "--all", "--format={{.Names}}").split()


def test_down_leaves_nothing() -> None:
    machine = lifecycle.up(NAME, wanted="container")
    assert isinstance(machine, Container)
    assert machine.container in containers()
    with pytest.raises(LabError, match="is up already"):
        lifecycle.up(NAME, wanted="container")
    lifecycle.down(NAME)
    assert machine.container not in containers()
    assert not state_directory(NAME).exists()
    with pytest.raises(LabError, match="there is no lab"):
        lifecycle.get(NAME)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_up_leaves_nothing(number: signal.Signals) -> None:
    # A shell that runs these tests in the background has had them ignore SIGINT, and whatever they start.
    listening = ["env", "--default-signal=INT,TERM", *UP]
    with subprocess.Popen(listening, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "booting" not in process.stderr.readline():
            assert process.poll() is None
        # There is something to leave behind by now.
        wait_for(lambda: Container(NAME).container in containers(), "container", pause=0.1)
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
    assert Container(NAME).container not in containers()
    assert not state_directory(NAME).exists()


def test_what_died_unseen_is_told_and_swept() -> None:
    # A virtual machine whose qemu is gone: its files are left, no process.
    machine = vm.VirtualMachine(NAME, pid=os.getpid())
    machine.folder.mkdir(parents=True)
    (machine.folder / "disk.qcow2").touch()
    machine.save()
    assert not machine.is_running()  # somebody else has that process number now
    with pytest.raises(LabError, match="not running any more"):
        lifecycle.get(NAME)
    lifecycle.down(NAME)
    assert not machine.folder.exists()
