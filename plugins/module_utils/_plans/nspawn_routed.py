# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that are no members of the LAN: each on a link of its own, with a prefix that is routed to the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Network
from typing import Any, NamedTuple, Union

from .._formats.networkd import Unit, render, section
from .._values.errors import ValueProblem
from .._values.ipv6 import parse_delegated_prefix
from .options import OptionReader

SUBNET_LENGTH = 64
# systemd-nspawn calls the host's end ve-NAME, and the kernel takes 15 characters.
LONGEST_NAME = 12
# The file of the host's end.
HOST_FILE = "/etc/systemd/network/10-homelab-ipv6-ve-{0}.network"


Address = Union[IPv4Address, IPv6Address]


class Link(NamedTuple):
    """The link between the host and one container.

    :param prefix: the container's /64
    :param ipv4: the host's own address there; containers get others by DHCP
    :param dns: name servers that it is told of
    """

    name: str
    prefix: IPv6Network
    ipv4: IPv4Interface | None
    dns: tuple[Address, ...] = ()

    @property
    def interface(self) -> str:
        return "ve-" + self.name


def read_link(
    reader: OptionReader, at: str, name: str, item: Mapping[str, Any], routed: Sequence[IPv6Network]
) -> Link | None:
    """The link that a container's options ask for; None where they cannot be right."""
    if len(name) > LONGEST_NAME:
        remedy = f"Give it a name of at most {LONGEST_NAME} characters"
        reader.refuse(at + "name", name, "is too long for the interface ve-NAME of a routed container", remedy)
    prefix = reader.one(at + "prefix", item.get("prefix"), parse_link_prefix)
    ipv4 = reader.one(at + "ipv4", item["ipv4"], parse_host_end) if item.get("ipv4") else None
    if prefix is None:
        return None
    if not any(prefix.subnet_of(whole) for whole in routed):
        listed = ", ".join(map(str, routed)) or "none"
        option = reader.named("routed_prefixes")
        problem = f"lies in none of the prefixes that are routed to this host, {option}: {listed}"
        reader.refuse(
            at + "prefix", prefix, problem, "Write a /64 of one of them, as the filter subnets works them out"
        )
    return Link(name, prefix, ipv4)


def parse_routed(text: object) -> IPv6Network:
    """A prefix that is routed to the host, for the links of its containers.

    :raises ValueProblem: it is none, or cannot be split
    """
    prefix = parse_delegated_prefix(text)
    if prefix.prefixlen > SUBNET_LENGTH:
        raise ValueProblem(text, *_too_long(prefix))
    return prefix


def parse_link_prefix(text: object) -> IPv6Network:
    """The prefix of one link.

    :raises ValueProblem: it is none, or not the /64 that a link has
    """
    if text is None:
        raise ValueProblem("nothing", "is given, and a routed container has a prefix of its own", "Write a /64")
    prefix = parse_delegated_prefix(text)
    if prefix.prefixlen > SUBNET_LENGTH:
        raise ValueProblem(text, *_too_long(prefix))
    if prefix.prefixlen < SUBNET_LENGTH:
        problem = f"is a /{prefix.prefixlen}, and a link has a /{SUBNET_LENGTH}"
        raise ValueProblem(text, problem, f"Write one of its /{SUBNET_LENGTH}s, as the filter subnets works them out")
    return prefix


def _too_long(prefix: IPv6Network) -> tuple[str, str]:
    whole = (
        f"a /{SUBNET_LENGTH} cannot be split between links, since hosts make addresses of a whole one alone (RFC 4862)"
    )
    problem = f"is a /{prefix.prefixlen}: {whole} and no router knows where its parts are"
    return problem, "Ask for a /56 or /48 that is routed to this host, or have the container bridged"


def parse_host_end(text: object) -> IPv4Interface:
    """The host's IPv4 address on a link, with the length of its prefix.

    :raises ValueProblem: it is none, or leaves no address for the container
    """
    try:
        interface = IPv4Interface(str(text))
    except ValueError:
        raise ValueProblem(text, "is not an IPv4 address with a prefix length", "Write it as 10.9.1.1/28") from None
    network = interface.network
    if network.prefixlen > 30 or interface.ip in (network.network_address, network.broadcast_address):
        raise ValueProblem(text, "leaves no address for the container", "Write the first of a network, as 10.9.1.1/28")
    return interface


def refuse_common(reader: OptionReader, links: Sequence[Link]) -> None:
    """Refuse a prefix, or an IPv4 network, that two links have."""
    for number, link in enumerate(links):
        for other in links[number + 1 :]:
            remedy = "Give each of them one of its own"
            if link.prefix == other.prefix:
                both = f"is both that of {link.name} and of {other.name}"
                reader.refuse("containers[].prefix", link.prefix, both, remedy)
            if link.ipv4 and other.ipv4 and link.ipv4.network.overlaps(other.ipv4.network):
                both = f"overlaps {link.ipv4.network}, which is that of {link.name}"
                reader.refuse("containers[].ipv4", other.ipv4, both, remedy)


def host_file(link: Link, header: tuple[str, ...]) -> str:
    """The host's end: its addresses, router advertisements, and DHCP where there is IPv4 (systemd.network(5))."""
    network = [
        ("Address", f"{link.prefix[1]}/{link.prefix.prefixlen}"),
        ("LinkLocalAddressing", "ipv6"),
        ("IPv6AcceptRA", "no"),
        ("IPv6SendRA", "yes"),
    ]
    by_ra = [("DNS", str(server)) for server in link.dns if server.version == 6]
    by_dhcp = [("DNS", str(server)) for server in link.dns if server.version == 4]
    if link.ipv4 is not None:
        network += [("Address", str(link.ipv4)), ("DHCPServer", "yes")]
    return render(
        Unit(
            (
                section("Match", [("Name", link.interface)], header),
                # A container that does not run is no reason to wait at boot.
                section("Link", [("RequiredForOnline", "no")]),
                section("Network", network),
                section("IPv6Prefix", [("Prefix", str(link.prefix))]),
                *([section("IPv6SendRA", by_ra)] if by_ra else []),
                *([section("DHCPServer", by_dhcp)] if by_dhcp and link.ipv4 is not None else []),
            )
        )
    )
