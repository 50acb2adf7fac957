# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the networks that a host has already mean for the links of its routed containers."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Union

from .listening import DROPIN, accept_ra, uplink_units
from .nspawn_routed import HOST_FILE, Link
from .options import OptionReader

LOOPBACK = "05-homelab-lo.network"
LAST = 4096
Network = Union[IPv4Network, IPv6Network]


def refuse_taken(
    reader: OptionReader, routed: Sequence[IPv6Network], links: Sequence[Link], network: Mapping[str, Any]
) -> None:
    """Refuse a prefix, or an IPv4 network, of which the host has a part elsewhere: whoever is there would be cut off.

    :param network: what link_info returned
    """
    for prefix in routed:
        _refuse_taken(reader, "routed_prefixes", prefix, prefix, links, network)
    for link in links:
        if link.ipv4:
            _refuse_taken(reader, "containers[].ipv4", link.ipv4, link.ipv4.network, links, network)


def refuse_macs(reader: OptionReader, macs: Mapping[str, str], network: Mapping[str, Any]) -> None:
    """Refuse a hardware address that the host has itself: on one bridge, neither would get what is for it.

    :param macs: container → its hardware address
    """
    for container, mac in macs.items():
        for name, link in network["links"].items():
            if mac and link["mac"].lower() == mac.lower():
                problem = f"is that of {name} on this host, and {container} is to have it"
                reader.refuse("containers[].mac", mac, problem, "Leave it out, or write one that nobody has")


def _refuse_taken(
    reader: OptionReader,
    option: str,
    value: object,
    wanted: Network,
    links: Sequence[Link],
    network: Mapping[str, Any],
) -> None:
    own = _own(network, links)
    found = {name: [ip_network(text) for text in link["networks"]] for name, link in network["links"].items()}
    for name in sorted(found.keys() - own):
        for there in found[name]:
            if there.version == wanted.version and there.overlaps(wanted):
                problem = f"overlaps {there}, the network of {name}, and its machines would be cut off from this host"
                inside = there != wanted and there.prefixlen >= wanted.prefixlen
                remedy = (
                    "List the parts without that, as the filter subnets works them out"
                    if inside and option == "routed_prefixes"
                    else "Write a network that no other interface of this host has"
                )
                reader.refuse(option, value, problem, remedy)
                return
    client = (network.get("ssh_connection") or {}).get("client", "").partition("%")[0]
    # A container of this host may well be where Ansible runs.
    ours = [there for name in own for there in found.get(name, [])]
    if client and _holds([wanted], client) and not _holds(ours, client):
        problem = f"holds {client}, from where Ansible comes in: it would be cut off"
        reader.refuse(option, value, problem, "Write a network in which no machine is yet")


def _holds(networks: Sequence[Network], address: str) -> bool:
    return any(ip_address(address) in there for there in networks)


def _own(network: Mapping[str, Any], links: Sequence[Link]) -> set[str]:
    """Links of containers, of this run and of earlier ones."""
    begin = posixpath.basename(HOST_FILE.partition("{")[0])
    before = {
        name for name, link in network["links"].items() if posixpath.basename(link["network_file"]).startswith(begin)
    }
    return before | {link.interface for link in links}


def listening(
    network: Mapping[str, Any], links: Sequence[Link], others: Collection[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What keeps the host listening to router advertisements: for sysctl_set, and for networkd_units.

    :param others: interfaces that shall not listen, or of which another role says whether they do
    """
    ports = [name for name, link in network["links"].items() if link["master"]]
    silent = {*ports, *others, *_own(network, links)}
    by_ra = [name for name, link in network["links"].items() if link["ra_default"]]
    uplinks = sorted({network["uplink"], *by_ra} - silent)
    return accept_ra(network, silent), uplink_units(network, uplinks)


def unused(routed: Sequence[IPv6Network], links: Sequence[Link], network: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What sends back all that is for containers that are not there (RFC 7084, WPD-5), for networkd_units.

    Else it would go to the router by the default route, and come back. The routes are the loopback interface's, which
    is there whoever runs.
    """
    theirs = posixpath.basename(network["loopback_file"])
    name = f"{theirs}.d/{DROPIN}" if theirs not in ("", LOOPBACK) else LOOPBACK
    networks = [*routed, *(link.ipv4.network for link in links if link.ipv4)]
    if not networks:
        return [{"name": name, "state": "absent"}] if theirs else []
    routes = [
        # Whatever else leads there goes before.
        {"name": "Route", "settings": {"Destination": str(one), "Type": "unreachable", "Metric": str(LAST)}}
        for one in networks
    ]
    # What others have set on it stays. By its type, since by its name ifupdown's "auto lo" counts as a user's wish.
    settings = {"KeepConfiguration": "yes", "LinkLocalAddressing": "no", "IPv6AcceptRA": "no"}
    whole = [{"name": "Match", "settings": {"Type": "loopback"}}, {"name": "Network", "settings": settings}]
    return [{"name": name, "sections": routes if name != LOOPBACK else [*whole, *routes]}]
