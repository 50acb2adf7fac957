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
from pathlib import Path
from typing import Any

ADDRESSES = Path(__file__).with_name("addresses.json")
SIT = Path("/proc/sys/net/ipv4/conf/sit0")  # made by the module in every namespace as soon as it is loaded
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
    uplink, internet = data["uplink"], data["internet"]
    return [
        "link set lo up",
        "link set wan1 up",
        f"address add {uplink['broker']} dev wan1",
        f"address add {uplink['stranger']} dev wan1",
        "link set inet0 up",
        f"address add {internet['broker']} dev inet0 nodad",
        f"route add {host_of(internet['narrow_host'])} dev inet0 mtu {internet['narrow_mtu']}",
    ]


def tunnel(data: Addresses) -> Commands:
    """The broker's end of it."""
    ends = data["tunnel"]
    far = host_of(ends["client_ipv6"])
    return [
        f"tunnel add tunnel mode sit local {ends['server_ipv4']} remote {ends['client_ipv4']} ttl 255",
        f"link set tunnel mtu {ends['mtu']} up",
        f"address add {ends['server_ipv6']} dev tunnel nodad",
        f"route add {ends['routed64']} via {far} dev tunnel",
        f"route add {ends['routed48']} via {far} dev tunnel",
    ]


def internet(data: Addresses) -> Commands:
    return [
        "link set lo up",
        "link set inet1 up",
        f"address add {data['internet']['host']} dev inet1 nodad",
        f"address add {data['internet']['narrow_host']} dev inet1 nodad",
        f"route add ::/0 via {host_of(data['internet']['broker'])}",
    ]


def switch(_data: Addresses) -> Commands:
    ports = ("router", "client", "client2")
    return [
        "link add bridge type bridge mcast_snooping 0",
        # No addresses of its own: a switch must not answer in another's place.
        *(f"link set {name} addrgenmode none" for name in ("bridge", *ports)),
        "link set bridge up",
        *(f"link set {port} master bridge up" for port in ports),
    ]


def client(data: Addresses) -> Commands:
    # A new namespace's own defaults are those of a host: forwarding off, router advertisements heard.
    return ["link set lo up", f"link set {data['client']['interface']} up"]


def run(argv: list[str], commands: Commands) -> None:
    subprocess.run(argv, input="\n".join(commands) + "\n", text=True, check=True, timeout=300)


def build(data: Addresses) -> None:
    # Each program started costs a second where the machine is emulated: few of them, with many commands each.
    run(["ip", "-batch", "-"], cables(data))
    run(["ip", "netns", "exec", "broker", "sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1"], [])
    for place, commands in (("broker", broker), ("internet", internet), ("switch", switch),
                            ("client", client), ("client2", client)):  # fmt: skip
        run(["ip", "-n", place, "-batch", "-"], commands(data))
    try:
        run(["ip", "-n", "broker", "-batch", "-"], tunnel(data))
    except subprocess.CalledProcessError:
        if SIT.exists():
            raise
        print("this kernel has no sit: the broker has no tunnel", file=sys.stderr)


if __name__ == "__main__":
    build(json.loads(ADDRESSES.read_text()))
