# SPDX-License-Identifier: GPL-3.0-or-later
"""A host to be locked out of: a machine of the lab whose uplink is a port of a networkd bridge, and its broker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homelab_lab import images, paths
from homelab_lab.container import Container
from homelab_lab.machine import Machine

from homelab_wayback.watched import Watched, result_of

ROOT = Path(__file__).resolve().parents[3]

# On the router: networkd in the place of ifupdown, a firewall of the user's, forwarding, a LAN.
SETUP = """
set -e
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y nftables >/dev/null
rm -f /etc/network/interfaces.d/*
mkdir -p /etc/systemd/network /var/lib/homelab-ipv6
cat >/etc/systemd/network/10-br0.netdev <<X
[NetDev]
Name=br0
Kind=bridge
X
cat >/etc/systemd/network/10-wan0.network <<X
[Match]
Name=wan0
[Network]
Bridge=br0
LinkLocalAddressing=no
IPv6AcceptRA=no
X
cat >/etc/systemd/network/20-br0.network <<X
[Match]
Name=br0
[Network]
Address=198.51.100.2/24
Address=2001:db8:99::2/64
Gateway=198.51.100.1
IPv6AcceptRA=no
X
cat >/etc/systemd/network/30-lan0.network <<X
[Match]
Name=lan0
[Network]
Address=2001:db8:98::1/64
IPv6AcceptRA=no
X
echo net.ipv6.conf.all.forwarding=1 >/etc/sysctl.d/50-forward.conf
cat >/etc/nftables.conf <<X
flush ruleset
table inet mine {
    set banned { type ipv4_addr; flags timeout; elements = { 192.0.2.66 timeout 1d } }
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related counter accept
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 counter accept
    }
}
X
systemctl -q enable nftables systemd-networkd
# The clients of the LAN have addresses of their own here, which a DHCP client would take away.
systemctl -q disable --now lab-dhcp@client lab-dhcp@client2
mkdir -p -m 700 /root/.ssh
"""
# Beyond it, after every boot: who comes in on the link, from afar, and through the router.
WORLD = """
ip netns exec broker sh -ec '
    ip link set lo up
    ip address replace 203.0.113.50/32 dev lo
    ip address replace 2001:db8:99::1/64 dev wan1 nodad
    ip route replace 2001:db8:98::/64 via 2001:db8:99::2
    [ -e /run/jump.pid ] && kill -0 $(cat /run/jump.pid) 2>/dev/null ||
        /usr/sbin/sshd -o PidFile=/run/jump.pid -o ListenAddress=127.0.0.1 -p 2222'
ip netns exec client sh -ec '
    ip address replace 2001:db8:98::2/64 dev eth0 nodad
    ip route replace default via 2001:db8:98::1'
"""
PROBES = {
    "ssh4": "echo | nc -w2 198.51.100.2 22 | grep -q SSH",
    "ssh6": "echo | nc -w2 2001:db8:99::2 22 | grep -q SSH",
    "ssh from afar": "echo | nc -w2 -s 203.0.113.50 198.51.100.2 22 | grep -q SSH",
    "large packets": "ping -q -c1 -W1 -M do -s 1400 198.51.100.2",
    "through": "ping -q -c1 -W2 2001:db8:98::2",
}


class Host(Watched):
    def __init__(self, machine: Machine, scratch: Path) -> None:
        super().__init__(machine)
        self.scratch = scratch

    def set_up(self) -> None:
        self.run(SETUP, timeout=200)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.scratch / "key")], check=True, timeout=60
        )
        key = (self.scratch / "key.pub").read_text()
        self.run(f"echo '{key}' >/root/.ssh/authorized_keys; chmod 600 /root/.ssh/authorized_keys")
        self._write_inventory()
        self.machine.reboot()
        self.settle()

    def settle(self) -> None:
        """The world is there, and the line."""
        self.run(WORLD)
        end = time.monotonic() + 40
        while self.broken() and time.monotonic() < end:
            time.sleep(0.3)
        assert self.broken() == set()
        self.run("systemctl start systemd-tmpfiles-clean.timer; systemctl is-system-running --wait", check=False)

    def broken(self) -> set[str]:
        """The probes that fail, all tried at once."""
        parts = [f"( ({probe}) >/dev/null 2>&1 || echo '{name}' ) &" for name, probe in PROBES.items()]
        script = " ".join([*parts, "wait"])
        done = self.machine.run("broker", script, timeout=30)
        return set(done.stdout.splitlines())

    def kill(self) -> None:
        """As a power cut does; then it boots."""
        assert isinstance(self.machine, Container)
        images.podman("kill", self.machine.container)
        images.podman("start", self.machine.container)
        self.machine.wait_until_booted(120)

    def ansible(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.ansible_argv(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=self.scratch,
        )

    def ansible_argv(self, *arguments: str) -> Sequence[str]:
        return [str(paths.ENTER), *arguments]

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_INVENTORY": str(self.scratch / "hosts.json"),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.scratch / "cp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }

    def module(self, host: str, **options: Any) -> dict[str, Any]:
        """commit_confirm alone, on one of the lines; its result."""
        arguments = json.dumps(options)
        done = self.ansible("ansible", host, "-m", "homelab.ipv6.commit_confirm", "-a", arguments)
        return {
            **result_of(done),
            "warnings": [line for line in done.stderr.splitlines() if line.startswith("[WARNING]")],
        }

    def _write_inventory(self) -> None:
        (self.scratch / "cp").mkdir(exist_ok=True)
        assert isinstance(self.machine, Container)
        name = self.machine.container
        (self.scratch / "ssh_config").write_text(
            f"Host *\n User root\n IdentityFile {self.scratch}/key\n UserKnownHostsFile /dev/null\n"
            " StrictHostKeyChecking no\n LogLevel ERROR\n"
            f"Host jump\n ProxyCommand {paths.ENTER} podman exec -i {name} ip netns exec broker nc 127.0.0.1 2222\n"
        )
        ssh = {
            "ansible_connection": "ssh",
            "ansible_ssh_common_args": f"-F {self.scratch}/ssh_config -o ProxyJump=jump",
        }
        hosts = {
            "ipv4": {**ssh, "ansible_host": "198.51.100.2"},
            "ipv6": {**ssh, "ansible_host": "2001:db8:99::2"},
            "alone": {**ssh, "ansible_host": "198.51.100.2", "ansible_ssh_args": ""},
            "container": {"ansible_connection": "containers.podman.podman", "ansible_host": name},
        }
        common = {"ansible_python_interpreter": "/usr/bin/python3"}
        inventory = {"all": {"hosts": hosts, "vars": common}}
        (self.scratch / "hosts.json").write_text(json.dumps(inventory))
