# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at a router without touching it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address
from typing import Any

from .._formats.sysctl_d import parse
from .._plans.health import Interface, Observed, Route
from .._values.listener import IPV6, UDP
from .._values.sysctl import parse_key
from .echo import echo
from .host import Host
from .sockets import listeners
from .sysctl import PROC_SYS, dropins

DHCP6_SERVER_PORT = 547
# All_DHCP_Relay_Agents_and_Servers (RFC 8415, 7.1), as the kernel writes it.
DHCP6_SERVERS = IPv6Address("ff02::1:2").packed.hex()
ACTIVE, ENABLED = "ActiveState", "UnitFileState"
NOT_THERE = "not-found"
FORWARDING = "net/ipv6/conf/all/forwarding"


def observe(host: Host, units: Sequence[str], targets: Sequence[Mapping[str, Any]]) -> Observed:
    """All that the checks of a router look at."""
    interfaces = {row["ifname"]: interface(row) for row in ip_rows(host, "-d", "addr", "show")}
    return Observed(
        interfaces=interfaces,
        routes=routes(host),
        forwarding=forwarding(host, ["all", *interfaces]),
        active=unit_words(host, ACTIVE, units),
        enabled=unit_words(host, ENABLED, units),
        dhcp6_sockets=_dhcp6_sockets(host),
        dhcp6_hearing=joined(host.read_text("/proc/net/igmp6") or "", DHCP6_SERVERS),
        answers={target["address"]: echo(target["address"], target.get("size") or 0) for target in targets},
        tables=tables(host),
        forwarding_file=forwarding_file(host),
    )


def ip_rows(host: Host, *words: str) -> list[dict[str, Any]]:
    outcome = host.run(["ip", "-j", *words])
    rows: list[dict[str, Any]] = json.loads(outcome.out or "[]") if outcome.rc == 0 else []
    # iproute2 prints an empty object for every link that a filter leaves out.
    return [row for row in rows if row]


def interface(row: Mapping[str, Any]) -> Interface:
    """What `ip -j -d addr show` tells of a link."""
    flags = row.get("flags", [])
    tunnel = row.get("linkinfo", {}).get("info_data", {})
    addresses = [entry for entry in row.get("addr_info", []) if "local" in entry]
    return Interface(
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        mtu=int(row.get("mtu", 0)),
        addresses=tuple(_text(entry) for entry in addresses),
        failed=tuple(_text(entry) for entry in addresses if entry.get("dadfailed") or entry.get("tentative")),
        local=_end(tunnel.get("local")),
        remote=_end(tunnel.get("remote")),
    )


def _end(value: object) -> str:
    return "" if value in (None, "any") else str(value)


def _text(entry: Mapping[str, Any]) -> str:
    return "{}/{}".format(entry["local"], entry["prefixlen"])


def routes(host: Host) -> list[Route]:
    """Those of the IPv6 main table."""
    return [*_routes(ip_rows(host, "-6", "route", "show", "table", "main"))]


def _routes(rows: Iterable[Mapping[str, Any]]) -> Iterable[Route]:
    for row in rows:
        destination = "::/0" if row["dst"] == "default" else row["dst"]
        if "/" not in destination:
            destination += "/128"
        hops = row.get("nexthops") or [row]
        for hop in hops:
            yield row.get("type", "unicast"), destination, hop.get("dev", "")


def forwarding(host: Host, names: Iterable[str]) -> dict[str, bool]:
    """Interface or ``all`` → whether it forwards IPv6, of those that have it."""
    values = {name: host.read_text(f"{PROC_SYS}net/ipv6/conf/{name}/forwarding") for name in names}
    return {name: value.strip() == "1" for name, value in values.items() if value is not None}


def unit_words(host: Host, what: str, units: Sequence[str]) -> dict[str, str]:
    """Unit → what systemd says of it, as `systemctl is-active` or `is-enabled` do, for ACTIVE or ENABLED."""
    if not units:
        return {}
    # `is-enabled` of systemd 252 says nothing more after a unit that is not there.
    return dict(zip(units, shown(host.run(["systemctl", "show", f"--property={what}", *units]).out)))


def shown(text: str) -> list[str]:
    """The values of one property of several units, in order."""
    return [line.partition("=")[2] or NOT_THERE for line in text.splitlines() if line]


def _dhcp6_sockets(host: Host) -> list[str]:
    """Where a DHCPv6 server listens, and who it is."""
    found = listeners(host, DHCP6_SERVER_PORT, (UDP,))
    return [f"{listener.where()} as {listener.whose()}" for listener in found if IPV6 in listener.families]


def joined(text: str, group: str) -> list[str]:
    """The interfaces of /proc/net/igmp6 on which somebody listens to a multicast group.

    :param group: as 32 hexadecimal digits
    """
    rows = (line.split() for line in text.splitlines())
    return [row[1] for row in rows if len(row) > 2 and row[2] == group]


def tables(host: Host) -> list[str]:
    """All of nftables', as `inet homelab_ipv6`."""
    if host.which("nft") is None:
        return []
    lines = host.run(["nft", "list", "tables"]).out.splitlines()
    return [" ".join(line.split()[1:]) for line in lines if line.startswith("table ")]


def forwarding_file(host: Host) -> str:
    """The drop-in that decides about forwarding at boot, empty where none turns it on."""
    last, on = "", False
    for path, text in dropins(host):
        for setting in parse(text):
            if setting.key == parse_key(FORWARDING):
                last, on = path, setting.value == "1"
    return last if on else ""
