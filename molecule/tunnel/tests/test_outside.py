# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Internet finds of the router and of a machine behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from homelab_lab import addresses
from homelab_lab.looking import capture, wait_for
from homelab_lab.machine import Machine

Data = dict[str, Any]
Show = Callable[..., None]
LISTENER = "lab-listener"
PORT = 8443
FORGE = ["python3", "/usr/local/lib/homelab-lab/lab_forge.py"]


@pytest.fixture(scope="module", autouse=True)
def _listening(lab: Machine, data: Data) -> Iterator[None]:
    """A scan that finds nothing proves something only if there is something to find."""
    command = f"systemd-run --quiet --collect --unit={LISTENER} ip netns exec client nc -6 -l -k {PORT}"
    lab.run("router", command)
    connect = ["nc", "-6", "-z", "-w", "2", data["client"]["address"], str(PORT)]
    wait_for(lambda: lab.run("client2", connect, check=False).returncode == 0, "listener on the client")
    yield
    lab.run("router", ["systemctl", "stop", LISTENER])


def scan(lab: Machine, show: Show, place: str, target: str, *how: str) -> list[str]:
    """The ports that nmap calls open."""
    argv = ["nmap", "-6", "-n", "-Pn", "--max-retries", "1", "-oG", "-", *how, target]
    said = lab.run(place, argv, timeout=240).stdout
    show(said)
    return re.findall(r"(\d+)/open/", said)


@pytest.mark.parametrize("who", ["tunnel", "lan", "client"])
def test_nothing_is_open(lab: Machine, data: Data, show: Show, who: str) -> None:
    target = {
        "tunnel": addresses.host(data["tunnel"]["client_ipv6"]),
        "lan": addresses.host(data["lan"]["router"]),
        "client": data["client"]["address"],
    }[who]
    ports = "T:1-1024,3000-3500,5000-6000,8000-9100,U:53,67,123,161,500,546,547,1900,5353"
    assert scan(lab, show, "broker", target, "-sS", "-sU", "-p", ports, "--min-rate", "300") == []


def test_the_scan_sees_what_is_open(lab: Machine, data: Data, show: Show) -> None:
    """The same scan from inside: what it would have found."""
    assert scan(lab, show, "client2", data["client"]["address"], "-sS", "-p", f"T:22,{PORT}") == [str(PORT)]
    assert scan(lab, show, "client2", addresses.host(data["lan"]["router"]), "-sS", "-p", "T:22") == ["22"]


@pytest.mark.parametrize("sender", ["broker", "stranger"])
def test_protocol_41_only_from_the_broker(lab: Machine, data: Data, sender: str, show: Show) -> None:
    """The same packet from two IPv4 addresses. From the broker it reaches the client, so the test can see one."""
    source = addresses.host(data["uplink"][sender])
    outside, inside = addresses.host(data["internet"]["host"]), data["client"]["address"]
    with (
        capture(lab, "router", data["uplink"]["interface"], f"src {source} and ip proto 41") as wire,
        capture(lab, "router", data["lan"]["interface"], f"icmp6 and dst {inside} and src {outside}") as behind,
    ):
        lab.run("broker", [*FORGE, source, data["tunnel"]["client_ipv4"], outside, inside])
        lab.run("router", ["sleep", "1"])
    show(sender, *wire.lines, "behind the router:", *behind.lines)
    assert wire.lines
    assert bool(behind.lines) is (sender == "broker")
