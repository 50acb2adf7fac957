# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds, at every boot of the router machine, the world around it out of network namespaces.

    internet ── broker ══ 6in4 over wan0 ══ router (root namespace) ── lan0 ── switch ┬─ client
                                                                                      └─ client2

Configures nothing on the router itself but makes its two network cards appear: what wan0 is told stands in
/etc/network/interfaces as on any Debian, and lan0 is left alone.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

ADDRESSES = Path(__file__).with_name("addresses.json")
ROUTER: Optional[str] = None  # the machine's own namespace
NAMESPACES = ("broker", "internet", "switch", "client", "client2")

Addresses = dict[str, Any]
Commands = list[str]


def host_of(interface: str) -> str:
    return str(ipaddress.ip_interface(interface).ip)


def mac(number: int) -> str:
    # Fixed for every interface: udev gives a veth without one a new address behind our back.
    return f"52:54:00:00:02:{number:02x}"


def cables(data: Addresses) -> Commands:
    """Every cable of the world, plugged in at both ends but not up yet."""
    ends = [
        ("broker", "wan1", data["uplink"]["interface"], None, None),
        ("broker", "inet0", "inet1", "internet", None),
        ("switch", "router", data["lan"]["interface"], None, data["lan"]["router_mac"]),
        ("switch", "client", data["client"]["interface"], "client", data["client"]["mac"]),
        ("switch", "client2", data["client2"]["interface"], "client2", data["client2"]["mac"]),
    ]
    lines = [f"netns add {name}" for name in NAMESPACES]
    for number, (near_space, near, far, far_space, far_mac) in enumerate(ends):
        # An end is made inside its namespace: `eth0` would meet the machine's own in the root one.
        inside = f" netns {far_space}" if far_space else ""
        peer = f"name {far} address {far_mac or mac(2 * number + 1)}{inside}"
        lines.append(f"link add {near} address {mac(2 * number)} netns {near_space} type veth peer {peer}")
    return lines


def broker(data: Addresses) -> Commands:
    uplink, tunnel, internet = data["uplink"], data["tunnel"], data["internet"]
    return [
        "link set lo up",
        "link set wan1 up",
        f"address add {uplink['broker']} dev wan1",
        f"address add {uplink['stranger']} dev wan1",
        "link set inet0 up",
        f"address add {internet['broker']} dev inet0 nodad",
        f"route add {host_of(internet['narrow_host'])} dev inet0 mtu {internet['narrow_mtu']}",
        f"tunnel add tunnel mode sit local {tunnel['server_ipv4']} remote {tunnel['client_ipv4']} ttl 255",
        f"link set tunnel mtu {tunnel['mtu']} up",
        f"address add {tunnel['server_ipv6']} dev tunnel nodad",
        *(f"route add {tunnel[routed]} via {host_of(tunnel['client_ipv6'])} dev tunnel"
          for routed in ("routed64", "routed48")),
    ]  # fmt: skip


def internet(data: Addresses) -> Commands:
    return [
        "link set lo up",
        "link set inet1 up",
        f"address add {data['internet']['host']} dev inet1 nodad",
        f"address add {data['internet']['narrow_host']} dev inet1 nodad",
        f"route add ::/0 via {host_of(data['internet']['broker'])}",
    ]


def switch(_data: Addresses) -> Commands:
    lines = ["link add bridge type bridge mcast_snooping 0", "link set bridge up"]
    for port in ("router", "client", "client2"):
        lines += [f"link set {port} master bridge", f"link set {port} up"]
    return lines


def client(data: Addresses) -> Commands:
    return ["link set lo up", f"link set {data['client']['interface']} up"]


def plan(data: Addresses, with_sit: bool) -> list[tuple[Optional[str], list[str], Commands]]:
    """For each namespace its sysctls and its `ip` commands, in the order in which they must come."""
    about_tunnel = ("tunnel add ", "link set tunnel ", "dev tunnel")
    at_broker = [line for line in broker(data) if with_sit or not any(word in line for word in about_tunnel)]
    host = ["net.ipv6.conf.default.accept_ra=1", "net.ipv6.conf.default.forwarding=0",
            "net.ipv6.conf.eth0.accept_ra=1", "net.ipv6.conf.eth0.forwarding=0"]  # fmt: skip
    return [
        (ROUTER, [], cables(data)),
        ("broker", ["net.ipv6.conf.all.forwarding=1"], at_broker),
        ("internet", ["net.ipv6.conf.all.accept_ra=0"], internet(data)),
        # A switch is no host: without addresses of its own it cannot answer in another's place.
        ("switch", ["net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1"], switch(data)),
        ("client", host, client(data)),
        ("client2", host, client(data)),
    ]


def run(argv: list[str], text: str = "") -> None:
    subprocess.run(argv, input=text, text=True, check=True, timeout=60)


def kernel_has_sit() -> bool:
    probe = ["ip", "-n", "broker", "link", "add", "probe", "type", "sit", "local", "192.0.2.1", "remote", "192.0.2.2"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL, timeout=60).returncode != 0:
        return False
    run(["ip", "-n", "broker", "link", "delete", "probe"])
    return True


def build(data: Addresses, execute: Callable[[list[str], str], None] = run) -> None:
    execute(["ip", "-batch", "-"], "\n".join(cables(data)) + "\n")
    with_sit = kernel_has_sit()
    if not with_sit:
        print("this kernel has no sit: the broker has no tunnel", file=sys.stderr)
    for place, sysctls, commands in plan(data, with_sit)[1:]:
        assert place is not None
        if sysctls:
            execute(["ip", "netns", "exec", place, "sysctl", "-q", "-w", *sysctls], "")
        execute(["ip", "-n", place, "-batch", "-"], "\n".join(commands) + "\n")


if __name__ == "__main__":
    build(json.loads(ADDRESSES.read_text()))
