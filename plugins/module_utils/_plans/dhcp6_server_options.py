# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role dhcp6_server mean, whichever server it is: read and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Callable

from .._values.errors import Refusal, ValueProblem
from .._values.interface import parse_plain_interface
from .._values.ipv6 import parse_host_address, parse_prefix
from .dhcp6_hosts import HOSTNAME

MANAGED = "Managed by Ansible (homelab.ipv6.dhcp6_server): edits here are lost at the next run."
STATEFUL = "Leave it out, or set dhcp6_server_stateless: false"
DELEGATING = "Leave it out, or let Kea or dhcpd serve: they can"


@dataclass(frozen=True)
class Pool:
    """The addresses that any client may get, from first to last."""

    first: IPv6Address
    last: IPv6Address

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True)
class PrefixPool:
    """The prefixes that any router may be delegated.

    :param length: of each, in bits
    """

    prefix: IPv6Network
    length: int

    def __str__(self) -> str:
        return str(self.prefix)


@dataclass(frozen=True)
class Subnet:
    """A subnet that is served."""

    prefix: IPv6Network
    interface: str | None
    pools: tuple[Pool, ...]
    pd_pools: tuple[PrefixPool, ...]
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


def read(options: Mapping[str, Any]) -> Server:
    """The role's options.

    :raises Refusal: one that cannot be right, alone or beside the others
    """
    subnets = tuple(_read_subnet(f"subnets[{number}]", item) for number, item in enumerate(options["subnets"]))
    _refuse_overlaps(subnets)
    listed = [
        _at(f"interfaces[{number}]", parse_plain_interface, name) for number, name in enumerate(options["interfaces"])
    ]
    named = [*listed, *(subnet.interface for subnet in subnets if subnet.interface)]
    if not subnets:
        raise Refusal("subnets", "[]", "leaves nothing to serve", "Name at least one subnet")
    if not named:
        raise Refusal("subnets", subnets[0].prefix, "has no interface", "Name it, or name interfaces to listen on")
    valid, preferred = options["valid_lifetime"], options["preferred_lifetime"]
    if not 0 < preferred <= valid:
        problem = f"does not lie between 1 and the valid lifetime of {valid}"
        raise Refusal("preferred_lifetime", preferred, problem, "An address is preferred while it is valid")
    server = Server(
        tuple(dict.fromkeys(named)),
        subnets,
        _addresses("dns", options["dns"]),
        _domains("search", options["search"]),
        valid,
        preferred,
    )
    if options["stateless"]:
        _refuse_state(server, options["hosts"])
    return server


def _refuse_state(server: Server, hosts: Sequence[Mapping[str, Any]]) -> None:
    """A stateless server hands out nothing that it would have to remember, and so has to have something to tell."""
    for number, subnet in enumerate(server.subnets):
        both: tuple[tuple[str, Sequence[object]], ...] = (("pools", subnet.pools), ("pd_pools", subnet.pd_pools))
        for option, given in both:
            if given:
                problem = "is to be handed out, and dhcp6_server_stateless is set: then nothing is"
                raise Refusal(f"subnets[{number}].{option}[0]", given[0], problem, STATEFUL)
    if hosts:
        problem = "is to get something of its own, and dhcp6_server_stateless is set: then nobody does"
        raise Refusal("hosts[0]", hosts[0]["name"], problem, STATEFUL)
    if not (server.dns or server.search or any(subnet.dns or subnet.search for subnet in server.subnets)):
        problem = "leaves nothing to tell clients, where there are no name servers and no search list"
        raise Refusal("stateless", "true", problem, "Name dhcp6_server_dns or dhcp6_server_search")


def _read_subnet(option: str, item: Mapping[str, Any]) -> Subnet:
    prefix: IPv6Network = _at(option + ".prefix", parse_prefix, item["prefix"])
    interface = item.get("interface")
    return Subnet(
        prefix,
        None if interface is None else _at(option + ".interface", parse_plain_interface, interface),
        tuple(
            _read_pool(f"{option}.pools[{number}]", text, prefix) for number, text in enumerate(item.get("pools") or ())
        ),
        tuple(
            _read_prefix_pool(f"{option}.pd_pools[{number}]", pool)
            for number, pool in enumerate(item.get("pd_pools") or ())
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


def _read_prefix_pool(option: str, item: Mapping[str, Any]) -> PrefixPool:
    prefix: IPv6Network = _at(option + ".prefix", parse_prefix, item["prefix"])
    length = item["delegated_length"]
    if not prefix.prefixlen <= length <= prefix.max_prefixlen:
        problem = f"is no length of prefixes in {prefix}"
        remedy = f"Write a number from {prefix.prefixlen} on; 64 for one link behind each router, 56 for more"
        raise Refusal(option + ".delegated_length", length, problem, remedy)
    return PrefixPool(prefix, length)


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
    claims = [(f"subnets[{number}]", subnet.prefix, "Serve each prefix once") for number, subnet in enumerate(subnets)]
    claims += [
        (f"subnets[{number}].pd_pools[{nth}]", pool.prefix, "Delegate what is on no link and in no other pool")
        for number, subnet in enumerate(subnets)
        for nth, pool in enumerate(subnet.pd_pools)
    ]
    for number, (option, prefix, remedy) in enumerate(claims):
        for earlier, other, _remedy in claims[:number]:
            if prefix.overlaps(other):
                raise Refusal(option + ".prefix", prefix, f"overlaps {earlier} ({other})", remedy)


def refuse_delegation(server: Server, who: str) -> None:
    """For a server that cannot delegate prefixes out of a pool.

    :param who: the server
    :raises Refusal: it is asked to
    """
    for number, subnet in enumerate(server.subnets):
        for pool in subnet.pd_pools:
            problem = f"cannot be delegated: {who} has no pools of prefixes"
            raise Refusal(f"subnets[{number}].pd_pools[0].prefix", pool.prefix, problem, DELEGATING)


def links(server: Server) -> dict[str, list[Subnet]]:
    """The subnets of each link; one that is reached by a relay has a link of its own."""
    links: dict[str, list[Subnet]] = {}
    for number, subnet in enumerate(server.subnets):
        links.setdefault(subnet.interface or f"relayed-{number}", []).append(subnet)
    return links
