# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts of kea-dhcp6: reservations in the subnets of its one configuration file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Network

from .._formats.kea_config import KeaConfig, Place, Reservation, Revision, Subnet
from .._formats.kea_edit import render
from .._formats.syntax import SyntaxProblem
from .._values.errors import Refusal
from .conditions import Require
from .dhcp6_hosts import DUID, Options, StaticHost, merge, some, unlisted, unreadable
from .dhcp6_hosts_places import Placement, Stranger, place, refuse_strangers
from .dhcp6_hosts_writing import not_yet, restart, written
from .plan import FileChange, FileState, Plan
from .steps import Check, SocketCommand, Step

CONFIG_FILE = "/etc/kea/kea-dhcp6.conf"
SERVICE = "kea-dhcp6-server"
TOOL, PACKAGE = "kea-dhcp6", "kea-dhcp6-server"
USER = "_kea"
# Kea's own directory for sockets: a bare name in the configuration stands for one in it.
SOCKET_DIRECTORY = "/run/kea/"
RELOAD = '{ "command": "config-reload" }'
DONE = r'"result"\s*:\s*0\b'
# Kea 2.2 keeps 128 octets of a DUID, type and all; 2.6 the 130 that RFC 8415 (section 11.1) allows.
LONGEST_DUID = 128
# The lines of kea-dhcp6 -t that say what is wrong.
TELLING = r"(?m)^(?:Error encountered|Syntax check failed)[^\n]*"


@dataclass(frozen=True)
class Found:
    """The host as it is.

    :param config: the configuration file
    :param installed: the server is
    :param has_user: there is the user that Debian's server runs as
    :param active: the service runs
    :param listening: it has a DHCPv6 socket
    :param socket: the control socket that answers, None where there is none
    """

    config: FileState | None
    installed: bool
    has_user: bool
    active: bool
    listening: bool
    socket: str | None


def socket_path(option: str | None, config: FileState | None) -> str | None:
    """The control socket of the server that runs now, None if it should not be or cannot be used.

    :param option: what the user said of it; an empty one means not to use it
    """
    if option is not None:
        return option or None
    try:
        named = KeaConfig.parse(config.text).control_socket if config else None
    except SyntaxProblem:
        return None
    if named is None:
        return None
    return named if named.startswith("/") else SOCKET_DIRECTORY + named


def plan(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    """Make the reservations that are ours be these.

    :raises Refusal: the configuration cannot be read, or a host cannot be put into it
    """
    if options.config_content is None and found.config is None:
        return _not_yet(hosts, options, found)
    old = _parse(options, found)
    config = _target(options, old)
    wanted = list(hosts) if options.purge else merge(hosts, unlisted(hosts, _present(old)))
    placements = place(wanted, [subnet.prefix for subnet in config.subnets], _where(config, options.config_file))
    by_subnet: dict[IPv6Network, list[Reservation]] = {}
    for placement in placements:
        by_subnet.setdefault(placement.subnet, []).append(_wanted(placement))
    revisions = [_revision(subnet, by_subnet.get(subnet.prefix, [])) for subnet in config.subnets]
    _refuse_included(revisions, options.config_file)
    strangers = _strangers(config, revisions)
    refuse_strangers(placements, [_stranger(stranger, options.config_file) for stranger in strangers])
    steps = _steps(config.revised(revisions), config, wanted, options, found)
    return Plan(
        steps=steps,
        result={
            "hosts": [host.result() for host in wanted],
            "unmanaged": [
                {stranger.reservation.kind: stranger.reservation.identifier, "line": stranger.line}
                for stranger in strangers
            ],
        },
    )


def present(options: Options, found: Found) -> list[StaticHost]:
    """Our hosts in the configuration as it is.

    :raises Refusal: it cannot be read
    """
    return _present(_parse(options, found))


def _parse(options: Options, found: Found) -> KeaConfig | None:
    if found.config is None:
        return None
    try:
        return KeaConfig.parse(found.config.text)
    except SyntaxProblem as problem:
        if options.config_content is not None:
            # It is about to be replaced; there is nothing in it that could be taken over.
            return None
        raise unreadable("config_file", options.config_file, problem) from None


def _target(options: Options, old: KeaConfig | None) -> KeaConfig:
    """The configuration into which the hosts go: the caller's, or what is there."""
    if options.config_content is None and old is not None:
        return old
    try:
        return KeaConfig.parse(options.config_content or "")
    except SyntaxProblem as problem:
        raise unreadable("config_content", "its", problem) from None


def _where(config: KeaConfig, path: str) -> str:
    included = ", ".join(include.path for include in config.included_subnets)
    return f"{path}, not looking into the included {included}" if included else path


def _present(config: KeaConfig | None) -> list[StaticHost]:
    found: dict[str, StaticHost] = {}
    for subnet in config.subnets if config else ():
        for reservation in (one.reservation for one in subnet.places):
            if not reservation.host:
                continue
            before = found.get(reservation.host)
            found[reservation.host] = StaticHost(
                f"{reservation.host} in the configuration",
                reservation.host,
                DUID if reservation.kind == "duid" else "hwaddr",
                reservation.identifier,
                (before.addresses if before else ()) + reservation.addresses,
                (before.prefixes if before else ()) + reservation.prefixes,
                reservation.hostname,
                None if before else subnet.prefix,
            )
    return list(found.values())


def _wanted(placement: Placement) -> Reservation:
    host = placement.host
    kind = "duid" if host.kind == DUID else "hw-address"
    return Reservation(kind, host.identifier, placement.addresses, placement.prefixes, host.hostname, host.name)


def _revision(subnet: Subnet, wanted: Sequence[Reservation]) -> Revision:
    """Match the hosts of one subnet with the reservations in it: by identifier first, then by our name for it."""
    free = {one.number: one.reservation for one in subnet.places}
    update: dict[int, Reservation] = {}
    add: list[Reservation] = []
    for attribute in ("identifier", "host"):
        add = []
        numbers: dict[str | None, list[int]] = {}
        for number, one in reversed(free.items()):
            numbers.setdefault(getattr(one, attribute), []).append(number)
        for reservation in wanted:
            same = numbers.get(getattr(reservation, attribute))
            if same:
                # The first of them in the text.
                del free[same[-1]]
                update[same.pop()] = reservation
            else:
                add.append(reservation)
        wanted = add
    # Whatever is ours by then belongs to no host of the set: those that stay without purge are in it.
    remove = [number for number, one in free.items() if one.host]
    return Revision(subnet, update, remove, add)


def _refuse_included(revisions: Sequence[Revision], path: str) -> None:
    for revision in revisions:
        if revision.subnet.includes and (revision.add or revision.update or revision.remove):
            include = revision.subnet.includes[0].path
            problem = f"takes its reservations from {include} by <?include?>"
            remedy = f"Move them into {path}, where they can be told from others"
            raise Refusal("config_file", f"subnet {revision.subnet.prefix} in {path}", problem, remedy)


def _strangers(config: KeaConfig, revisions: Sequence[Revision]) -> list[Place]:
    touched = {
        (revision.subnet.prefix, number) for revision in revisions for number in (*revision.update, *revision.remove)
    }
    inside = [one for subnet in config.subnets for one in subnet.places if (subnet.prefix, one.number) not in touched]
    return [*inside, *config.everywhere]


def _stranger(one: Place, path: str) -> Stranger:
    where = f"the reservation in {path} line {one.line}, which this task does not manage"
    return Stranger(where, one.reservation.addresses, one.reservation.prefixes)


def _steps(
    text: str, config: KeaConfig, hosts: Sequence[StaticHost], options: Options, found: Found
) -> tuple[Step, ...]:
    # Passwords are for the daemon's eyes only.
    secrets = tuple(config.secrets())
    new = FileState(text, 0o640, "root", USER) if found.has_user and secrets else FileState(text)
    after = found.config.with_text(text) if found.config else new
    change = FileChange(options.config_file, found.config, after, hide=secrets)
    check, serve = _check(options.config_file, found, _long(hosts)), _reload(options, found)
    return written([change], check, Require(TOOL, PACKAGE), options, found, serve)


def _long(hosts: Iterable[StaticHost]) -> str:
    """What to say of DUIDs that one Kea takes and another does not, if this one refuses its configuration."""
    named = [host.name for host in hosts if len(host.identifier.split(":")) > LONGEST_DUID]
    if not named:
        return ""
    return f"Kea 2.2 takes no DUID of more than {LONGEST_DUID} octets, and here such a one has {some(named)}"


def _check(path: str, found: Found, hint: str) -> Check:
    argv: tuple[str, ...] = (TOOL, "-t", f"{{staged:{path}}}")
    if found.has_user:
        # The daemon's own eyes: a file that only root can read would stop it at its next start.
        argv = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--", *argv)
    return Check(argv, tool=TOOL, telling=TELLING, hint=hint)


def _reload(options: Options, found: Found) -> Step:
    anew = restart(options, found)
    if found.socket is None:
        return anew
    text = f"have {options.service} reload its configuration"
    return SocketCommand(found.socket, RELOAD, DONE, text, options.service, anew.udp6_port)


def _not_yet(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    listed = [Reservation(host.kind, host.identifier, host.addresses, host.prefixes, host.hostname) for host in hosts]
    text = render({"reservations": [reservation.members() for reservation in listed]}) + "\n"
    change = FileChange(options.config_file, None, FileState(text))
    return not_yet(hosts, options, found.installed, Require(TOOL, PACKAGE), change)
