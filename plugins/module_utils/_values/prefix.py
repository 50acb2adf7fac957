# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses and prefixes, each in the family that it belongs to."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Union

from .errors import ValueProblem
from .ipv6 import parse_prefix

DEFAULT = ipaddress.IPv6Network("::/0")
SUBNET_LENGTH = 64

Numbers = Union[Sequence[str], Mapping[str, object]]


def _other_family(text: str, wanted: int) -> bool:
    try:
        return ipaddress.ip_interface(text).version != wanted
    except ValueError:
        return False


def parse_ipv4(value: object) -> ipaddress.IPv4Address:
    """One IPv4 address of one host.

    :raises ValueProblem: it is none
    """
    text = str(value)
    if _other_family(text, 4):
        raise ValueProblem(text, "is an IPv6 address where an IPv4 address belongs", "Write it as 192.0.2.1")
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueProblem(repr(text), "is not an IPv4 address", "Write it as 192.0.2.1") from None
    if address.is_multicast or address.is_unspecified or address == ipaddress.IPv4Address("255.255.255.255"):
        raise ValueProblem(text, "is not the address of one host", "Write a unicast address, such as 192.0.2.1")
    return address


def parse_ipv6(value: object) -> ipaddress.IPv6Address:
    """One IPv6 address of one host, without a prefix length.

    :raises ValueProblem: it is none
    """
    text = str(value)
    remedy = "Write it as 2001:db8::1"
    if _other_family(text, 6):
        raise ValueProblem(text, "is an IPv4 address where an IPv6 address belongs", remedy)
    if "/" in text:
        raise ValueProblem(text, "has a prefix length where an address alone belongs", remedy)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueProblem(repr(text), "is not an IPv6 address", remedy) from None
    if address.is_multicast or address.is_unspecified or "%" in text:
        raise ValueProblem(text, "is not the address of one host", remedy)
    return address


def parse_ipv6_interface(value: object) -> ipaddress.IPv6Interface:
    """An IPv6 address of one host with the length of its prefix.

    :raises ValueProblem: it is none, or the length is missing
    """
    text = str(value)
    remedy = "Write it as 2001:db8::2/64"
    if _other_family(text, 6):
        raise ValueProblem(text, "is an IPv4 address where an IPv6 address belongs", remedy)
    if "/" not in text:
        parse_ipv6(text)
        raise ValueProblem(text, "has no prefix length", f"Write it as {text}/64")
    try:
        interface = ipaddress.IPv6Interface(text)
    except ValueError:
        raise ValueProblem(repr(text), "is not an IPv6 address with a prefix length", remedy) from None
    parse_ipv6(text.split("/", maxsplit=1)[0])
    return interface


def parse_address(value: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """One address of one host, of either family; link-local ones are fine on their link.

    :raises ValueProblem: it is none
    """
    return parse_ipv6(value) if ":" in str(value) else parse_ipv4(value)


def parse_address_with_length(value: object) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """An address of one host with the length of its prefix, of either family.

    :raises ValueProblem: it is none, the length is missing, or it is the address of a network as a whole
    """
    text = str(value)
    if ":" in text:
        return parse_ipv6_interface(text)
    bare, slash, _length = text.partition("/")
    parse_ipv4(bare)
    if not slash:
        raise ValueProblem(text, "has no prefix length", f"Write it as {text}/24")
    try:
        interface = ipaddress.IPv4Interface(text)
    except ValueError:
        problem = "is not an IPv4 address with a prefix length"
        raise ValueProblem(repr(text), problem, f"Write it as {bare}/24") from None
    network = interface.network
    if network.prefixlen < 31 and interface.ip in (network.network_address, network.broadcast_address):
        problem = f"is the address of {network} as a whole, not of a host"
        raise ValueProblem(text, problem, "Write the host's own address, with the length of its network")
    return interface


def parse_ipv6_network(value: object) -> ipaddress.IPv6Network:
    """A prefix that a route leads to; ``default`` is ``::/0``.

    :raises ValueProblem: it is none, or has bits set beyond its length
    """
    return DEFAULT if value == "default" else parse_prefix(value)


def plan_subnets(prefix: object, names: Numbers) -> dict[str, str]:
    """A /64 of a shorter prefix for each name.

    :param names: a list, whose names get the subnets 0, 1, 2 … in its order, so that a name appended at its end moves
        no other; or a number for each name
    :raises ValueProblem: the prefix cannot be split so, or a number is out of range or given twice
    """
    network = parse_ipv6_network(prefix)
    if network.prefixlen >= SUBNET_LENGTH:
        problem = f"cannot be split: a LAN takes a whole /{SUBNET_LENGTH}"
        raise ValueProblem(str(network), problem, "Ask your broker or provider for a /48 or a /56")
    count = 1 << (SUBNET_LENGTH - network.prefixlen)
    step = 1 << (128 - SUBNET_LENGTH)
    numbers = _numbers(names)
    by_number: dict[int, str] = {}
    for name, number in numbers.items():
        if not 0 <= number < count:
            problem = f"is beyond the {count} subnets of {network}"
            remedy = f"Number them from 0 to {count - 1}, or ask for a shorter prefix"
            raise ValueProblem(f"{name}: {number}", problem, remedy)
        if number in by_number:
            problem = f"has the number of {by_number[number]}"
            raise ValueProblem(f"{name}: {number}", problem, "Give each subnet a number of its own")
        by_number[number] = name
    base = int(network.network_address)
    return {name: str(ipaddress.IPv6Network((base + number * step, SUBNET_LENGTH))) for name, number in numbers.items()}


def _numbers(names: Numbers) -> dict[str, int]:
    if isinstance(names, Mapping):
        return {str(name): _number(str(name), number) for name, number in names.items()}
    numbers: dict[str, int] = {}
    for number, name in enumerate(names):
        if not name or str(name) in numbers:
            problem = "stands in the list twice" if name else "is no name"
            raise ValueProblem(repr(name), problem, "Give each subnet a name of its own")
        numbers[str(name)] = number
    return numbers


def _number(name: str, value: object) -> int:
    try:
        # Text such as "0x10" is how a subnet reads in the address.
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueProblem(
            f"{name}: {value}", "is not a number", "Write the number of the subnet, such as 16 or '0x10'"
        )
    return number
