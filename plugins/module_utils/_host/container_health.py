# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at a host of containers, and into each of them, without touching any."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._plans.container_health import FAMILIES, INSIDE, RUNNING, Inside, Observed, Router, checks, unit_of
from .._plans.health import Check
from .._plans.nspawn_containers import TARGET, UP
from .echo import echo
from .health import ACTIVE, ENABLED, forwarding, forwarding_file, interface, ip_rows, routes, tables, unit_words
from .host import Host
from .netns import network_of
from .sysctl import PROC_SYS

# What a container's systemd may say of the whole (systemctl(1)).
STATES = ("initializing", "starting", "running", "degraded", "maintenance", "stopping", "offline")
# Of the socket of D-Bus in a container.
NO_SOCKET = "No such file or directory"
# A container that hangs shall not hold up what is said of the others.
PATIENCE = 10.0
# Seconds after its start in which a container may still lack an address.
YOUTH, INTERVAL = 30.0, 1.0
STARTED = "ActiveEnterTimestampMonotonic"
TOGETHER = 16


def look(host: Host, expected: Mapping[str, Any]) -> list[Check]:
    """What is told of the host, when containers that were started just now have had their time."""
    deadline = time.monotonic() + YOUTH
    while True:
        found = checks(expected, _observe(host, expected))
        if all(check.ok for check in found) or time.monotonic() > deadline or not _young(host, expected):
            return found
        time.sleep(INTERVAL)


def _young(host: Host, expected: Mapping[str, Any]) -> bool:
    """One of the containers may still be on its way to its addresses."""
    units = [unit_of(container["name"]) for container in expected["containers"] if container["started"]]
    # In microseconds of the clock that time.monotonic() reads, 0 for what was never started.
    starts = [int(text) for text in unit_words(host, STARTED, units).values() if text.isdigit()]
    return any(start > 0 and time.monotonic() - start / 1e6 < YOUTH for start in starts)


def _observe(host: Host, expected: Mapping[str, Any]) -> Observed:
    """All that the checks look at."""
    names = [container["name"] for container in expected["containers"]]
    units = [*expected["units"], *map(unit_of, names)]
    rows = ip_rows(host, "-d", "addr", "show")
    active = unit_words(host, ACTIVE, units)
    running = [name for name in names if active.get(unit_of(name)) in RUNNING]
    with ThreadPoolExecutor(TOGETHER) as together:
        found = dict(zip(running, together.map(lambda name: _inside(host, name), running)))
    ends = {row["ifindex"]: row["ifname"] for row in rows}
    return Observed(
        active=active,
        enabled=unit_words(host, ENABLED, [*units, TARGET]),
        links={row["ifname"]: interface(row) for row in rows},
        masters={row["ifname"]: row.get("master", "") for row in rows},
        routes=routes(host),
        forwarding=forwarding(host, ["all"]),
        forwarding_file=forwarding_file(host),
        forwarding_ipv4=(host.read_text(f"{PROC_SYS}net/ipv4/ip_forward") or "").strip() == "1",
        tables=tables(host),
        ipv4=bool(ip_rows(host, "-4", "route", "show", "default")),
        inside={name: inside._replace(port=ends.get(index, "")) for name, (inside, index) in found.items()},
    )


def _inside(host: Host, name: str) -> tuple[Inside, int]:
    """A container that runs, and the number of the host's end of its link, 0 where it has none."""
    inside = _system(host, name)
    leader = host.run(["machinectl", "show", "--property=Leader", "--value", name], timeout=PATIENCE).out.strip()
    if not leader.isdigit():
        return inside, 0
    try:
        with network_of(int(leader)):
            return _network(host, inside)
    except OSError:
        # It has ended meanwhile.
        return inside, 0


def _system(host: Host, name: str) -> Inside:
    """What its systemd says, and which units of it have failed."""
    machine = f"--machine={name}"
    outcome = host.run(["systemctl", machine, "is-system-running"], timeout=PATIENCE)
    state = outcome.out.strip()
    if state not in STATES:
        status = host.run(["systemctl", "show", "--property=StatusText", "--value", unit_of(name)]).out
        up = re.search(UP, status, re.MULTILINE) is not None
        return Inside("", said=outcome.said, up=up, dbus=NO_SOCKET not in outcome.err)
    if state != "degraded":
        return Inside(state)
    listed = ["systemctl", machine, "list-units", "--failed", "--plain", "--no-legend"]
    lines = host.run(listed, timeout=PATIENCE).out.splitlines()
    return Inside(state, failed=[line.split()[0] for line in lines if line.strip()])


def _network(host: Host, inside: Inside) -> tuple[Inside, int]:
    """Its end of its link, and its routers: in its network."""
    rows = ip_rows(host, "-d", "addr", "show", "dev", INSIDE)
    if not rows:
        return inside, 0
    routers = {family: _routers(ip_rows(host, f"-{family}", "route", "show", "default")) for family in FAMILIES}
    return inside._replace(link=interface(rows[0]), routers=routers), int(rows[0].get("link_index") or 0)


def _routers(rows: Sequence[Mapping[str, Any]]) -> list[Router]:
    ways = [hop for row in rows for hop in row.get("nexthops") or [row]]
    found: dict[str, str] = {}
    for way in ways:
        # "via" is one of the other family.
        gateway = str(way.get("gateway") or way.get("via", {}).get("host", ""))
        if gateway:
            found[gateway] = f"{gateway}%{way['dev']}" if gateway.startswith("fe80:") else gateway
    return [Router(gateway, echo(address)) for gateway, address in found.items()]
