# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `bridge` mean for networkd_units, on a host with these links."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._values.interface import parse_plain_interface
from .._values.link import parse_vlans
from .._values.prefix import parse_address, parse_address_with_length
from .handover import DROPIN
from .options import OptionReader

# Sorts before the router profile's 05-homelab-…, and all that distributions and installers write.
FILE = "04-homelab-{0}.{1}"
KEEP = "keep"
DHCP = (KEEP, "both", "ipv4", "ipv6", "none")
_NETWORKD_DHCP = {"both": "yes", "ipv4": "ipv4", "ipv6": "ipv6", "none": "no"}
# IEEE 802.1D-1998, table 8-3, and what the kernel takes (br_private_stp.h): seconds in listening and then in learning.
SHORTEST_DELAY, LONGEST_DELAY = 2, 30
# What Ethernet frames of other machines can go out by.
_PLAIN = ("", "vlan", "bond")


@dataclass(frozen=True)
class BridgePlan:
    """Options of networkd_units.

    :param handover: how the card changes hands
    :param problems: a sentence for each thing that is wrong; where there is one, ``units`` is empty
    """

    units: list[dict[str, Any]] = field(default_factory=list)
    handover: str = "adopt"
    problems: list[str] = field(default_factory=list)


def plan(options: Mapping[str, Any], network: Mapping[str, Any], prefix: str = "bridge_") -> BridgePlan:
    """Read the role's options, named without their prefix.

    :param network: what link_info returned
    :param prefix: what their names begin with in the user's eyes
    """
    reader = OptionReader(prefix)
    name = reader.one("name", options["name"], parse_plain_interface)
    card = reader.one("interface", options["interface"], parse_plain_interface)
    if name and card:
        _look_at_links(reader, name, card, network["links"])
    bridge = _bridge(reader, options)
    addressing = _addressing(reader, options)
    vlans = _vlans(reader, options)
    if not reader.problems and card:
        _look_at_addresses(reader, card, options, network)
    if reader.problems or not name or not card:
        return BridgePlan(problems=reader.problems)
    mac = network["links"][card]["mac"]
    keeps = options["dhcp"] == KEEP
    file = FILE.format(name, "network")
    units = [
        _unit(
            FILE.format(name, "netdev"),
            # Without it networkd makes one of name and machine-id, and every lease and reservation is lost.
            ("NetDev", {"Name": name, "Kind": "bridge", "MACAddress": mac}),
            ("Bridge", bridge),
        ),
        _unit(file, ("Match", {"Name": name}), ("Network", addressing), *vlans),
        _unit(
            FILE.format(card, "network"),
            ("Match", {"Name": card}),
            # The card itself takes no addresses, or IPv6 would have two ways out, one of them dead.
            ("Network", {"Bridge": name, "IPv6AcceptRA": "no", "LinkLocalAddressing": "no"}),
            *vlans,
        ),
    ]
    if not keeps:
        # What an earlier run has kept counts no more.
        units.append({"name": f"{file}.d/{DROPIN}", "state": "absent"})
    return BridgePlan(units, "adopt" if keeps else "replace")


def _unit(name: str, *sections: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "sections": [{"name": section, "settings": settings} for section, settings in sections]}


def _look_at_links(reader: OptionReader, name: str, card: str, links: Mapping[str, Mapping[str, Any]]) -> None:
    bridge, link = links.get(name), links.get(card)
    if bridge and bridge["kind"] != "bridge":
        reader.refuse("name", name, "is there on this host, and is no bridge", "Give the bridge another name")
    elif bridge and not (bridge["networkd"] or bridge["managed_by"] or (link and link["master"] == name)):
        problem = "is there as a bridge, and no network configuration of this host made it: libvirt, Docker, or a hand"
        remedy = "Give the bridge another name, or take that one away first"
        reader.refuse("name", name, problem, remedy)
    if link is None:
        others = ", ".join(sorted(each for each in links if each != name))
        remedy = f"Use one of {others}" if others else "Look at the cable, and at the driver: there is no card at all"
        reader.refuse("interface", card, "does not exist on this host", remedy)
    elif name == card:
        reader.refuse("interface", card, "is the bridge itself", "Name the network card, such as eth0")
    elif link["master"] not in ("", name):
        problem = f"is a port of {link['master']} already, and can be one of a single bridge or bond"
        remedy = f"Take it out there, or set {reader.named('name')}: {link['master']} if that is it"
        reader.refuse("interface", card, problem, remedy)
    elif link["kind"] == "wlan":
        problem = "is a wireless card; an access point takes frames of the card's own MAC address alone"
        reader.refuse("interface", card, problem, "Use a cable, or give containers routed prefixes of their own")
    elif link["kind"] not in _PLAIN or not link["mac"]:
        problem = f"is of the kind {link['kind']}" if link["kind"] else "has no Ethernet address"
        reader.refuse("interface", card, problem + ", and so is no network card", "Name the card, such as eth0")
    for other, one in links.items():
        file = FILE.format(other, "network")
        if other != card and one["master"] == name and posixpath.basename(one["network_file"]) == file:
            problem = f"would be in {name} beside {other}, which an earlier run has put there: two cables, one loop"
            remedy = (
                f"Keep {reader.named('interface')}: {other}, or take it out first: `rm /etc/systemd/network/{file}`, "
                f"`networkctl reload`, `ip link set {other} nomaster`"
            )
            reader.refuse("interface", card, problem, remedy)


def _bridge(reader: OptionReader, options: Mapping[str, Any]) -> dict[str, Any]:
    """[Bridge] of the .netdev."""
    stp = reader.truth("stp", options["stp"])
    remedy = f"Write {SHORTEST_DELAY} to {LONGEST_DELAY} seconds with {reader.named('stp')}, and 0 without"
    lowest, highest = (SHORTEST_DELAY, LONGEST_DELAY) if stp else (0, LONGEST_DELAY)
    delay = reader.whole("forward_delay", options["forward_delay"], lowest, highest, remedy)
    settings: dict[str, Any] = {"STP": "yes" if stp else "no", "ForwardDelaySec": delay}
    # Written in either case: what is left out of the file stays as it was on a bridge that exists.
    settings["VLANFiltering"] = "yes" if reader.truth("vlan_filtering", options["vlan_filtering"]) else "no"
    return settings


def _addressing(reader: OptionReader, options: Mapping[str, Any]) -> dict[str, Any]:
    """[Network] of the bridge."""
    dhcp = reader.choice("dhcp", options["dhcp"], DHCP)
    addresses = reader.many("addresses", options["addresses"], parse_address_with_length)
    gateways = reader.many("gateways", options["gateways"], parse_address)
    dns = reader.many("dns", options["dns"], parse_address)
    search = [str(domain) for domain in reader.listed("search", options["search"])]
    # Only DHCP, or what is kept, may bring networks that are not known here.
    known = dhcp == "none"
    for gateway in gateways:
        on_link = gateway.is_link_local or any(gateway in address.network for address in addresses)
        if known and not on_link:
            nets = ", ".join(str(address.network) for address in addresses) or f"{reader.named('addresses')} is empty"
            problem = f"is in none of the networks of this host ({nets}), so it cannot be reached"
            reader.refuse("gateways", gateway, problem, "Name the router's address on this very link")
    settings: dict[str, Any] = {"DHCP": _NETWORKD_DHCP[dhcp]} if dhcp != KEEP else {}
    # Outright: where forwarding is on, networkd takes no RAs unless it is told to (systemd.network(5)).
    settings.update(LinkLocalAddressing="ipv6", IPv6AcceptRA="yes" if options["accept_ra"] else "no")
    for key, values in (("Address", addresses), ("Gateway", gateways), ("DNS", dns)):
        if values:
            settings[key] = [str(value) for value in values]
    if search:
        settings["Domains"] = " ".join(search)
    return settings


def _vlans(reader: OptionReader, options: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """[BridgeVLAN] sections of the card and of the bridge itself: untagged is VLAN 1, and the rest is tagged."""
    tagged = reader.many("vlans", options["vlans"], parse_vlans)
    if tagged and not options["vlan_filtering"]:
        setting, vlans = reader.named("vlan_filtering"), reader.named("vlans")
        remedy = f"Set {setting}: true, or leave {vlans} out: a plain bridge passes all VLANs"
        reader.refuse("vlans", ", ".join(tagged), "are given for a bridge that does not look at VLANs", remedy)
    if not options["vlan_filtering"]:
        return []
    untagged: tuple[str, dict[str, Any]] = ("BridgeVLAN", {"PVID": 1, "EgressUntagged": 1})
    return [untagged, *(("BridgeVLAN", {"VLAN": vlans}) for vlans in tagged)]


def _look_at_addresses(reader: OptionReader, card: str, options: Mapping[str, Any], network: Mapping[str, Any]) -> None:
    """Refuse to keep what stands nowhere: the host would come up without an address, now or after a reboot."""
    link = network["links"][card]
    keeps = options["dhcp"] == KEEP and not options["addresses"]
    if keeps and network["uplink"] == card and not link["networkd"] and not link["managed_by"]:
        problem = f"keeps what {card} has, and neither ifupdown nor networkd nor NetworkManager is told to give it any"
        dhcp, addresses, gateways = (reader.named(option) for option in ("dhcp", "addresses", "gateways"))
        remedy = f"Say where addresses come from: {dhcp}: both, or none with {addresses} and {gateways}"
        reader.refuse("dhcp", KEEP, problem, remedy)
