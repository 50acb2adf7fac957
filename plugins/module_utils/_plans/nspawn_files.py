# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files on the host that a container is run from: all that the role decides, none of it inside the container.

What root of a container could have changed is never written to by root of the host. The container's own network
configuration is bound into it read-only, so that a change of it is a change of files here and a restart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .._formats.networkd import Unit as UnitFile
from .._formats.networkd import render, section
from .._values.errors import ValueProblem
from .nspawn_routed import HOST_FILE, Link, host_file

UNIT_DIRECTORY = "/etc/systemd/system/"
SETTINGS_DIRECTORY = "/etc/systemd/nspawn/"
OWN_DIRECTORY = "/etc/homelab-ipv6/nspawn/"
# Before Debian's own 80-container-host0.network: of the files that match, networkd takes the first.
INSIDE = "/etc/systemd/network/10-homelab-ipv6.network"
# What every file begins with that the role or the module has written.
MARK = "# Managed by Ansible (homelab.ipv6.nspawn"
HEADER = (f"{MARK}): edits here are lost at the next run.",)
# The bridge may come up after the container's unit was started: seconds, and how often to look.
BRIDGE_PATIENCE = 30

_SIZE = re.compile(r"[1-9][0-9]*[KMGT]?")
_SHARE = re.compile(r"[1-9][0-9]*%")
_WHOLE = re.compile(r"[1-9][0-9]*")
# Option → (its name in systemd.resource-control(5), form, how to write it).
_LIMITS = {
    "memory": ("MemoryMax", _SIZE, "Write bytes, with K, M, G or T, as in 512M"),
    "cpu": ("CPUQuota", _SHARE, "Write a share of one processor in quotes, as in '50%'; two of them are '200%'"),
    "tasks": ("TasksMax", _WHOLE, "Write how many processes and threads there may be, as in 500"),
}


class Bind(NamedTuple):
    """A file or directory of the host that is seen in a container.

    :param idmap: under the owners that it has on the host, where the container has users of its own
    """

    source: str
    target: str
    read_only: bool
    idmap: bool = False


class Machine(NamedTuple):
    """What the files of a container say.

    :param bridge: that it is on, empty where it has a link of its own
    :param link: its own
    :param addresses: with their lengths, of the container on a link of its own
    :param limits: option → value, of those that `readable_limit` knows
    """

    name: str
    bridge: str
    link: Link | None
    mac: str
    private_users: str
    binds: tuple[Bind, ...]
    capabilities: tuple[str, ...]
    drop_capabilities: tuple[str, ...]
    limits: Mapping[str, str]
    addresses: tuple[str, ...] = ()


def readable_limit(key: str) -> Callable[[object], str]:
    """What reads the value of a limit."""

    def read(value: object) -> str:
        if key not in _LIMITS:
            raise ValueProblem(key, "is no limit that is known here", f"Write one of {', '.join(_LIMITS)}")
        _name, form, remedy = _LIMITS[key]
        text = str(value)
        if isinstance(value, bool) or not form.fullmatch(text):
            raise ValueProblem(text, f"is not a limit for {key}", remedy)
        return text

    return read


def made_from(given: Sequence[str]) -> tuple[str, str]:
    """What is wrong with an image that is made from nothing, or from two things, and what to do."""
    problem = "are given, and an image is made from one of them" if given else "is given to make the image from"
    return problem, "Write suite (mmdebstrap makes it), tarball or directory"


def is_ours(text: str) -> bool:
    """Whether a file is one that the role or the module has written."""
    return text.startswith(MARK)


def signed(text: str) -> str:
    """A file's text, with a line that says who writes it where it has none."""
    return text if is_ours(text) else f"{HEADER[0]}\n{text}"


def unit_name(name: str) -> str:
    """The service that runs a container."""
    return f"systemd-nspawn@{name}.service"


def host_network(name: str) -> str:
    """The file of the host's end of a routed container's link."""
    return HOST_FILE.format(name)


def paths(name: str) -> tuple[str, str, str, str]:
    """Where the files of a container lie: its settings, its unit's drop-in, and its and its host's network files."""
    return (
        f"{SETTINGS_DIRECTORY}{name}.nspawn",
        f"{UNIT_DIRECTORY}{unit_name(name)}.d/homelab-ipv6.conf",
        f"{OWN_DIRECTORY}{name}/host0.network",
        host_network(name),
    )


def files(machine: Machine) -> dict[str, str]:
    """Path → text of all of them (systemd.nspawn(5), systemd.resource-control(5), systemd.network(5))."""
    settings, dropin, network, host_end = paths(machine.name)
    service = _service(machine)
    return {
        settings: _settings(machine, network),
        **({dropin: render(UnitFile((section("Service", service, HEADER),)))} if service else {}),
        network: _network(machine),
        **({host_end: host_file(machine.link, HEADER)} if machine.link is not None else {}),
    }


def _settings(machine: Machine, network: str) -> str:
    execution = [("Boot", "yes"), ("PrivateUsers", machine.private_users)]
    if machine.capabilities:
        execution.append(("Capability", " ".join(machine.capabilities)))
    if machine.drop_capabilities:
        execution.append(("DropCapability", " ".join(machine.drop_capabilities)))
    seen = [("BindReadOnly", f"{network}:{INSIDE}")]
    seen += [("BindReadOnly" if each.read_only else "Bind", _bound(each)) for each in machine.binds]
    bridge = [("Bridge", machine.bridge)] if machine.bridge else []
    return render(
        UnitFile(
            (
                section("Exec", execution, HEADER),
                section("Files", seen),
                section("Network", [("VirtualEthernet", "yes"), *bridge]),
            )
        )
    )


def _bound(bind: Bind) -> str:
    if bind.idmap:
        # Else all would be nobody's there. systemd 252 has `rootidmap` too, 257 also `owneridmap`: both know a single
        # owner, and data of a mail server has several.
        return f"{bind.source}:{bind.target}:idmap"
    return bind.source if bind.source == bind.target else f"{bind.source}:{bind.target}"


def _service(machine: Machine) -> list[tuple[str, str]]:
    limits = [(_LIMITS[key][0], value) for key, value in sorted(machine.limits.items())]
    if not machine.bridge:
        return limits
    looks = BRIDGE_PATIENCE * 5
    there = f"[ -e /sys/class/net/{machine.bridge} ]"
    wait = f"i=0; until {there} || [ $$((i+=1)) -gt {looks} ]; do sleep 0.2; done"
    return [("ExecStartPre", f"/bin/sh -c '{wait}'"), *limits]


def _network(machine: Machine) -> str:
    dhcp = "yes" if machine.link is None else "ipv4" if machine.link.ipv4 else "no"
    network = [("DHCP", dhcp), ("IPv6AcceptRA", "yes"), ("LinkLocalAddressing", "ipv6")]
    network += [("Address", address) for address in machine.addresses]
    return render(
        UnitFile(
            (
                section("Match", [("Name", "host0")], HEADER),
                section("Link", [("MACAddress", machine.mac)]),
                section("Network", network),
                # Whatever the image's networkd.conf says: it is the DUID that the DHCPv6 server was told.
                section("DHCPv6", [("DUIDType", "vendor")]),
            )
        )
    )
