# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The networks of a LAN, of both families."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Union

from .errors import ValueProblem
from .ipv6 import parse_prefix

Network = Union[IPv4Network, IPv6Network]
# No home or office is given more: whoever writes less means everybody. IPv4's largest private network is 10.0.0.0/8.
SHORTEST = {4: 8, 6: 20}


def parse_lan_prefix(value: object) -> Network:
    """A prefix of either family whose hosts are trusted with something.

    :raises ValueProblem: it is none, has bits set behind its length, or holds half the world
    """
    text = str(value)
    network: Network = parse_ipv4_network(text) if is_ipv4(text) else parse_prefix(text)
    if network.prefixlen < SHORTEST[network.version]:
        remedy = "Write the prefix of your LAN, as in 2001:db8:0:1::/64 or 192.0.2.0/24"
        raise ValueProblem(text, "is no LAN, but a part of the Internet", remedy)
    return network


def is_ipv4(text: str) -> bool:
    """Whether it is an IPv4 address or network, so that what is wrong with it is said in the words for these."""
    try:
        return ip_network(text, strict=False).version == 4
    except ValueError:
        return False


def parse_ipv4_network(value: object) -> IPv4Network:
    """A network, as in 192.0.2.0/24.

    :raises ValueProblem: it is none, or has bits set behind its length
    """
    text = str(value)
    if not is_ipv4(text):
        raise ValueProblem(text, "is not an IPv4 network", "Write it with its length, as in 192.0.2.0/24")
    network = IPv4Network(text, strict=False)
    if "/" not in text:
        raise ValueProblem(text, "has no prefix length", "Write the network with its length, as in 192.0.2.0/24")
    if ip_address(text.partition("/")[0]) != network.network_address:
        raise ValueProblem(text, f"has bits set behind its length of {network.prefixlen}", f"Write {network}")
    return network
