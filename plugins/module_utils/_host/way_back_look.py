# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in effect on the host, as a way back remembers and compares it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from .._formats import way_back_network as network
from .._formats.way_back import (
    AddressState,
    LinkState,
    NeighbourState,
    RouteState,
    RuleState,
    Running,
    UnitState,
)
from .._formats.way_back_units import PROPERTIES, parse_active, parse_units
from .._values.errors import Fault
from .host import Host

PROC_SYS = "/proc/sys/"
# All of the network's that a profile, a unit of networkd or a file in sysctl.d may set.
VALUE_TREES = ("net/ipv4/conf", "net/ipv6/conf", "net/bridge")
VALUES = (
    "net/ipv4/ip_forward", "net/ipv4/tcp_mtu_probing", "net/ipv6/bindv6only", "net/ipv6/route/max_size",
    "net/ipv4/icmp_echo_ignore_all", "net/ipv6/icmp/echo_ignore_all",
)  # fmt: skip
# A key of the kernel's own that nobody may read.
SECRET_VALUES = frozenset({"stable_secret"})
# Of units: what a profile, or somebody in a hurry, starts and stops.
KINDS = "--type=service,socket,timer,path"
# A generous bound for what each of them prints in a moment.
TIMEOUT = 30.0


def _printed(host: Host, *argv: str) -> str:
    outcome = host.run(argv, timeout=TIMEOUT)
    if outcome.rc != 0:
        raise Fault("look at the host ({})".format(" ".join(argv)), outcome.said)
    return outcome.out


def links_and_addresses(host: Host) -> tuple[tuple[LinkState, ...], tuple[AddressState, ...]]:
    text = _printed(host, "ip", "-json", "-details", "address", "show")
    vlans = ""
    if host.which("bridge") is not None:
        outcome = host.run(["bridge", "-json", "vlan", "show"], timeout=TIMEOUT)
        vlans = outcome.out if outcome.rc == 0 else ""
    return network.parse_links(text, vlans), network.parse_addresses(text)


def routes(host: Host) -> tuple[RouteState, ...]:
    found: list[RouteState] = []
    for family in ("4", "6"):
        argv = ("ip", "-oneline", "-details", "-Numeric", f"-{family}", "route", "show", "table", "all")
        found += network.parse_routes(_printed(host, *argv), family)
    return tuple(found)


def rules(host: Host) -> tuple[RuleState, ...]:
    found: list[RuleState] = []
    for family in ("4", "6"):
        argv = ("ip", "-details", "-Numeric", f"-{family}", "rule", "show")
        outcome = host.run(argv, timeout=TIMEOUT)
        # A kernel without IPv6, or without policy routing, has none.
        found += network.parse_rules(outcome.out, family) if outcome.rc == 0 else ()
    return tuple(found)


def neighbours(host: Host) -> tuple[NeighbourState, ...]:
    return network.parse_neighbours(_printed(host, "ip", "-json", "neighbour", "show", "nud", "permanent"))


def interfaces(host: Host) -> tuple[str, ...]:
    return network.parse_ifstate(host.read_text("/run/network/ifstate") or "")


def tables(host: Host) -> dict[str, str]:
    if host.which("nft") is None:
        return {}
    outcome = host.run(["nft", "--stateless", "list", "ruleset"], timeout=TIMEOUT)
    # A kernel without nftables has no tables.
    return network.parse_tables(outcome.out) if outcome.rc == 0 else {}


def units(host: Host, *names: str) -> tuple[UnitState, ...]:
    """All that systemd knows of some units, or of every one."""
    argv = ("systemctl", "show", *(names or ("*",)), KINDS, f"--property={PROPERTIES}")
    return parse_units(_printed(host, *argv))


def units_now(host: Host, before: Sequence[UnitState]) -> tuple[UnitState, ...]:
    """Which of the units are on. All else of them is what it was, as the files behind them are by then.

    systemd takes several times as long to tell all of each unit: only of those that have come since is it asked.
    """
    on = parse_active(_printed(host, "systemctl", "list-units", "--all", "--plain", "--no-legend", KINDS))
    come = sorted(on - {unit.name for unit in before if unit.active})
    known = tuple(unit._replace(active=unit.name in on) for unit in before if unit.name not in come)
    return (*known, *(units(host, *come) if come else ()))


def values() -> dict[str, str]:
    found = {key: _value(key) for key in (*VALUES, *_keys())}
    return {key: value for key, value in found.items() if value is not None}


def _keys() -> Iterator[str]:
    for tree in VALUE_TREES:
        for directory, _directories, names in os.walk(PROC_SYS + tree):
            place = directory[len(PROC_SYS) :]
            yield from (f"{place}/{name}" for name in names if name not in SECRET_VALUES)


def _value(key: str) -> str | None:
    try:
        with open(PROC_SYS + key, encoding="ascii", errors="surrogateescape") as stream:
            return " ".join(stream.read().split())
    except OSError:
        # Its interface has just gone, or it can only be written.
        return None


def running(host: Host) -> Running:
    """All of it.

    :raises Fault: a part of it cannot be read, and so could not be put back
    """
    links, addresses = links_and_addresses(host)
    return Running(
        links=links,
        addresses=addresses,
        routes=routes(host),
        rules=rules(host),
        neighbours=neighbours(host),
        interfaces=interfaces(host),
        values=values(),
        tables=tables(host),
        units=units(host),
    )
