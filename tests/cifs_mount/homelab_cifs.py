# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that mounts shares, and what can happen to its server, which is a network of its own in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from homelab_lab.machine import ROUTER
from homelab_lab.vm import VirtualMachine

ROOT = Path(__file__).resolve().parents[2]
IPV6, MOVED, IPV4 = "2001:db8:0:5::10", "2001:db8:0:5::11", "192.0.2.117"
OURS = "2001:db8:0:5::20"
# The units of shares, and in which order they go.
STOP = "systemctl stop 'srv-*.mount'"
SERVE = (
    "systemctl is-active --quiet nas || systemd-run --quiet --collect --unit=nas --property=KillMode=control-group"
    " ip netns exec nas smbd --foreground --no-process-group --configfile=/root/smb.conf;"
    " timeout 60 sh -c 'until ip netns exec nas ss -Hltn sport = :445 | grep -q .; do sleep 0.3; done'"
)
BEGIN_ANEW = f"""
systemctl stop user copy 2>/dev/null
[ -e /run/netns/nas ] || {{
    ip netns add nas
    ip link add nas0 type veth peer name lan0 netns nas
    ip -n nas link set lo up
    # A link that is down would else lose its addresses.
    ip netns exec nas sysctl -qw net.ipv6.conf.lan0.keep_addr_on_down=1
}}
set -e
ip link set nas0 up
ip -n nas link set lan0 up
ip address replace {OURS}/64 dev nas0 nodad
ip address replace 192.0.2.120/28 dev nas0
ip -n nas address flush dev lan0 scope global
ip -n nas address add {IPV6}/64 dev lan0 nodad
ip -n nas address add {IPV4}/28 dev lan0
sed -i /nas.home.example/d /etc/hosts
printf '%s nas.home.example\\n' {IPV6} {IPV4} >>/etc/hosts
printf 'pw\\npw\\n' | smbpasswd -s -a -c /root/smb.conf anna >/dev/null
{SERVE}
{STOP}
"""


class Client:
    """The machine, and what happens to its server.

    :cvar seen: what is worth reading in the end
    """

    seen: ClassVar[list[str]] = []

    def __init__(self, machine: VirtualMachine, inventory: Path) -> None:
        self.machine = machine
        self.inventory = inventory

    def run(self, script: str, timeout: float = 120, check: bool = True, stdin: str | None = None) -> str:
        done = self.machine.run(ROUTER, script, timeout=timeout, check=check, stdin=stdin)
        return (done.stdout + done.stderr).strip()

    def timed(self, what: str, script: str, timeout: float) -> str:
        """Run something that may take no longer than that, whatever comes of it."""
        began = time.monotonic()
        said = self.run(f"{{ {script}; }} 2>&1; echo $?", timeout=timeout, check=False)
        assert said[-4:] != "\n124", f"{what}: no end after {timeout:g} s"
        self.seen.append(f"{what}: {time.monotonic() - began:.0f} s, {' '.join(said.split())}")
        return said

    def begin_anew(self) -> None:
        self.run(BEGIN_ANEW, timeout=200)

    def serve(self) -> None:
        self.run(SERVE)

    def link(self, state: str) -> None:
        self.run(f"ip -n nas link set lan0 {state}")

    def move(self) -> None:
        """Another IPv6 address of the server's, in the network and under its name."""
        lan = "ip -n nas address"
        self.run(
            f"{lan} del {IPV6}/64 dev lan0; {lan} add {MOVED}/64 dev lan0 nodad; sed -i s/{IPV6}/{MOVED}/ /etc/hosts"
        )

    def mounted(self, path: str) -> str:
        """The address that a share is mounted from, empty where it is not."""
        line = self.run(f"findmnt --noheadings --types cifs --output SOURCE,OPTIONS '{path}'", check=False)
        found = re.search(r"addr=([0-9a-f.:]+)", line)
        # The kernel writes all zeros.
        address = str(ip_address(found[1])) if found else ""
        said = f"{path}: {line.partition(' ')[0]}, addr={address}" if found else f"{path}: not mounted"
        if [said] != self.seen[-1:]:
            self.seen.append(said)
        return address

    def look_until_from(self, path: str, address: str, patience: float) -> None:
        """Look into a share that is in use until it comes from another address."""
        began = time.monotonic()
        while self.mounted(path) != address or self.run(f"ls '{path}' >/dev/null", check=False):
            assert time.monotonic() - began < patience, f"{path} does not come from {address}"
        self.seen.append(f"{path} from {address} after {time.monotonic() - began:.0f} s")

    def converge(self, shares: list[dict[str, Any]], folder: Path, *, refused: bool = False) -> str:
        play = {
            "hosts": "all",
            "gather_facts": False,
            "roles": ["homelab.ipv6.samba_cups_client"],
            "vars": {"samba_cups_client_shares": shares},
        }
        (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
        argv = ["ansible-playbook", "-i", str(self.inventory), str(folder / "play.yml")]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
        assert (done.returncode != 0) == refused, done.stdout + done.stderr
        return done.stdout + done.stderr
