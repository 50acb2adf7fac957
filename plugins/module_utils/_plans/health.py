# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does it work, and if not, what is wrong and what to do: a router looked at without touching it.

Every check is one line for someone who has no network right now: what was looked at, what was seen, what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_interface, ip_network
from typing import Any


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    :param what: the thing, in a few words
    :param seen: what was found
    :param remedy: what to do about it; empty where all is well
    """

    what: str
    seen: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy

    def line(self) -> str:
        if self.ok:
            return f"ok      {self.what}: {self.seen}"
        return f"BROKEN  {self.what}: {self.seen}. {self.remedy}"


@dataclass(frozen=True)
class Interface:
    """A network interface as `ip -d addr` shows it.

    :param addresses: with prefix length, IPv4 and IPv6
    :param failed: addresses that duplicate address detection turned down, or has not finished with
    """

    up: bool
    carrier: bool
    mtu: int
    addresses: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    local: str = ""
    remote: str = ""


@dataclass(frozen=True)
class Observed:
    """The host as it was found.

    :param routes: (type, destination, interface) of the IPv6 main table
    :param forwarding: interface or ``all`` → whether it forwards
    :param active: unit → what `systemctl is-active` says
    :param enabled: unit → what `systemctl is-enabled` says
    :param dhcp6_sockets: what listens on the DHCPv6 server's port: where, and who it is
    :param dhcp6_hearing: interfaces on which somebody hears what clients send to every server
    :param answers: host → round trip in milliseconds, None where it did not answer
    :param table: our nftables table as nft prints it, empty where it is not loaded
    """

    interfaces: Mapping[str, Interface]
    routes: Sequence[tuple[str, str, str]]
    forwarding: Mapping[str, bool]
    active: Mapping[str, str]
    enabled: Mapping[str, str]
    dhcp6_sockets: Sequence[str] = ()
    dhcp6_hearing: Sequence[str] = ()
    answers: Mapping[str, float | None] = field(default_factory=dict)
    tables: Sequence[str] = ()
    forwarding_file: str = ""


def router(expected: Mapping[str, Any], observed: Observed) -> list[Check]:
    """All checks of a router, from the bottom up: the first that is broken is usually the cause of the others."""
    checks: list[Check] = []
    if expected.get("tunnel"):
        checks.extend(_tunnel(expected["tunnel"], observed))
    checks.extend(_forwarding(expected, observed))
    for lan in expected["lans"]:
        checks.extend(_lan(lan, observed))
    checks.extend(unit_check(unit, observed.active, observed.enabled) for unit in expected["units"])
    checks.extend(_dhcp6(expected, observed))
    if expected.get("table"):
        checks.append(_table(expected["table"], observed))
    checks.extend(_answers(expected, observed))
    return checks


def _tunnel(tunnel: Mapping[str, Any], observed: Observed) -> list[Check]:
    name = tunnel["name"]
    what = f"tunnel {name}"
    link = observed.interfaces.get(name)
    if link is None:
        remedy = f"Run the router playbook; if it is gone after every reboot, see `networkctl status {name}`"
        return [Check(what, "there is no such interface", remedy)]
    checks = [Check(what, f"up, {link.local or 'any'} to {link.remote}, MTU {link.mtu}")]
    if not link.up:
        checks = [Check(what, "it is down", f"`ip link set {name} up` brings it back; look into the journal for why")]
    elif link.remote != tunnel["server_ipv4"]:
        remedy = "Correct router_tunnel_server_ipv4 or run the router playbook"
        checks = [Check(what, f"leads to {link.remote}, not to {tunnel['server_ipv4']}", remedy)]
    elif link.mtu != tunnel["mtu"]:
        remedy = "Both ends must agree: see 'Advanced' on the tunnel's page, then run the router playbook"
        checks = [Check(what, f"MTU is {link.mtu}, not {tunnel['mtu']}", remedy)]
    checks.append(_address(what, link, tunnel["client_ipv6"], "Run the router playbook"))
    checks.append(_route("default route", "unicast", "::/0", name, observed))
    for prefix in tunnel["routed_prefixes"]:
        # Without it, packets to an unused part of the prefix go back to the broker and round again (RFC 7084).
        checks.append(_route(f"unused part of {prefix}", "unreachable", prefix, "", observed))
    return checks


def _address(what: str, link: Interface, wanted: str, remedy: str) -> Check:
    address = str(ip_interface(wanted))
    if address in link.failed:
        seen = f"{address} is not usable: another machine has it, or the check for that has not ended"
        return Check(
            f"{what} address", seen, "Wait a few seconds; if it stays, find the other machine with that address"
        )
    if address not in link.addresses:
        return Check(f"{what} address", f"{address} is not there", remedy)
    return Check(f"{what} address", address)


def _route(what: str, kind: str, destination: str, interface: str, observed: Observed) -> Check:
    wanted = str(ip_network(destination))
    for route_kind, route_destination, route_interface in observed.routes:
        if route_kind == kind and route_destination == wanted and interface in ("", route_interface):
            over = f" over {route_interface}" if interface else ""
            return Check(what, f"{kind} {wanted}{over}")
    over = f" over {interface}" if interface else ""
    return Check(what, f"there is no {kind} route for {wanted}{over}", "Run the router playbook")


def _forwarding(expected: Mapping[str, Any], observed: Observed) -> list[Check]:
    checks: list[Check] = []
    for name in ("all", *(lan["interface"] for lan in expected["lans"])):
        if name not in observed.forwarding:
            continue
        remedy = "`sysctl -w net.ipv6.conf.{0}.forwarding=1` turns it on now; find in the journal what turned it off"
        on = observed.forwarding[name]
        where = "on the whole host" if name == "all" else f"on {name}"
        checks.append(
            Check(
                f"IPv6 forwarding {where}", "on" if on else "off", "" if on else remedy.format(name.replace(".", "/"))
            )
        )
    kept = observed.forwarding_file
    checks.append(
        Check("IPv6 forwarding after a reboot", f"set by {kept}")
        if kept
        else Check("IPv6 forwarding after a reboot", "no file under /etc/sysctl.d sets it", "Run the router playbook")
    )
    return checks


def _lan(lan: Mapping[str, Any], observed: Observed) -> list[Check]:
    name = lan["interface"]
    what = f"LAN {name}"
    link = observed.interfaces.get(name)
    if link is None:
        return [Check(what, "there is no such interface", "See `ip link` for its name now and correct router_lan")]
    if not link.up:
        return [Check(what, "it is down", f"`networkctl up {name}`; see `networkctl status {name}`")]
    checks = [Check(what, "up" if link.carrier else "up, but no cable or no machine at the other end")]
    checks.append(_address(what, link, lan["address"], "Run the router playbook"))
    has_link_local = any(address.startswith("fe80:") for address in link.addresses)
    if link.carrier and not has_link_local:
        seen = "has no link-local address, which is the gateway that hosts see"
        checks.append(Check(what, seen, f"`networkctl reconfigure {name}`"))
    return checks


def unit_check(unit: str, actives: Mapping[str, str], enableds: Mapping[str, str]) -> Check:
    """A unit runs, and will after a reboot.

    :param actives: unit → what `systemctl is-active` says
    :param enableds: unit → what `systemctl is-enabled` says
    """
    active, enabled = actives.get(unit, "unknown"), enableds.get(unit, "unknown")
    if active not in ("active", "reloading"):
        return Check(unit, active, f"`journalctl -u {unit} -n 20` says why; then `systemctl restart {unit}`")
    if enabled not in ("enabled", "enabled-runtime", "static", "generated", "alias", "indirect"):
        return Check(unit, f"runs, but is {enabled}: it will be gone after a reboot", f"`systemctl enable {unit}`")
    return Check(unit, "runs, and will after a reboot")


def _dhcp6(expected: Mapping[str, Any], observed: Observed) -> list[Check]:
    unit = expected.get("dhcp6_unit")
    if not unit:
        return []
    what = "DHCPv6 server"
    if not observed.dhcp6_sockets:
        seen = "nothing listens on UDP port 547; a server that started before its interface was up stays deaf"
        return [Check(what, seen, f"`systemctl restart {unit}`")]
    links = {lan["interface"]: observed.interfaces.get(lan["interface"]) for lan in expected["lans"]}
    deaf = [name for name, link in links.items() if link and link.carrier and name not in observed.dhcp6_hearing]
    if deaf:
        seen = f"does not hear what clients on {', '.join(deaf)} ask, as where it started before that was up"
        return [Check(what, seen, f"`systemctl restart {unit}`")]
    return [Check(what, "listens on " + ", ".join(observed.dhcp6_sockets))]


def _table(table: str, observed: Observed) -> Check:
    if table in observed.tables:
        return Check("firewall", f"table {table} is loaded")
    remedy = "`systemctl restart homelab-ipv6-firewall`; until then nothing filters IPv6"
    return Check("firewall", f"table {table} is not loaded", remedy)


def _answers(expected: Mapping[str, Any], observed: Observed) -> list[Check]:
    checks: list[Check] = []
    for target in expected.get("targets", ()):
        what = f"{target['what']} {target['address']}"
        time = observed.answers.get(target["address"])
        if time is None:
            checks.append(Check(what, "does not answer", target["remedy"]))
        else:
            checks.append(Check(what, f"answers in {time:g} ms"))
    return checks
