# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role dhcp6_server mean: the configuration of its server, but for the static hosts."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Callable

from .._formats import dhcpd, kea_edit
from .._formats.dhcpd import Statement, Word
from .._values.errors import Refusal, ValueProblem
from .._values.ipv6 import parse_host_address, parse_prefix
from .dhcp6_hosts import HOSTNAME, place, read_hosts

MANAGED = "Managed by Ansible (homelab.ipv6.dhcp6_server): edits here are lost at the next run."
# Kea that finds its interface not running would go on without a socket; so it tries again, every five seconds, for as
# long as its counter reaches.
SOCKET_RETRIES, SOCKET_RETRY_WAIT = 4294967295, 5000
KEA_LARGEST_ID = 4294967294
# Debian 13's Kea takes no other directory, Debian 12's takes no bare name.
CONTROL_SOCKET = "/run/kea/kea6-ctrl-socket"


@dataclass(frozen=True)
class Pool:
    """The addresses that any client may get, from first to last."""

    first: IPv6Address
    last: IPv6Address


@dataclass(frozen=True)
class Subnet:
    """A subnet that is served."""

    prefix: IPv6Network
    interface: str | None
    pools: tuple[Pool, ...]
    dns: tuple[IPv6Address, ...]
    search: tuple[str, ...]


@dataclass(frozen=True)
class Server:
    """What the server shall be.

    :param dns: for subnets that name none of their own, like ``search``
    """

    interfaces: tuple[str, ...]
    subnets: tuple[Subnet, ...]
    dns: tuple[IPv6Address, ...]
    search: tuple[str, ...]
    valid_lifetime: int
    preferred_lifetime: int


def plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options, and write the server's configuration.

    :param options: the role's, by name without its prefix
    """
    try:
        server = _read(options)
        place(read_hosts(options["hosts"]), [subnet.prefix for subnet in server.subnets], "dhcp6_server_subnets")
    except Refusal as refusal:
        # The user knows the options by the role's names.
        return {"problems": ["dhcp6_server_" + str(refusal)], "interfaces": [], "config": ""}
    render = {"kea": render_kea, "dhcpd": render_dhcpd}[options["provider"]]
    return {"problems": [], "interfaces": list(server.interfaces), "config": render(server)}


def _read(options: Mapping[str, Any]) -> Server:
    subnets = tuple(_read_subnet(f"subnets[{number}]", item) for number, item in enumerate(options["subnets"]))
    _refuse_overlaps(subnets)
    named = [*options["interfaces"], *(subnet.interface for subnet in subnets if subnet.interface)]
    if not subnets:
        raise Refusal("subnets", "[]", "leaves nothing to serve", "Name at least one subnet")
    if not named:
        raise Refusal("subnets", subnets[0].prefix, "has no interface", "Name it, or name interfaces to listen on")
    valid, preferred = options["valid_lifetime"], options["preferred_lifetime"]
    if not 0 < preferred <= valid:
        problem = f"does not lie between 1 and the valid lifetime of {valid}"
        raise Refusal("preferred_lifetime", preferred, problem, "An address is preferred while it is valid")
    return Server(
        tuple(dict.fromkeys(named)),
        subnets,
        _addresses("dns", options["dns"]),
        _domains("search", options["search"]),
        valid,
        preferred,
    )


def _read_subnet(option: str, item: Mapping[str, Any]) -> Subnet:
    prefix: IPv6Network = _at(option + ".prefix", parse_prefix, item["prefix"])
    return Subnet(
        prefix,
        item.get("interface"),
        tuple(
            _read_pool(f"{option}.pools[{number}]", text, prefix) for number, text in enumerate(item.get("pools") or ())
        ),
        _addresses(option + ".dns", item.get("dns") or ()),
        _domains(option + ".search", item.get("search") or ()),
    )


def _read_pool(option: str, text: str, prefix: IPv6Network) -> Pool:
    if "/" in text:
        network: IPv6Network = _at(option, parse_prefix, text)
        pool = Pool(network[0], network[-1])
    else:
        first, dash, last = (part.strip() for part in text.partition("-"))
        if not dash:
            raise Refusal(option, text, "is no range of addresses", "Write it as FIRST-LAST or as a prefix")
        pool = Pool(_at(option, parse_host_address, first), _at(option, parse_host_address, last))
    if pool.first not in prefix or pool.last not in prefix:
        raise Refusal(option, text, f"lies outside its subnet {prefix}", "Choose addresses in it")
    if pool.first > pool.last:
        raise Refusal(option, text, "ends before it begins", f"Write {pool.last}-{pool.first}")
    return pool


def _at(option: str, parse: Callable[[object], Any], value: object) -> Any:
    try:
        return parse(value)
    except ValueProblem as problem:
        raise Refusal.of(option, problem) from None


def _addresses(option: str, values: Sequence[object]) -> tuple[IPv6Address, ...]:
    return tuple(_at(f"{option}[{number}]", parse_host_address, value) for number, value in enumerate(values))


def _domains(option: str, values: Sequence[str]) -> tuple[str, ...]:
    for number, value in enumerate(values):
        if not HOSTNAME.fullmatch(value.rstrip(".")):
            raise Refusal(f"{option}[{number}]", value, "is no domain", "Write it as home.example.org")
    return tuple(value.rstrip(".") for value in values)


def _refuse_overlaps(subnets: Sequence[Subnet]) -> None:
    for number, subnet in enumerate(subnets):
        for earlier, other in enumerate(subnets[:number]):
            if subnet.prefix.overlaps(other.prefix):
                problem = f"overlaps subnets[{earlier}] ({other.prefix})"
                raise Refusal(f"subnets[{number}].prefix", subnet.prefix, problem, "Serve each prefix once")


def _links(server: Server) -> dict[str, list[Subnet]]:
    """The subnets of each link; one that is reached by a relay has a link of its own."""
    links: dict[str, list[Subnet]] = {}
    for number, subnet in enumerate(server.subnets):
        links.setdefault(subnet.interface or f"relayed-{number}", []).append(subnet)
    return links


def render_kea(server: Server) -> str:
    """The whole configuration of kea-dhcp6."""
    alone = [subnets[0] for subnets in _links(server).values() if len(subnets) == 1]
    shared = {name: subnets for name, subnets in _links(server).items() if len(subnets) > 1}
    config: dict[str, Any] = {
        "interfaces-config": {
            "interfaces": list(server.interfaces),
            "service-sockets-max-retries": SOCKET_RETRIES,
            "service-sockets-retry-wait-time": SOCKET_RETRY_WAIT,
        },
        "control-socket": {"socket-type": "unix", "socket-name": CONTROL_SOCKET},
        "lease-database": {"type": "memfile", "lfc-interval": 3600},
        "host-reservation-identifiers": ["duid", "hw-address"],
        "valid-lifetime": server.valid_lifetime,
        "preferred-lifetime": server.preferred_lifetime,
        # Renewal after half of the preferred lifetime, rebinding after four fifths.
        "calculate-tee-times": True,
        "option-data": _kea_options(server.dns, server.search),
        "subnet6": [_kea_subnet(subnet) for subnet in alone],
        "shared-networks": [
            {"name": name, "interface": name, "subnet6": [_kea_subnet(subnet) for subnet in subnets]}
            for name, subnets in shared.items()
        ],
    }
    return f"// {MANAGED}\n" + kea_edit.render({"Dhcp6": {key: value for key, value in config.items() if value}}) + "\n"


def _kea_subnet(subnet: Subnet) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": _subnet_id(subnet.prefix),
        "subnet": str(subnet.prefix),
        "interface": subnet.interface,
        "pools": [{"pool": f"{pool.first} - {pool.last}"} for pool in subnet.pools],
        "option-data": _kea_options(subnet.dns, subnet.search),
    }
    return {key: value for key, value in found.items() if value}


def _subnet_id(prefix: IPv6Network) -> int:
    """Leases hold the number of their subnet, so it has to stay when subnets are added or change places."""
    return zlib.crc32(str(prefix).encode()) % KEA_LARGEST_ID + 1


def _kea_options(dns: Sequence[IPv6Address], search: Sequence[str]) -> list[dict[str, str]]:
    found = {"dns-servers": ", ".join(str(address) for address in dns), "domain-search": ", ".join(search)}
    return [{"name": name, "data": data} for name, data in found.items() if data]


def render_dhcpd(server: Server) -> str:
    """The whole configuration of dhcpd."""
    statements = [
        Statement.of("default-lease-time", str(server.valid_lifetime)),
        Statement.of("preferred-lifetime", str(server.preferred_lifetime)),
        Statement.of("ddns-update-style", "none"),
        *_dhcpd_options(server.dns, server.search),
    ]
    for name, subnets in _links(server).items():
        found = [_dhcpd_subnet(subnet) for subnet in subnets]
        statements += (
            found if len(found) == 1 else [Statement.of("shared-network", Word(name, quoted=True), block=found)]
        )
    return f"# {MANAGED}\n" + dhcpd.render_statements(statements)


def _dhcpd_subnet(subnet: Subnet) -> Statement:
    ranges = [Statement.of("range6", str(pool.first), str(pool.last)) for pool in subnet.pools]
    return Statement.of("subnet6", str(subnet.prefix), block=[*_dhcpd_options(subnet.dns, subnet.search), *ranges])


def _dhcpd_options(dns: Sequence[IPv6Address], search: Sequence[str]) -> list[Statement]:
    found: list[Statement] = []
    if dns:
        found.append(Statement.of("option", "dhcp6.name-servers", ", ".join(str(address) for address in dns)))
    if search:
        words: list[str | Word] = []
        for domain in search:
            words += [",", Word(domain, quoted=True)] if words else [Word(domain, quoted=True)]
        found.append(Statement.of("option", "dhcp6.domain-search", *words))
    return found
