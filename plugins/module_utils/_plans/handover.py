# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand an interface over to systemd-networkd: the old owner lets go, its settings go on.

The old configuration is kept where it stood (as comments, or as a connection that NetworkManager leaves alone), so that
the way back is to take the marks away. All files move in the same step as the new units: there is no moment at which
nobody, or both for good, configure the interface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._formats.ifupdown import without_interface
from .._values.errors import Refusal
from .link_owners import IFUPDOWN, NETWORK_MANAGER, Carried, Owner, said
from .plan import FileChange, FileState
from .steps import Run

DROPIN = "10-handed-over.conf"
NM_CONFIG = "/etc/NetworkManager/conf.d/90-homelab-ipv6-{0}.conf"
MARK = "# Handed over from {0} by Ansible (homelab.ipv6): settings that go on.\n"

Settings = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True)
class Handover:
    """What has to happen for the old owners to let go.

    :param changes: files, to be moved together with the new units
    :param runs: commands, once the files are in place
    """

    changes: tuple[FileChange, ...] = ()
    runs: tuple[Run, ...] = ()


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
    option: str,
    interface: str,
    unit: str,
    owners: Sequence[Owner],
    files: Mapping[str, FileState],
    dhclient_pid_file: str = "",
) -> Handover:
    """Take an interface from its owners.

    :param unit: path of the .network file that is going to configure it
    :param files: ifupdown's files and our own for NetworkManager, as they are
    :param dhclient_pid_file: of the DHCPv4 client that ifupdown started for it, empty where none runs
    :raises Refusal: an owner does something that a .network file cannot say
    """
    if not owners:
        return Handover()
    obstacles = [obstacle for owner in owners for obstacle in owner.obstacles]
    if obstacles:
        problem = f"cannot be handed over from {said(owners[0])} because of: " + "; ".join(obstacles)
        raise Refusal(
            option, interface, problem, "Move this by hand to a .network file or a unit, and take it out there"
        )
    changes: list[FileChange] = []
    runs: list[Run] = []
    carried = Carried()
    for owner in owners:
        carried = carried.plus(owner.carried)
        if owner.manager == IFUPDOWN:
            changes.extend(_out_of_ifupdown(interface, files))
            runs.extend(_stop_dhclient(interface, dhclient_pid_file))
        elif owner.manager == NETWORK_MANAGER:
            changes.append(_out_of_network_manager(interface, files))
            runs.append(
                Run(("systemctl", "reload", "NetworkManager.service"), f"have NetworkManager leave {interface}")
            )
    text = dropin(carried, owners[0].manager)
    if text:
        path = f"{unit}.d/{DROPIN}"
        changes.append(FileChange(path, files.get(path), FileState(text)))
    return Handover(tuple(changes), tuple(runs))


def _out_of_ifupdown(interface: str, files: Mapping[str, FileState]) -> list[FileChange]:
    changes = (
        FileChange(path, state, state.with_text(without_interface(state.text, interface)))
        for path, state in files.items()
        if path.startswith("/etc/network/")
    )
    return [change for change in changes if change.differs]


def _stop_dhclient(interface: str, pid_file: str) -> list[Run]:
    # -x stops the client without giving the lease back: networkd asks for the same address.
    argv = ("dhclient", "-x", "-pf", pid_file, interface)
    return [Run(argv, f"stop the DHCP client that ifupdown runs on {interface}")] if pid_file else []


def _out_of_network_manager(interface: str, files: Mapping[str, FileState]) -> FileChange:
    path = NM_CONFIG.format(interface)
    text = (
        "# Written by Ansible (homelab.ipv6): systemd-networkd configures this interface.\n"
        f"[device-homelab-ipv6-{interface}]\nmatch-device=interface-name:{interface}\nmanaged=0\n"
    )
    return FileChange(path, files.get(path), FileState(text))


def dropin(carried: Carried, manager: str) -> str:
    """The .network drop-in that goes on with an old owner's settings, empty where there is nothing to go on with."""
    link = [(key, value) for key, value in (("MTUBytes", carried.mtu), ("MACAddress", carried.mac)) if value]
    network = [("DHCP", "ipv4")] if carried.dhcp4 else []
    network += [("Address", address) for address in carried.addresses]
    network += [("Gateway", gateway) for gateway in carried.gateways]
    network += [("DNS", server) for server in carried.dns]
    if carried.domains:
        network.append(("Domains", " ".join(carried.domains)))
    settings: Settings = [(name, pairs) for name, pairs in (("Link", link), ("Network", network)) if pairs]
    if not settings:
        return ""
    sections = ("".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in pairs)]) for name, pairs in settings)
    return MARK.format(manager) + "\n".join(sections)
