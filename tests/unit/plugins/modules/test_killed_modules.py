# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole modules on real files, killed at random moments: the files are the old ones or the new ones, and never half."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
DRIVER = ("kill_module", "tests.unit.plugins.modules")
# `make kills`: more moments.
KILLS = int(os.environ.get("HOMELAB_KILLS", "20"))
LONGEST = KILLS / 5
# A machine whose configuration is the test's: what happens to /etc, and what lies there, nobody else sees.
OWN = """
set -e
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work overlay /etc
for directory in /etc/systemd/network /etc/systemd/system /etc/network /etc/kea /etc/dhcp \\
    /etc/wide-dhcpv6 /etc/dnsmasq.d /srv /usr/local/sbin; do
    mkdir -p $directory
    mount -t tmpfs -o mode=755 tmpfs $directory
done
echo 'source interfaces.d/*' >/etc/network/interfaces
"""
# One service, which runs and does as it is told; and something that is called ifup. Modules find them first.
STAND_INS = {"service_files": ["systemctl"], "sit_tunnel": ["ifup"]}
SYSTEMCTL = """#!/bin/sh
case "$1 $2" in
    "show --property=ActiveState,UnitFileState") printf 'ActiveState=active\\nUnitFileState=enabled\\n' ;;
    "show --property=MainPID") echo 0 ;;
    --version*) echo 'systemd 252 (252)' ;;
esac
"""

TUNNEL = {"name": "he-ipv6", "remote": "198.51.100.1", "local": "any", "activate": False}
ROUTES = [{"destination": "2001:db8:1:2::/64", "type": "unreachable"}, {"destination": "::/0"}]
KEA = '{"Dhcp6": {"interfaces-config": {"interfaces": []}, "subnet6": [{"id": 1, "subnet": "2001:db8:0:1::/64"}]}}\n'
DHCP6S = "interface lo { allow rapid-commit; };\n"
DNSMASQ = "port=0\ndhcp-range=2001:db8:0:1::,static,64\n"
DHCPD = "subnet6 2001:db8:0:1::/64 {\n}\n"


def tunnel(provider: str) -> tuple[dict[str, Any], dict[str, Any]]:
    old = {**TUNNEL, "provider": provider, "addresses": ["2001:db8:1:1::2/64"], "mtu": 1480}
    return old, {**old, "addresses": ["2001:db8:1:1::3/64"], "mtu": 1280, "routes": ROUTES}


def units(*addresses: str) -> dict[str, Any]:
    def network(name: str, address: str) -> dict[str, Any]:
        match, settings = {"Name": name}, {"Address": address, "IPv6AcceptRA": False}
        return {
            "name": f"20-{name}.network",
            "sections": [{"name": "Match", "settings": match}, {"name": "Network", "settings": settings}],
        }

    return {"units": [network(f"lan{number}", address) for number, address in enumerate(addresses)], "reload": False}


def hosts(provider: str, config: str, count: int) -> dict[str, Any]:
    found = [
        {
            "name": f"h{number}",
            "duid": f"00:03:00:01:52:54:00:65:43:{number:02x}",
            "addresses": [f"2001:db8:0:1::{number}"],
        }
        for number in range(1, count)
    ]
    paths = {
        "kea": ("/etc/kea/kea.conf", "/etc/kea/hosts.json"),
        "dhcpd": ("/etc/dhcp/d.conf", "/etc/dhcp/d.hosts"),
        "dhcp6s": ("/etc/wide-dhcpv6/d.conf", "/etc/wide-dhcpv6/d.hosts"),
        "dnsmasq": ("/etc/dnsmasq.d/d.conf", "/etc/dnsmasq.d/d.hosts"),
    }
    names = dict(zip(("config_file", "hosts_file"), paths[provider], strict=True))
    content = f"# {count}\n{config}"
    return {"provider": provider, "hosts": found, "config_content": content, "service": "no-such-service", **names}


def service(unit: str, *files: tuple[str, str]) -> dict[str, Any]:
    return {"unit": unit, "files": [{"path": path, "content": content} for path, content in files], "apply": "reload"}


def firewall(rule: str) -> dict[str, Any]:
    """The files of role firewall, checked as it has them checked."""
    path = "/srv/homelab/firewall.nft"
    base = ROOT / "roles/firewall/files/systemd"
    ruleset = f"table inet homelab_test {{ chain input {{ type filter hook input priority 0; {rule} }}; }};\n"
    kept = [
        (f"/etc/systemd/system/{name}", (base / name).read_text() + f"# {rule}\n")
        for name in ("homelab-ipv6-firewall.service", "nftables.service.d/homelab-ipv6.conf")
    ]
    check = ["/usr/sbin/nft", "-c", "-f", f"{{staged:{path}}}"]
    return {**service("homelab-ipv6-firewall.service", (path, ruleset), *kept), "check": check, "package": "nftables"}


def radvd(prefix: str) -> dict[str, Any]:
    path = "/srv/homelab/radvd.conf"
    config = f"interface lo {{ IgnoreIfMissing on; AdvSendAdvert on; prefix {prefix} {{ }}; }};\n"
    base = ROOT / "roles/radvd/files/systemd/radvd.service.d/homelab-ipv6.conf"
    dropin = ("/etc/systemd/system/radvd.service.d/homelab-ipv6.conf", base.read_text() + f"# {prefix}\n")
    check = ["/usr/sbin/radvd", "--logmethod", "stderr_clean", "--configtest", "-C", f"{{staged:{path}}}"]
    return {**service("radvd.service", (path, config), dropin), "check": check, "package": "radvd"}


CASES = {
    "sit_tunnel networkd": ("sit_tunnel", *tunnel("networkd"), ["/etc/systemd/network"]),
    "sit_tunnel ifupdown": ("sit_tunnel", *tunnel("ifupdown"), ["/etc/network"]),
    "networkd_units": (
        "networkd_units",
        units("2001:db8::1/64", "2001:db8:1::1/64", "2001:db8:2::1/64"),
        units("2001:db8::2/64", "2001:db8:1::2/64", "2001:db8:2::2/64"),
        ["/etc/systemd/network"],
    ),
    "dhcp6_hosts kea-dhcp6": ("dhcp6_hosts", hosts("kea", KEA, 3), hosts("kea", KEA, 9), ["/etc/kea"]),
    "dhcp6_hosts dhcpd": ("dhcp6_hosts", hosts("dhcpd", DHCPD, 3), hosts("dhcpd", DHCPD, 9), ["/etc/dhcp"]),
    "dhcp6_hosts dhcp6s": (
        "dhcp6_hosts",
        hosts("dhcp6s", DHCP6S, 3),
        hosts("dhcp6s", DHCP6S, 9),
        ["/etc/wide-dhcpv6"],
    ),
    "dhcp6_hosts dnsmasq": (
        "dhcp6_hosts",
        hosts("dnsmasq", DNSMASQ, 3),
        hosts("dnsmasq", DNSMASQ, 9),
        ["/etc/dnsmasq.d"],
    ),
    "service_files nft": (
        "service_files",
        firewall("policy accept;"),
        firewall("policy drop;"),
        ["/srv", "/etc/systemd/system"],
    ),
    "service_files radvd": (
        "service_files",
        radvd("2001:db8:1::/64"),
        radvd("2001:db8:2::/64"),
        ["/srv", "/etc/systemd/system"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_killed_module_leaves_whole_files(island: Any, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    module, old, new, watch = CASES[case]
    tool = case.split()[-1]
    if tool in ("kea-dhcp6", "dhcpd", "dhcp6s", "dnsmasq", "nft", "radvd") and not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    island.run("sh", "-c", OWN)
    for name in STAND_INS.get(module, ()):
        island.run("install", "-m", "755", "/dev/stdin", f"/usr/local/sbin/{name}", stdin=SYSTEMCTL)
    task = {"module": module, "old": old, "new": new, "watch": watch, "kills": KILLS, "longest": LONGEST}
    ends = json.loads(island.run(*island.python_module(*DRIVER), stdin=json.dumps(task)))
    with capsys.disabled():
        sys.stdout.write(f"\n{case}: {ends}\n")
    assert sum(ends.get(end, 0) for end in ("before", "between", "after")) >= KILLS // 4
    assert ends["leftovers"] or (ends.get("before") and ends.get("after"))
