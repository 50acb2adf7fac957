# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the router profile makes of its options: everything is looked at before the first task changes the host.

The result is plain data, which the profile hands to the blocks (tunnel, firewall, radvd, dhcp6_server).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, IPv6Network, ip_interface
from typing import Any, Callable, TypeVar

from .._values.duid import Duid, networkd_duid
from .._values.errors import Refusal, ValueProblem
from .._values.ipv6 import parse_host_address, parse_prefix
from .._values.link import parse_broker

SLAAC_LENGTH = 64
LOWEST_MTU, HIGHEST_MTU = 1280, 1480
# Where the addresses of unlisted hosts are handed out, as an offset from the prefix: clear of ::1 and of low numbers
# that people give by hand, and far from what SLAAC makes.
POOL = (0x1000, 0x1FFF)

Parsed = TypeVar("Parsed")


def parsed(option: str, parse: Callable[[object], Parsed], value: object) -> Parsed:
    """A value read, or the refusal of the option it stands at."""
    try:
        return parse(value)
    except ValueProblem as problem:
        raise Refusal.of(option, problem) from None


@dataclass(frozen=True)
class Tunnel:
    """The tunnel as the provider's page shows it.

    :param server: the broker's IPv4 address
    :param client: own end, IPv6 with the length of the link's prefix
    :param peer: the broker's end, IPv6
    """

    server: IPv4Address
    client: IPv6Interface
    peer: IPv6Address | None
    mtu: int


@dataclass(frozen=True)
class Lan:
    """A link on which the router announces a prefix.

    :param address: the router's own address there
    :param pool: first and last address for hosts that have none of their own; None where those get none
    """

    interface: str
    prefix: IPv6Network
    address: IPv6Address
    pool: tuple[IPv6Address, IPv6Address] | None
    dns: tuple[IPv6Address, ...]
    search: tuple[str, ...]


@dataclass(frozen=True)
class StaticHost:
    """A host that always gets the same addresses."""

    name: str
    duid: Duid
    addresses: tuple[IPv6Address, ...]
    hostname: str


def client_ipv6(value: object) -> IPv6Interface:
    """The own end of the tunnel with the length of its prefix.

    :raises ValueProblem: it is no IPv6 address with a length
    """
    remedy = "Write what stands behind 'Client IPv6 Address' on the tunnel's page, with its /64"
    try:
        interface = ip_interface(str(value or ""))
    except ValueError:
        raise ValueProblem(value or repr(value), "is not an IPv6 address with a prefix length", remedy) from None
    if not isinstance(interface, IPv6Interface):
        raise ValueProblem(value, "is an IPv4 address, where an IPv6 address belongs", remedy)
    if "/" not in str(value):
        raise ValueProblem(value, "has no prefix length", remedy)
    return interface


def tunnel(options: Mapping[str, Any]) -> Tunnel:
    """The tunnel's options, looked at together.

    :raises Refusal: one of them cannot be right
    """
    client = parsed("router_tunnel_client_ipv6", client_ipv6, options["tunnel_client_ipv6"])
    peer = None
    if options.get("tunnel_server_ipv6"):
        text = str(options["tunnel_server_ipv6"]).partition("/")[0]
        peer = parsed("router_tunnel_server_ipv6", parse_host_address, text)
        if peer not in client.network:
            remedy = "Copy both from one tunnel's page, they lie in one /64"
            raise Refusal("router_tunnel_server_ipv6", peer, f"is not in {client.network}, the tunnel's own", remedy)
    mtu = int(options["tunnel_mtu"])
    if not LOWEST_MTU <= mtu <= HIGHEST_MTU:
        problem = f"is not between {LOWEST_MTU} and {HIGHEST_MTU}, what a 6in4 tunnel can carry on Ethernet"
        raise Refusal("router_tunnel_mtu", mtu, problem, "Write what the tunnel's page says under 'Advanced', or 1480")
    server = parsed("router_tunnel_server_ipv4", parse_broker, options["tunnel_server_ipv4"])
    return Tunnel(server, client, peer, mtu)


def routed_prefixes(values: Sequence[object], link: IPv6Network) -> list[IPv6Network]:
    """The prefixes that the provider routes to this router.

    :raises Refusal: one is no prefix, or is the tunnel's own
    """
    found: list[IPv6Network] = []
    for number, value in enumerate(values):
        option = f"router_routed_prefixes[{number}]"
        prefix = parsed(option, parse_prefix, value)
        if prefix.overlaps(link):
            problem = "is the tunnel's own /64, which is only the link to the broker and cannot serve a LAN"
            raise Refusal(option, prefix, problem, "Write what stands behind 'Routed /64' or 'Routed /48' on that page")
        found.append(prefix)
    if not found:
        remedy = "Write what stands behind 'Routed /64' on the tunnel's page, and 'Routed /48' if you asked for one"
        raise Refusal("router_routed_prefixes", "[]", "names no prefix", remedy)
    return found


def lans(options: Mapping[str, Any], link: IPv6Network, routed: Sequence[IPv6Network]) -> list[Lan]:
    """The links of the router, in the order given.

    :raises Refusal: an entry cannot be right, alone or beside the others
    """
    found: list[Lan] = []
    for number, entry in enumerate(options["lan"]):
        lan = _lan(f"router_lan[{number}]", entry, options, link, routed)
        for other in found:
            if other.interface == lan.interface:
                problem = "stands in two entries"
                raise Refusal(f"router_lan[{number}].interface", lan.interface, problem, "Keep one entry an interface")
            if other.prefix.overlaps(lan.prefix):
                problem = f"overlaps {other.prefix} of {other.interface}"
                remedy = "Give each LAN a /64 of its own; the subnets filter makes them from a /48"
                raise Refusal(f"router_lan[{number}].prefix", lan.prefix, problem, remedy)
        found.append(lan)
    if not found:
        raise Refusal("router_lan", "[]", "names no interface", "Name at least one, with its prefix")
    return found


def _lan(
    option: str, entry: Mapping[str, Any], options: Mapping[str, Any], link: IPv6Network, routed: Sequence[IPv6Network]
) -> Lan:
    prefix = parsed(option + ".prefix", parse_prefix, entry["prefix"])
    _check_lan_prefix(option + ".prefix", prefix, link, routed)
    address = prefix.network_address + 1
    if entry.get("address"):
        address = parsed(option + ".address", parse_host_address, entry["address"])
        if address not in prefix or address == prefix.network_address:
            problem = f"is not an address of a host in {prefix}"
            raise Refusal(option + ".address", address, problem, f"Leave it out to have {prefix.network_address + 1}")
    names = entry.get("dns")
    dns = options["dns"] if names is None else names
    dns_option = "router_dns" if names is None else option + ".dns"
    search = entry.get("search")
    return Lan(
        interface=str(entry["interface"]),
        prefix=prefix,
        address=address,
        pool=_pool(option + ".pool", entry.get("pool"), prefix),
        dns=tuple(parsed(f"{dns_option}[{at}]", parse_host_address, name) for at, name in enumerate(dns)),
        search=tuple(options["search"] if search is None else search),
    )


def _check_lan_prefix(option: str, prefix: IPv6Network, link: IPv6Network, routed: Sequence[IPv6Network]) -> None:
    if prefix.overlaps(link):
        problem = "is the tunnel's own /64, which is only the link to the broker and cannot serve a LAN"
        raise Refusal(option, prefix, problem, f"Take it from {routed[0]}")
    if prefix.prefixlen != SLAAC_LENGTH:
        problem = f"is a /{prefix.prefixlen}, and hosts make their addresses in a /64 only (RFC 4862)"
        raise Refusal(
            option,
            prefix,
            problem,
            f"Write a /64, as {next(prefix.subnets(new_prefix=64))}"
            if prefix.prefixlen < SLAAC_LENGTH
            else "Write a /64",
        )
    if not any(prefix.subnet_of(outer) for outer in routed):
        inside = ", ".join(str(outer) for outer in routed)
        problem = f"is in none of router_routed_prefixes ({inside}), so no answer would come back"
        raise Refusal(option, prefix, problem, "Take it from one of them")


def _pool(option: str, value: object, prefix: IPv6Network) -> tuple[IPv6Address, IPv6Address] | None:
    if value is None:
        return prefix[POOL[0]], prefix[POOL[1]]
    if value == "none":
        return None
    first_text, dash, last_text = str(value).partition("-")
    remedy = f"Write first and last address with a dash between, as {prefix[POOL[0]]}-{prefix[POOL[1]]}"
    if not dash:
        raise Refusal(option, value, "is no range of addresses", remedy)
    first = parsed(option, parse_host_address, first_text.strip())
    last = parsed(option, parse_host_address, last_text.strip())
    if first not in prefix or last not in prefix:
        raise Refusal(option, value, f"is not within {prefix}", remedy)
    if last < first:
        raise Refusal(option, value, "ends before it starts", remedy)
    return first, last


def static_hosts(entries: Sequence[Mapping[str, Any]], links: Sequence[Lan]) -> list[StaticHost]:
    """The hosts with addresses of their own.

    :raises Refusal: a wrong DUID or address, or one that two hosts claim
    """
    found: list[StaticHost] = []
    claimed: dict[object, str] = {lan.address: f"the router on {lan.interface}" for lan in links}
    for number, entry in enumerate(entries):
        option = f"router_hosts[{number}]"
        name = str(entry["name"])
        duid = _identity(option, entry)
        addresses = tuple(
            _host_address(f"{option}.addresses[{at}]", text, links) for at, text in enumerate(entry["addresses"])
        )
        keys: list[tuple[str, object]] = [(".name", name), (".duid", duid)]
        for suffix, key in [*keys, *((f".addresses[{at}]", address) for at, address in enumerate(addresses))]:
            if key in claimed:
                problem = f"belongs to {claimed[key]} already"
                raise Refusal(option + suffix, key, problem, "Give each host its own")
            claimed[key] = f"host {name}"
        found.append(StaticHost(name, duid, addresses, str(entry.get("hostname") or name)))
    return found


def _identity(option: str, entry: Mapping[str, Any]) -> Duid:
    """The DUID of a host, as given or as systemd-networkd makes it of the host's machine-id."""
    duid, machine_id = entry.get("duid"), entry.get("machine_id")
    if (duid is None) == (machine_id is None):
        problem = "has both duid and machine_id" if duid is not None else "has neither duid nor machine_id"
        raise Refusal(option, entry["name"], problem, "Give one of them: it is how the server knows the host")
    if duid is not None:
        return parsed(option + ".duid", Duid.parse, duid)
    return parsed(option + ".machine_id", networkd_duid, machine_id)


def _host_address(option: str, text: object, links: Sequence[Lan]) -> IPv6Address:
    address = parsed(option, parse_host_address, text)
    if not any(address in lan.prefix for lan in links):
        served = ", ".join(str(lan.prefix) for lan in links)
        raise Refusal(option, address, "is outside every prefix that is served", f"Take it from {served}")
    return address
