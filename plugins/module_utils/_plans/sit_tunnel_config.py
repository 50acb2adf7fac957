# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tunnel's configuration, which brings it back at boot: for networkd or for ifupdown."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from .._formats import ifupdown
from .._formats.networkd import Section, Unit, parse, render, section
from .._values.errors import ValueProblem
from .._values.prefix import parse_ipv6_network
from .sit_tunnel import ANY, MAIN_TABLE, METRIC, UNICAST, Request, Route
from .sit_tunnel_kernel import route_words

NETWORKD, IFUPDOWN, RUNTIME = "networkd", "ifupdown", "runtime"
MARK = "# Managed by Ansible (homelab.ipv6.sit_tunnel): edits here are lost at the next run."
UNITS = "/etc/systemd/network/"
STANZAS = "/etc/network/interfaces.d/"


@dataclass(frozen=True)
class Uplink:
    """The link whose networkd file shall carry the tunnel.

    :param network_file: that file, wherever it lies
    """

    name: str
    network_file: str

    @property
    def dropin_directory(self) -> str:
        # A drop-in is found by the name of its file: it may lie in /etc where the file itself lies in /run or /usr.
        return UNITS + self.network_file.rsplit("/", 1)[-1] + ".d/"


def is_ours(text: str) -> bool:
    return text.startswith(MARK)


def dropin_name(name: str) -> str:
    return f"30-{name}.conf"


def paths(name: str) -> tuple[str, str, str]:
    """Where the configuration of a tunnel lies: .netdev, .network, and ifupdown's stanza."""
    return (f"{UNITS}30-{name}.netdev", f"{UNITS}30-{name}.network", STANZAS + name)


def networkd_files(request: Request, local: str, uplink: Uplink | None) -> dict[str, str]:
    """Path → text.

    :param uplink: None where the tunnel stands on its own, with or without an uplink
    """
    netdev, network, _stanza = paths(request.name)
    files = {netdev: render(_netdev(request, local, independent=uplink is None)), network: render(_network(request))}
    if uplink is not None:
        unit = Unit((section("Network", [("Tunnel", request.name)], (MARK,)),))
        files[uplink.dropin_directory + dropin_name(request.name)] = render(unit)
    return files


def _netdev(request: Request, local: str, independent: bool) -> Unit:
    tunnel = [("Local", local), ("Remote", str(request.remote)), ("TTL", str(request.ttl))]
    if independent:
        tunnel.append(("Independent", "yes"))
    device = [("Name", request.name), ("Kind", "sit"), ("MTUBytes", str(request.mtu))]
    return Unit((section("NetDev", device, (MARK,)), section("Tunnel", tunnel)))


def _network(request: Request) -> Unit:
    network = [
        # The broker sends no router advertisements, and a link-local address would come and go with those of IPv4.
        ("IPv6AcceptRA", "no"),
        ("LinkLocalAddressing", "no"),
        *(("Address", str(address)) for address in request.addresses),
    ]
    sections = [
        section("Match", [("Name", request.name)], (MARK,)),
        # Boot does not wait for the tunnel.
        section("Link", [("MTUBytes", str(request.mtu)), ("RequiredForOnline", "no")]),
        section("Network", network),
        *map(_route_section, request.routes),
    ]
    return Unit(tuple(sections))


def _route_section(route: Route) -> Section:
    settings = [("Destination", str(route.destination))]
    if route.type != UNICAST:
        settings.append(("Type", route.type))
    if route.gateway:
        settings.append(("Gateway", str(route.gateway)))
    if route.source:
        settings.append(("PreferredSource", str(route.source)))
    if route.metric != METRIC:
        settings.append(("Metric", str(route.metric)))
    if route.table != MAIN_TABLE:
        settings.append(("Table", str(route.table)))
    return section("Route", settings)


def networkd_routes(text: str) -> list[Route]:
    """The routes of our own .network file."""
    try:
        unit = parse(text)
    except ValueProblem:
        return []
    routes = (_read_route(each.get) for each in unit.named("Route"))
    return [route for route in routes if route]


def _read_route(get: Callable[[str], str | None]) -> Route | None:
    try:
        return Route(
            destination=parse_ipv6_network(get("Destination") or ""),
            type=get("Type") or UNICAST,
            gateway=_address(get("Gateway")),
            source=_address(get("PreferredSource")),
            metric=int(get("Metric") or METRIC),
            table=int(get("Table") or MAIN_TABLE),
        )
    except ValueError:
        return None


def _address(text: str | None) -> ipaddress.IPv6Address | None:
    return ipaddress.IPv6Address(text) if text else None


def ifupdown_files(request: Request, local: str) -> dict[str, str]:
    """Path → text; the tunnel has at least one address, which ifupdown's v4tunnel asks for."""
    return {paths(request.name)[2]: f"{MARK}\n" + "".join(_stanzas(request, local))}


def _stanzas(request: Request, local: str) -> Iterator[str]:
    name, first = request.name, request.addresses[0]
    yield ifupdown.render_stanza(("auto", name), ())
    options = [("address", str(first.ip)), ("netmask", str(first.network.prefixlen)), ("endpoint", str(request.remote))]
    if local != ANY:
        options.append(("local", local))
    options += [("ttl", str(request.ttl)), ("mtu", str(request.mtu))]
    options += [("up", f"ip -6 addr add {address} dev $IFACE") for address in request.addresses[1:]]
    for route in request.routes:
        options.append(("up", "ip -6 route replace " + " ".join(route_words("$IFACE", route))))
        if route.type != UNICAST:
            # The other routes go with the link.
            options.append(("down", f"ip -6 route del {' '.join(route_words('$IFACE', route))} || true"))
    yield ifupdown.render_stanza(("iface", name, "inet6", "v4tunnel"), options)


def ifupdown_routes(text: str) -> list[Route]:
    """The routes of our own stanza."""
    options = (option for stanza in ifupdown.parse(text) for option in stanza.options)
    routes = (_read_words(value.split()[4:]) for key, value in options if key == "up" and " route " in value)
    return [route for route in routes if route]


def _read_words(words: list[str]) -> Route | None:
    """The reverse of route_words()."""
    kind = words[0] if words and words[0] in ("unreachable", "blackhole") else UNICAST
    rest = words[0 if kind == UNICAST else 1 :]
    pairs = dict(zip(rest[1::2], rest[2::2]))
    try:
        return Route(
            destination=parse_ipv6_network(rest[0]),
            type=kind,
            gateway=_address(pairs.get("via")),
            source=_address(pairs.get("src")),
            metric=int(pairs.get("metric", METRIC)),
            table=int(pairs.get("table", MAIN_TABLE)),
        )
    except (ValueError, IndexError):
        return None
