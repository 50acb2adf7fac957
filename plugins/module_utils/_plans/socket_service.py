# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What socket_service is going to do: a service, the sockets that systemd holds for it, and its files, as one."""

from __future__ import annotations

import os.path
from collections.abc import Collection, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NamedTuple

from .._values.errors import Refusal, ValueProblem
from .._values.link import HIGHEST_PORT
from .._values.listener import IPV4, IPV6, Address, Listener, in_the_way
from .plan import NOTHING, FileState, Plan, State, file_steps
from .service_files import UNIT, UNIT_DIRECTORY, change_of, read_files
from .socket_steps import Leave, Probe, Take
from .steps import Mark, Step, UnitState

MARKS = "/run/homelab-ipv6/socket_service/"
NOWHERE = UnitState(False, False)
_ANY: dict[str, Address] = {IPV4: IPv4Address(0), IPV6: IPv6Address(0)}
_RUNS = {True: "runs", False: "does not run"}
_STARTS = {True: "is there at every start", False: "is not there at the next start"}


class Socket(NamedTuple):
    """A socket unit, and what it opens.

    :param address: all zeros for all of the family
    """

    unit: str
    service: str
    descriptor: str
    family: str
    protocol: str
    address: Address
    port: int
    started: bool
    enabled: bool

    @property
    def probe(self) -> Probe:
        return Probe(self.service, self.descriptor, self.protocol, self.address, self.port)


class Wanted(NamedTuple):
    """What the user asks for.

    :param mark: the first line of each unit file that belongs to the service
    :param directory: whose files all belong to the service, empty for none
    :param timeout: seconds that the service has to take what arrives
    :param prefix: what the names of options begin with in the user's eyes
    """

    name: str
    mark: str
    directory: str
    files: Mapping[str, FileState]
    sockets: tuple[Socket, ...]
    timeout: float
    prefix: str = ""

    @property
    def begun(self) -> str:
        return MARKS + self.name

    @property
    def services(self) -> list[str]:
        return list(dict.fromkeys(socket.service for socket in self.sockets))

    @property
    def units(self) -> list[str]:
        return [socket.unit for socket in self.sockets] + self.services

    @property
    def unit_files(self) -> list[str]:
        """Those of the files that systemd reads."""
        return [path for path in self.files if os.path.dirname(path) + "/" == UNIT_DIRECTORY]

    def wrote(self, text: str) -> bool:
        """Whether it is the text of a unit file of this service, whichever run wrote it."""
        return text.startswith(self.mark + "\n")

    def option(self, path: str) -> str:
        """Where a file's text comes from: what a role makes of its options, it makes of its settings."""
        return f"{self.prefix}settings" if self.prefix else f"files[{list(self.files).index(path)}].content"


class Found(NamedTuple):
    """The host as it is.

    :param files: path → the file as it is, of those that are wanted and those that belong to the service already
    :param units: of those that are wanted and those that belong to the service already
    :param foreign: addresses that are wanted and that this host does not have
    :param unfinished: an earlier run of this was killed in between
    :param problems: what systemd would leave out of units that are wanted, with the name of the unit
    :param others: units that are wanted and that somebody else has already, by the files in which they are
    """

    files: Mapping[str, FileState | None]
    units: Mapping[str, UnitState]
    listeners: Sequence[Listener]
    foreign: Collection[Address]
    unfinished: bool
    problems: Sequence[tuple[str, ValueProblem]] = ()
    others: Mapping[str, str] = NOTHING


def read_options(params: Mapping[str, Any]) -> Wanted:
    """The module's options.

    :raises Refusal: one that cannot be right
    """
    name = params["name"]
    if not UNIT.fullmatch(f"{name}.service"):
        raise Refusal("name", repr(name), "cannot be the name of a unit", "Write it without a suffix, as in peers")
    files = read_files(params["files"])
    sockets = tuple(_socket(f"sockets[{number}]", item) for number, item in enumerate(params["sockets"]))
    for number, socket in enumerate(sockets):
        for unit in (socket.unit, socket.service):
            if UNIT_DIRECTORY + unit not in files:
                raise Refusal(f"sockets[{number}]", unit, "is not among files", "Hand its unit file in")
    directory = (params["directory"] or "").rstrip("/")
    wanted = Wanted(name, params["mark"], directory, files, sockets, float(params["timeout"]), params["prefix"])
    for path in wanted.unit_files:
        if not wanted.wrote(files[path].text):
            remedy = "Have each unit file begin with mark, on a line of its own; the next run knows them by it"
            raise Refusal(wanted.option(path), path, "does not begin with the mark of this service", remedy)
    return wanted


def _socket(at: str, item: Mapping[str, Any]) -> Socket:
    for key, suffix in (("unit", ".socket"), ("service", ".service")):
        if not UNIT.fullmatch(item[key]) or not item[key].endswith(suffix):
            raise Refusal(f"{at}.{key}", repr(item[key]), f"is no name of a {suffix[1:]}", f"End it with {suffix}")
    if not 1 <= item["port"] <= HIGHEST_PORT:
        raise Refusal(f"{at}.port", item["port"], f"is not between 1 and {HIGHEST_PORT}", "Write a port, as in 8000")
    family, text = item["family"], item["address"]
    try:
        address = ip_address(text) if text else _ANY[family]
    except ValueError:
        raise Refusal(f"{at}.address", repr(text), "is not an address", "Leave it out for all") from None
    if address.version != _ANY[family].version:
        raise Refusal(f"{at}.address", text, f"is not of {family}", "Write one that is, or leave it out for all")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        remedy = f"Write {address.ipv4_mapped} at a socket of ipv4"
        raise Refusal(f"{at}.address", text, "is an IPv4 address in the clothes of an IPv6 one", remedy)
    return Socket(**{**item, "address": address})


def plan(wanted: Wanted, found: Found) -> Plan:
    """What has to be done.

    :raises Refusal: somebody else has a unit of that name or the port, the host has not the address, or a unit has what
        systemd does not know
    """
    for unit, path in found.others.items():
        whose = f"would have the unit {unit}, and {path} is one that was not written for this service"
        remedy = "Write another name; or, if nobody needs that unit, take it away first"
        raise Refusal(f"{wanted.prefix}name", wanted.name, whose, remedy)
    ours = {*wanted.units, *found.units}
    for unit, problem in found.problems:
        raise Refusal.of(wanted.option(UNIT_DIRECTORY + unit), problem)
    for number, socket in enumerate(wanted.sockets):
        if socket.started:
            _check_free(f"{wanted.prefix}sockets[{number}]", socket, found, ours)
    changes = [change_of(path, before, wanted.files.get(path)) for path, before in found.files.items()]
    changed = {change.path for change in changes if change.differs} | (
        {UNIT_DIRECTORY + unit for unit in wanted.units} if found.unfinished else set()
    )
    stale = tuple(unit for unit in found.units if unit not in wanted.units)
    leave, take = _leave(stale, found), _take(wanted, found, changed)
    steps: list[Step] = [*leave, *file_steps(changes), *take]
    if steps and not take:
        steps.append(Take(reread=True))
    return Plan(
        (Mark(wanted.begun), *steps) if steps else (),
        tuple(State(unit, _shown(found.units[unit]), "") for unit in stale)
        + tuple(State(socket.unit, _now(found, socket.unit), _shown(_wanted(socket))) for socket in wanted.sockets)
        + tuple(State(unit, _running(found, unit), _then(wanted, unit)) for unit in wanted.services),
        result={"units": wanted.units, "files": list(wanted.files)},
    )


def _wanted(socket: Socket) -> UnitState:
    return UnitState(socket.started, socket.enabled)


def _shown(state: UnitState) -> str:
    return f"{_RUNS[state.active]}, {_STARTS[state.enabled]}\n"


def _now(found: Found, unit: str) -> str:
    return _shown(found.units[unit]) if found.files.get(UNIT_DIRECTORY + unit) else ""


def _running(found: Found, unit: str) -> str:
    return _RUNS[found.units[unit].active] + "\n" if found.files.get(UNIT_DIRECTORY + unit) else ""


def _then(wanted: Wanted, unit: str) -> str:
    return _RUNS[any(socket.started for socket in wanted.sockets if socket.service == unit)] + "\n"


def _check_free(at: str, socket: Socket, found: Found, ours: Collection[str]) -> None:
    if socket.address in found.foreign:
        remedy = "Give it to an interface first, write one that is there, or leave it out for all"
        raise Refusal(f"{at}.address", socket.address, "is no address of this host", remedy)
    for listener in found.listeners:
        same = (listener.protocol, listener.port) == (socket.protocol, socket.port)
        if not same or not in_the_way(listener, socket.family, socket.address):
            continue
        if listener.socket_unit not in ours and listener.unit not in ours:
            both = ", for IPv4 and IPv6 at once" if listener.mapped else ""
            problem = f"({socket.protocol}, {socket.family}) is taken by {listener.whose()} on {listener.where()}{both}"
            raise Refusal(f"{at}.port", socket.port, problem, "Stop that, or write another port")


def _leave(stale: Sequence[str], found: Found) -> list[Step]:
    """Before their files go: afterwards systemd does not know how to stop them."""
    runs = [unit for unit in stale if found.units[unit].active or found.units[unit].enabled]
    # Sockets first. They take their services along, and a service without a socket is not started again.
    runs.sort(key=lambda unit: not unit.endswith(".socket"))
    return [Leave(tuple(runs), {unit: found.units[unit] for unit in runs})] if runs else []


def _take(wanted: Wanted, found: Found, changed: Collection[str]) -> list[Step]:
    was = {unit: found.units.get(unit, NOWHERE) for unit in wanted.units}
    units = {UNIT_DIRECTORY + unit for unit in wanted.units}
    common = bool(set(changed) - units - {UNIT_DIRECTORY + unit for unit in found.units})
    stop = [socket.unit for socket in wanted.sockets if was[socket.unit].active and not socket.started]
    opened = [
        socket
        for socket in wanted.sockets
        if socket.started and (not was[socket.unit].active or UNIT_DIRECTORY + socket.unit in changed)
    ]
    # To open a socket restarts its service in the same transaction.
    with_sockets = {socket.service for socket in opened}
    renewed = [
        unit
        for unit in wanted.services
        if any(socket.started for socket in wanted.sockets if socket.service == unit)
        and (
            common
            or UNIT_DIRECTORY + unit in changed
            or unit in with_sockets
            or not was[unit].active
            or any(socket.unit in stop for socket in wanted.sockets if socket.service == unit)
        )
    ]
    enable = [socket.unit for socket in wanted.sockets if socket.enabled and not was[socket.unit].enabled]
    disable = [socket.unit for socket in wanted.sockets if not socket.enabled and was[socket.unit].enabled]
    if not (stop or opened or renewed or enable or disable):
        return []
    return [
        Take(
            reread=True,
            stop=tuple(stop),
            enable=tuple(enable),
            disable=tuple(disable),
            open=tuple(socket.unit for socket in opened),
            start=tuple(unit for unit in renewed if unit in with_sockets),
            restart=tuple(unit for unit in renewed if unit not in with_sockets),
            was=was,
            probes=tuple(s.probe for s in wanted.sockets if s.started and s.service in renewed),
            timeout=wanted.timeout,
        )
    ]
