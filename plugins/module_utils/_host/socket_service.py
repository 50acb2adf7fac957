# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service and its sockets: looked at, brought together by systemd, and taken apart again."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterable, Mapping

from .._plans.plan import FileState
from .._plans.service_files import UNIT, UNIT_DIRECTORY
from .._plans.socket_service import Found, Wanted
from .._plans.socket_steps import Leave, Take
from .._plans.steps import UnitState
from .._values.errors import Fault
from .._values.listener import Address
from .host import Host
from .service import journal
from .sockets import listeners
from .taken import see_taken
from .unit_check import problems

# A service that drains answers what was asked first.
PATIENCE = 120.0


def look(host: Host, wanted: Wanted) -> Found:
    """The host as it is."""
    files: dict[str, FileState | None] = {path: host.read_file(path) for path in wanted.files}
    own = _units_of(host, wanted)
    kept = [f"{wanted.directory}/{name}" for name in host.list_names(wanted.directory)] if wanted.directory else []
    for path in [UNIT_DIRECTORY + unit for unit in own] + kept:
        files.setdefault(path, host.read_file(path))
    # A directory is no file of ours.
    files = {path: file for path, file in files.items() if file is not None or path in wanted.files}
    texts = {path[len(UNIT_DIRECTORY) :]: wanted.files[path].text for path in wanted.unit_files}
    there = {unit: file.text if (file := files[UNIT_DIRECTORY + unit]) else None for unit in texts}
    shown = _show(host, list(dict.fromkeys([*wanted.units, *texts, *own])))
    return Found(
        files=files,
        units={unit: _state(shown.get(unit, {})) for unit in dict.fromkeys([*wanted.units, *own])},
        listeners=listeners(host) if any(each.started for each in wanted.sockets) else (),
        foreign={each.address for each in wanted.sockets if each.started and not _is_here(each.address)},
        unfinished=host.exists(wanted.begun),
        # Units that are in use were looked at when they came.
        problems=problems(host, texts) if any(texts[unit] != now for unit, now in there.items()) else (),
        others=_others(host, wanted, shown),
    )


def _units_of(host: Host, wanted: Wanted) -> list[str]:
    """Unit files of this service, whichever run wrote them."""
    names = [name for name in host.list_names(UNIT_DIRECTORY) if name.endswith((".socket", ".service"))]
    return [name for name in names if wanted.wrote(host.read_text(UNIT_DIRECTORY + name) or "")]


def _others(host: Host, wanted: Wanted, shown: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Wanted units that are somebody else's: one that the administrator wrote, a package's, another service's.

    A file of ours beside a package's would take its place without a word.
    """
    found = {}
    for path in wanted.unit_files:
        unit = path[len(UNIT_DIRECTORY) :]
        # A link that leads nowhere is somebody's, too.
        if host.exists(path) and not wanted.wrote(host.read_text(path) or ""):
            found[unit] = path
        elif (elsewhere := shown.get(unit, {}).get("FragmentPath")) and elsewhere != path:
            found[unit] = elsewhere
    return found


def _show(host: Host, units: list[str]) -> Mapping[str, Mapping[str, str]]:
    """What systemd says of units, by each of the names that a unit has."""
    units = [unit for unit in units if UNIT.fullmatch(unit)]
    if not units or host.which("systemctl") is None:
        return {}
    said = host.run(["systemctl", "show", "--property=Id,Names,ActiveState,UnitFileState,FragmentPath", *units]).out
    found = {}
    for paragraph in said.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in paragraph.splitlines())
        found.update(dict.fromkeys((values.get("Names") or values.get("Id", "")).split(), values))
    return found


def _state(values: Mapping[str, str]) -> UnitState:
    # A service between two tries of its own is on its way.
    active = values.get("ActiveState") in ("active", "reloading", "activating")
    return UnitState(active, values.get("UnitFileState") == "enabled")


def _is_here(address: Address) -> bool:
    """Whether a socket can have it, on some port that nobody has."""
    with socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def leave(host: Host, step: Leave) -> None:
    _systemctl(host, "disable", [unit for unit in step.units if step.was[unit].enabled])
    _systemctl(host, "stop", step.units)


def return_to(host: Host, step: Leave) -> None:
    """With the old files back in place."""
    _systemctl(host, "daemon-reload")
    _systemctl(host, "enable", [unit for unit in step.units if step.was[unit].enabled])
    _systemctl(host, "start", [unit for unit in step.units if step.was[unit].active])


def take(host: Host, step: Take) -> None:
    """Carry the step out.

    :raises Fault: systemd cannot open a socket, or nobody takes what arrives there
    """
    began = time.time()
    if step.reread:
        _systemctl(host, "daemon-reload")
    _systemctl(host, "disable", step.disable)
    _systemctl(host, "enable", step.enable)
    _systemctl(host, "stop", step.stop)
    # One that was open stays open: what comes while its service is not there waits.
    for verb, units in (("restart", step.open), ("start", step.start), ("restart", step.restart)):
        outcome = host.run(["systemctl", verb, *units], timeout=PATIENCE) if units else None
        if outcome is not None and outcome.rc != 0:
            said = " ".join(filter(None, (journal(host, unit, began) for unit in units)))
            raise Fault(f"{verb} {', '.join(units)}", said or outcome.said)
    see_taken(host, step.probes, step.timeout, began)


def give_up(host: Host, step: Take) -> None:
    """Stop what was not there before, while systemd still knows it."""
    began = [unit for unit in (*step.open, *step.start, *step.restart) if not step.was[unit].active]
    began.sort(key=lambda unit: not unit.endswith(".socket"))
    _systemctl(host, "stop", began)
    if began:
        # Where none had failed there is nothing to forget.
        host.run(["systemctl", "reset-failed", *began])
    _systemctl(host, "disable", [unit for unit in step.enable if not step.was[unit].enabled])


def take_again(host: Host, step: Take) -> None:
    """With the old files back in place: what ran before runs as before."""
    _systemctl(host, "daemon-reload")
    _systemctl(host, "enable", [unit for unit in step.disable if step.was[unit].enabled])
    before = [unit for unit in step.was if step.was[unit].active]
    if before:
        host.run(["systemctl", "reset-failed", *before])
    shown = _show(host, before)
    sockets = [unit for unit in before if unit.endswith(".socket")]
    closed = [unit for unit in sockets if unit in step.open or not _state(shown.get(unit, {})).active]
    _systemctl(host, "restart", closed)
    _systemctl(host, "restart", [unit for unit in before if unit.endswith(".service")])


def _systemctl(host: Host, verb: str, units: Iterable[str] | None = None) -> None:
    """Nothing to do where the list is empty."""
    words = [] if units is None else list(units)
    if units is not None and not words:
        return
    outcome = host.run(["systemctl", verb, *words], timeout=PATIENCE)
    if outcome.rc != 0:
        raise Fault(" ".join(["systemctl", verb, *words]), outcome.said)
