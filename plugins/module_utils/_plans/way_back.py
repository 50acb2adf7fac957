# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way back of what is in effect: snapshot, present → acts as data, one function for each kind.

Only what differs is touched. Each function is asked again after its acts, until it has none left: an address that comes
back brings its routes along, and a tunnel that is made anew has yet to get its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Union

from .._formats.way_back import AddressState, LinkState, NeighbourState, RouteState, RuleState
from .._formats.way_back_network import KERNEL, value_of

# ip-route(8): by whom a route was entered. These come and go without anybody's doing.
BY_REDIRECT, BY_RA, BY_DHCP = "1", "9", "16"


class Act(NamedTuple):
    """A command that takes one thing back.

    :param why: what it does, in words for the journal and the user
    :param soft: worth a try, but nothing is lost where it does not help
    """

    argv: tuple[str, ...]
    why: str
    stdin: str = ""
    timeout: float = 20.0
    soft: bool = False


class Write(NamedTuple):
    """A kernel parameter (path below /proc/sys) and the value that it had."""

    key: str
    value: str
    why: str
    soft: bool = False


class Lost(NamedTuple):
    """Something that differs and that nobody can take back."""

    why: str
    soft: bool = False


class Later(NamedTuple):
    """Something that somebody else is about to bring back, and does better."""

    why: str
    soft: bool = False


Mend = Union[Act, Write, Lost, Later]


def addresses(
    before: Iterable[AddressState], now: Iterable[AddressState], links: Iterable[LinkState], elapsed: float
) -> list[Mend]:
    """What is too much goes first: a first address that leaves takes the second ones of its net along.

    :param links: of the snapshot; what came with other links goes with them
    :param elapsed: seconds since the snapshot, by which lifetimes are shorter
    """
    before, now = tuple(before), tuple(now)
    known = {link.name for link in links}
    had = {address.identity for address in before}
    have = {address.identity for address in now}
    mends: list[Mend] = [
        _remove_address(address) for address in now if address.identity not in had and address.link in known
    ]
    for address in before:
        left = address.valid - elapsed if address.valid >= 0 else -1.0
        if address.identity not in have and (address.valid < 0 or left > 1):
            mends.append(_add_address(address, elapsed))
    return mends


def _remove_address(address: AddressState) -> Act:
    name = f"{address.local}/{address.length}"
    argv = ("ip", "address", "delete", name, "dev", address.link)
    return Act(argv, f"take {name} off {address.link}", soft=address.valid >= 0)


def _add_address(address: AddressState, elapsed: float) -> Act:
    name = f"{address.local}/{address.length}"
    words = ["ip", "address", "replace"]
    words += [address.local, "peer", f"{address.peer}/{address.length}"] if address.peer else [name]
    words += ["broadcast", address.broadcast] if address.broadcast else []
    words += ["dev", address.link, "scope", address.scope]
    words += ["label", address.label] if address.label else []
    words += ["noprefixroute"] if not address.prefix_route else []
    words += ["nodad"] if address.nodad else []
    words += ["proto", address.protocol] if address.protocol else []
    words += ["metric", str(address.metric)] if address.metric else []
    if address.valid >= 0:
        valid = max(1, int(address.valid - elapsed))
        words += ["valid_lft", str(valid), "preferred_lft", str(min(valid, max(0, int(address.preferred - elapsed))))]
    return Act(tuple(words), f"put {name} back on {address.link}")


def routes(
    before: Iterable[RouteState],
    now: Iterable[RouteState],
    links: Iterable[LinkState],
    elapsed: float,
    awaits_ra: bool = False,
) -> list[Mend]:
    """Routes that the kernel makes of addresses come back if they are missing, and go with their address.

    :param awaits_ra: networkd has yet to get an answer from the routers: what they told, they tell again. 257 would
        enter its route beside one that is there already, which no later advertisement renews or takes away.
    """
    before, now = tuple(before), tuple(now)
    had = {route.identity for route in before}
    have = {route.identity for route in now}
    there = {link.name for link in links}
    extra = [route for route in now if route.identity not in had and value_of(route.words, "proto") != KERNEL]
    mends: list[Mend] = [_route("delete", route, 0) for route in extra]
    missing = [route for route in before if route.identity not in have and not 0 <= route.expires <= elapsed]
    # A gateway must be on a net that is there before the route over it is.
    for route in sorted(missing, key=lambda route: "via" in route.words):
        if awaits_ra and value_of(route.words, "proto") == BY_RA:
            mends.append(Later(f"put the {_route_name(route)} back"))
        elif value_of(route.words, "dev") in there or "dev" not in route.words:
            mends.append(_route("add", route, elapsed))
        else:
            mends.append(Lost(f"{_route_name(route)}: its link is gone"))
    return mends


def _route_name(route: RouteState) -> str:
    table = value_of(route.words, "table")
    words = [route.words[0] if route.words[0] != "unicast" else "", route.words[1]]
    words += [f"{key} {value_of(route.words, key)}" for key in ("via", "dev") if key in route.words]
    return "route " + " ".join(word for word in words if word) + (f" in table {table}" if table != "254" else "")


def _route(verb: str, route: RouteState, elapsed: float) -> Act:
    words: tuple[str, ...] = ("ip", f"-{route.family}", "route", verb, *route.words)
    if verb == "add" and route.expires >= 0:
        words += ("expires", str(max(1, int(route.expires - elapsed))))
    comes_and_goes = value_of(route.words, "proto") in (BY_REDIRECT, BY_RA, BY_DHCP) or route.expires >= 0
    said = "put the {} back" if verb == "add" else "take the {} away"
    return Act(words, said.format(_route_name(route)), soft=verb == "delete" and comes_and_goes)


def rules(before: Iterable[RuleState], now: Iterable[RuleState]) -> list[Mend]:
    before, now = tuple(before), tuple(now)
    # What is missing first: a host without its rules has no routes at all.
    missing = [_rule("add", rule) for rule in before if rule not in now]
    return [*missing, *(_rule("delete", rule) for rule in now if rule not in before)]


def _rule(verb: str, rule: RuleState) -> Act:
    said = "put the rule {} back" if verb == "add" else "take the rule {} away"
    return Act(("ip", f"-{rule.family}", "rule", verb, *rule.words), said.format(" ".join(rule.words[1:])))


def neighbours(before: Iterable[NeighbourState], now: Iterable[NeighbourState]) -> list[Mend]:
    before, now = tuple(before), tuple(now)
    places = {(entry.address, entry.link) for entry in before}
    mends: list[Mend] = []
    for entry in now:
        if (entry.address, entry.link) not in places:
            argv = ("ip", "neighbour", "delete", entry.address, "dev", entry.link)
            mends.append(Act(argv, f"forget the neighbour {entry.address} on {entry.link}"))
    for entry in before:
        if entry not in now:
            words = ("ip", "neighbour", "replace", entry.address, "lladdr", entry.mac, "dev", entry.link)
            mends.append(
                Act((*words, "nud", "permanent"), f"enter the neighbour {entry.address} on {entry.link} again")
            )
    return mends


def interfaces(before: Iterable[str], now: Iterable[str]) -> list[Mend]:
    """ifupdown's: it also starts the DHCP client that an interface had."""
    now = set(now)
    return [
        Act(("ifup", "--ignore-errors", name), f"ifup {name}", timeout=15.0, soft=True)
        for name in before
        if name not in now
    ]


def values(before: Mapping[str, str], now: Mapping[str, str]) -> list[Mend]:
    """Kernel parameters. What is gone went with its interface, which is told of elsewhere."""
    differing = [key for key, value in before.items() if now.get(key, value) != value]
    return [
        Write(key, before[key], "set {} to {} again".format(key.replace("/", "."), before[key]))
        for key in sorted(differing, key=_reach)
    ]


def _reach(key: str) -> tuple[int, str]:
    """Those first that the kernel copies to others."""
    if key == "net/ipv4/ip_forward":
        return 0, key
    return (1 if "/all/" in key else 2 if "/default/" in key else 3), key


def tables(before: Mapping[str, str], now: Mapping[str, str]) -> list[Mend]:
    """nftables: each table that differs is put back as a whole in one transaction; what is not wanted goes first."""
    mends: list[Mend] = [
        Act(("nft", "-f", "-"), f"remove the nftables table {name}", stdin=_removal(name))
        for name, text in now.items()
        if name not in before and not _owned(text)
    ]
    for name, text in before.items():
        if now.get(name) == text:
            continue
        if _owned(text):
            # A table with an owner is that program's; it goes with it and is made anew by it.
            said = f"nftables table {name}: the program that owned it has to make it anew"
            mends.append(Lost(said, soft=name in now))
        else:
            mends.append(Act(("nft", "-f", "-"), f"put the nftables table {name} back", stdin=_removal(name) + text))
    return mends


def _removal(name: str) -> str:
    # Adding it first keeps the removal from failing where it is gone already.
    return f"add table {name}\ndelete table {name}\n"


def _owned(text: str) -> bool:
    return any(line.strip().startswith("flags ") and "owner" in line for line in text.splitlines()[1:3])
