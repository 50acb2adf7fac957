# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IPv6 addresses and prefixes as people write them in options."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from socket import AF_INET6, inet_ntop, inet_pton

from .errors import ValueProblem

_NO_MAC = "00:00:00:00:00:00"
# The bit of the first octet that addresses of groups have (IEEE 802).
_GROUP = 0x01
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_PAIRS = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2})+")
# What may be an address in a longer text.
_WORD = re.compile(r"(?<![\w:.}])[0-9a-fA-F]*[:.][0-9a-fA-F:.]+(?![\w:.{])")
_EXAMPLE = "Write an IPv6 address of the host's network, as in 2001:db8:0:1::10"
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


def is_address(text: str) -> bool:
    """Whether it is an IPv6 address."""
    try:
        read_address(text)
    except ValueError:
        return False
    return True


def address_text(address: IPv6Address) -> str:
    """What ``str`` makes of an address, in a fraction of its time."""
    text = inet_ntop(AF_INET6, address.packed)
    # Where it ends in an IPv4 address, Python's versions differ from the C library and from each other.
    return str(address) if "." in text else text


def parse_host_address(text: object) -> IPv6Address:
    """The address of one host, such as a server can hand out.

    :raises ValueProblem: it is no IPv6 address, or one that no server hands out
    """
    shown = str(text)
    try:
        address = read_address(shown)
    except ValueError:
        raise _no_address(text, shown) from None
    if address.packed[0] in _ORDINARY and "%" not in shown:
        return address
    for wrong, what in (
        (address.is_link_local, "is a link-local address, which every interface makes for itself"),
        (address.is_multicast, "is a multicast address"),
        (address.is_loopback, "is a loopback address"),
        (address.is_unspecified, "is the unspecified address"),
        ("%" in shown, "names an interface, which belongs to link-local addresses alone"),
    ):
        if wrong:
            raise ValueProblem(text, what, _EXAMPLE)
    return address


def _no_address(text: object, shown: str) -> ValueProblem:
    inside = [word for word in _WORD.findall(shown) if _version(word)]
    if len(inside) > 1:
        remedy = "Write each address as an item of its own, without quotes or commas around it"
        return ValueProblem(text, "is not one IPv6 address", remedy)
    if "4" in map(_version, inside):
        return ValueProblem(text, "is an IPv4 address, where an IPv6 address belongs", _EXAMPLE)
    remedy = f"Write {inside[0]} alone" if inside and not inside[0].endswith("::") else _EXAMPLE
    if re.search(r"[0-9a-fA-F:]/[0-9]+$", shown) and inside:
        return ValueProblem(text, "has a prefix length, where the address of one host belongs", remedy)
    return ValueProblem(text, "is not an IPv6 address", remedy)


def _version(text: str) -> str:
    try:
        return str(ip_address(text).version)
    except ValueError:
        return ""


def parse_prefix(text: object) -> IPv6Network:
    """A prefix, as in 2001:db8:0:1::/64.

    :raises ValueProblem: it is no IPv6 prefix, or has bits set behind its length
    """
    example = "Write an IPv6 prefix with its length, as in 2001:db8:0:1::/64"
    shown = str(text)
    first, slash, length = shown.partition("/")
    try:
        prefix = ip_network(shown, strict=False)
    except ValueError:
        problem = "is not an IPv6 prefix"
        if slash and _version(first) == "6":
            problem = f"has the length {length!r}, which is no number from 0 to 128"
        raise ValueProblem(text, problem, example) from None
    if not isinstance(prefix, IPv6Network):
        raise ValueProblem(text, "is an IPv4 network, where an IPv6 prefix belongs", example)
    if not slash:
        raise ValueProblem(text, "has no prefix length", example)
    if "%" in shown:
        raise ValueProblem(text, "names an interface, which no prefix does", example)
    if ip_address(first) != prefix.network_address:
        raise ValueProblem(text, f"has bits set behind its length of {prefix.prefixlen}", f"Write {prefix}")
    return prefix


def parse_delegated_prefix(text: object) -> IPv6Network:
    """A prefix that a server can delegate.

    :raises ValueProblem: it is none, or one whose addresses no host outside of a link has
    """
    prefix = parse_prefix(text)
    # What holds all addresses holds those too.
    if prefix.is_link_local or prefix.is_multicast or prefix.prefixlen == 0:
        remedy = "Write a prefix of global or unique local addresses, as in 2001:db8:0:100::/56"
        raise ValueProblem(text, "is of addresses that are not routed to a host", remedy)
    return prefix


def parse_hardware_address(text: object) -> str:
    """An Ethernet address that one interface can have, in its canonical form, lower case with colons.

    :raises ValueProblem: it is none, or one of a group
    """
    shown = str(text)
    if not _MAC.fullmatch(shown) or (":" in shown and "-" in shown):
        remedy = "Write six pairs of hexadecimal digits, in quotes, as in '52:54:00:12:34:56'"
        pairs = len(re.findall("[0-9a-fA-F]{2}", shown)) if _PAIRS.fullmatch(shown) else 6
        problem = "is not an Ethernet address" if pairs == 6 else f"has {pairs} octets, where an Ethernet address has 6"
        if pairs > 6:
            remedy += "; if this is the DUID, write it as duid"
        raise ValueProblem(text, problem, remedy)
    address = shown.replace("-", ":").lower()
    if address == _NO_MAC or int(address[:2], 16) & _GROUP:
        remedy = "Write one whose first octet is even, as in '52:54:00:12:34:56'"
        raise ValueProblem(text, "is no address that one interface can have", remedy)
    return address
