# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that not every module has: commands, services, and the check of new files by the tool that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Union

from .conditions import Await, Require
from .plan import NOTHING, Files, KernelValue
from .trees import Keep, MakeLayer, MakeTree, RemoveTree, SweepTree

if TYPE_CHECKING:
    from .socket_steps import Leave, Take


class Check(NamedTuple):
    """The tool that will read the files looks at them before they move.

    In ``argv`` and in the scratch files ``{staged:PATH}`` stands for the name under which the new content of PATH
    lies aside.

    :param argv: the checking command
    :param scratch: files that exist for the check alone: PATH → content
    :param tool: its name for the user where ``argv`` begins with another
    :param telling: regular expression of the lines that say what is wrong, for a tool that says much more
    :param passed: regular expression of what it says when all is well, for a tool whose exit code does not tell
    :param hint: what the user shall read behind the complaint, whatever it is
    """

    argv: tuple[str, ...]
    scratch: Mapping[str, str] = NOTHING
    tool: str = ""
    telling: str = ""
    passed: str = ""
    hint: str = ""


class Mark(NamedTuple):
    """A file in /run that says that a plan has begun and not ended: a run that was killed is finished by the next."""

    path: str

    @property
    def passive(self) -> bool:
        """Planned alone it is no change."""
        return True

    def describe(self) -> str:
        return "mark the beginning"


class Run(NamedTuple):
    """A command that changes the host.

    :param argv: the command
    :param why: what it does, in words: the user reads it when it fails
    :param undo: takes its effect back when a later step fails (run in reverse order, before older steps are undone)
    :param recover: runs when this or a later step has failed and all older steps are undone: a restart, for instance
    :param timeout: seconds
    :param stdin: what the command reads: the place for what must not be seen in the list of processes
    :param undo_stdin: likewise for ``undo``
    """

    argv: tuple[str, ...]
    why: str
    undo: tuple[str, ...] | None = None
    recover: tuple[str, ...] | None = None
    timeout: float = 60.0
    stdin: str = ""
    undo_stdin: str = ""

    def describe(self) -> str:
        return self.why


class Restart(NamedTuple):
    """Restart a service, and see that it stays up; a plan whose service does not is taken back.

    :param udp6_port: it has to listen on this port again
    :param timeout: seconds
    """

    unit: str
    udp6_port: int | None = None
    timeout: float = 20.0

    def describe(self) -> str:
        return "restart " + self.unit


class UnitState(NamedTuple):
    """What a service does now, and at every start of the machine."""

    active: bool
    enabled: bool


class Serve(NamedTuple):
    """Have a service run with the files that were just written, or end; one that does not stay up is taken back.

    :param verb: of systemctl: start, reload, restart, stop, or empty where it goes on as it is
    :param enabled: whether it shall run at every start; None leaves that as it is
    :param was: before
    :param reread: systemd reads its unit files again first
    :param timeout: seconds
    :param status: regular expression of the status text of a service that has come up, where it tells one
    :param patience: seconds to wait for that
    """

    unit: str
    verb: str
    enabled: bool | None
    was: UnitState
    reread: bool = False
    timeout: float = 60.0
    status: str = ""
    patience: float = 60.0

    def describe(self) -> str:
        at_boot = {True: "enable", False: "disable", None: ""}[self.enabled]
        return " and ".join(word for word in (at_boot, self.verb or "keep") if word) + " " + self.unit


class SocketCommand(NamedTuple):
    """A request to a daemon over its UNIX socket.

    When it fails, the daemon may have closed what it had open, this very socket included: once the files are back the
    service is restarted.

    :param path: of the socket
    :param expect: regular expression searched in the answer
    :param why: what it does, in words
    """

    path: str
    request: str
    expect: str
    why: str
    unit: str
    udp6_port: int | None = None
    timeout: float = 20.0

    def describe(self) -> str:
        return self.why


TreeStep = Union[MakeLayer, MakeTree, RemoveTree, SweepTree]
Step = Union[
    Files, Run, Restart, Serve, Mark, SocketCommand, Require, KernelValue, Await, Keep, TreeStep, "Leave", "Take"
]
