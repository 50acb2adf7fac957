# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way back of units and of the files behind them: what to start, stop, restart and read anew."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

from .._formats.way_back import Entry, UnitState
from .way_back import Act, Mend

NETWORKD = "systemd-networkd.service"
UNIT_ROOTS = ("/etc/systemd/system/", "/run/systemd/system/")
UNIT_NAME = re.compile(r"^([^/]+\.(?:service|socket|timer|path))(?:\.d/|$)")
# Whose a file is, where the name of the unit does not say so. The line to the host first.
READERS = (
    ("/etc/ssh/", ("ssh.service", "sshd.service")),
    ("/etc/systemd/networkd.conf", (NETWORKD,)),
    ("/etc/NetworkManager/", ("NetworkManager.service",)),
    ("/etc/radvd.conf", ("radvd.service",)),
    ("/etc/kea/", ("kea-*.service",)),
    ("/etc/dhcp/", ("isc-dhcp-server*.service", "homelab-dhcpd6.service")),
    ("/etc/default/isc-dhcp-server", ("isc-dhcp-server*.service",)),
    ("/etc/dnsmasq", ("dnsmasq*.service", "homelab-dnsmasq6.service")),
    ("/etc/wide-dhcpv6/", ("wide-dhcpv6-server.service", "homelab-dhcp6s.service")),
    ("/etc/samba/", ("smbd.service", "nmbd.service")),
    ("/etc/cups/", ("cups.service",)),
)
NETWORK_FILES = ("/etc/systemd/network/", "/run/systemd/network/")
MANAGER_FILES = (*UNIT_ROOTS, "/etc/init.d/", "/etc/rc")
# Without these there is no line, so they come first.
LINE = ("systemd-networkd", "systemd-udevd", "networking", "NetworkManager", "nftables", "ssh")
# Not stopped, whoever started them: logins.
LOGINS = ("getty@*", "autovt@*", "serial-getty@*", "console-getty*", "user@*", "session-*")
# A unit that people switch on and off; the rest is started by something else that needs it.
SWITCHED = frozenset(("enabled", "enabled-runtime", "disabled", "generated", "linked", "linked-runtime"))


def after_files(
    touched: Sequence[str], before: Iterable[UnitState], own: Sequence[str], services: Sequence[str]
) -> list[Mend]:
    """What has to read its files anew once they are as they were.

    :param touched: paths that were taken back
    :param own: the paths that the user named, and ``services`` what is to be restarted for them
    """
    on = [unit.name for unit in before if unit.active]
    mends: list[Mend] = []
    if any(path.startswith(MANAGER_FILES) for path in touched):
        mends.append(Act(("systemctl", "daemon-reload"), "have systemd read its units again"))
    if any(path.startswith(NETWORK_FILES) for path in touched) and NETWORKD in on:
        mends.append(Act(("networkctl", "reload"), "have networkd read its files again", soft=True))
    readers = [reader for path in touched for reader in _readers(path)]
    if any(_within(path, root) for path in touched for root in own):
        readers += services
    names = [name for name in _in_order(on) if any(fnmatch.fnmatchcase(name, reader) for reader in readers)]
    mends += [
        Act(("systemctl", "restart", "--no-block", name), f"restart {name} with the configuration that it had")
        for name in names
    ]
    return mends


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _readers(path: str) -> list[str]:
    for root in UNIT_ROOTS:
        match = UNIT_NAME.match(path[len(root) :]) if path.startswith(root) else None
        if match:
            # The instances of a template are all that have its name.
            return [match.group(1).replace("@.", "@*.")]
    return [name for prefix, names in READERS if path.startswith(prefix) for name in names]


def units(before: Iterable[UnitState], now: Iterable[UnitState]) -> list[Mend]:
    """Units that were on and are off are started, those that were switched on since are stopped."""
    had = {unit.name: unit for unit in before}
    have = {unit.name: unit for unit in now}
    start = [name for name, unit in had.items() if _can_be_started(unit) and not _is_on(have.get(name))]
    stop = [name for name, unit in have.items() if _switched_on(unit, had.get(name))]
    mends: list[Mend] = []
    for name in _in_order(start):
        service = name.replace(".socket", ".service")
        if service != name and _is_on(have.get(service)) and _is_on(had.get(service)):
            # systemd gives a socket to no service that runs already; the next look starts it again.
            mends.append(Act(("systemctl", "stop", service), f"stop {service} for its socket"))
        # systemd gives up on a unit that failed often, and then would not start it for us either.
        mends.append(Act(("systemctl", "reset-failed", name), f"forget the failures of {name}", soft=True))
        mends.append(Act(("systemctl", "start", "--no-block", name), f"start {name}"))
    mends += [Act(("systemctl", "stop", "--no-block", name), f"stop {name}") for name in _in_order(stop)]
    return mends


def _is_on(unit: UnitState | None) -> bool:
    return unit is not None and unit.active


def _lasts(unit: UnitState) -> bool:
    return unit.active and not unit.ends and not unit.transient


def _can_be_started(unit: UnitState) -> bool:
    """An instance that nobody has enabled was made for a connection or a login, and went with it."""
    made_for_one = "@" in unit.name and unit.file_state in ("static", "indirect") and not unit.name.startswith("ifup@")
    return _lasts(unit) and not made_for_one


def _switched_on(now: UnitState, before: UnitState | None) -> bool:
    if not _lasts(now) or _is_on(before) or any(fnmatch.fnmatchcase(now.name, login) for login in LOGINS):
        return False
    # A unit without a file, or with one that came with the change, is the change's too.
    return now.file_state in SWITCHED or (now.file_state == "" and before is None)


def _in_order(names: Iterable[str]) -> list[str]:
    # A service that runs gets no socket any more.
    return sorted(names, key=lambda name: (not name.startswith(LINE), not name.endswith(".socket"), name))


def touched_paths(before: Iterable[Entry], now: Iterable[Entry]) -> list[str]:
    """Paths that differ; what cannot be put back, such as a socket, is left alone."""
    had = {entry.path: entry for entry in before}
    have = {entry.path: entry for entry in now}
    absent = [path for path in have if path not in had and have[path].kind not in ("other", "absent")]
    changed = [
        path
        for path, entry in had.items()
        if entry.kind != "other" and entry.shape != _shape(have.get(path), path) and _kind(have.get(path)) != "other"
    ]
    return sorted(absent + changed)


def _shape(entry: Entry | None, path: str) -> tuple[object, ...]:
    return (entry or Entry(path, "absent")).shape


def _kind(entry: Entry | None) -> str:
    return entry.kind if entry else "absent"
