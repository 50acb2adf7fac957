# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who configures an interface, and what networkd has to go on doing when it takes the interface over.

An owner's settings are translated into :class:`Carried`, the part of them that a .network drop-in can say. What cannot
be said there is an obstacle: it is named, and the interface stays with its owner.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._formats import ifupdown, nm_keyfile

IFUPDOWN = "ifupdown"
NETWORK_MANAGER = "NetworkManager"
NETPLAN = "netplan"
NETWORKD = "systemd-networkd"


@dataclass(frozen=True)
class Carried:
    """Settings of the old owner that outlive it."""

    dhcp4: bool = False
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    mtu: str = ""
    mac: str = ""

    def plus(self, other: Carried) -> Carried:
        return Carried(
            self.dhcp4 or other.dhcp4,
            self.addresses + other.addresses,
            self.gateways + other.gateways,
            self.dns + other.dns,
            self.domains + other.domains,
            self.mtu or other.mtu,
            self.mac or other.mac,
        )


@dataclass(frozen=True)
class Owner:
    """Something that configures an interface.

    :param manager: its name
    :param source: the file, and the line where the file has lines of others too
    :param obstacles: what networkd could not be told, each as the user's file says it
    """

    manager: str
    source: str
    carried: Carried = field(default_factory=Carried)
    obstacles: tuple[str, ...] = ()


# Options that say nothing beyond the address (interfaces(5)), or nothing that networkd would have to be told.
_IMPLIED = ("netmask", "broadcast", "network", "pointopoint", "hostname", "vendor", "client", "accept_ra", "autoconf")
_IMPLIED_TOO = ("dad-attempts", "dad-interval", "preferred-lifetime", "privext", "scope", "leasetime", "leasehours")


def ifupdown_owner(interface: str, files: Mapping[str, str]) -> Owner | None:
    """The owner that /etc/network/interfaces and what it reads in make of ifupdown.

    :param files: path → text
    """
    carried = Carried()
    source = ""
    obstacles: list[str] = []
    for path, text in files.items():
        for stanza in ifupdown.parse(text):
            if stanza.keyword != "iface" or not stanza.names(interface):
                continue
            source = source or f"{path} line {stanza.first}"
            more, hindered = _from_stanza(stanza)
            carried = carried.plus(more)
            obstacles.extend(f"{path} line {stanza.first}: {what}" for what in hindered)
    return Owner(IFUPDOWN, source, carried, tuple(obstacles)) if source else None


def _from_stanza(stanza: ifupdown.Stanza) -> tuple[Carried, list[str]]:
    family, method = (stanza.words[2:4] + ("", ""))[:2]
    options = dict(stanza.options)
    values: dict[str, tuple[str, ...]] = {}
    hindered: list[str] = []
    for key, value in stanza.options:
        if key == "address" and method == "static":
            values["addresses"] = (
                *values.get("addresses", ()),
                _with_length(value, options.get("netmask", ""), family),
            )
        elif key == "gateway":
            values["gateways"] = (value,)
        elif key in ("dns-nameservers", "dns-nameserver"):
            values["dns"] = (*values.get("dns", ()), *value.split())
        elif key in ("dns-search", "dns-domain"):
            values["domains"] = (*values.get("domains", ()), *value.split())
        elif key not in (*_IMPLIED, *_IMPLIED_TOO, "mtu", "hwaddress"):
            hindered.append(f"{key} {value}")
    if (family, method) not in _METHODS:
        hindered.insert(0, " ".join(stanza.words))
    carried = Carried(
        dhcp4=(family, method) == ("inet", "dhcp"),
        mtu=options.get("mtu", ""),
        mac=options.get("hwaddress", "").replace("ether", "").strip(),
        **values,
    )
    return carried, hindered


_METHODS = tuple((family, method) for family in ("inet", "inet6") for method in ("static", "dhcp", "manual")) + (
    ("inet6", "auto"),
)


def _with_length(address: str, netmask: str, family: str) -> str:
    if "/" in address or not netmask:
        return address if "/" in address else address + ("/128" if family == "inet6" else "/32")
    if family == "inet":
        return f"{address}/{ipaddress.IPv4Network('0.0.0.0/' + netmask).prefixlen}"
    return f"{address}/{netmask}"


def network_manager_owner(
    interface: str, device_state: str, profiles: Mapping[str, str], running: bool
) -> Owner | None:
    """The owner that NetworkManager is of an interface.

    :param device_state: /run/NetworkManager/devices/INDEX, empty where it has none
    :param profiles: path → text of the keyfiles under /etc and /run
    :param running: whether NetworkManager runs or is enabled; its profiles mean nothing otherwise
    """
    state = nm_keyfile.parse(device_state).get("device", {})
    managed = state.get("managed") in ("true", "1") and bool(state.get("connection-uuid"))
    for path, text in profiles.items():
        keyfile = nm_keyfile.parse(text)
        connection = keyfile.get("connection", {})
        by_uuid = managed and connection.get("uuid") == state.get("connection-uuid")
        if running and (by_uuid or connection.get("interface-name") == interface):
            carried, hindered = _from_profile(keyfile)
            return Owner(NETWORK_MANAGER, path, carried, tuple(f"{path}: {what}" for what in hindered))
    if running and managed:
        return Owner(NETWORK_MANAGER, "a connection that it made by itself", Carried(dhcp4=True))
    return None


def _from_profile(keyfile: nm_keyfile.Keyfile) -> tuple[Carried, list[str]]:
    hindered: list[str] = []
    kind = keyfile.get("connection", {}).get("type", "ethernet")
    if kind not in ("ethernet", "802-3-ethernet"):
        hindered.append(f"type={kind}")
    ipv4, ipv6 = keyfile.get("ipv4", {}), keyfile.get("ipv6", {})
    if ipv4.get("method") == "shared":
        hindered.append("method=shared")
    addresses, gateways = nm_keyfile.addresses(ipv4)
    addresses6, gateways6 = nm_keyfile.addresses(ipv6)
    ethernet = keyfile.get("ethernet", {})
    carried = Carried(
        dhcp4=ipv4.get("method", "auto") == "auto",
        addresses=(*addresses, *addresses6),
        gateways=(*gateways, *gateways6),
        dns=(*nm_keyfile.words(ipv4.get("dns", "")), *nm_keyfile.words(ipv6.get("dns", ""))),
        domains=tuple(nm_keyfile.words(ipv4.get("dns-search", ""))),
        mtu=ethernet.get("mtu", ""),
        mac=ethernet.get("cloned-mac-address", ""),
    )
    return carried, hindered


def said(owner: Owner) -> str:
    """The owner in a sentence."""
    return f"{owner.manager} ({owner.source})"


def all_obstacles(owners: Sequence[Owner]) -> list[str]:
    return [obstacle for owner in owners for obstacle in owner.obstacles]
