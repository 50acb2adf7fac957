# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose kernel has cifs, and beside it, on one link, a server of files that can move and go away."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homelab_cifs import Client
from homelab_lab import lifecycle
from homelab_lab.vm import VirtualMachine

SMB_CONF = """
[global]
server role = standalone server
server signing = mandatory
disable netbios = yes
smb ports = 445
map to guest = never
[files]
path = /srv/files
read only = no
"""
SET_UP = """
set -e
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install samba >/dev/null
dpkg --install /root/keyutils.deb >/dev/null
systemctl disable --quiet --now smbd nmbd 2>/dev/null || true
useradd --no-create-home anna
mkdir -p /srv/files
chown anna /srv/files
cat >/root/smb.conf
"""


def keyutils(folder: Path) -> str:
    """The package that the lab's own repository does not have, and that Debian recommends beside cifs-utils."""
    argv = ["apt-get", "--quiet=2", "--option=APT::Sandbox::User=root", "download", "keyutils"]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=300)
    (package,) = folder.glob("keyutils_*.deb")
    return base64.b64encode(package.read_bytes()).decode()


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("controller")
    package = keyutils(folder)
    name = lifecycle.checked_name(None) + "-cm"
    try:
        machine = lifecycle.up(name, wanted="vm", system=os.environ.get("HOMELAB_LAB_SYSTEM", "debian12"))
        assert isinstance(machine, VirtualMachine)
        variables: dict[str, Any] = machine.host_variables()
        inventory = folder / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"client": variables}}}), encoding="utf-8")
        made = Client(machine, inventory)
        made.run("base64 -d >/root/keyutils.deb", stdin=package)
        made.run(SET_UP, timeout=900, stdin=SMB_CONF)
        yield made
    finally:
        lifecycle.down(name)


@pytest.fixture
def client(set_up: Client) -> Client:
    """With the server where it belongs, and nothing mounted: whatever became of the test before."""
    set_up.begin_anew()
    return set_up


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if Client.seen:
        terminalreporter.section("seen")
        for line in Client.seen:
            terminalreporter.write_line(line)
