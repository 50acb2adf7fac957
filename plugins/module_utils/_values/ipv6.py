# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IPv6 addresses and prefixes as people write them in options."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from socket import AF_INET6, inet_ntop, inet_pton

from .errors import ValueProblem

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
# The first octets of the addresses that are handed out, global ones (2000::/3) and unique local ones (fc00::/7).
_ORDINARY = frozenset((*range(0x20, 0x40), 0xFC, 0xFD))


def read_address(text: str) -> IPv6Address:
    """An IPv6 address, as ``IPv6Address`` reads it, in a fraction of its time: sets have thousands.

    :raises ValueError: it is none
    """
    try:
        return IPv6Address(inet_pton(AF_INET6, text))
    except (OSError, ValueError):
        return IPv6Address(text)


def address_text(address: IPv6Address) -> str:
    """What ``str`` makes of an address, in a fraction of its time."""
    text = inet_ntop(AF_INET6, address.packed)
    # Where it ends in an IPv4 address, Python's versions differ from the C library and from each other.
    return str(address) if "." in text else text


def parse_host_address(text: object) -> IPv6Address:
    """The address of one host, such as a server can hand out.

    :raises ValueProblem: it is no IPv6 address, or one that no server hands out
    """
    example = "Write an IPv6 address of the host's network, as in 2001:db8:0:1::10"
    shown = str(text)
    if "/" in shown:
        raise ValueProblem(text, "has a prefix length, where the address of one host belongs", example)
    try:
        address = read_address(shown.partition("%")[0])
    except ValueError:
        problem = "is an IPv4 address, where an IPv6 address belongs" if _is_ipv4(shown) else "is not an IPv6 address"
        raise ValueProblem(text, problem, example) from None
    if address.packed[0] in _ORDINARY:
        return address
    for wrong, what in (
        (address.is_link_local, "a link-local address, which every interface makes for itself"),
        (address.is_multicast, "a multicast address"),
        (address.is_loopback, "a loopback address"),
        (address.is_unspecified, "the unspecified address"),
    ):
        if wrong:
            raise ValueProblem(text, "is " + what, example)
    return address


def _is_ipv4(text: str) -> bool:
    try:
        return ip_address(text.partition("%")[0]).version == 4
    except ValueError:
        return False


def parse_prefix(text: object) -> IPv6Network:
    """A prefix, as in 2001:db8:0:1::/64.

    :raises ValueProblem: it is no IPv6 prefix, or has bits set behind its length
    """
    example = "Write an IPv6 prefix with its length, as in 2001:db8:0:1::/64"
    shown = str(text)
    if "/" not in shown:
        raise ValueProblem(text, "has no prefix length", example)
    try:
        prefix = ip_network(shown, strict=False)
    except ValueError:
        raise ValueProblem(text, "is not an IPv6 prefix", example) from None
    if not isinstance(prefix, IPv6Network):
        raise ValueProblem(text, "is an IPv4 network, where an IPv6 prefix belongs", example)
    if ip_address(shown.partition("/")[0]) != prefix.network_address:
        raise ValueProblem(text, f"has bits set behind its length of {prefix.prefixlen}", f"Write {prefix}")
    return prefix


def parse_hardware_address(text: object) -> str:
    """An Ethernet address in its canonical form, lower case with colons.

    :raises ValueProblem: it is none
    """
    shown = str(text)
    if not _MAC.fullmatch(shown) or (":" in shown and "-" in shown):
        remedy = "Write six pairs of hexadecimal digits, in quotes, as in '52:54:00:12:34:56'"
        raise ValueProblem(text, "is not an Ethernet address", remedy)
    return shown.replace("-", ":").lower()
