# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the plans of all servers do once they know what a file shall hold: write it, and have the server read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .._formats.syntax import append
from .._values.errors import Refusal
from .conditions import Require
from .dhcp6_hosts import DHCP6_PORT, Options, StaticHost
from .plan import FileChange, FileState, Plan, file_steps
from .steps import Check, Restart, Step


class Server(Protocol):
    """A server as it is on the host."""

    @property
    def installed(self) -> bool: ...

    @property
    def active(self) -> bool:
        """Its service runs."""

    @property
    def listening(self) -> bool:
        """It has a DHCPv6 socket."""


@dataclass(frozen=True)
class Including:
    """A server as it is on the host, whose configuration includes the file of hosts.

    :param config: the configuration file
    :param hosts: the file of hosts
    :param included: the other files that the configuration reads along: path → text
    """

    config: FileState | None
    hosts: FileState | None
    installed: bool
    active: bool
    listening: bool
    included: Mapping[str, str] = field(default_factory=dict)


def written(
    changes: Sequence[FileChange], check: Check | None, tool: Require, options: Options, server: Server, serve: Step
) -> tuple[Step, ...]:
    """The steps of writing files and of having the running server read them; none where nothing differs.

    :param check: what the server has to say of them first, if options want it
    :param serve: what makes a running server read them
    """
    steps: list[Step] = list(file_steps(changes, check if options.validate else None))
    if not steps:
        return ()
    if options.validate or not server.installed:
        steps.insert(0, tool)
    if options.reload and server.active:
        steps.append(serve)
    return tuple(steps)


def restart(options: Options, server: Server) -> Restart:
    """For a server that reads its configuration once. One that listened has to listen again."""
    return Restart(options.service, udp6_port=DHCP6_PORT if server.listening else None)


def unheard(options: Options, tool: str, server: Server, owners: Collection[str], steps: Sequence[Step]) -> list[str]:
    """Warnings of a server that will not hear of its hosts, or serves nobody.

    :param tool: the server's command
    :param owners: the units in which it has the DHCPv6 port open, whatever their names are
    :param steps: what will be done: a restart opens sockets anew
    """
    unit = options.service if "." in options.service else options.service + ".service"
    if server.active and not server.listening and not any(isinstance(step, Restart) for step in steps):
        problem = f"runs, and listens on no DHCPv6 socket (UDP port {DHCP6_PORT}): it serves nobody"
        remedy = "It may have started before its interface was up: see `ip -6 address`, and restart it"
        return [f"{options.service} {problem}. {remedy}."]
    others = ", ".join(sorted(set(owners) - {unit}))
    if options.reload and not server.active and others:
        problem = f"does not run, but {tool} does, in {others}: it serves the old hosts until it is restarted"
        return [f"service: {options.service} {problem}. Name that unit as service."]
    return []


def with_include(text: str, included: Collection[str], line: str, options: Options) -> tuple[str, list[str]]:
    """A configuration that includes the file of hosts, and warnings.

    :param included: the paths that it includes already
    :param line: the one that would include it, with its end
    """
    if options.hosts_file in included:
        return text, []
    if not options.ensure_include:
        where = f"at the end of {options.config_file}"
        return text, [f"The server does not see these hosts: add the line {line.strip()} {where}."]
    return append(text, line), []


def not_yet(hosts: Sequence[StaticHost], options: Options, installed: bool, tool: Require, change: FileChange) -> Plan:
    """The server has no configuration. A run says so; check mode on a host that will get it lists the hosts.

    :param change: what the hosts will be written as
    :raises Refusal: the server is installed, and so should have one
    """
    if installed:
        remedy = "Write one, or give its whole text as config_content"
        raise Refusal("config_file", options.config_file, "does not exist", remedy)
    return Plan(
        steps=(tool, *file_steps([change])),
        warnings=(
            f"{tool.package} is not installed yet: its subnets are not known, so the hosts could not be checked.",
        ),
        result={"hosts": [host.result() for host in hosts], "unmanaged": []},
    )
