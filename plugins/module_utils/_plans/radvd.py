# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `radvd` mean, as the interfaces that its configuration is written from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Network
from typing import Any

from .._values.errors import ValueProblem
from .._values.interface import parse_plain_interface
from .._values.ipv6 import parse_prefix
from .._values.link import parse_resolver
from .options import OptionReader

LINK_LOCAL = IPv6Network("fe80::/10")
MULTICAST = IPv6Network("ff00::/8")
SLAAC_LENGTH = 64
IPV6_MINIMUM_MTU = 1280
HIGHEST_MTU = 65535
FOREVER = 0xFFFFFFFF
# RFC 8106, 5.1: a resolver should outlive the loss of two advertisements.
ADVERTISEMENTS_OUTLIVED = 3
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Prefix:
    prefix: str
    on_link: bool
    autonomous: bool
    valid_lifetime: int
    preferred_lifetime: int
    deprecate: bool


@dataclass(frozen=True)
class Interface:
    name: str
    managed: bool
    other: bool
    mtu: int
    hop_limit: int
    preference: str
    min_interval: int
    max_interval: int
    lifetime: int
    dns_lifetime: int
    rdnss: list[str]
    dnssl: list[str]
    prefixes: list[Prefix]


@dataclass(frozen=True)
class RadvdPlan:
    """All that radvd announces, and all that is wrong with the options (then nothing else counts)."""

    problems: list[str]
    interfaces: list[Interface] = field(default_factory=list)


def plan(options: Mapping[str, Any]) -> RadvdPlan:
    """Read the options, named without the role's prefix, and lay out what is announced where."""
    reader = OptionReader("radvd_")
    entries = reader.listed("interfaces", options["interfaces"])
    interfaces = [_interface(reader, f"interfaces[{number}].", entry) for number, entry in enumerate(entries)]
    if not entries:
        remedy = "Name an interface to announce on, or switch radvd off with radvd_state: absent"
        reader.refuse("interfaces", "[]", "announces nothing", remedy)
    if not reader.problems:
        _check_together(reader, interfaces)
    return RadvdPlan(reader.problems) if reader.problems else RadvdPlan([], interfaces)


def _check_together(reader: OptionReader, interfaces: list[Interface]) -> None:
    names = [interface.name for interface in interfaces]
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.refuse("interfaces", name, "is there twice", "Put all of an interface into one entry")
    announced = [
        (IPv6Network(prefix.prefix), interface.name) for interface in interfaces for prefix in interface.prefixes
    ]
    for number, (prefix, name) in enumerate(announced):
        for other, other_name in announced[number + 1 :]:
            if prefix.overlaps(other):
                remedy = "Give each link a prefix of its own, and announce it once"
                reader.refuse(
                    "interfaces", other, f"on {other_name} overlaps {prefix}, announced on {name} already", remedy
                )


def _interface(reader: OptionReader, at: str, entry: Mapping[str, Any]) -> Interface:
    longest = reader.whole(
        at + "max_interval",
        entry.get("max_interval", 600),
        4,
        1800,
        "Write at most how many seconds pass between two advertisements (RFC 4861)",
    )
    shortest = reader.whole(
        at + "min_interval",
        entry.get("min_interval", max(3, longest // 3)),
        3,
        max(3, longest * 3 // 4),
        "Write at least how many seconds pass between two advertisements: at most 3/4 of max_interval",
    )
    return Interface(
        name=reader.one(at + "name", entry.get("name"), parse_plain_interface) or "",
        managed=reader.truth(at + "managed", entry.get("managed", False)),
        other=reader.truth(at + "other", entry.get("other", False)),
        mtu=_mtu(reader, at + "mtu", entry.get("mtu")),
        hop_limit=reader.whole(at + "hop_limit", entry.get("hop_limit", 64), 0, 255, "Write a hop limit, as in 64"),
        preference=reader.choice(at + "preference", entry.get("preference", "medium"), ("medium", "low", "high")),
        min_interval=shortest,
        max_interval=longest,
        lifetime=_router_lifetime(reader, at + "lifetime", entry.get("lifetime"), longest),
        dns_lifetime=ADVERTISEMENTS_OUTLIVED * longest,
        rdnss=[str(address) for address in reader.many(at + "rdnss", entry.get("rdnss"), parse_resolver)],
        dnssl=list(reader.many(at + "dnssl", entry.get("dnssl"), parse_domain)),
        prefixes=[
            found
            for number, raw in enumerate(reader.listed(at + "prefixes", entry.get("prefixes")))
            if (found := _prefix(reader, f"{at}prefixes[{number}].", raw))
        ],
    )


def _mtu(reader: OptionReader, option: str, value: object) -> int:
    """0: no MTU is announced."""
    if value is None:
        return 0
    remedy = f"Write the MTU of the way out (that of the tunnel); IPv6 needs at least {IPV6_MINIMUM_MTU} (RFC 8200)"
    return reader.whole(option, value, IPV6_MINIMUM_MTU, HIGHEST_MTU, remedy)


def _router_lifetime(reader: OptionReader, option: str, value: object, longest: int) -> int:
    if value is None:
        return ADVERTISEMENTS_OUTLIVED * longest
    remedy = f"Write 0 (not a default router) or from max_interval, here {longest}, to 9000 seconds (RFC 4861)"
    if str(value) == "0":
        return 0
    return reader.whole(option, value, longest, 9000, remedy)


def _prefix(reader: OptionReader, at: str, entry: Mapping[str, Any]) -> Prefix | None:
    prefix = reader.one(at + "prefix", entry.get("prefix"), _parse_announced)
    autonomous = reader.truth(at + "autonomous", entry.get("autonomous", True))
    if prefix is not None and autonomous and prefix.prefixlen != SLAAC_LENGTH:
        reader.refuse(
            at + "prefix",
            prefix,
            f"is a /{prefix.prefixlen}, and hosts make addresses of a /{SLAAC_LENGTH} alone (RFC 4862)",
            f"Write a /{SLAAC_LENGTH}, or autonomous: false where addresses come from DHCPv6 only",
        )
    remedy = f"Write seconds, or {FOREVER} for ever"
    valid = reader.whole(at + "valid_lifetime", entry.get("valid_lifetime", 86400), 0, FOREVER, remedy)
    preferred = reader.whole(at + "preferred_lifetime", entry.get("preferred_lifetime", 14400), 0, FOREVER, remedy)
    if preferred > valid:
        reader.refuse(
            at + "preferred_lifetime",
            preferred,
            f"is longer than valid_lifetime, {valid}",
            "Write the same or less: an address is preferred only while it is valid",
        )
    if prefix is None:
        return None
    return Prefix(
        prefix=str(prefix),
        on_link=reader.truth(at + "on_link", entry.get("on_link", True)),
        autonomous=autonomous,
        valid_lifetime=valid,
        preferred_lifetime=preferred,
        deprecate=reader.truth(at + "deprecate", entry.get("deprecate", False)),
    )


def _parse_announced(text: object) -> IPv6Network:
    prefix = parse_prefix(text)
    for common in (LINK_LOCAL, MULTICAST):
        if prefix.overlaps(common):
            raise ValueProblem(text, f"reaches into {common}", "Write a prefix that was given to you, or a ULA")
    return prefix


def parse_domain(text: object) -> str:
    """A domain to search names in.

    :raises ValueProblem: it is no name that DNS can hold
    """
    name = str(text).rstrip(".")
    if len(name) > 253 or not name or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueProblem(text, "is not a domain name", "Write a name such as home.example")
    return name
