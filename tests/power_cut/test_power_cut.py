# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes while static hosts are being written: each server starts with the old set or with the new one.

A process that is killed leaves to the kernel what it has written; a machine that is cut off loses whatever its disk was
not told to keep. So the disk of this machine does what it is told and nothing beyond it.
"""

from __future__ import annotations

import base64
import io
import json
import random
import sys
import tarfile
from pathlib import Path
from typing import Any

import ansible
import pytest
from homelab_lab.machine import ROUTER
from homelab_lab.vm import VirtualMachine

ROOT = Path(__file__).resolve().parents[2]
CODE = "/root/code"
HOSTS = 50
# Seconds; an emulated processor runs each server's checker in about one.
LONGEST_TURN = 30.0
SEED = 20261126
PREFIX = "2001:db8:0:c::"
# Provider → package, configuration before us, what checks it, service, and the file that holds the hosts.
KEA = {
    "Dhcp6": {
        "interfaces-config": {"interfaces": ["lan0"]},
        "subnet6": [{"id": 1, "subnet": f"{PREFIX}/64", "interface": "lan0"}],
    }
}
SERVERS = {
    "kea": (
        "kea-dhcp6-server", "/etc/kea/kea-dhcp6.conf", json.dumps(KEA, indent=4) + "\n",
        "kea-dhcp6 -t /etc/kea/kea-dhcp6.conf", "/etc/kea/kea-dhcp6.conf",
    ),
    "dhcpd": (
        "isc-dhcp-server", "/etc/dhcp/dhcpd6.conf", f"subnet6 {PREFIX}/64 {{\n}}\n",
        "dhcpd -6 -t -q -cf /etc/dhcp/dhcpd6.conf", "/etc/dhcp/homelab-ipv6-hosts6.conf",
    ),
    "dnsmasq": (
        "dnsmasq", "/etc/dnsmasq.conf", f"port=0\ninterface=lan0\ndhcp-range={PREFIX},static,64,1d\n",
        "dnsmasq --test", "/etc/dnsmasq.d-available/homelab-ipv6-hosts6.conf",
    ),
    # It has no mode that only looks: told of name servers twice, it ends when it has read all, and says so.
    "dhcp6s": (
        "wide-dhcpv6-server", "/etc/wide-dhcpv6/dhcp6s.conf", "option domain-name-servers 2001:db8::53;\n",
        "dhcp6s -d -f -n ::1 lo 2>&1 | grep -q 'both by command line and by configuration file'",
        "/etc/wide-dhcpv6/homelab-ipv6-hosts6.conf",
    ),
}  # fmt: skip


def options(provider: str, letter: int) -> dict[str, Any]:
    _package, config, _text, _check, _file = SERVERS[provider]
    hosts = [
        {
            "name": f"h{number}",
            "duid": f"00:03:00:01:52:54:{letter:02x}:00:{number // 256:02x}:{number % 256:02x}",
            "addresses": [f"{PREFIX}{letter:x}:{number:x}"],
        }
        for number in range(1, HOSTS + letter)
    ]
    return {"provider": provider, "hosts": hosts, "config_file": config, "ensure_include": True, "reload": False}


def code() -> str:
    """What the module needs, and what repeats it, as the text of an archive."""
    buffer = io.BytesIO()
    ours = "ansible_collections/homelab/ipv6/plugins"
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("__init__.py", "release.py", "_vendor", "module_utils"):
            archive.add(Path(ansible.__file__).parent / name, f"ansible/{name}", filter=_source)
        for room in ("modules", "module_utils"):
            archive.add(ROOT / "plugins" / room, f"{ours}/{room}", filter=_source)
        archive.add(Path(__file__).with_name("repeating.py"), "repeating.py")
    return base64.b64encode(buffer.getvalue()).decode()


def _source(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry


class Bed:
    """The machine with its servers and their two sets of hosts."""

    def __init__(self, machine: VirtualMachine) -> None:
        self.machine = machine
        self.states: list[dict[str, str]] = []

    def run(self, script: str, timeout: float = 120, stdin: str | None = None) -> str:
        return self.machine.run(ROUTER, script, timeout=timeout, stdin=stdin).stdout

    def put(self, path: str, text: str) -> None:
        self.run(f"install -D -m 644 /dev/stdin {path}", stdin=text)

    def set_up(self) -> None:
        self.put("/etc/network/interfaces.d/lan0", f"auto lan0\niface lan0 inet6 static\n    address {PREFIX}1/64\n")
        self.run("ifup lan0; printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d")
        packages = " ".join(package for package, *_rest in SERVERS.values())
        self.run(
            f"apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install {packages}"
            " && systemctl disable --now isc-dhcp-server dnsmasq wide-dhcpv6-server; systemctl enable kea-dhcp6-server",
            timeout=900,
        )
        for _package, config, text, _check, _file in SERVERS.values():
            self.put(config, text)
        self.run(f"mkdir -p {CODE} && base64 -d | tar -xzC {CODE}", stdin=code())
        tasks = [[options(provider, letter) for provider in SERVERS] for letter in (1, 2)]
        self.put(f"{CODE}/tasks.json", json.dumps(tasks))
        for turns in (1, 2):
            self.run(f"python3 {CODE}/repeating.py {CODE}/tasks.json --turns {turns}", timeout=300)
            self.states.append(self.digests())
        assert all(self.states[0][provider] != self.states[1][provider] for provider in SERVERS)

    def digests(self) -> dict[str, str]:
        files = " ".join(file for *_rest, file in SERVERS.values())
        lines = self.run(f"sha256sum {files}").splitlines()
        return {provider: line.split()[0] for provider, line in zip(SERVERS, lines, strict=True)}

    def look(self) -> dict[str, str]:
        """Which set each server has. It starts with that one."""
        found = {}
        digests = self.digests()
        for provider, (_package, _config, _text, check, _file) in SERVERS.items():
            sets = [name for name, state in zip("AB", self.states, strict=True) if state[provider] == digests[provider]]
            assert sets, f"{provider}: neither of the two sets"
            self.run(check)
            found[provider] = sets[0]
        return found

    def serves(self) -> None:
        """At this boot, by itself."""
        self.run("timeout 60 sh -c 'until ss -Hlunp \"sport = :547\" | grep -q kea-dhcp6; do sleep 0.3; done'")


@pytest.fixture(scope="session")
def bed(machine: VirtualMachine) -> Bed:
    bed = Bed(machine)
    bed.set_up()
    return bed


def test_old_set_or_new(bed: Bed, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(SEED)  # noqa: S311 (nothing secret: the same moments each time)
    for number in range(request.config.getoption("--cuts")):
        bed.run(
            "systemd-run --quiet --unit=repeating --property=StandardOutput=truncate:/run/turns"
            f" python3 {CODE}/repeating.py {CODE}/tasks.json;"
            " timeout 120 sh -c 'until [ -s /run/turns ]; do sleep 0.1; done'",
            timeout=150,
        )
        after = chance.uniform(0, LONGEST_TURN)
        bed.run(f"timeout {after:.1f} tail -f /run/turns || true")
        bed.machine.cut_power()
        bed.machine.power_on()
        bed.serves()
        found = bed.look()
        sets = ", ".join(f"{provider} {name}" for provider, name in found.items())
        with capsys.disabled():
            sys.stdout.write(f"\ncut {number + 1}, {after:.1f} s after the first turn: {sets}")
            sys.stdout.flush()
