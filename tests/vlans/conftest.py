# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of containers whose kernel knows VLANs, and the cable that its card is plugged into."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from homelab_lab import lifecycle
from homelab_lab.vm import VirtualMachine
from homelab_vlans import SYSTEM, Bed

SET_UP = """
set -e
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install radvd systemd-container >/dev/null
cat >/etc/systemd/network/20-wired.network <<'END'
[Match]
Name=enp6s0
[Network]
Address=192.0.2.22/24
Address=2001:db8:5::22/64
IPv6AcceptRA=no
END
systemctl enable --quiet --now systemd-networkd
systemctl disable --quiet --now systemd-networkd-wait-online
"""


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    folder = tmp_path_factory.mktemp("controller")
    name = lifecycle.checked_name(None) + "-vl"
    try:
        machine = lifecycle.up(name, wanted="vm", system=os.environ.get("HOMELAB_LAB_SYSTEM", SYSTEM))
        assert isinstance(machine, VirtualMachine)
        hosts = {"container_hosts": {"hosts": {"host": machine.host_variables()}}}
        (folder / "hosts.json").write_text(json.dumps({"all": {"children": hosts}}), encoding="utf-8")
        made = Bed(machine, folder)
        made.run(SET_UP, timeout=600)
        made.plug_in()
        yield made
    finally:
        lifecycle.down(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if Bed.seen:
        terminalreporter.section("seen")
        for line in Bed.seen:
            terminalreporter.write_line(line)
