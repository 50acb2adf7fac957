# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a tunnel, and its configuration for networkd and ifupdown."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd import parse
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Spelling, Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel import (
    BLACKHOLE,
    UNICAST,
    UNREACHABLE,
    Request,
    Route,
    read_name,
    read_request,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_config import (
    MARK,
    Uplink,
    ifupdown_files,
    ifupdown_routes,
    networkd_files,
    networkd_routes,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal


def route(destination: str, **more: Any) -> dict[str, Any]:
    plain = {"type": UNICAST, "gateway": None, "source": None, "metric": None, "table": "main"}
    return {"destination": destination, **plain, **more}


OPTIONS: dict[str, Any] = {
    "name": "he-ipv6",
    "remote": "198.51.100.1",
    "local": "auto",
    "ttl": 255,
    "mtu": 1480,
    "mtu_force": False,
    "addresses": ["2001:db8:c:407::2/64"],
    "routes": [route("default"), route("2001:db8:4070::/48", type=UNREACHABLE)],
    "uplink": None,
}


def request(**more: Any) -> Request:
    return read_request({**OPTIONS, **more})


def test_request_is_read() -> None:
    wanted = request(local="198.51.100.2", uplink="wan0", routes=[route("2001:db8:9::/64", table="100", metric=7)])
    assert str(wanted.remote) == "198.51.100.1"
    assert (wanted.local, wanted.uplink) == ("198.51.100.2", "wan0")
    assert wanted.routes[0].key == (100, IPv6Network("2001:db8:9::/64"), 7)
    assert request().routes[0] == Route(IPv6Network("::/0"))


@pytest.mark.parametrize(
    ("options", "option", "said"),
    [
        ({"remote": "2001:db8::1"}, "remote", "is an IPv6 address where an IPv4 address belongs"),
        ({"remote": "224.0.0.1"}, "remote", "is not the address of one host"),
        ({"remote": None}, "remote", "is not an IPv4 address"),
        ({"local": "2001:db8::1"}, "local", "is an IPv6 address where an IPv4 address belongs"),
        ({"local": "dhcp"}, "local", "is not an IPv4 address"),
        ({"addresses": ["198.51.100.2/24"]}, "addresses[0]", "is an IPv4 address where an IPv6 address belongs"),
        ({"addresses": ["2001:db8::2"]}, "addresses[0]", "has no prefix length"),
        ({"addresses": ["2001:db8::2/64", "2001:db8::2/48"]}, "addresses[1]", "is there twice"),
        ({"mtu": 1279}, "mtu", "is below 1280"),
        ({"mtu": 1279, "mtu_force": True}, "mtu", "is below 1280"),
        ({"mtu": 1481}, "mtu", "mtu_force: true"),
        ({"mtu": 70000, "mtu_force": True}, "mtu", "is not between"),
        ({"ttl": 0}, "ttl", "is not between 1 and 255"),
        ({"ttl": 256}, "ttl", "is not between 1 and 255"),
        ({"name": "a-name-too-long-"}, "name", "more than 15"),
        ({"name": "sit0"}, "name", "catch-all"),
        ({"uplink": "eth 0"}, "uplink", "has a character"),
        ({"routes": [route("192.0.2.0/24")]}, "routes[0].destination", "IPv4"),
        ({"routes": [route("2001:db8::1/48")]}, "routes[0].destination", "has bits set"),
        ({"routes": [route("::/0"), route("default")]}, "routes[1]", "is there twice"),
        ({"routes": [route("::/0", gateway="198.51.100.1")]}, "routes[0].gateway", "is an IPv4 address"),
        ({"routes": [route("::/0", source="2001:db8::/64")]}, "routes[0].source", "has a prefix length"),
        ({"routes": [route("::/0", metric=0)]}, "routes[0].metric", "is not between"),
        ({"routes": [route("::/0", table="isp")]}, "routes[0].table", "is no routing table"),
        ({"routes": [route("::/0", type=BLACKHOLE, gateway="fe80::1")]}, "routes[0].gateway", "means nothing"),
        ({"routes": [route("::/0", type=UNREACHABLE, source="2001:db8::1")]}, "routes[0].source", "means nothing"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], option: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        request(**options)
    assert caught.value.option == option
    assert said in str(caught.value)


def test_larger_mtu_can_be_forced() -> None:
    assert request(mtu=8980, mtu_force=True).mtu == 8980


def test_name_alone_is_read_for_taking_away() -> None:
    assert read_name({"name": "he-ipv6"}) == "he-ipv6"


NETDEV = f"""{MARK}
[NetDev]
Name=he-ipv6
Kind=sit
MTUBytes=1480

[Tunnel]
Local=any
Remote=198.51.100.1
TTL=255
Independent=yes
"""
NETWORK = f"""{MARK}
[Match]
Name=he-ipv6

[Link]
MTUBytes=1480
RequiredForOnline=no

[Network]
IPv6AcceptRA=no
LinkLocalAddressing=no
Address=2001:db8:c:407::2/64

[Route]
Destination=::/0

[Route]
Destination=2001:db8:4070::/48
Type=unreachable
"""


def test_networkd_files() -> None:
    assert networkd_files(request(), "any", None) == {
        "/etc/systemd/network/30-he-ipv6.netdev": NETDEV,
        "/etc/systemd/network/30-he-ipv6.network": NETWORK,
    }


def test_tunnel_of_an_uplink_is_named_in_its_dropin() -> None:
    files = networkd_files(request(), "dhcp4", Uplink("wan0", "/run/systemd/network/10-netplan-wan0.network"))
    dropin = files["/etc/systemd/network/10-netplan-wan0.network.d/30-he-ipv6.conf"]
    assert dropin == f"{MARK}\n[Network]\nTunnel=he-ipv6\n"
    assert parse(files["/etc/systemd/network/30-he-ipv6.netdev"]).get("Tunnel", "Independent") is None
    assert parse(files["/etc/systemd/network/30-he-ipv6.netdev"]).get("Tunnel", "Local") == "dhcp4"


ALL_OF_A_ROUTE = route("2001:db8:9::/64", gateway="fe80::1", source="2001:db8:c:407::2", metric=7, table="100")


@pytest.mark.parametrize("version", [252, 257])
def test_networkd_knows_every_word_of_it(version: int) -> None:
    vocabulary = Vocabulary(version)
    files = networkd_files(request(routes=[ALL_OF_A_ROUTE, *OPTIONS["routes"]]), "any", Uplink("wan0", "w.network"))
    for path, text in files.items():
        file = "netdev" if path.endswith(".netdev") else "network"
        for section in parse(text).sections:
            vocabulary.section(file, section.name, "sit")
            for setting in section.settings:
                assert vocabulary.key(file, section.name, setting.key) == Spelling(setting.key)
                vocabulary.value(file, section.name, setting.key, setting.value)


def test_ifupdown_stanza() -> None:
    wanted = request(addresses=["2001:db8:c:407::2/64", "2001:db8:c:407::3/64"])
    assert ifupdown_files(wanted, "198.51.100.2") == {
        "/etc/network/interfaces.d/he-ipv6": f"""{MARK}
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:db8:c:407::2
    netmask 64
    endpoint 198.51.100.1
    local 198.51.100.2
    ttl 255
    mtu 1480
    up ip -6 addr add 2001:db8:c:407::3/64 dev $IFACE
    up ip -6 route replace ::/0 dev $IFACE metric 1024 proto static
    up ip -6 route replace unreachable 2001:db8:4070::/48 metric 1024 proto static
    down ip -6 route del unreachable 2001:db8:4070::/48 metric 1024 proto static || true
"""
    }


def test_ifupdown_takes_any_by_saying_nothing() -> None:
    assert "local" not in ifupdown_files(request(), "any")["/etc/network/interfaces.d/he-ipv6"]


addresses = st.integers(1, 2**64).map(lambda number: IPv6Address((0x20010DB8 << 96) + number))
plain_routes = st.builds(
    Route,
    st.integers(0, 2**16 - 1).map(lambda number: IPv6Network(((0x20010DB8 << 96) + (number << 64), 64))),
    st.just(UNICAST),
    st.none() | addresses,
    st.none() | addresses,
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**32 - 1),
)
lone_routes = st.builds(Route, st.just(IPv6Network("2001:db8::/32")), st.sampled_from([UNREACHABLE, BLACKHOLE]))


@given(st.lists(plain_routes | lone_routes, max_size=4))
def test_routes_that_were_written_read_back(routes: list[Route]) -> None:
    plain = request()
    wanted = Request(**{**vars(plain), "routes": tuple(routes)})
    assert networkd_routes(networkd_files(wanted, "any", None)["/etc/systemd/network/30-he-ipv6.network"]) == routes
    assert ifupdown_routes(ifupdown_files(wanted, "any")["/etc/network/interfaces.d/he-ipv6"]) == routes


def test_configuration_spoilt_by_hand_has_no_routes() -> None:
    assert networkd_routes("nonsense") == []
    assert networkd_routes("[Route]\nGateway=fe80::1\n") == []
    assert (
        ifupdown_routes("iface x inet6 manual\n    up ip -6 route replace\n    up ip -6 route replace nonsense\n") == []
    )
