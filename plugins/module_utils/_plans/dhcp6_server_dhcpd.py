# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of ISC's dhcpd for DHCPv6, but for the static hosts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address

from .._formats import dhcpd
from .._formats.dhcpd import Statement, Word
from .dhcp6_server_options import MANAGED, PrefixPool, Server, Subnet, links


def render(server: Server) -> str:
    """The whole configuration of dhcpd."""
    statements = [
        Statement.of("default-lease-time", str(server.valid_lifetime)),
        Statement.of("preferred-lifetime", str(server.preferred_lifetime)),
        Statement.of("ddns-update-style", "none"),
        *_options(server.dns, server.search),
    ]
    for name, subnets in links(server).items():
        found = [_subnet(subnet) for subnet in subnets]
        statements += (
            found if len(found) == 1 else [Statement.of("shared-network", Word(name, quoted=True), block=found)]
        )
    return f"# {MANAGED}\n" + dhcpd.render_statements(statements)


def _subnet(subnet: Subnet) -> Statement:
    ranges = [Statement.of("range6", str(pool.first), str(pool.last)) for pool in subnet.pools]
    ranges += [_prefix_pool(pool) for pool in subnet.pd_pools]
    return Statement.of("subnet6", str(subnet.prefix), block=[*_options(subnet.dns, subnet.search), *ranges])


def _prefix_pool(pool: PrefixPool) -> Statement:
    """From the first to the last prefix of that length."""
    first = pool.prefix.network_address
    last = IPv6Address(int(pool.prefix[-1]) >> (128 - pool.length) << (128 - pool.length))
    return Statement.of("prefix6", str(first), str(last), f"/{pool.length}")


def _options(dns: Sequence[IPv6Address], search: Sequence[str]) -> list[Statement]:
    found: list[Statement] = []
    if dns:
        found.append(Statement.of("option", "dhcp6.name-servers", ", ".join(str(address) for address in dns)))
    if search:
        words: list[str | Word] = []
        for domain in search:
            words += [",", Word(domain, quoted=True)] if words else [Word(domain, quoted=True)]
        found.append(Statement.of("option", "dhcp6.domain-search", *words))
    return found
