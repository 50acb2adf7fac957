# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a link is told by: its interface, the ports and resolvers on it, the two ends of a tunnel."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface

from .errors import ValueProblem
from .interface import parse_interface
from .ipv6 import parse_host_address

_PLAIN = re.compile(r"[A-Za-z0-9_.@+-]+")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
HIGHEST_PORT = 65535


def parse_plain_interface(text: object) -> str:
    """The name of an interface, present or not, that stands in any configuration file as it is.

    :raises ValueProblem: it cannot be one, or has a character that means something there
    """
    name = parse_interface(text)
    if not _PLAIN.fullmatch(name):
        remedy = "Give the interface a name of letters, digits and . _ @ + -"
        raise ValueProblem(repr(name), "has a character that would need quoting", remedy)
    return name


def parse_ports(text: object) -> str:
    """One port or a range of them, as in 443 or 8000-8010.

    :raises ValueProblem: it is neither
    """
    remedy = f"Write a number from 1 to {HIGHEST_PORT}, or two of them as in 8000-8010"
    match = None if isinstance(text, bool) else _PORTS.fullmatch(str(text).strip())
    if not match:
        raise ValueProblem(text, "is not a port or a range of ports", remedy)
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if not 1 <= first <= last <= HIGHEST_PORT:
        raise ValueProblem(text, "is out of range", remedy)
    return str(first) if first == last else f"{first}-{last}"


def parse_broker(text: object) -> IPv4Address:
    """The IPv4 address of a tunnel's far end.

    :raises ValueProblem: it is none, or belongs to no single host
    """
    remedy = "Write the IPv4 address of the tunnel server, as in 216.66.80.30"
    try:
        address = ip_interface(str(text))
    except ValueError:
        raise ValueProblem(text, "is not an IPv4 address", remedy) from None
    if address.version != 4:
        raise ValueProblem(text, "is an IPv6 address, where the IPv4 address of the tunnel server belongs", remedy)
    if "/" in str(text):
        raise ValueProblem(text, "has a prefix length, where the address of one host belongs", remedy)
    if address.ip.is_multicast or address.ip.is_unspecified or address.ip.is_loopback or address.ip.is_reserved:
        raise ValueProblem(text, "is not an address that a tunnel can end at", remedy)
    return IPv4Address(address.ip)


def parse_resolver(text: object) -> IPv6Address:
    """The address of a name server as it is announced; link-local ones are fine on their link (RFC 8106).

    :raises ValueProblem: it is no IPv6 address of a host
    """
    try:
        address = ip_address(str(text))
    except ValueError:
        address = None
    if isinstance(address, IPv6Address) and address.is_link_local:
        # Without a zone: the resolver is on the link that it is announced on.
        return IPv6Address(int(address))
    return parse_host_address(text)


def parse_tunnel_address(text: object) -> IPv6Address:
    """The address of this end of a tunnel, with or without the length that a provider's page prints after it.

    :raises ValueProblem: it is no IPv6 address of a host
    """
    address, _slash, length = str(text).partition("/")
    if length and not (length.isdecimal() and int(length) <= 128):
        raise ValueProblem(text, "has a wrong prefix length", "Write the address alone")
    return parse_host_address(address)
