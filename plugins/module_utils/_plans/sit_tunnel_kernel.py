# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tunnel in the kernel: how it is, how it shall be, and the `ip` commands between the two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Interface

from .._formats.iproute import KernelRoute, Link
from .conditions import Await
from .sit_tunnel import MAIN_TABLE, UNICAST, Request, Route
from .steps import Run, Step


@dataclass(frozen=True)
class Kernel:
    """What the kernel has of a tunnel.

    :param link: None where there is no such link
    :param addresses: without link-local ones
    :param routes: all IPv6 routes of the host that the kernel has not made itself
    """

    link: Link | None
    addresses: tuple[IPv6Interface, ...] = ()
    routes: tuple[KernelRoute, ...] = ()


def route_words(name: str, route: Route) -> tuple[str, ...]:
    """A route as `ip -6 route` takes it."""
    words = [] if route.type == UNICAST else [route.type]
    words.append(str(route.destination))
    if route.gateway:
        words += ["via", str(route.gateway)]
    if route.type == UNICAST:
        words += ["dev", name]
    if route.source:
        words += ["src", str(route.source)]
    words += ["metric", str(route.metric)]
    if route.table != MAIN_TABLE:
        words += ["table", str(route.table)]
    # Marked as set by an administrator, so that it is known again as one of the tunnel's.
    return (*words, "proto", "static")


def _seen(route: KernelRoute) -> Route:
    return Route(route.destination, route.type, route.gateway, route.source, route.metric, route.table)


def own_routes(name: str, kernel: Kernel, formerly: Sequence[Route]) -> list[Route]:
    """The tunnel's routes that the kernel has: those over it that were set as ours are, and what was configured before.

    :param formerly: the routes of the configuration so far
    """
    old = {route.key for route in formerly if route.type != UNICAST}
    return [
        _seen(route)
        for route in kernel.routes
        if route.protocol == "static" and (route.link == name or (route.type != UNICAST and _seen(route).key in old))
    ]


def mismatches(
    request: Request, local: str, kernel: Kernel, formerly: Sequence[Route], strict: bool = True
) -> list[str]:
    """In words, what of the kernel's state is not as asked for.

    :param strict: whether more addresses and routes than asked for are wrong, too
    """
    link = kernel.link
    if link is None:
        return ["no link"]
    found: list[str] = []
    if (link.remote, link.local, link.ttl) != (str(request.remote), local, request.ttl):
        found.append("end points")
    if link.mtu != request.mtu:
        found.append("MTU")
    if not link.up:
        found.append("down")
    missing = set(request.addresses) - set(kernel.addresses)
    if missing or (strict and set(kernel.addresses) - set(request.addresses)):
        found.append("addresses")
    present = [_seen(route) for route in kernel.routes]
    lacking = any(route not in present for route in request.routes)
    if lacking or (strict and _superfluous(request, kernel, formerly)):
        found.append("routes")
    return found


def _superfluous(request: Request, kernel: Kernel, formerly: Sequence[Route]) -> list[Route]:
    wanted = {(route.key, route.type) for route in request.routes}
    own = own_routes(request.name, kernel, (*formerly, *request.routes))
    return [route for route in own if (route.key, route.type) not in wanted]


def describe(name: str, link: Link | None, addresses: Sequence[IPv6Interface], routes: Sequence[Route]) -> str:
    """A tunnel's state for the diff."""
    if link is None:
        return ""
    lines = [
        f"link {name} sit {'up' if link.up else 'down'}",
        f"remote {link.remote} local {link.local} ttl {link.ttl} mtu {link.mtu}",
        *sorted(f"address {address}" for address in addresses),
        *sorted("route " + " ".join(route_words(name, route)) for route in routes),
    ]
    return "".join(line + "\n" for line in lines)


def describe_wanted(request: Request, local: str) -> str:
    link = Link(request.name, "sit", request.mtu, True, str(request.remote), local, request.ttl)
    return describe(request.name, link, request.addresses, request.routes)


def describe_found(name: str, kernel: Kernel, formerly: Sequence[Route], wanted: Sequence[Route]) -> str:
    present = [_seen(route) for route in kernel.routes]
    routes = own_routes(name, kernel, formerly) + [route for route in wanted if route in present]
    return describe(name, kernel.link, kernel.addresses, list(dict.fromkeys(routes)))


def parameters(name: str, remote: str, local: str, ttl: int) -> tuple[str, ...]:
    """A tunnel as `ip tunnel add` and `ip tunnel change` take it."""
    # Without the word "name", `ip tunnel add he` asks for help.
    return ("name", name, "mode", "sit", "remote", remote, "local", local, "ttl", str(ttl))


def create(request: Request, local: str) -> list[Step]:
    """Make the link and bring it up; its addresses and routes are :func:`adjust_contents`'s."""
    name = request.name
    words = parameters(name, str(request.remote), local, request.ttl)
    rise = ("ip", "link", "set", "dev", name, "mtu", str(request.mtu), "up")
    return [
        Run(("ip", "tunnel", "add", *words), f"make the tunnel {name}", undo=("ip", "tunnel", "del", "name", name)),
        Run(rise, f"bring {name} up with an MTU of {request.mtu}"),
    ]


def adjust_link(request: Request, local: str, link: Link) -> list[Step]:
    """Change what the link itself has to be, without taking it down."""
    name = request.name
    steps: list[Step] = []
    if (link.remote, link.local, link.ttl) != (str(request.remote), local, request.ttl):
        steps.append(
            Run(
                ("ip", "tunnel", "change", *parameters(name, str(request.remote), local, request.ttl)),
                f"change {name} to remote {request.remote}, local {local}, ttl {request.ttl}",
                undo=("ip", "tunnel", "change", *parameters(name, link.remote, link.local, link.ttl)),
            )
        )
    change = ("ip", "link", "set", "dev", name)
    if link.mtu != request.mtu:
        why = f"change the MTU of {name} from {link.mtu} to {request.mtu}"
        steps.append(Run((*change, "mtu", str(request.mtu)), why, undo=(*change, "mtu", str(link.mtu))))
    if not link.up:
        steps.append(Run((*change, "up"), f"bring {name} up", undo=(*change, "down")))
    return steps


def adjust_contents(request: Request, kernel: Kernel, formerly: Sequence[Route], anew: bool = False) -> list[Step]:
    """Change addresses and routes: new ones first, so that there is always a way.

    :param anew: set all of them, whatever is there now: something is about to take them away
    """
    if anew:
        kernel = Kernel(kernel.link)
    name = request.name
    steps: list[Step] = []
    lost = [address for address in kernel.addresses if address not in request.addresses]
    new = [address for address in request.addresses if address not in kernel.addresses]
    steps += [_address_step(name, address, "add") for address in new]
    present = {_seen(route) for route in kernel.routes}
    at_key = {_seen(route).key: _seen(route) for route in kernel.routes if route.link == name or route.type != UNICAST}
    for route in request.routes:
        if route not in present:
            before = at_key.get(route.key)
            undo = ("replace", *route_words(name, before)) if before else ("del", *route_words(name, route))
            argv = ("ip", "-6", "route")
            why = f"set the route {_shown(route)}"
            steps.append(Run((*argv, "replace", *route_words(name, route)), why, undo=(*argv, *undo)))
    steps += [_address_step(name, address, "del") for address in lost]
    steps += [remove_route(name, route) for route in _superfluous(request, kernel, formerly)]
    return steps


def _address_step(name: str, address: IPv6Interface, verb: str) -> Run:
    argv = ("ip", "-6", "addr")
    other = "del" if verb == "add" else "add"
    why = "give {} the address {}" if verb == "add" else "take from {} the address {}"
    words = (str(address), "dev", name)
    return Run((*argv, verb, *words), why.format(name, address), undo=(*argv, other, *words))


def remove_route(name: str, route: Route) -> Run:
    """`flush` rather than `del`, since it is content where the route has gone with its link or address."""
    table = str(route.table)
    words = ("exact", str(route.destination), "metric", str(route.metric), "table", table, "proto", "static")
    kind = ("type", route.type) if route.type != UNICAST else ("dev", name)
    undo = ("ip", "-6", "route", "replace", *route_words(name, route))
    return Run(("ip", "-6", "route", "flush", *words, *kind), f"remove the route {_shown(route)}", undo=undo)


def _shown(route: Route) -> str:
    return str(route.destination) if route.type == UNICAST else f"{route.destination} ({route.type})"


def let_go(name: str, timeout: float) -> list[Step]:
    """Wait until networkd has taken its addresses off the link."""
    argv = ("ip", "-oneline", "-6", "address", "show", "dev", name, "scope", "global")
    remedy = "Look at `journalctl -u systemd-networkd`"
    return [Await(argv, f"networkd to let go of {name}", r"\A\s*\Z", timeout, remedy)]


def awaits(request: Request, timeout: float) -> Iterator[Await]:
    """Wait until the link is up, its addresses can be used and its routes are there."""
    name = request.name
    remedy = f"See `networkctl status {name}` and `ip -details address show dev {name}`"
    show = ("ip", "-oneline", "link", "show", "dev", name)
    yield Await(show, f"{name} to be up", r"<[^>]*\bUP\b[^>]*>", timeout, remedy)
    if request.addresses:
        lines = [
            rf"\binet6 {re.escape(str(address))} (?!.*\b(?:tentative|dadfailed)\b)" for address in request.addresses
        ]
        argv = ("ip", "-oneline", "-6", "address", "show", "dev", name)
        shown = ", ".join(map(str, request.addresses))
        yield Await(argv, f"{shown} on {name} to be usable", _all_of(lines), timeout, remedy)
    if request.routes:
        argv = ("ip", "-oneline", "-6", "route", "show", "table", "all")
        routes = [_line_of(name, route) for route in request.routes]
        yield Await(argv, f"the routes of {name}", _all_of(routes), timeout, remedy)


def _all_of(patterns: Sequence[str]) -> str:
    """Matches a text in which each pattern is found, in whatever order."""
    return r"\A" + "".join(rf"(?=[\s\S]*{pattern})" for pattern in patterns)


def _line_of(name: str, route: Route) -> str:
    """The beginning and the metric of a route's line in `ip route`."""
    shown = {"::/0": "default"}.get(str(route.destination), str(route.destination))
    kind, way = ("", f"(?:via .*)?dev {re.escape(name)} ") if route.type == UNICAST else (route.type + " ", "")
    return rf"^{kind}{re.escape(shown.removesuffix('/128'))} {way}.*metric {route.metric}\b"
