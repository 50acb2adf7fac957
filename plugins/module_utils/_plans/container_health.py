# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the containers of a host work, and if not, what is wrong and what to do: all of them looked at, none touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Any, NamedTuple

from .health import (
    Check,
    Interface,
    Route,
    address_check,
    forwarding_checks,
    route_check,
    table_check,
    unit_check,
    unused_check,
)
from .nspawn_containers import TARGET

RUN_IT = "Run the container_host playbook"
FAMILIES = ("6", "4")
# A container's end of its link.
INSIDE = "host0"
RUNNING = ("active", "reloading")
# What a LAN's hosts make addresses of (RFC 4862).
SLAAC_LENGTH = 64


class Router(NamedTuple):
    """One by which a container reaches everybody else.

    :param answer: milliseconds that an echo took, None where there was none
    """

    address: str
    answer: float | None


class Inside(NamedTuple):
    """A container that runs, as it was found.

    :param state: what its systemd says of the whole, empty where that could not be asked
    :param failed: its units that have failed
    :param said: why its systemd could not be asked
    :param up: whether it had told before that it was up
    :param dbus: whether it has D-Bus, without which nobody can ask
    :param link: its end of its link, None where it has none
    :param port: the host's end of that, empty where it is not on this host
    :param routers: family → those that its default route goes to
    """

    state: str
    failed: Sequence[str] = ()
    said: str = ""
    up: bool = False
    dbus: bool = True
    link: Interface | None = None
    port: str = ""
    routers: Mapping[str, Sequence[Router]] = {}


class Observed(NamedTuple):
    """The host as it was found.

    :param links: its own
    :param masters: link → the bridge that it is a port of, empty where none
    :param ipv4: whether the host itself has a default route for IPv4
    :param inside: those containers that run
    """

    active: Mapping[str, str]
    enabled: Mapping[str, str]
    links: Mapping[str, Interface]
    masters: Mapping[str, str]
    routes: Sequence[Route]
    forwarding: Mapping[str, bool]
    forwarding_file: str
    forwarding_ipv4: bool
    tables: Sequence[str]
    ipv4: bool
    inside: Mapping[str, Inside]


def unit_of(name: str) -> str:
    return f"systemd-nspawn@{name}.service"


def checks(expected: Mapping[str, Any], seen: Observed) -> list[Check]:
    """From the bottom up: the first that is broken is usually the cause of the others."""
    found = [unit_check(unit, seen.active, seen.enabled) for unit in expected["units"]]
    if any(container["started"] for container in expected["containers"]):
        found.append(_at_boot(seen.enabled.get(TARGET, "unknown")))
    found += [_bridge(bridge, seen) for bridge in expected["bridges"]]
    routed = [container for container in expected["containers"] if container["prefix"]]
    if routed:
        found += forwarding_checks(["all"], seen.forwarding, seen.forwarding_file, RUN_IT)
        if any(container["ipv4"] for container in routed):
            found.append(_forwarding_ipv4(seen.forwarding_ipv4))
        found += [unused_check(prefix, seen.routes, RUN_IT) for prefix in expected["routed_prefixes"]]
    if expected["table"]:
        found.append(table_check(expected["table"], seen.tables, "what comes in to routed containers"))
    for container in expected["containers"]:
        found += _container(container, seen)
    return found


def _at_boot(enabled: str) -> Check:
    """Containers start with the host by a target, which need not be reached now."""
    if enabled == "enabled":
        return Check(TARGET, "starts containers with the host")
    return Check(TARGET, f"is {enabled}: no container will start with the host", f"`systemctl enable {TARGET}`")


def _bridge(bridge: Mapping[str, Any], seen: Observed) -> Check:
    name, card = bridge["name"], bridge["card"]
    what = f"bridge {name}"
    link = seen.links.get(name)
    if link is None:
        remedy = f"{RUN_IT}, or have it made anew by what had made it"
        return Check(what, "there is no such interface", remedy)
    if not link.up:
        return Check(what, "it is down", f"`ip link set {name} up` brings it back; look into the journal for why")
    ports = [port for port, master in seen.masters.items() if master == name]
    if not card:
        return Check(what, f"up, with {', '.join(ports) or 'no port'}")
    plugged = seen.links.get(card)
    if plugged is None:
        remedy = "See `ip link` for its name now, and correct container_host_bridge_interface"
        return Check(what, f"its card {card} is not there", remedy)
    if card not in ports:
        remedy = f"`ip link set {card} master {name} up` plugs it in; find in the journal what pulled it"
        return Check(what, f"{card} is not its port, so that nothing passes to the LAN and from it", remedy)
    if not plugged.up:
        return Check(what, f"its card {card} is down", f"`ip link set {card} up`; see `networkctl status {card}`")
    if not plugged.carrier:
        remedy = f"Plug in the cable of {card}, and see whether the switch is on"
        return Check(what, f"no cable in {card}, or no machine at the other end", remedy)
    return Check(what, f"up, with {', '.join(ports)}")


def _forwarding_ipv4(on: bool) -> Check:
    remedy = "`sysctl -w net.ipv4.ip_forward=1` turns it on now; find in the journal what turned it off"
    return Check("IPv4 forwarding on the whole host", "on" if on else "off", "" if on else remedy)


def _container(container: Mapping[str, Any], seen: Observed) -> list[Check]:
    name = container["name"]
    inside = seen.inside.get(name)
    if not container["started"]:
        runs = "runs all the same" if inside else "does not run"
        return [Check(name, f"{runs}, and is not to be started (started: false)")]
    found = [unit_check(unit_of(name), seen.active, seen.enabled)]
    if inside is None:
        return found
    found.append(_system(name, inside))
    if container["prefix"]:
        found += _way_in(container, seen)
    found.append(_link(container, inside, seen))
    if inside.link is None:
        return found
    found.append(_router(container, inside, "6"))
    found += _ipv6(container, inside.link, bool(inside.routers.get("6")))
    if container["ipv4"] or (container["bridge"] and seen.ipv4):
        found.append(_ipv4(container, inside.link))
        found.append(_router(container, inside, "4"))
    return found


def _system(name: str, inside: Inside) -> Check:
    what = f"{name}: its systemd"
    if inside.state == "running":
        return Check(what, "running")
    if not inside.state and inside.up and not inside.dbus:
        return Check(what, "up; without D-Bus in it, its units cannot be asked for")
    if not inside.state:
        unit = unit_of(name)
        log = f"`journalctl -u {unit} -n 20` shows"
        if inside.up:
            remedy = f"{log} its last words, `systemctl restart {unit}` starts it anew"
            return Check(what, f"does not answer: {inside.said}", remedy)
        return Check(what, f"not up yet: {inside.said}", f"{log} how far it has come")
    if inside.failed:
        unit = inside.failed[0]
        remedy = f"`systemctl --machine={name} status {unit}` says why, `journalctl --machine={name} -u {unit}` more"
        return Check(what, f"{inside.state}, since {', '.join(inside.failed)} failed", remedy)
    remedy = f"`systemctl --machine={name} list-jobs` shows what it waits for"
    return Check(what, inside.state, remedy)


def _way_in(container: Mapping[str, Any], seen: Observed) -> list[Check]:
    """What the host has for a routed container."""
    name, prefix = container["name"], container["prefix"]
    port = f"ve-{name}"
    link = seen.links.get(port)
    remedy = f"`networkctl reconfigure {port}`; see `networkctl status {port}`"
    if link is None:
        return []
    ends = [container["host_ipv6"], *([container["ipv4"]] if container["ipv4"] else [])]
    found = [address_check(f"{port}: the host's", link, end, remedy) for end in ends]
    return [*found, route_check(f"{port}: the host's way", ("unicast", prefix, port), seen.routes, remedy)]


def _link(container: Mapping[str, Any], inside: Inside, seen: Observed) -> Check:
    name, bridge, port = container["name"], container["bridge"], inside.port
    what = f"{name}: its link"
    again = f"`systemctl restart {unit_of(name)}` gives it one"
    if inside.link is None or not port:
        return Check(what, f"it has no {INSIDE} that this host has the other end of", again)
    master, other = seen.masters.get(port, ""), seen.links[port]
    if bridge and master != bridge:
        at = f"{port} is no port of {bridge}{f', but of {master}' if master else ''}"
        return Check(what, at, f"`ip link set {port} master {bridge} up` plugs it in")
    if not other.up:
        return Check(what, f"{port} is down on the host", f"`ip link set {port} up`")
    if not inside.link.up:
        remedy = f"See `systemctl --machine={name} status systemd-networkd`"
        return Check(what, f"{INSIDE} is down in the container", remedy)
    return Check(what, f"{port}, {f'a port of {bridge}' if bridge else 'its own'}")


def _router(container: Mapping[str, Any], inside: Inside, family: str) -> Check:
    name, routed = container["name"], bool(container["prefix"])
    what = f"{name}: its router for IPv{family}"
    routers = inside.routers.get(family, ())
    if not routers and family == "4":
        return Check(what, "it has no default route", _asks(container, "tells its clients of a router"))
    if not routers:
        seen = "it has no default route, as where no router advertisement comes"
        if routed:
            return Check(what, seen, "`systemctl restart systemd-networkd` on this host announces its prefix anew")
        remedy = "See on the router whether radvd runs and serves this LAN"
        return Check(what, seen, remedy + "; homelab.ipv6.verify looks at the routers of group router")
    answered = [one for one in routers if one.answer is not None]
    if answered:
        return Check(what, f"{answered[0].address} answers in {answered[0].answer:g} ms")
    silent = ", ".join(one.address for one in routers)
    remedy = (
        f"See on this host whether ve-{name} is up, and that its firewall lets echo requests in"
        if routed
        else "See the lines about the bridge and its ports above, and whether that machine runs"
    )
    return Check(what, f"{silent} does not answer", remedy)


def _ipv6(container: Mapping[str, Any], link: Interface, announced: bool) -> list[Check]:
    """The addresses that it was promised, and one that it makes for itself."""
    name, routed = container["name"], bool(container["prefix"])
    usable = [ip_interface(text) for text in link.addresses if ":" in text and text not in link.failed]
    wanted = [ip_address(text) for text in container["addresses"]]
    found = [_promised(container, str(address), link) for address in wanted]
    made = [str(one.ip) for one in usable if _is_own(one, wanted)]
    failed = [text for text in link.failed if ":" in text and _is_own(ip_interface(text), wanted)]
    what = f"{name}: its own IPv6 address"
    if made:
        found.append(Check(what, ", ".join(made)))
    elif failed:
        found.append(address_check(f"{name}: its own IPv6", link, failed[0], ""))
    elif announced and not routed and any(not one.ip.is_link_local for one in usable):
        found.append(Check(what, "none, since the router leaves addresses to DHCPv6"))
    else:
        remedy = (
            f"`networkctl reconfigure ve-{name}` on this host announces its prefix anew"
            if routed
            else "On the router, see that radvd announces a prefix with AdvAutonomous on (autonomous: true)"
        )
        found.append(Check(what, "none by SLAAC", remedy if announced else "See the line about its router for IPv6"))
    return found


def _is_own(address: IPv4Interface | IPv6Interface, promised: Sequence[IPv4Address | IPv6Address]) -> bool:
    """It has made the address for itself."""
    whole = address.network.prefixlen == SLAAC_LENGTH and not address.ip.is_link_local
    return whole and address.ip not in promised


def _promised(container: Mapping[str, Any], address: str, link: Interface) -> Check:
    name = container["name"]
    there = [text for text in link.addresses if ip_interface(text).ip == ip_address(address)]
    if there:
        return address_check(f"{name}: its", link, there[0], "")
    what = f"{name}: its address"
    if container["prefix"]:
        return Check(what, f"{address} is not there", f"`systemctl restart {unit_of(name)}` has it read its files anew")
    ips = [ip_interface(text).ip for text in link.addresses if text.endswith("/128")]
    others = [str(ip) for ip in ips if str(ip) not in container["addresses"]]
    instead = f", but {', '.join(others)}" if others else ""
    remedy = (
        f"See that the DHCPv6 server runs and has DUID {container['duid']} with this address, and that the router's "
        f"advertisements say managed; `systemctl --machine={name} restart systemd-networkd` asks anew"
    )
    return Check(what, f"{address} has not come by DHCPv6{instead}", remedy)


def _ipv4(container: Mapping[str, Any], link: Interface) -> Check:
    what = f"{container['name']}: its IPv4 address"
    usable = [ip_interface(text).ip for text in link.addresses if "." in text and ":" not in text]
    there = [str(one) for one in usable if not one.is_link_local]
    if there:
        return Check(what, ", ".join(there))
    return Check(what, "none has come by DHCP", _asks(container, "has addresses left"))


def _asks(container: Mapping[str, Any], doubt: str) -> str:
    name = container["name"]
    if container["prefix"]:
        return "`systemctl restart systemd-networkd` on this host, whose DHCP server it asks"
    again = f"`systemctl --machine={name} restart systemd-networkd` asks anew"
    return f"See whether the DHCP server of the LAN runs and {doubt}; {again}"
