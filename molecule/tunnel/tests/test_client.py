# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine is plugged into the LAN: what it has after a moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from homelab_lab import addresses
from homelab_lab.looking import capture, ipv6_addresses, ipv6_routes, ping, wait_for
from homelab_lab.machine import RENEW, Machine

Data = dict[str, Any]
Show = Callable[..., None]
# An echo request in a 6in4 packet of 1500 bytes: 1500 - 20 (IPv4) - 40 (IPv6) - 8 (ICMPv6).
FULL_SIZE = 1432


@pytest.fixture(scope="module", autouse=True)
def _plugged_in(lab: Machine) -> None:
    lab.run("router", RENEW)


@pytest.fixture(scope="module")
def target(data: Data) -> str:
    return addresses.host(data["internet"]["host"])


def of_length(lab: Machine, length: int, start: str = "") -> list[str]:
    found = ipv6_addresses(lab, "client", "eth0")
    return [address for address, entry in found.items() if entry["prefixlen"] == length and address.startswith(start)]


def test_its_addresses(lab: Machine, data: Data, show: Show) -> None:
    """By DHCPv6 the static one, one that it made itself of the announced prefix, one link-local, and no more."""
    prefix = data["tunnel"]["routed64"].removesuffix(":/64")
    wait_for(lambda: len(ipv6_addresses(lab, "client", "eth0")) >= 3, "third address")
    show(lab.run("client", ["ip", "-6", "address", "show", "dev", "eth0"]).stdout)
    assert of_length(lab, 128) == [data["client"]["address"]]
    (slaac,) = of_length(lab, 64, prefix)
    (link_local,) = of_length(lab, 64, "fe80:")
    assert set(ipv6_addresses(lab, "client", "eth0")) == {data["client"]["address"], slaac, link_local}


def test_a_machine_that_is_not_listed_gets_one_from_the_pool(lab: Machine, data: Data) -> None:
    prefix = data["tunnel"]["routed64"].removesuffix(":/64")

    def found() -> dict[int, str]:
        everything = ipv6_addresses(lab, "client2", "eth0").items()
        return {entry["prefixlen"]: address for address, entry in everything if address.startswith(prefix)}

    assert wait_for(lambda: found() if len(found()) == 2 else None, "two addresses")[128].startswith(f"{prefix}:1")


def test_its_gateway_is_the_routers_link_local_address(lab: Machine, data: Data, show: Show) -> None:
    (gateway,) = (a for a in ipv6_addresses(lab, "router", data["lan"]["interface"]) if a.startswith("fe80:"))
    (default,) = ipv6_routes(lab, "client", "show", "default")
    show(lab.run("client", ["ip", "-6", "route", "show", "default"]).stdout)
    assert (default["gateway"], default["protocol"]) == (gateway, "ra")


def test_its_mtu_is_the_tunnels(lab: Machine, data: Data, show: Show) -> None:
    learnt = lab.run("client", ["cat", "/proc/sys/net/ipv6/conf/eth0/mtu"]).stdout
    show(f"client's MTU for IPv6: {learnt}")
    assert int(learnt) == data["tunnel"]["mtu"]


def test_its_name_servers(lab: Machine, show: Show) -> None:
    """By DHCPv6 as by RA those that the user named: examples/home names one."""
    named = "2001:db8:d:407::53"
    heard = lab.run("client", ["rdisc6", "-1", "-w", "15000", "eth0"], timeout=40).stdout
    show(heard)
    assert f"Recursive DNS server     : {named}" in heard
    assert "DNS search list          : home.arpa" in heard
    wait_for(
        lambda: named in lab.run("router", ["cat", "/run/lab-dhcp-name-servers.client"], check=False).stdout,
        "name server by DHCPv6",
    )


def test_full_size_packets_pass(lab: Machine, target: str) -> None:
    """Those of the tunnel's MTU come through; one byte more is refused where it is sent, and swallowed nowhere."""
    assert ping(lab, "client", target, size=FULL_SIZE)
    assert not ping(lab, "client", target, size=FULL_SIZE + 1, count=1)


def test_packets_travel_in_protocol_41(lab: Machine, data: Data, target: str, show: Show) -> None:
    with capture(lab, "router", data["uplink"]["interface"], "ip proto 41") as seen:
        assert ping(lab, "client", target, size=FULL_SIZE)
    text = "\n".join(seen.lines)
    show(text)
    assert f"{data['tunnel']['client_ipv4']} > {data['tunnel']['server_ipv4']}" in text
    assert "proto IPv6 (41), length 1500" in text
    assert "echo reply" in text


def test_large_file_arrives(lab: Machine, data: Data, target: str) -> None:
    internet = data["internet"]
    url = f"http://[{target}]:{internet['http_port']}/{internet['big_file']}"
    digest = lab.run("client", f"curl -sS --max-time 60 {url} | sha256sum", timeout=90).stdout.split()[0]
    assert digest == hashlib.sha256(hashlib.shake_256(b"big").digest(internet["big_size"])).hexdigest()


def test_packet_too_big_gets_through(lab: Machine, data: Data) -> None:
    """The path to this host is narrower than the tunnel; only ICMPv6 can tell the client."""
    internet = data["internet"]
    narrow = addresses.host(internet["narrow_host"])
    assert not ping(lab, "client", narrow, size=FULL_SIZE, count=1)
    (route,) = ipv6_routes(lab, "client", "get", narrow)
    assert route["metrics"][0]["mtu"] == internet["narrow_mtu"]
    assert ping(lab, "client", narrow, size=FULL_SIZE - data["tunnel"]["mtu"] + internet["narrow_mtu"])


def test_what_is_not_in_use_is_unreachable(lab: Machine, data: Data, show: Show) -> None:
    """Of the routed /48 the router knows no network: it says so, instead of sending packets back into the tunnel."""
    inside = data["tunnel"]["routed48"].split("::/")[0]
    result = lab.run("internet", ["ping", "-6", "-n", "-c", "1", "-w", "10", f"{inside}::1"], check=False)
    show(result.stdout)
    assert "unreachable" in result.stdout
