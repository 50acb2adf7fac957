# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does it work, and if not, what is wrong and what to do: a router looked at without touching it.

Every check is one line for someone who has no network right now: what was looked at, what was seen, what to do. What
other machines have to do as well, such as forwarding, is looked at by the same checks there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_interface, ip_network
from typing import Any

# (type, destination, interface)
Route = tuple[str, str, str]
RUN_IT = "Run the router playbook"


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

    def row(self) -> dict[str, Any]:
        """As the modules return it."""
        return {"what": self.what, "seen": self.seen, "ok": self.ok, "remedy": self.remedy, "line": self.line()}


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

    :param routes: of the IPv6 main table
    :param forwarding: interface or ``all`` → whether it forwards
    :param active: unit → what `systemctl is-active` says
    :param enabled: unit → what `systemctl is-enabled` says
    :param dhcp6_sockets: what listens on the DHCPv6 server's port: where, and who it is
    :param dhcp6_hearing: interfaces on which somebody hears what clients send to every server
    :param answers: host → round trip in milliseconds, None where it did not answer
    :param table: our nftables table as nft prints it, empty where it is not loaded
    """

    interfaces: Mapping[str, Interface]
    routes: Sequence[Route]
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
    names = ("all", *(lan["interface"] for lan in expected["lans"]))
    checks.extend(forwarding_checks(names, observed.forwarding, observed.forwarding_file, RUN_IT))
    for lan in expected["lans"]:
        checks.extend(_lan(lan, observed))
    checks.extend(unit_check(unit, observed.active, observed.enabled) for unit in expected["units"])
    checks.extend(_dhcp6(expected, observed))
    if expected.get("table"):
        checks.append(table_check(expected["table"], observed.tables, "IPv6"))
    checks.extend(_answers(expected, observed))
    return checks


def _tunnel(tunnel: Mapping[str, Any], observed: Observed) -> list[Check]:
    name = tunnel["name"]
    what = f"tunnel {name}"
    link = observed.interfaces.get(name)
    if link is None:
        remedy = f"{RUN_IT}; if it is gone after every reboot, see `networkctl status {name}`"
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
    checks.append(address_check(what, link, tunnel["client_ipv6"], RUN_IT))
    checks.append(route_check("default route", ("unicast", "::/0", name), observed.routes, RUN_IT))
    for prefix in tunnel["routed_prefixes"]:
        # Without it, packets to an unused part of the prefix go back to the broker and round again (RFC 7084).
        checks.append(unused_check(prefix, observed.routes, RUN_IT))
    return checks


def address_check(what: str, link: Interface, wanted: str, remedy: str) -> Check:
    """An address of a link can be used."""
    address = str(ip_interface(wanted))
    if address in link.failed:
        seen = f"{address} is not usable: another machine has it, or the check for that has not ended"
        return Check(
            f"{what} address", seen, "Wait a few seconds; if it stays, find the other machine with that address"
        )
    if address not in link.addresses:
        return Check(f"{what} address", f"{address} is not there", remedy)
    return Check(f"{what} address", address)


def route_check(what: str, wanted: Route, routes: Sequence[Route], remedy: str) -> Check:
    """A route is there.

    :param wanted: with an empty interface where any will do
    :param routes: those of the host
    """
    kind, destination, interface = wanted
    destination = str(ip_network(destination))
    over = f" over {interface}" if interface else ""
    for route_kind, route_destination, route_interface in routes:
        if route_kind == kind and route_destination == destination and interface in ("", route_interface):
            return Check(what, f"{kind} {destination}{over}")
    return Check(what, f"there is no {kind} route for {destination}{over}", remedy)


def unused_check(prefix: str, routes: Sequence[Route], remedy: str) -> Check:
    """What is for a part of a prefix that nobody has comes back."""
    return route_check(f"unused part of {prefix}", ("unreachable", prefix, ""), routes, remedy)


def forwarding_checks(names: Iterable[str], seen: Mapping[str, bool], kept: str, run_it: str) -> list[Check]:
    """IPv6 is forwarded, and will be after a reboot.

    :param names: interfaces, and ``all`` for the whole host
    :param seen: of those that are there, whether they forward
    :param kept: the file that turns it on at boot, empty where none does
    :param run_it: what sets it anew
    """
    checks: list[Check] = []
    for name in names:
        if name not in seen:
            continue
        remedy = "`sysctl -w net.ipv6.conf.{0}.forwarding=1` turns it on now; find in the journal what turned it off"
        on = seen[name]
        where = "on the whole host" if name == "all" else f"on {name}"
        checks.append(
            Check(
                f"IPv6 forwarding {where}", "on" if on else "off", "" if on else remedy.format(name.replace(".", "/"))
            )
        )
    checks.append(
        Check("IPv6 forwarding after a reboot", f"set by {kept}")
        if kept
        else Check("IPv6 forwarding after a reboot", "no file under /etc/sysctl.d sets it", run_it)
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
    checks.append(address_check(what, link, lan["address"], RUN_IT))
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


def table_check(table: str, tables: Sequence[str], what_it_filters: str) -> Check:
    """Our table is loaded."""
    if table in tables:
        return Check("firewall", f"table {table} is loaded")
    remedy = f"`systemctl restart homelab-ipv6-firewall`; until then nothing filters {what_it_filters}"
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
