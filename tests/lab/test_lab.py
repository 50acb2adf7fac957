# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab is what it says, before anything is set up on its router: see molecule/tunnel for what comes after."""

from __future__ import annotations

import json
from typing import Any

from homelab_lab import addresses
from homelab_lab.looking import capture, ping, wait_for
from homelab_lab.machine import Machine

Data = dict[str, Any]
MARK = "/root/was-here-before-the-reboot"


def test_router_is_a_bare_debian(lab: Machine, data: Data) -> None:
    # Before anything is set up: this test stands first.
    installed = lab.run("router", ["dpkg-query", "-W", "-f", "${Package}\n"]).stdout.split()
    assert not {"radvd", "kea-dhcp6-server", "isc-dhcp-server", "dnsmasq", "nftables"} & set(installed)
    assert lab.run("router", ["systemctl", "is-enabled", "systemd-networkd"], check=False).stdout.strip() == "disabled"
    uplink = data["uplink"]["interface"]
    assert lab.run("router", ["ifquery", "--state", uplink]).stdout.strip() == f"{uplink}={uplink}"
    (link,) = json.loads(lab.run("router", ["ip", "-json", "address", "show", "dev", data["lan"]["interface"]]).stdout)
    assert "UP" not in link["flags"]
    assert link["addr_info"] == []


def test_client_asks_under_its_duid(lab: Machine, data: Data) -> None:
    lab.run("router", f"ip link set {data['lan']['interface']} up")
    with capture(lab, "router", data["lan"]["interface"], "udp port 547") as seen:
        lab.run("router", ["systemctl", "restart", "lab-dhcp@client"])
        wait_for(lambda: "XMT: Solicit" in lab.run("router", "journalctl -b -u lab-dhcp@client").stdout, "Solicit")
        lab.run("router", ["sleep", "3"])
    # tcpdump prints of a DUID-LLT its time in decimal and its link-layer address.
    assert any("dhcp6 solicit" in line and "525400c11e01" in line for line in seen.lines), seen.lines


def test_world_is_back_after_a_reboot(lab: Machine, data: Data) -> None:
    lab.run("router", ["touch", MARK])
    before = lab.run("router", ["cat", "/etc/machine-id"]).stdout
    lab.reboot()
    lab.run("router", ["test", "-e", MARK])
    assert lab.run("router", ["cat", "/etc/machine-id"]).stdout == before
    assert ping(lab, "internet", addresses.host(data["internet"]["broker"]))
    lab.run("broker", ["ping", "-c", "1", "-w", "5", addresses.host(data["uplink"]["router"])])
    url = f"http://[{addresses.host(data['internet']['host'])}]/"
    wait_for(lambda: lab.run("broker", ["curl", "-sS", "-o", "/dev/null", url], check=False).returncode == 0, "web")
