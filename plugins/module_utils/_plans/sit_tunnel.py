# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a 6in4 tunnel: every option read and checked, without a look at the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Callable, TypeVar

from .._values.errors import Refusal, ValueProblem
from .._values.interface import parse_interface
from .._values.prefix import parse_ipv4, parse_ipv6, parse_ipv6_interface, parse_ipv6_network

# Below it the kernel takes IPv6 off the interface; above the other no Ethernet path carries it (RFC 4213 section 3.2).
LEAST_MTU, USUAL_MTU, MOST_MTU = 1280, 1480, 65515
# What the kernel gives an IPv6 route of which no metric is asked.
METRIC = 1024
MAIN_TABLE = 254
TABLES = {"main": MAIN_TABLE, "default": 253, "local": 255}
UNICAST, UNREACHABLE, BLACKHOLE = "unicast", "unreachable", "blackhole"
ANY, AUTO, DHCP4 = "any", "auto", "dhcp4"

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Route:
    """A route that belongs to the tunnel.

    :param source: the address that packets of the host itself leave with
    """

    destination: IPv6Network
    type: str = UNICAST
    gateway: IPv6Address | None = None
    source: IPv6Address | None = None
    metric: int = METRIC
    table: int = MAIN_TABLE

    @property
    def key(self) -> tuple[int, IPv6Network, int]:
        """What tells two routes of the kernel apart."""
        return (self.table, self.destination, self.metric)


@dataclass(frozen=True)
class Request:
    """A tunnel as it was asked for; ``local`` may still be auto."""

    name: str
    remote: IPv4Address
    local: str
    ttl: int
    mtu: int
    addresses: tuple[IPv6Interface, ...]
    routes: tuple[Route, ...]
    uplink: str | None


def _parsed(option: str, parse: Callable[[object], Parsed], value: object) -> Parsed:
    try:
        return parse(value)
    except ValueProblem as problem:
        raise Refusal.of(option, problem) from None


def read_name(params: Mapping[str, Any]) -> str:
    """The tunnel's name, the one option that taking it away needs.

    :raises Refusal: it cannot be that of an interface
    """
    name = _parsed("name", parse_interface, params["name"])
    if name == "sit0":
        problem = "is the kernel's own catch-all device, which takes packets from everyone when it is up"
        raise Refusal("name", name, problem, "Give the tunnel a name of its own, such as he-ipv6")
    return name


def read_request(params: Mapping[str, Any]) -> Request:
    """The whole request.

    :raises Refusal: an option that cannot be right
    """
    addresses = tuple(
        _parsed(f"addresses[{number}]", parse_ipv6_interface, value) for number, value in enumerate(params["addresses"])
    )
    _refuse_twice("addresses", [address.ip for address in addresses], addresses)
    local = params["local"]
    return Request(
        name=read_name(params),
        remote=_parsed("remote", parse_ipv4, params["remote"]),
        local=local if local in (ANY, AUTO, DHCP4) else str(_parsed("local", parse_ipv4, local)),
        ttl=_within("ttl", params["ttl"], 1, 255, "Write 255"),
        mtu=_mtu(params["mtu"], params["mtu_force"]),
        addresses=addresses,
        routes=read_routes(params),
        uplink=_parsed("uplink", parse_interface, params["uplink"]) if params["uplink"] else None,
    )


def read_routes(params: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes.

    :raises Refusal: one that cannot be right, or one twice
    """
    routes = tuple(_route(f"routes[{number}]", value) for number, value in enumerate(params["routes"]))
    _refuse_twice("routes", [route.key for route in routes], [route.destination for route in routes])
    return routes


def _within(option: str, value: int, least: int, most: int, remedy: str) -> int:
    if not least <= value <= most:
        raise Refusal(option, value, f"is not between {least} and {most}", remedy)
    return value


def _mtu(value: int, force: bool) -> int:
    if value < LEAST_MTU:
        problem = f"is below {LEAST_MTU}, the least that IPv6 works with: the kernel would take IPv6 off the interface"
        raise Refusal("mtu", value, problem, "Write 1480, or 1472 where the uplink is PPPoE")
    if value > USUAL_MTU and not force:
        problem = f"is above {USUAL_MTU}, what an uplink of 1500 bytes leaves inside IPv4: larger packets would be lost"
        raise Refusal("mtu", value, problem, "Write 1480, or say mtu_force: true if the whole path carries more")
    return _within("mtu", value, LEAST_MTU, MOST_MTU, "Write 1480")


def _route(option: str, value: Mapping[str, Any]) -> Route:
    kind = value["type"]
    if kind != UNICAST and (value["gateway"] or value["source"]):
        given = "gateway" if value["gateway"] else "source"
        problem = f"means nothing for a route of type {kind}"
        raise Refusal(f"{option}.{given}", value[given], problem, "Leave it out, or make the type unicast")
    metric = METRIC if value["metric"] is None else value["metric"]
    return Route(
        destination=_parsed(f"{option}.destination", parse_ipv6_network, value["destination"]),
        type=kind,
        gateway=_parsed(f"{option}.gateway", parse_ipv6, value["gateway"]) if value["gateway"] else None,
        source=_parsed(f"{option}.source", parse_ipv6, value["source"]) if value["source"] else None,
        metric=_within(
            f"{option}.metric", metric, 1, 2**32 - 1, "Write a number from 1 up; the lower one is preferred"
        ),
        table=_table(f"{option}.table", value["table"]),
    )


def _table(option: str, value: str) -> int:
    if value in TABLES:
        return TABLES[value]
    if not (value.isascii() and value.isdigit() and 1 <= int(value) < 2**32):
        raise Refusal(option, value, "is no routing table", "Write main, or a number from 1 up")
    return int(value)


def _refuse_twice(option: str, keys: Sequence[object], shown: Sequence[object]) -> None:
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise Refusal(f"{option}[{number}]", shown[number], "is there twice", "Keep one of the two")
