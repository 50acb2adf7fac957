# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where static hosts belong: each in subnets that the server has, and in nobody else's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from .._values.errors import Refusal
from .dhcp6_hosts import StaticHost

# The length of a link's prefix (RFC 7421).
LINK = 64
# On a link between two routers each address is a router's (RFC 6164).
LINK_OF_TWO = 127


class Placement(NamedTuple):
    """The part of a host that belongs to one subnet."""

    host: StaticHost
    subnet: IPv6Network
    addresses: tuple[IPv6Address, ...]
    prefixes: tuple[IPv6Network, ...]


@dataclass(frozen=True)
class Stranger:
    """A host in the server's configuration that is not of the set.

    :param where: words for the user
    """

    where: str
    addresses: tuple[IPv6Address, ...]
    prefixes: tuple[IPv6Network, ...] = ()


class _Served:
    """The subnets that a server has, the longest first that has an address."""

    def __init__(self, prefixes: Sequence[IPv6Network]) -> None:
        by_length: dict[int, dict[int, IPv6Network]] = {}
        for prefix in prefixes:
            shift = prefix.max_prefixlen - prefix.prefixlen
            by_length.setdefault(shift, {}).setdefault(int(prefix.network_address) >> shift, prefix)
        self._by_length = sorted(by_length.items())

    def of(self, address: IPv6Address, asked: IPv6Network | None) -> IPv6Network | None:
        number = int(address)
        for shift, prefixes in self._by_length:
            found = prefixes.get(number >> shift)
            if found is not None and asked in (None, found):
                return found
        return None


def place(hosts: Sequence[StaticHost], served: Sequence[IPv6Network], where: str) -> list[Placement]:
    """Find each host's subnets.

    :param served: the subnets that the server has
    :param where: the file that says so
    :raises Refusal: an address outside every served subnet, or a host that could be in several
    """
    found: list[Placement] = []
    known = set(served)
    subnets = _Served(served)
    for host in hosts:
        if host.subnet and host.subnet not in known:
            problem = f"is no subnet of the server (in {where}: {_listed(served)})"
            raise Refusal(host.option + ".subnet", host.subnet, problem, "Name one of these")
        by_subnet: dict[IPv6Network, list[IPv6Address]] = {}
        for number, address in enumerate(host.addresses):
            subnet = subnets.of(address, host.subnet)
            if subnet is None:
                raise _outside(f"{host.option}.addresses[{number}]", address, host.subnet, served, where)
            if address == subnet.network_address and subnet.prefixlen < LINK_OF_TWO:
                raise _anycast(f"{host.option}.addresses[{number}]", address, subnet)
            by_subnet.setdefault(subnet, []).append(address)
        refuse_links(host, served, f"in {where}")
        home = next(iter(by_subnet), None) or _only_subnet(host, served, where)
        by_subnet.setdefault(home, [])
        found += [
            Placement(host, subnet, tuple(addresses), host.prefixes if subnet is home else ())
            for subnet, addresses in by_subnet.items()
        ]
    return found


def refuse_links(host: StaticHost, links: Sequence[IPv6Network], where: str) -> None:
    """Refuse prefixes for a host that are, or hold, a link of the server, or are a part of one.

    What a server has as a subnet may also be a whole site's prefix, and then delegated ones are parts of it.

    :raises Refusal: nobody could be reached on that link any more
    """
    for number, prefix in enumerate(host.prefixes):
        for link in links:
            if link.subnet_of(prefix) or (link.prefixlen >= LINK and prefix.overlaps(link)):
                problem = f"overlaps {link}, a subnet of the server itself ({where})"
                remedy = "Delegate a prefix that is on no link of the server"
                raise Refusal(f"{host.option}.prefixes[{number}]", prefix, problem, remedy)


def _anycast(option: str, address: IPv6Address, subnet: IPv6Network) -> Refusal:
    problem = f"is the anycast address of all routers in {subnet} (RFC 4291, section 2.6.1)"
    return Refusal(option, address, problem, f"Take another one, as in {subnet.network_address + 1}")


def _listed(served: Sequence[IPv6Network]) -> str:
    return ", ".join(str(prefix) for prefix in served) or "none"


def _outside(
    option: str, address: IPv6Address, subnet: IPv6Network | None, served: Sequence[IPv6Network], where: str
) -> Refusal:
    asked = f"the subnet {subnet}" if subnet else "every subnet that the server has"
    problem = f"lies outside {asked} (in {where}: {_listed(served)})"
    return Refusal(option, address, problem, "Correct the address, or add its subnet to the server's configuration")


def _only_subnet(host: StaticHost, served: Sequence[IPv6Network], where: str) -> IPv6Network:
    fitting = [prefix for prefix in served if host.subnet in (None, prefix)]
    if len(fitting) != 1:
        problem = f"has no address that tells its subnet (in {where}: {_listed(served)})"
        raise Refusal(host.option, host.name, problem, "Name its subnet")
    return fitting[0]


def refuse_strangers(placements: Sequence[Placement], strangers: Sequence[Stranger]) -> None:
    """Refuse what another host in the server's configuration has already.

    :raises Refusal: one address or prefix for two
    """
    # Of either there may be thousands; but few have prefixes, which are held against each other.
    owners = {address: stranger for stranger in reversed(strangers) for address in stranger.addresses}
    delegated = [(prefix, stranger) for stranger in strangers for prefix in stranger.prefixes]
    remedy = "Remove it there or change it here"
    for placement in placements:
        for address in placement.addresses if owners else ():
            if address in owners:
                problem = f"is also the address of {owners[address].where}"
                raise Refusal(placement.host.address_option(address), address, problem, remedy)
        for prefix in placement.prefixes:
            for other, stranger in delegated:
                if prefix.overlaps(other):
                    problem = f"overlaps a prefix of {stranger.where}"
                    raise Refusal(placement.host.prefix_option(prefix), prefix, problem, remedy)
