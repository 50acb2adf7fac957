# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who configures an interface, and what networkd has to go on doing when it takes the interface over.

An owner's settings are translated into :class:`Carried`, the part of them that a .network drop-in can say. What cannot
be said there is an obstacle: it is named, and the interface stays with its owner.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._formats import ifupdown, nm_keyfile

IFUPDOWN = "ifupdown"
NETWORK_MANAGER = "NetworkManager"
NETPLAN = "netplan"
NETWORKD = "systemd-networkd"

# Sections of a .network file, each with its keys and values in order.
Settings = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True)
class Carried:
    """Settings of the old owner that outlive it."""

    dhcp4: bool = False
    dhcp6: bool = False
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    mtu: str = ""
    mac: str = ""

    def plus(self, other: Carried) -> Carried:
        return Carried(
            self.dhcp4 or other.dhcp4,
            self.dhcp6 or other.dhcp6,
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
    :param sections: of a .network file, where networkd itself is the owner
    """

    manager: str
    source: str
    carried: Carried = field(default_factory=Carried)
    obstacles: tuple[str, ...] = ()
    sections: tuple[tuple[str, list[tuple[str, str]]], ...] = ()


# Options that say nothing beyond the address (interfaces(5)), or nothing that networkd would have to be told.
_IMPLIED = ("netmask", "broadcast", "network", "hostname", "vendor", "client", "accept_ra", "autoconf", "dad-attempts")
_IMPLIED_TOO = ("dad-interval", "preferred-lifetime", "privext", "scope", "leasetime", "leasehours", "mtu", "hwaddress")
_PORTS = ("bridge_ports", "bridge-ports", "bond-slaves", "bond_slaves", "slaves")
_METHODS = tuple((family, method) for family in ("inet", "inet6") for method in ("static", "dhcp", "manual")) + (
    ("inet6", "auto"),
)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def ifupdown_owner(interface: str, files: Mapping[str, str]) -> Owner | None:
    """The owner that /etc/network/interfaces and what it reads in make of ifupdown.

    :param files: path → text
    """
    carried = Carried()
    source = ""
    obstacles: list[str] = []
    for path, text in files.items():
        for stanza in ifupdown.parse(text):
            found = _of_stanza(stanza, interface)
            if found is None:
                continue
            place = f"{path} line {stanza.first}"
            source = source or place
            carried = carried.plus(found[0])
            obstacles.extend(f"{place}: {what}" for what in found[1])
    return Owner(IFUPDOWN, source, carried, tuple(obstacles)) if source else None


def _of_stanza(stanza: ifupdown.Stanza, interface: str) -> tuple[Carried, list[str]] | None:
    """What a stanza configures of an interface and what hinders a handover, None where it configures nothing of it."""
    if stanza.keyword == "mapping":
        concerned = any(fnmatch.fnmatchcase(interface, word) for word in stanza.words[1:])
        return (Carried(), [" ".join(stanza.words)]) if concerned else None
    if stanza.keyword != "iface":
        logical = [word for word in stanza.words[1:] if ifupdown.brings_up_as_another(word, interface)]
        return (Carried(), logical) if logical and ifupdown.is_list(stanza.keyword) else None
    if stanza.names(interface):
        return _from_stanza(stanza)
    ports = [f"{key} {value}" for key, value in stanza.options if key in _PORTS and interface in value.split()]
    return (Carried(), [" ".join(stanza.words[:2]) + ": " + port for port in ports]) if ports else None


def _from_stanza(stanza: ifupdown.Stanza) -> tuple[Carried, list[str]]:
    family, method = (stanza.words[2:4] + ("", ""))[:2]
    options = dict(stanza.options)
    hindered: list[str] = []
    if (family, method) not in _METHODS or len(stanza.words) > 4:
        hindered.append(" ".join(stanza.words))
    carried = Carried(
        dhcp4=(family, method) == ("inet", "dhcp"),
        dhcp6=(family, method) == ("inet6", "dhcp"),
        mtu=options.get("mtu", ""),
    )
    for key, value in stanza.options:
        more = _from_option(key, value, family, options.get("netmask", ""))
        if more is None:
            hindered.append(f"{key} {value}")
        elif method == "static" or not more.addresses:
            carried = carried.plus(more)
    return carried, hindered


def _from_option(key: str, value: str, family: str, netmask: str) -> Carried | None:
    """What outlives the old owner of an option, None where networkd could not be told."""
    if key == "address":
        address = _with_length(value, netmask, family)
        return Carried(addresses=(address,)) if address else None
    if key == "gateway":
        return Carried(gateways=(value,))
    if key in ("dns-nameservers", "dns-nameserver"):
        return Carried(dns=tuple(value.split()))
    if key in ("dns-search", "dns-domain"):
        return Carried(domains=tuple(value.split()))
    if key == "hwaddress":
        mac = _MAC.search(value)
        return Carried(mac=mac.group()) if mac else None
    return Carried() if key in (*_IMPLIED, *_IMPLIED_TOO) else None


def _with_length(address: str, netmask: str, family: str) -> str | None:
    """ADDRESS/LENGTH as ifupdown gives it to the kernel, None where it cannot be told."""
    bare, _slash, length = address.partition("/")
    try:
        parsed = ipaddress.ip_address(bare)
        if family == "inet6":
            return f"{bare}/{int(length or netmask or 128)}"
        mask = length or netmask or _classful(int(parsed))
        return f"{bare}/{ipaddress.IPv4Network('0.0.0.0/' + mask).prefixlen}"
    except ValueError:
        return None


def _classful(address: int) -> str:
    """The length that ifupdown takes where none is given, by the class of the address."""
    first = address >> 24
    return "8" if first < 128 else "16" if first < 192 else "24"


def network_manager_owner(
    interface: str, device_state: str, profiles: Mapping[str, str], running: bool
) -> Owner | None:
    """The owner that NetworkManager is of an interface.

    :param device_state: /run/NetworkManager/devices/INDEX, empty where it has none
    :param profiles: path → text of the keyfiles under /etc and /run
    :param running: whether NetworkManager runs or is enabled; its profiles mean nothing otherwise
    """
    state = nm_keyfile.parse(device_state).get("device", {})
    if not running or state.get("managed") == "false":
        return None
    keyfiles = {path: nm_keyfile.parse(text) for path, text in profiles.items()}
    uuid = state.get("connection-uuid", "")
    path = _profile_with(keyfiles, "uuid", uuid) or _profile_with(keyfiles, "interface-name", interface)
    if path:
        carried, hindered = _from_profile(keyfiles[path])
        return Owner(NETWORK_MANAGER, path, carried, tuple(f"{path}: {what}" for what in hindered))
    if uuid:
        return Owner(NETWORK_MANAGER, "a connection that it made by itself", Carried(dhcp4=True))
    return None


def _profile_with(keyfiles: Mapping[str, nm_keyfile.Keyfile], key: str, value: str) -> str:
    paths = (path for path, keyfile in keyfiles.items() if keyfile.get("connection", {}).get(key) == value)
    return next(paths, "") if value else ""


def _from_profile(keyfile: nm_keyfile.Keyfile) -> tuple[Carried, list[str]]:
    ipv4, ipv6 = keyfile.get("ipv4", {}), keyfile.get("ipv6", {})
    ethernet = keyfile.get("ethernet") or keyfile.get("802-3-ethernet", {})
    addresses, gateways = nm_keyfile.addresses(ipv4)
    addresses6, gateways6 = nm_keyfile.addresses(ipv6)
    mac = ethernet.get("cloned-mac-address", "")
    carried = Carried(
        dhcp4=ipv4.get("method", "auto") == "auto",
        addresses=(*addresses, *addresses6),
        gateways=(*gateways, *gateways6),
        dns=tuple(word for section in (ipv4, ipv6) for word in nm_keyfile.words(section.get("dns", ""))),
        domains=tuple(word for section in (ipv4, ipv6) for word in nm_keyfile.words(section.get("dns-search", ""))),
        mtu=ethernet.get("mtu", ""),
        mac=mac if _MAC.fullmatch(mac) else "",
    )
    return carried, _hindering(keyfile, mac)


def _hindering(keyfile: nm_keyfile.Keyfile, mac: str) -> list[str]:
    """What of a profile networkd could not be told."""
    connection = keyfile.get("connection", {})
    kind = connection.get("type", "ethernet")
    found = [f"type={kind}"] if kind not in ("ethernet", "802-3-ethernet") else []
    found += [f"{key}={connection[key]}" for key in ("master", "controller") if connection.get(key)]
    found += ["[802-1x]"] if "802-1x" in keyfile else []
    found += [f"cloned-mac-address={mac}"] if mac in ("random", "stable", "stable-ssid") else []
    for name in ("ipv4", "ipv6"):
        section = keyfile.get(name, {})
        found += [f"{name}.method=shared"] if section.get("method") == "shared" else []
        keys = nm_keyfile.numbered(section, "route") + nm_keyfile.numbered(section, "routing-rule")
        found += [f"{name}.{key}={section[key]}" for key in keys]
    return found


def netplan_owner(network_file: str) -> Owner | None:
    """The owner that netplan is of an interface for which it has generated a .network file.

    Nothing has to be carried over: a drop-in adds to what netplan generates, and netplan's own file stays as it is.
    """
    if network_file.startswith("/run/systemd/network/10-netplan-"):
        return Owner(NETPLAN, network_file + ", made from /etc/netplan")
    return None


def said(owner: Owner) -> str:
    """The owner in a sentence."""
    return f"{owner.manager} ({owner.source})"
