# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the router profile hands to each of its blocks, from its own options and the links that the host has."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Network
from typing import Any

from .._values.errors import Refusal
from .._values.ipv6 import parse_host_address
from .listening import DROPIN, accept_ra, uplink_units
from .router import Lan, StaticHost, Tunnel, lans, parsed, routed_prefixes, static_hosts, tunnel
from .router_routes import Route, routes

# Sorts before the .network files that distributions and installers write (Debian's 80-…, netplan's 10-netplan-…).
UNIT = "05-homelab-{0}.network"


def profile(options: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the profile is going to set, looked at before anything changes.

    :param options: the role's options without their prefix ``router_``
    :param network: what link_info returned
    :raises Refusal: an option cannot be right, alone, beside the others, or on this host
    """
    way = tunnel(options)
    routed = routed_prefixes(options["routed_prefixes"], way.client.network)
    links = lans(options, way.client.network, routed)
    beyond = routes(options["routes"], links, routed)
    hosts = static_hosts(options["hosts"], links)
    if options["dhcp6_stateless"]:
        _refuse_state(options, links)
    uplink = _uplink(options, network)
    for number, lan in enumerate(links):
        _check_link(f"router_lan[{number}].interface", lan.interface, uplink, options["adopt"], network)
    _check_kernel(options, network)
    inside = [lan.interface for lan in links]
    return {
        "uplink": uplink,
        "tunnel": _tunnel(way, options["tunnel_name"]),
        "routed": [str(prefix) for prefix in routed],
        "hosts": [_host(host) for host in hosts],
        "units": [*(_unit(lan, beyond, network) for lan in links), *uplink_units(network, [uplink])],
        "accept_ra": accept_ra(network, [*inside, options["tunnel_name"]]),
        "firewall": _firewall(way, options["tunnel_name"], routed, links, beyond),
        "radvd": [_radvd(lan, way.mtu, options["dhcp6_stateless"]) for lan in links],
        "dhcp6": [_dhcp6(lan, options["dhcp6_stateless"]) for lan in links],
        "verify": _verify(way, options, routed, links),
    }


def _refuse_state(options: Mapping[str, Any], links: Sequence[Lan]) -> None:
    """A stateless DHCPv6 server has no addresses to give, and so has to have something to tell."""
    remedy = "Leave it out, or set router_dhcp6_stateless: false"
    for number, entry in enumerate(options["lan"]):
        if entry.get("pool") not in (None, "none"):
            problem = "is to be handed out, and router_dhcp6_stateless is set: then nothing is"
            raise Refusal(f"router_lan[{number}].pool", entry["pool"], problem, remedy)
    if options["hosts"]:
        problem = "is to get addresses of its own, and router_dhcp6_stateless is set: then nobody does"
        raise Refusal("router_hosts[0]", options["hosts"][0]["name"], problem, remedy)
    if not any(lan.dns or lan.search for lan in links):
        problem = "leaves a DHCPv6 server nothing to tell that has no addresses to give"
        raise Refusal("router_dns", "[]", problem, "Name name servers, or search domains in router_search")


def _uplink(options: Mapping[str, Any], network: Mapping[str, Any]) -> str:
    name = str(options["uplink"])
    if name != "auto":
        if name not in network["links"]:
            raise _absent("router_uplink", name, network)
        return name
    found = str(network["uplink"])
    if not found:
        problem = "finds no interface with an IPv4 default route, which the tunnel needs to reach the broker"
        raise Refusal("router_uplink", "auto", problem, "Set up IPv4 first, or name the interface in router_uplink")
    return found


def _absent(option: str, name: str, network: Mapping[str, Any]) -> Refusal:
    problem = "does not exist on this host"
    return Refusal(option, name, problem, "Use one of {}".format(", ".join(sorted(network["links"]))))


def _check_link(option: str, name: str, uplink: str, adopt: bool, network: Mapping[str, Any]) -> None:
    link = network["links"].get(name)
    if link is None:
        raise _absent(option, name, network)
    if name == uplink:
        problem = "is the uplink, over which IPv4 comes in"
        raise Refusal(option, name, problem, "Name the interface to which the LAN's machines are plugged")
    for owner in link["managed_by"]:
        who = f"is configured by {owner['manager']} ({owner['source']})"
        if not adopt:
            remedy = (
                "Set router_adopt: true to hand it over to systemd-networkd, with its addresses and with the old "
                "configuration kept as a backup, or take it out there yourself"
            )
            raise Refusal(option, name, who, remedy)
        if owner["obstacles"]:
            what = "; ".join(owner["obstacles"])
            remedy = "Move this by hand to a .network file or a unit, take it out there, and run again"
            raise Refusal(option, name, f"{who}, and cannot be handed over because of: {what}", remedy)


def _check_kernel(options: Mapping[str, Any], network: Mapping[str, Any]) -> None:
    if options["tunnel_activate"] and not network["sit"]:
        problem = "asks for a tunnel, and this kernel has no sit (6in4)"
        remedy = (
            "Use a kernel that has it (Debian's own does), or set router_tunnel_activate: false to write the files only"
        )
        raise Refusal("router_tunnel_activate", "true", problem, remedy)


def _tunnel(way: Tunnel, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "server_ipv4": str(way.server),
        "client_ipv6": str(way.client),
        "client_address": str(way.client.ip),
        "server_ipv6": str(way.peer) if way.peer else "",
        "network": str(way.client.network),
        "mtu": way.mtu,
    }


def _firewall(
    way: Tunnel, name: str, routed: Sequence[IPv6Network], links: Sequence[Lan], beyond: Sequence[Route]
) -> dict[str, Any]:
    return {
        "tunnels": [
            {
                "interface": name,
                "broker_ipv4": str(way.server),
                "address": str(way.client),
                "prefixes": [str(prefix) for prefix in routed],
                "mtu": way.mtu,
            }
        ],
        # What is sent on to a machine of a LAN comes in from there, too.
        "inside": [
            {"interface": lan.interface, "prefixes": [str(lan.prefix), *(str(one.prefix) for one in _on(lan, beyond))]}
            for lan in links
        ],
    }


def _radvd(lan: Lan, mtu: int, stateless: bool) -> dict[str, Any]:
    return {
        "name": lan.interface,
        "prefixes": [{"prefix": str(lan.prefix)}],
        # Hosts ask DHCPv6 only where they are told to, for addresses or for the rest alone.
        "managed": not stateless,
        "other": stateless,
        # What goes out through the tunnel has to fit into it, so hosts had better make it that small to begin with.
        "mtu": mtu,
        "rdnss": [str(address) for address in lan.dns],
        "dnssl": list(lan.search),
    }


def _dhcp6(lan: Lan, stateless: bool) -> dict[str, Any]:
    return {
        "interface": lan.interface,
        "prefix": str(lan.prefix),
        "pools": ["{}-{}".format(*lan.pool)] if lan.pool and not stateless else [],
        "dns": [str(address) for address in lan.dns],
        "search": list(lan.search),
    }


def _host(host: StaticHost) -> dict[str, Any]:
    return {
        "name": host.name,
        "duid": str(host.duid),
        "addresses": [str(address) for address in host.addresses],
        "hostname": host.hostname,
    }


def _on(lan: Lan, beyond: Sequence[Route]) -> list[Route]:
    return [route for route in beyond if route.interface == lan.interface]


def _unit(lan: Lan, beyond: Sequence[Route], network: Mapping[str, Any]) -> dict[str, Any]:
    """The .network file of a LAN link, or a drop-in where the user has written one for it already."""
    own = UNIT.format(lan.interface)
    theirs = posixpath.basename(network["links"][lan.interface]["network_file"])
    name = f"{theirs}.d/{DROPIN}" if theirs not in ("", own) else own
    sections = [
        {"name": "Match", "settings": {"Name": lan.interface}},
        # A LAN with nothing plugged in is no reason for the boot to wait.
        {"name": "Link", "settings": {"RequiredForOnline": "no"}},
        {
            "name": "Network",
            "settings": {
                "Address": f"{lan.address}/{lan.prefix.prefixlen}",
                # A router announces; what other routers say on its LAN is not for it.
                "IPv6AcceptRA": "no",
                "LinkLocalAddressing": "ipv6",
                # The servers want the address also while no cable is in.
                "ConfigureWithoutCarrier": "yes",
            },
        },
        *(
            {"name": "Route", "settings": {"Destination": str(route.prefix), "Gateway": str(route.via)}}
            for route in _on(lan, beyond)
        ),
    ]
    return {"name": name, "sections": sections[1:] if name != own else sections}


def _verify(
    way: Tunnel, options: Mapping[str, Any], routed: Sequence[IPv6Network], links: Sequence[Lan]
) -> dict[str, Any]:
    """What health_info has to look for."""
    targets: list[dict[str, Any]] = [
        {
            "what": "the broker over IPv4",
            "address": str(way.server),
            "remedy": "Look at IPv4 first: without it there is no tunnel",
        }
    ]
    if way.peer:
        remedy = (
            "The broker's page must show this machine's IPv4 address as 'Client IPv4 Address', and whatever filters or "
            "translates IPv4 before this machine must let protocol 41 pass"
        )
        targets.append({"what": "the broker through the tunnel", "address": str(way.peer), "remedy": remedy})
        remedy = (
            f"Small packets pass and full ones do not: set 'MTU' on the broker's page to {way.mtu}, or both ends lower"
        )
        what = f"a packet of {way.mtu} bytes to"
        targets.append({"what": what, "address": str(way.peer), "size": way.mtu, "remedy": remedy})
    for number, value in enumerate(options["verify_targets"]):
        address = parsed(f"router_verify_targets[{number}]", parse_host_address, value)
        remedy = "If the broker answers and this does not, the fault lies beyond the broker, or that host is down"
        targets.append({"what": "the Internet", "address": str(address), "remedy": remedy})
    return {
        "tunnel": {
            "name": options["tunnel_name"],
            "server_ipv4": str(way.server),
            "client_ipv6": str(way.client),
            "mtu": way.mtu,
            "routed_prefixes": [str(prefix) for prefix in routed],
        },
        "lans": [{"interface": lan.interface, "address": f"{lan.address}/{lan.prefix.prefixlen}"} for lan in links],
        "targets": targets,
    }
