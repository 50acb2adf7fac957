# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `firewall` mean, as the lists that its ruleset is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from .._values.errors import ValueProblem
from .._values.interface import parse_plain_interface
from .._values.ipv6 import parse_prefix
from .._values.lan import parse_ipv4_network
from .._values.link import HIGHEST_PORT, parse_broker, parse_tunnel_address
from .firewall_holes import Hole, read_holes, texts
from .options import OptionReader

LINK_LOCAL = IPv6Network("fe80::/10")
MULTICAST = IPv6Network("ff00::/8")
IPV6_MINIMUM_MTU = 1280
HIGHEST_MTU = 65535
IPV6_AND_TCP_HEADERS = 60
SCOPES = ("all", "inside", "machine")


@dataclass(frozen=True)
class Tunnel:
    """A 6in4 tunnel and what may leave through it."""

    interface: str
    broker_ipv4: str
    mss: int
    sources: list[str]


@dataclass(frozen=True)
class Inside:
    """A LAN: only packets from these sources are from there.

    :param only: the interface leads nowhere else
    :param prefixes: the sources without those that every link has
    :param ipv4: its IPv4 networks, where IPv4 is filtered, too
    """

    interface: str
    sources: list[str]
    only: bool
    prefixes: list[str]
    ipv4: list[str]


@dataclass(frozen=True)
class Outside:
    """A way to the Internet, and the sources that cannot come from it: they are ours, elsewhere."""

    interface: str
    tunnel: bool
    foreign: list[str]


@dataclass(frozen=True)
class FirewallPlan:
    """All that the ruleset says, and all that is wrong with the options (then nothing else counts)."""

    problems: list[str]
    tunnels: list[Tunnel] = field(default_factory=list)
    inside: list[Inside] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    bogons: list[str] = field(default_factory=list)
    admin_ports: list[int] = field(default_factory=list)
    admin_from_outside: bool = False
    input_holes: list[Hole] = field(default_factory=list)
    forward_holes: list[Hole] = field(default_factory=list)
    forward_holes_ipv4: list[Hole] = field(default_factory=list)
    echo_rate: int = 0
    log_rate: int = 0


@dataclass(frozen=True)
class _TunnelOptions:
    interface: str
    broker: IPv4Address
    mtu: int
    address: IPv6Address | None
    prefixes: tuple[IPv6Network, ...]

    @property
    def sources(self) -> tuple[IPv6Network, ...]:
        own = () if self.address is None else (IPv6Network(self.address),)
        return own + self.prefixes


@dataclass(frozen=True)
class _InsideOptions:
    interface: str
    prefixes: tuple[IPv6Network, ...]
    ipv4: tuple[IPv4Network, ...]


def plan(options: Mapping[str, Any], connection: Mapping[str, Any] | None = None) -> FirewallPlan:
    """Read the options and lay out the ruleset.

    :param options: the role's options, without their prefix
    :param connection: client, server and port of the connection that this very run came in on, if it is known
    """
    reader = OptionReader("firewall_")
    tunnels = _tunnels(reader, options["tunnels"])
    inside = _inside(reader, options["inside"])
    outside = reader.many("outside", options["outside"], parse_plain_interface)
    outside = tuple(dict.fromkeys([tunnel.interface for tunnel in tunnels] + list(outside)))
    scope = reader.choice("scope", options["scope"], SCOPES)
    if not reader.problems:
        _check_together(reader, tunnels, inside, outside)
        if scope == "inside":
            _check_scope(reader, inside, outside)
    ports = _admin_ports(reader, options["admin_ports"], connection)
    asked = reader.choice("admin_from_outside", options["admin_from_outside"], ("auto", "always", "never"))
    forward, forward_ipv4 = read_holes(
        reader, "forward_allow", options["forward_allow"], any(lan.ipv4 for lan in inside)
    )
    laid_out = FirewallPlan(
        problems=reader.problems,
        tunnels=[_tunnel(tunnel) for tunnel in tunnels],
        inside=[
            Inside(
                lan.interface,
                texts([LINK_LOCAL, *lan.prefixes]),
                lan.interface not in outside,
                texts(lan.prefixes),
                texts(lan.ipv4),
            )
            for lan in inside
        ],
        outside=[_outside(name, tunnels, inside) for name in outside],
        bogons=texts(reader.many("bogons", options["bogons"], parse_prefix)),
        admin_ports=ports,
        admin_from_outside=asked == "always" or (asked == "auto" and _came_from_outside(connection, inside)),
        input_holes=read_holes(reader, "input_allow", options["input_allow"], ipv4=False)[0],
        forward_holes=forward,
        forward_holes_ipv4=forward_ipv4,
        echo_rate=_rate(reader, "echo_rate", options["echo_rate"]),
        log_rate=_rate(reader, "log_rate", options["log_rate"]),
    )
    return FirewallPlan(problems=reader.problems) if reader.problems else laid_out


def _rate(reader: OptionReader, option: str, value: object) -> int:
    return reader.whole(option, value, 0, 1_000_000, "Write how many packets, or 0 to switch it off")


def _tunnels(reader: OptionReader, raw: object) -> list[_TunnelOptions]:
    found: list[_TunnelOptions] = []
    for number, entry in enumerate(reader.listed("tunnels", raw)):
        at = f"tunnels[{number}]."
        interface = reader.one(at + "interface", entry.get("interface"), parse_plain_interface)
        broker = reader.one(at + "broker_ipv4", entry.get("broker_ipv4"), parse_broker)
        mtu = reader.whole(
            at + "mtu",
            entry.get("mtu", 1480),
            IPV6_MINIMUM_MTU,
            HIGHEST_MTU,
            f"Write the tunnel's MTU; IPv6 needs at least {IPV6_MINIMUM_MTU} (RFC 8200)",
        )
        address = None
        if entry.get("address"):
            address = reader.one(at + "address", entry["address"], parse_tunnel_address)
        prefixes = reader.many(at + "prefixes", entry.get("prefixes"), parse_unicast_prefix)
        if interface and broker:
            found.append(_TunnelOptions(interface, broker, mtu, address, prefixes))
        if not address and not prefixes:
            remedy = "Write 'address' (the tunnel's own IPv6 address), 'prefixes' (what is routed to you) or both"
            reader.refuse(at + "prefixes", "[]", "lets nothing leave through the tunnel", remedy)
    return found


def _inside(reader: OptionReader, raw: object) -> list[_InsideOptions]:
    found: list[_InsideOptions] = []
    for number, entry in enumerate(reader.listed("inside", raw)):
        at = f"inside[{number}]."
        interface = reader.one(at + "interface", entry.get("interface"), parse_plain_interface)
        prefixes = reader.many(at + "prefixes", entry.get("prefixes"), parse_unicast_prefix)
        ipv4 = reader.many(at + "ipv4", entry.get("ipv4"), parse_ipv4_network)
        if interface:
            found.append(_InsideOptions(interface, prefixes, ipv4))
    return found


def parse_unicast_prefix(text: object) -> IPv6Network:
    """A prefix that hosts can have addresses of.

    :raises ValueProblem: it is none
    """
    prefix = parse_prefix(text)
    remedy = "Write a prefix that hosts have addresses of; what holds on every link is let through anyway"
    for common in (LINK_LOCAL, MULTICAST):
        if prefix.overlaps(common):
            raise ValueProblem(text, f"reaches into {common}", remedy)
    return prefix


def _check_together(
    reader: OptionReader, tunnels: list[_TunnelOptions], inside: list[_InsideOptions], outside: Sequence[str]
) -> None:
    """What no option shows alone."""
    if not inside and not outside:
        remedy = "Name the LANs in firewall_inside, the ways out in firewall_tunnels or firewall_outside"
        reader.refuse("inside", "[]", "and no way out leave every interface a stranger", remedy)
    for option, names in (
        ("tunnels", [tunnel.interface for tunnel in tunnels]),
        ("inside", [lan.interface for lan in inside]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            reader.refuse(option, name, "is there twice", "Put all of an interface into one entry")
    for tunnel in tunnels:
        for lan in inside:
            _check_tunnel_and_lan(reader, tunnel, lan)
    for number, lan in enumerate(inside):
        for other in (later for later in inside[number + 1 :] if later.interface != lan.interface):
            for prefix, overlapping in _overlaps(lan, other):
                problem = f"of {other.interface} overlaps {prefix} of {lan.interface}"
                reader.refuse("inside", overlapping, problem, "Give each LAN a part of its own")


def _overlaps(lan: _InsideOptions, other: _InsideOptions) -> list[tuple[object, object]]:
    """Networks of both that have addresses in common."""
    found: list[tuple[object, object]] = [
        (prefix, theirs) for prefix in lan.prefixes for theirs in other.prefixes if prefix.overlaps(theirs)
    ]
    return found + [(network, theirs) for network in lan.ipv4 for theirs in other.ipv4 if network.overlaps(theirs)]


def _check_scope(reader: OptionReader, inside: list[_InsideOptions], outside: Sequence[str]) -> None:
    """What does not go with a firewall that is there for the LANs alone."""
    if outside:
        problem = f"has no place for a way out: {', '.join(outside)}, since all that is not inside is one"
        remedy = f"Leave {reader.named('outside')} and {reader.named('tunnels')} out"
        reader.refuse("scope", "inside", problem, remedy)
    for number, lan in enumerate(inside):
        if not lan.prefixes:
            problem = f"leave nothing that {lan.interface} may send"
            reader.refuse(f"inside[{number}].prefixes", "[]", problem, "Write the prefixes of its hosts")


def _check_tunnel_and_lan(reader: OptionReader, tunnel: _TunnelOptions, lan: _InsideOptions) -> None:
    if tunnel.interface == lan.interface:
        remedy = "A tunnel leads outside: take it out of firewall_inside"
        reader.refuse("inside", lan.interface, "is also in firewall_tunnels", remedy)
    for prefix in lan.prefixes:
        if tunnel.address is not None and tunnel.address in prefix:
            reader.refuse(
                "inside",
                prefix,
                f"is the prefix of the tunnel {tunnel.interface} itself, which has the address {tunnel.address}",
                "Give the LAN a part of the prefix that is routed to you, not of the tunnel's own",
            )


def _tunnel(tunnel: _TunnelOptions) -> Tunnel:
    mss = tunnel.mtu - IPV6_AND_TCP_HEADERS
    return Tunnel(tunnel.interface, str(tunnel.broker), mss, texts(tunnel.sources))


def _outside(name: str, tunnels: list[_TunnelOptions], inside: list[_InsideOptions]) -> Outside:
    """On a LAN that is also the way out, its own prefixes are at home."""
    home = [prefix for lan in inside if lan.interface == name for prefix in lan.prefixes]
    ours = [prefix for lan in inside for prefix in lan.prefixes]
    ours += [prefix for tunnel in tunnels for prefix in tunnel.sources]
    foreign = [prefix for prefix in ours if not any(prefix.overlaps(own) for own in home)]
    return Outside(name, name in [tunnel.interface for tunnel in tunnels], texts(foreign))


def _admin_ports(reader: OptionReader, raw: object, connection: Mapping[str, Any] | None) -> list[int]:
    ports = {
        reader.whole("admin_ports", value, 1, HIGHEST_PORT, "Write the port that sshd listens on, as in 22")
        for value in reader.listed("admin_ports", raw)
    }
    if connection and connection.get("port"):
        ports.add(int(connection["port"]))
    return sorted(ports)


def _came_from_outside(connection: Mapping[str, Any] | None, inside: list[_InsideOptions]) -> bool:
    """Whether the administrator sits where only a hole in the firewall lets him in.

    A link-local client is inside if the interface that sshd names with it is; where that is not known, better open.
    """
    if not connection or not connection.get("client"):
        return False
    text, _percent, zone = str(connection["client"]).partition("%")
    try:
        client = ip_address(text)
    except ValueError:
        return True
    if not isinstance(client, IPv6Address) or client.is_loopback or client.ipv4_mapped:
        return False
    if client.is_link_local:
        return zone not in [lan.interface for lan in inside]
    return not any(client in prefix for lan in inside for prefix in lan.prefixes)
