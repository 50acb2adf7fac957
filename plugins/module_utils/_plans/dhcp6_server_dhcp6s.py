# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of WIDE's dhcp6s (dhcp6s.conf(5)), but for the static hosts."""

from __future__ import annotations

from collections.abc import Iterator

from .._formats import dhcp6s
from .._formats.dhcp6s import Statement
from .._values.errors import Refusal
from .dhcp6_server_options import MANAGED, Server, links, refuse_delegation

OTHERS = "Leave it out, or let Kea, dhcpd or dnsmasq serve: they can"


def refuse_unfit(server: Server) -> None:
    """Say what dhcp6s cannot do: it knows interfaces, each with one pool at most, and no subnets.

    :raises Refusal: it is asked to
    """
    refuse_delegation(server, "dhcp6s")
    pooled: dict[str, str] = {}
    for number, subnet in enumerate(server.subnets):
        option = f"subnets[{number}]"
        told: tuple[tuple[str, object], ...] = (("dns", subnet.dns), ("search", subnet.search))
        for name, given in told:
            if given:
                problem = "has its own, and dhcp6s tells the same to all clients"
                remedy = f"Write it as dhcp6_server_{name}, or let Kea, dhcpd or dnsmasq serve: they can"
                raise Refusal(f"{option}.{name}", subnet.prefix, problem, remedy)
        for nth, pool in enumerate(subnet.pools):
            where = f"{option}.pools[{nth}]"
            if subnet.interface is None:
                problem = "is for clients behind a relay, for whom dhcp6s has no pools"
                raise Refusal(where, pool, problem, OTHERS)
            other = pooled.setdefault(subnet.interface, where)
            if other != where:
                problem = f"is a second pool on {subnet.interface} beside {other}, and dhcp6s has one an interface"
                raise Refusal(where, pool, problem, OTHERS)


def render(server: Server) -> str:
    """The whole configuration of dhcp6s."""
    return f"# {MANAGED}\n" + dhcp6s.render([*_options(server), *_pools(server)])


def _options(server: Server) -> Iterator[Statement]:
    if server.dns:
        yield Statement(("option", "domain-name-servers", *(str(address) for address in server.dns)))
    for domain in server.search:
        yield Statement(("option", "domain-name", f'"{domain}"'))


def _pools(server: Server) -> Iterator[Statement]:
    """A pool is called after its interface."""
    lifetimes = (str(server.preferred_lifetime), str(server.valid_lifetime))
    for interface, subnets in links(server).items():
        for pool in (pool for subnet in subnets for pool in subnet.pools):
            extent = Statement(("range", str(pool.first), "to", str(pool.last)))
            yield Statement(("pool", interface), (extent,))
            yield Statement(("interface", interface), (Statement(("address-pool", interface, *lifetimes)),))
