# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The name servers of routed containers: their links are no LAN on which a router would tell them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from .._values.errors import ValueProblem
from .nspawn_routed import Address, Link
from .options import OptionReader

AUTO = "auto"


def read_dns(reader: OptionReader, values: object, network: Mapping[str, Any] | None) -> tuple[Address, ...] | None:
    """The name servers, where AUTO stands for those of the host; None where there shall be none, or nobody knows.

    :param network: what link_info returned, if anybody asked
    """
    texts: list[object] = []
    for value in reader.listed("routed_dns", values):
        texts += network["name_servers"] if value == AUTO and network else [value]
    if not values or (AUTO in texts and not network):
        return None
    return reader.many("routed_dns", texts, _parse_server)


def told(reader: OptionReader, link: Link, servers: tuple[Address, ...] | None) -> Link:
    """The link with those of them that its container can ask."""
    if servers is None:
        return link
    reached = tuple(server for server in servers if server.version == 6 or link.ipv4)
    if not reached:
        listed = ", ".join(map(str, servers)) or "none on this host"
        families = "IPv6 or IPv4" if link.ipv4 else "IPv6, which is all that it has"
        problem = f"has no name server that {link.name} could ask over {families}"
        remedy = "Write addresses of name servers, or [] to have none"
        reader.refuse("routed_dns", listed, problem, remedy)
    return link._replace(dns=reached)


def _parse_server(text: object) -> Address:
    try:
        address = ip_address(str(text))
    except ValueError:
        remedy = f"Write one as 2001:db8::53, or {AUTO} for those that the host asks"
        raise ValueProblem(text, "is no address", remedy) from None
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        problem = "is not an address by which a container could reach a name server"
        raise ValueProblem(text, problem, "Write that by which the rest of the network knows it")
    return address
