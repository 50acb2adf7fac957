# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of a dnsmasq that does nothing but DHCPv6 (dnsmasq(8)), but for the static hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address

from .._formats import dnsmasq
from .._formats.dnsmasq import Directive
from .._values.errors import Refusal
from .dhcp6_server_options import MANAGED, Server, Subnet, refuse_delegation

# It may have a profile of AppArmor, which allows a file of leases by such a name.
LEASES = "/var/lib/misc/dnsmasq.homelab-ipv6.leases"
SHORTEST_PREFIX = 64
ALONE = (
    # Neither DNS nor the names that this machine has for others: an address comes from the lists alone.
    Directive("port", "0"),
    Directive("no-hosts"),
    Directive("user", "dnsmasq"),
    # It hears clients also on an interface that comes up, or comes back, after it has started.
    Directive("bind-dynamic"),
    # systemd knows the process, and another dnsmasq may have the usual file.
    Directive("pid-file"),
    Directive("dhcp-leasefile", LEASES),
)


def refuse_unfit(server: Server) -> None:
    """Say what dnsmasq cannot do.

    :raises Refusal: it is asked to
    """
    refuse_delegation(server, "dnsmasq")
    for number, subnet in enumerate(server.subnets):
        if subnet.prefix.prefixlen < SHORTEST_PREFIX:
            problem = f"is shorter than a /{SHORTEST_PREFIX}, which dnsmasq does not serve"
            raise Refusal(f"subnets[{number}].prefix", subnet.prefix, problem, "Write a /64, or let Kea or dhcpd serve")


def render(server: Server) -> str:
    """The whole configuration of dnsmasq."""
    directives = [
        *ALONE,
        *(Directive("interface", name) for name in server.interfaces),
        *_options("", server.dns, server.search),
    ]
    for number, subnet in enumerate(server.subnets):
        tag = f"subnet{number}" if subnet.dns or subnet.search else ""
        directives += [*_ranges(tag, subnet, server.valid_lifetime), *_options(tag, subnet.dns, subnet.search)]
    return f"# {MANAGED}\n" + dnsmasq.render(directives)


def _ranges(tag: str, subnet: Subnet, lifetime: int) -> Iterator[Directive]:
    """Where addresses are given out; ``static`` stands for none but to listed hosts."""
    label = f"set:{tag}," if tag else ""
    for words in [f"{pool.first},{pool.last}" for pool in subnet.pools] or [f"{subnet.prefix[0]},static"]:
        yield Directive("dhcp-range", f"{label}{words},{subnet.prefix.prefixlen},{lifetime}")


def _options(tag: str, dns: Sequence[IPv6Address], search: Sequence[str]) -> Iterator[Directive]:
    label = f"tag:{tag}," if tag else ""
    if dns:
        yield Directive("dhcp-option", f"{label}option6:dns-server," + ",".join(f"[{address}]" for address in dns))
    if search:
        yield Directive("dhcp-option", f"{label}option6:domain-search," + ",".join(search))
