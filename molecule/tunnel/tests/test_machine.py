# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that all this is shown on: as confined as a user's, and with no way out."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from homelab_lab.machine import Machine

Show = Callable[..., None]


@pytest.fixture(autouse=True)
def _has_a_kernel_of_its_own(lab: Machine) -> None:
    if lab.kind != "vm":
        pytest.skip("a container has no kernel of its own, and no network at all")


def test_apparmor_confines(lab: Machine, show: Show) -> None:
    # Debian 13 brings many that confine nothing, or only complain: none that it enforces may have been weakened here.
    weakened = "find /etc/apparmor.d/disable /etc/apparmor.d/force-complain -mindepth 1"
    assert lab.run("router", weakened).stdout == ""
    for name in ("lab-dhcp@client", "kea-dhcp6-server"):
        label = lab.run("router", f"cat /proc/$(systemctl show -P MainPID {name})/attr/current").stdout
        show(name, label)
        assert label.strip().endswith("(enforce)")


def test_nothing_gets_out(lab: Machine) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        # 10.0.2.2 is the host's localhost where qemu's user network is not told otherwise.
        lab.run("router", ["nc", "-w", "4", "-z", "10.0.2.2", str(listener.getsockname()[1])], check=False)
        with pytest.raises(TimeoutError):
            listener.accept()
