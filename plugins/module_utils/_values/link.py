# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a link is told by: the ports and resolvers on it, the two ends of a tunnel."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from .errors import ValueProblem
from .ipv6 import parse_host_address
from .prefix import parse_ipv4

_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
HIGHEST_PORT = 65535
# IEEE 802.1Q: 0 is no VLAN, 4095 is reserved.
HIGHEST_VLAN = 4094


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


def parse_vlans(text: object) -> str:
    """The number of a VLAN or a range of them, as in 10 or 20-29.

    :raises ValueProblem: it is neither
    """
    remedy = f"Write a number from 1 to {HIGHEST_VLAN}, or two of them as in 20-29"
    match = None if isinstance(text, bool) else _PORTS.fullmatch(str(text).strip())
    if not match:
        raise ValueProblem(text, "is not a VLAN or a range of VLANs", remedy)
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if not 1 <= first <= last <= HIGHEST_VLAN:
        raise ValueProblem(text, "is out of range", remedy)
    return str(first) if first == last else f"{first}-{last}"


def parse_broker(text: object) -> IPv4Address:
    """The IPv4 address of a tunnel's far end.

    :raises ValueProblem: it is none, or belongs to no single host
    """
    remedy = "Write the one behind 'Server IPv4 Address' on the tunnel's page, as in 216.66.80.30"
    try:
        address = parse_ipv4(text)
    except ValueProblem as problem:
        raise ValueProblem(problem.value, problem.problem, remedy) from None
    if address.is_loopback or address.is_reserved:
        raise ValueProblem(text, "is not an address that a tunnel can end at", remedy)
    return address


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
