# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners as ifupdown 0.8.41 and NetworkManager 1.42 are: asked with ifup --no-act, recorded from nmcli."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.link_owners import (
    Carried,
    Owner,
    ifupdown_owner,
    netplan_owner,
    network_manager_owner,
    said,
)

DATA = Path(__file__).parents[1] / "_formats/data"
FILE = "/etc/network/interfaces"


def installed(name: str, interface: str = "enp1s0") -> Owner | None:
    return ifupdown_owner(interface, {FILE: (DATA / "interfaces" / name).read_text()})


def owner(*lines: str) -> Owner:
    found = ifupdown_owner("eth0", {FILE: "\n".join(lines) + "\n"})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "interface", "line", "carried", "obstacles"),
    [
        ("netcfg-dhcp", "enp1s0", 12, Carried(dhcp4=True), ()),
        ("netcfg-dhcp-slaac", "ens18", 12, Carried(dhcp4=True), ()),
        ("netcfg-static4", "enp1s0", 12, Carried(addresses=("192.0.2.10/24",), gateways=("192.0.2.1",)), ()),
        ("netcfg-static6", "enp1s0", 12, Carried(addresses=("2001:db8::10/64",), gateways=("2001:db8::1",)), ()),
        (
            "netcfg-pointopoint",
            "enp1s0",
            12,
            Carried(addresses=("192.0.2.10/32",), gateways=("198.51.100.1",)),
            ("pointopoint 198.51.100.1",),
        ),
        ("bridge", "eth1", 5, Carried(), ("iface br0: bridge_ports eth0 eth1",)),
        ("pattern-matching", "eth1", 6, Carried(addresses=("93.184.216.34/8",)), ("/eth*/=foo",)),
    ],
)
def test_owner_by_a_real_file(
    name: str, interface: str, line: int, carried: Carried, obstacles: tuple[str, ...]
) -> None:
    found = installed(name, interface)
    assert found is not None
    assert (found.manager, found.source) == ("ifupdown", f"{FILE} line {line}")
    assert found.carried == carried
    assert tuple(obstacle.split(": ", 1)[1] for obstacle in found.obstacles) == obstacles


def test_interface_that_no_file_names_has_no_owner() -> None:
    assert installed("netcfg-dhcp", "eth9") is None
    assert ifupdown_owner("eth0", {}) is None
    # Brought up, but with nothing to configure it by, ifup says "unknown interface".
    assert ifupdown_owner("eth0", {FILE: "auto eth0\nsource eth0=x\nmapping eth1\n"}) is None


def test_all_stanzas_of_all_files_count() -> None:
    found = ifupdown_owner(
        "eth0",
        {
            FILE: "iface eth0 inet static\n address 192.0.2.1\n netmask 255.255.255.0\n dns-nameservers 192.0.2.53 a\n",
            FILE + ".d/more": "iface eth1 inet dhcp\niface eth0 inet6 static\n address 2001:db8::1\n netmask 64\n"
            " gateway fe80::1\n dns-nameservers 2001:db8::53\n dns-search x.example y.example\n mtu 1400\n"
            "iface eth0:1 inet static\n address 198.51.100.7/24\n hwaddress ether 02:00:00:00:00:09\n",
        },
    )
    assert found == Owner(
        "ifupdown",
        FILE + " line 1",
        Carried(
            addresses=("192.0.2.1/24", "2001:db8::1/64", "198.51.100.7/24"),
            gateways=("fe80::1",),
            dns=("192.0.2.53", "a", "2001:db8::53"),
            domains=("x.example", "y.example"),
            mtu="1400",
            mac="02:00:00:00:00:09",
        ),
    )


@pytest.mark.parametrize(
    ("family", "address", "netmask", "carried"),
    [
        # What ifup --no-act gave to ip(8).
        *(("inet", "10.1.2.3", "", "10.1.2.3/8"), ("inet", "172.16.0.9", "", "172.16.0.9/16")),
        *(("inet", "192.168.5.9", "", "192.168.5.9/24"), ("inet6", "2001:db8::1", "", "2001:db8::1/128")),
        *(("inet", "192.0.2.1", "25", "192.0.2.1/25"), ("inet", "192.0.2.1/26", "255.0.0.0", "192.0.2.1/26")),
    ],
)
def test_length_of_an_address(family: str, address: str, netmask: str, carried: str) -> None:
    lines = [f"iface eth0 {family} static", f"address {address}", *([f"netmask {netmask}"] if netmask else [])]
    assert owner(*lines).carried.addresses == (carried,)


@pytest.mark.parametrize(
    ("lines", "obstacle"),
    [
        (["iface eth0 inet static", "address 192.0.2.1", "netmask 255.0.255.0"], "line 1: address 192.0.2.1"),
        (["iface eth0 inet static", "address somewhere"], "line 1: address somewhere"),
        (["iface eth0 inet6 static", "address 2001:db8::1/x"], "line 1: address 2001:db8::1/x"),
        (["iface eth0 inet ppp"], "line 1: iface eth0 inet ppp"),
        (["iface eth0"], "line 1: iface eth0"),
        (["iface x inet dhcp", "iface eth0 inet static inherits x"], "line 2: iface eth0 inet static inherits x"),
        (["iface eth0 inet dhcp", "up ip route add default via 192.0.2.1"], "up ip route add default via 192.0.2.1"),
        (["iface eth0 inet dhcp", "metric 100"], "metric 100"),
        (["iface eth0 inet dhcp", "hwaddress random"], "hwaddress random"),
        (["mapping eth*", "script x"], "line 1: mapping eth*"),
        (["auto lo eth0=home"], "line 1: eth0=home"),
        (["iface bond0 inet manual", "bond-slaves eth0 eth1"], "line 1: iface bond0: bond-slaves eth0 eth1"),
    ],
)
def test_what_networkd_could_not_be_told_is_named(lines: list[str], obstacle: str) -> None:
    (found,) = owner(*lines).obstacles
    assert found.startswith(FILE)
    assert found.endswith(obstacle)


def test_options_that_are_no_obstacle() -> None:
    found = owner("iface eth0 inet dhcp", "hostname me", "iface eth0 inet6 auto", "privext 2", "accept_ra 2")
    assert (found.carried, found.obstacles) == (Carried(dhcp4=True), ())
    # An address means nothing to DHCP.
    assert owner("iface eth0 inet dhcp", "address 192.0.2.1/24").carried == Carried(dhcp4=True)


PROFILES = {
    f"/{place}/NetworkManager/system-connections/{path.name}": path.read_text()
    for place, folder in (("etc", "profiles"), ("run", "made"))
    for path in sorted((DATA / "networkmanager" / folder).iterdir())
}
ETC = "/etc/NetworkManager/system-connections/"
STATE = {index: (DATA / "networkmanager/devices" / index).read_text() for index in ("3", "4", "5")}


def managed(interface: str, state: str = "", profiles: dict[str, str] | None = None) -> Owner:
    found = network_manager_owner(interface, state, PROFILES if profiles is None else profiles, running=True)
    assert found is not None
    return found


def test_active_profile_counts() -> None:
    found = managed("eth0", STATE["3"])
    assert found == Owner(
        "NetworkManager",
        ETC + "office.nmconnection",
        Carried(
            addresses=("192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"),
            gateways=("192.0.2.1", "2001:db8::1"),
            dns=("192.0.2.53", "198.51.100.53", "2001:db8::53"),
            domains=("example.org", "lab.example.org", "v6.example.org"),
            mtu="1400",
            mac="02:00:00:00:00:AA",
        ),
        (ETC + "office.nmconnection: ipv4.route1=198.51.100.0/24,192.0.2.254",),
    )
    # Also where a profile of another name would be found first.
    other = {"/first": "[connection]\ninterface-name=eth0\n", **PROFILES}
    assert managed("eth0", STATE["3"], other) == found


def test_profile_by_name_counts_where_none_is_active_yet() -> None:
    found = managed("eth1", STATE["5"])
    assert (found.source, found.carried, found.obstacles) == (
        ETC + "Wired_connection_1.nmconnection",
        Carried(dhcp4=True),
        (),
    )


@pytest.mark.parametrize(
    ("interface", "names", "obstacles"),
    [
        ("br0", ["lan-bridge"], ["type=bridge", "ipv4.method=shared"]),
        ("eth2", ["lan-port"], ["master=br0"]),
        ("eth2", ["secured"], ["[802-1x]"]),
    ],
)
def test_profile_that_networkd_could_not_be_told(interface: str, names: list[str], obstacles: list[str]) -> None:
    profiles = {name: PROFILES[f"{ETC}{name}.nmconnection"] for name in names}
    assert managed(interface, "", profiles).obstacles == tuple(f"{names[0]}: {what}" for what in obstacles)


@pytest.mark.parametrize(
    ("mac", "carried", "obstacles"),
    [
        ("02:00:00:00:00:aa", "02:00:00:00:00:aa", ()),
        *(("preserve", "", ()), ("permanent", "", ()), ("random", "", ("x: cloned-mac-address=random",))),
    ],
)
def test_address_of_the_link(mac: str, carried: str, obstacles: tuple[str, ...]) -> None:
    text = f"[connection]\ninterface-name=eth0\n[802-3-ethernet]\ncloned-mac-address={mac}\n"
    found = managed("eth0", "", {"x": text})
    assert (found.carried.mac, found.obstacles) == (carried, obstacles)


def test_device_that_network_manager_leaves_alone() -> None:
    assert network_manager_owner("peer1", STATE["4"], PROFILES, running=True) is None
    by_name = {"x": "[connection]\ninterface-name=peer1\n"}
    assert network_manager_owner("peer1", STATE["4"], by_name, running=True) is None
    assert network_manager_owner("peer1", "", PROFILES, running=True) is None
    assert network_manager_owner("eth0", STATE["3"], PROFILES, running=False) is None


def test_connection_without_a_profile() -> None:
    found = managed("eth0", STATE["3"], {})
    assert found == Owner("NetworkManager", "a connection that it made by itself", Carried(dhcp4=True))


def test_in_words() -> None:
    found = installed("netcfg-pointopoint")
    assert found is not None
    assert said(found) == f"ifupdown ({FILE} line 12)"
    assert found.obstacles == (f"{FILE} line 12: pointopoint 198.51.100.1",)


def test_netplan_owns_what_it_generates() -> None:
    found = netplan_owner("/run/systemd/network/10-netplan-lan0.network")
    assert found is not None
    assert said(found) == "netplan (/run/systemd/network/10-netplan-lan0.network, made from /etc/netplan)"
    assert netplan_owner("/etc/systemd/network/lan0.network") is None
