# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand an interface over to systemd-networkd: the old owner lets go, its settings go on.

The old configuration is kept where it stood (as comments, or as a connection that NetworkManager leaves alone), so that
the way back is to take the marks away. All files move in the same step as the new units: there is no moment at which
nobody, or both for good, configure the interface.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._formats.ifupdown import without_interface, without_state
from .._values.errors import Refusal
from .conditions import Await
from .link_owners import IFUPDOWN, NETWORK_MANAGER, NETWORKD, Carried, Owner, Settings, said
from .plan import FileChange, FileState, KernelValue
from .steps import Run, Step
from .succession import split

DROPIN = "10-handed-over.conf"
ASKS_AS = "20-asks-as.conf"
NM_CONFIG = "/etc/NetworkManager/conf.d/90-homelab-ipv6-{0}.conf"
# What ifupdown has brought up, and so would take down when the machine is.
IFSTATE = "/run/network/ifstate"
# Seconds for the bridge to get its addresses by DHCP.
PATIENCE = 10.0
DELETE = 'ip link delete dev "$0" || ! ip link show dev "$0"'
# To the kernel, routes to the same place over two links are one, which no flush of one of the links takes away.
LEGS = r"""
ip -6 -oneline route show | awk -v link="$0" '/nexthop/ {
    for (i = 1; i <= NF; i++) {
        if ($i == "metric") metric = $(i + 1)
        if ($i == "via") via = $(i + 1)
        if ($i == "dev" && $(i + 1) == link) print $1, via, metric
    }
}' | while read -r where via metric; do
    ip -6 route delete "$where" via "$via" dev "$0" metric "$metric" || exit 1
done
"""
DAD_TRANSMITS = "/proc/sys/net/ipv6/conf/{0}/dad_transmits"
MARK = "# Handed over from {0} by Ansible (homelab.ipv6): settings that go on.\n"


@dataclass(frozen=True)
class Handover:
    """What has to happen for the old owners to let go.

    :param changes: files, to be moved together with the new units
    :param runs: commands, once the files are in place
    :param restart: whether networkd has to be started anew, and not only to read its files
    :param before: steps before networkd reads its files, and ``after`` once it has
    """

    changes: tuple[FileChange, ...] = ()
    runs: tuple[Run, ...] = ()
    restart: bool = False
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Succession:
    """Who goes on with what.

    :param unit: path of the .network file that is going to configure the interface
    :param heir: path of the one that goes on with its addresses: of the bridge that it becomes a port of, or the same
    :param bridge: that bridge, empty where there is none
    :param joins: whether the interface is there, and not a port of that bridge yet
    :param makes: whether that bridge is not there yet
    :param keep: whether addresses, gateways and resolvers go on; what the cable and the DHCP servers know always does
    :param asks_as: the sections by which DHCP servers know the interface again (see asks_as.py)
    :param hears: the sections that say what to do with router advertisements, where the owner's own do not
    :param addresses: that the interface has now, beside those that every interface makes for itself
    :param dad_transmits: how often a new link looks for duplicates of an IPv6 address, empty where there is no IPv6
    :param dhclients: (pid file, command line) of the DHCP clients that ifupdown has started for it
    """

    unit: str
    heir: str
    bridge: str = ""
    joins: bool = False
    makes: bool = False
    keep: bool = True
    asks_as: tuple[tuple[str, list[tuple[str, str]]], ...] = ()
    hears: tuple[tuple[str, list[tuple[str, str]]], ...] = ()
    addresses: tuple[str, ...] = ()
    dad_transmits: str = ""
    dhclients: tuple[tuple[str, tuple[str, ...]], ...] = ()


def refuse(option: str, interface: str, owners: Sequence[Owner]) -> None:
    """Turn down an interface that has an owner, since nobody asked to take it away from it.

    :raises Refusal: it has one
    """
    if owners:
        raise Refusal(
            option,
            interface,
            f"is configured by {said(owners[0])}",
            "Say handover: adopt to hand it over to systemd-networkd with its IPv4 settings, the old configuration "
            "kept as a backup, or take it out there yourself",
        )


def hand_over(
    option: str, interface: str, succession: Succession, owners: Sequence[Owner], files: Mapping[str, FileState]
) -> Handover:
    """Take an interface from its owners.

    :param files: ifupdown's files, our own for NetworkManager and the drop-ins, as they are
    :raises Refusal: an owner does something that a .network file cannot say, or nobody goes on with the addresses
    """
    if not owners and not succession.joins:
        return Handover()
    obstacles = [obstacle for owner in owners for obstacle in owner.obstacles]
    if obstacles:
        problem = f"cannot be handed over from {said(owners[0])} because of: " + "; ".join(obstacles)
        raise Refusal(
            option, interface, problem, "Move this by hand to a .network file or a unit, and take it out there"
        )
    changes: list[FileChange] = []
    runs: list[Run] = []
    for owner in owners:
        if owner.manager == IFUPDOWN:
            changes.extend(_out_of_ifupdown(interface, files))
            runs.extend(_stop_dhclient(interface, *client) for client in succession.dhclients)
        elif owner.manager == NETWORK_MANAGER:
            changes.append(_out_of_network_manager(interface, files))
            runs.append(
                Run(("systemctl", "reload", "NetworkManager.service"), f"have NetworkManager leave {interface}")
            )
    for path, settings in _what_goes_on(option, interface, succession, owners):
        changes.append(FileChange(path, files.get(path), FileState(dropin(settings, owners[0]))))
    # At a reload networkd would give back what the interface has by DHCPv6 before the bridge asks for it; it keeps what
    # it has while it starts anew.
    restart = bool(succession.bridge) and NETWORKD in [owner.manager for owner in owners]
    before, after = _switch(interface, succession)
    return Handover(tuple(changes), tuple(runs), restart, before, after)


def _switch(interface: str, succession: Succession) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """(before, after) networkd makes a link a port, so that the host is reached again as soon as can be.

    The bridge is not to look for duplicates of addresses that this very host has had on this very network; that takes
    IPv6 two seconds for each in turn. And what the old owner has left on the port is a second way out, over which no
    answer comes back. IPv4 goes on by it all the same until the bridge has its address.
    """
    if not succession.joins:
        return (), ()
    bridge = succession.bridge
    before: list[Step] = []
    show = ("ip", "-oneline", "link", "show", "dev", interface)
    if succession.makes:
        # networkd leaves a bridge there whose file has gone again.
        before.append(Run(show, f"see that {interface} is there", undo=("sh", "-c", DELETE, bridge)))
    remedy = "Look at what journalctl -u systemd-networkd says"
    joined = rf" master {re.escape(bridge)} "
    after: list[Step] = [Await(show, f"{interface} is a port of {bridge}", joined, PATIENCE, remedy)]
    after += [
        Run(("ip", "-6", "address", "flush", "dev", interface), f"take the IPv6 addresses off {interface}"),
        # Those that IPv6 has from router advertisements outlive the addresses.
        Run(("ip", "-6", "route", "flush", "dev", interface), f"take the IPv6 routes off {interface}"),
        Run(("sh", "-c", LEGS, interface), f"take halves of IPv6 routes off {interface}"),
    ]
    if succession.keep and succession.addresses:
        argv = ("ip", "-oneline", "address", "show", "dev", bridge, "scope", "global")
        each = "".join(rf"(?=.* {re.escape(address)}[/ ])" for address in succession.addresses)
        why = f"{bridge} has the addresses of {interface}"
        after.append(Await(argv, why, rf"(?s)\A{each}(?!.* tentative)", PATIENCE, soft=True))
    if succession.dad_transmits not in ("", "0"):
        before.append(KernelValue(DAD_TRANSMITS.format("default"), succession.dad_transmits, "0"))
        after += [
            KernelValue(DAD_TRANSMITS.format(name), "0", succession.dad_transmits) for name in ("default", bridge)
        ]
    after.append(Run(("ip", "-4", "address", "flush", "dev", interface), f"take the IPv4 addresses off {interface}"))
    return tuple(before), tuple(after)


def _what_goes_on(
    option: str, interface: str, succession: Succession, owners: Sequence[Owner]
) -> list[tuple[str, Settings]]:
    """(drop-in, settings that go on there)."""
    carried = Carried()
    for owner in owners:
        carried = carried.plus(owner.carried)
    sections = [section for owner in owners for section in owner.sections]
    of_port, of_heir = split([*_said_by_networkd(carried), *sections, *succession.hears])
    of_heir = of_heir if succession.keep else []
    asks_as = list(succession.asks_as)
    if (of_heir or asks_as) and not succession.heir:
        problem = f"becomes a port of {succession.bridge}, and no .network file of the set takes that, to go on there"
        remedy = f"Add one with Name: {succession.bridge} in [Match]"
        raise Refusal(option, interface, problem, remedy)
    of_unit = of_port if succession.unit != succession.heir else [*of_port, *of_heir]
    of_heir = of_heir if succession.unit != succession.heir else []
    parts = (
        (succession.unit, DROPIN, of_unit),
        (succession.heir, DROPIN, of_heir),
        (succession.heir, ASKS_AS, asks_as),
    )
    return [(f"{unit}.d/{name}", settings) for unit, name, settings in parts if settings]


def _out_of_ifupdown(interface: str, files: Mapping[str, FileState]) -> list[FileChange]:
    changes: list[FileChange] = []
    for path, state in files.items():
        if path.startswith("/etc/network/"):
            text = without_interface(state.text, interface)
        elif path == IFSTATE:
            text = without_state(state.text, interface)
        elif path == f"{IFSTATE}.{interface}":
            text = ""
        else:
            continue
        changes.append(FileChange(path, state, state.with_text(text)))
    return [change for change in changes if change.differs]


def _stop_dhclient(interface: str, pid_file: str, argv: Sequence[str]) -> Run:
    # -x stops the client without giving the lease back: networkd asks for the same address.
    family = tuple(word for word in argv if word in ("-4", "-6"))
    stop = ("dhclient", *family, "-x", "-pf", pid_file, interface)
    return Run(stop, f"stop the DHCP client that ifupdown runs on {interface}", undo=tuple(argv))


def _out_of_network_manager(interface: str, files: Mapping[str, FileState]) -> FileChange:
    path = NM_CONFIG.format(interface)
    text = (
        "# Written by Ansible (homelab.ipv6): systemd-networkd configures this interface.\n"
        f"[device-homelab-ipv6-{interface}]\nmatch-device=interface-name:{interface}\nmanaged=0\n"
    )
    return FileChange(path, files.get(path), FileState(text))


def _said_by_networkd(carried: Carried) -> Settings:
    link = [(key, value) for key, value in (("MTUBytes", carried.mtu), ("MACAddress", carried.mac)) if value]
    dhcp = {(True, True): "yes", (True, False): "ipv4", (False, True): "ipv6"}.get((carried.dhcp4, carried.dhcp6))
    network = [("DHCP", dhcp)] if dhcp else []
    network += [("Address", address) for address in carried.addresses]
    network += [("Gateway", gateway) for gateway in carried.gateways]
    network += [("DNS", server) for server in carried.dns]
    if carried.domains:
        network.append(("Domains", " ".join(carried.domains)))
    return [(name, pairs) for name, pairs in (("Link", link), ("Network", network)) if pairs]


def dropin(settings: Settings, owner: Owner) -> str:
    """The .network drop-in that goes on with an old owner's settings."""
    sections = ("".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in pairs)]) for name, pairs in settings)
    return MARK.format(owner.source if owner.manager == NETWORKD else owner.manager) + "\n".join(sections)
