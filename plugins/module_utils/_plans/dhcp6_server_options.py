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
from .._values.ipv6 import parse_host_address, parse_prefix
from .dhcp6_hosts import HOSTNAME

MANAGED = "Managed by Ansible (homelab.ipv6.dhcp6_server): edits here are lost at the next run."


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


def read(options: Mapping[str, Any]) -> Server:
    """The role's options.

    :raises Refusal: one that cannot be right, alone or beside the others
    """
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


def links(server: Server) -> dict[str, list[Subnet]]:
    """The subnets of each link; one that is reached by a relay has a link of its own."""
    links: dict[str, list[Subnet]] = {}
    for number, subnet in enumerate(server.subnets):
        links.setdefault(subnet.interface or f"relayed-{number}", []).append(subnet)
    return links
