# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and their steps: data that diff prints, check mode returns and apply carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Union

# What a module does not need costs every run of it: all of these are named tuples, since Python builds a data class in
# ten times the time, and twelve of them take longer than reading and comparing 48 kernel parameters.
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class FileState(NamedTuple):
    """A file as it is or shall be.

    :param text: its content (UTF-8; other bytes survive as surrogate escapes)
    :param mode: permission bits
    :param owner: user name, or the number where the user has no name
    :param group: group name, or the number
    """

    text: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"

    def with_text(self, text: str) -> FileState:
        """The same file with another content: for files that are not ours, whose owner and mode stay."""
        return self._replace(text=text)

    def attributes(self) -> str:
        return f"mode {self.mode:04o}, owner {self.owner}, group {self.group}"


class FileChange(NamedTuple):
    """One file from one state to another; None is its absence.

    :param secret: its content never shows in a diff
    :param hide: what never shows of its content: passwords in a file that is not ours
    """

    path: str
    before: FileState | None
    after: FileState | None
    secret: bool = False
    hide: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return self.before != self.after

    def diff(self) -> dict[str, str]:
        before, after = self._shown(self.before), self._shown(self.after)
        same_text = self.before and self.after and self.before.text == self.after.text
        if same_text and self.before and self.after:
            before, after = self.before.attributes() + "\n", self.after.attributes() + "\n"
        return {"before_header": self.path, "after_header": self.path, "before": before, "after": after}

    def _shown(self, state: FileState | None) -> str:
        if state is None:
            return ""
        if self.secret:
            return "(content hidden)\n"
        text = state.text
        for hidden in self.hide:
            text = text.replace(hidden, "********")
        return text


class Check(NamedTuple):
    """The tool that will read the files looks at them before they move.

    In ``argv`` and in the scratch files ``{staged:PATH}`` stands for the name under which the new content of PATH
    lies aside.

    :param argv: the checking command
    :param scratch: files that exist for the check alone: PATH → content
    :param tool: its name for the user where ``argv`` begins with another
    :param telling: regular expression of the lines that say what is wrong, for a tool that says much more
    """

    argv: tuple[str, ...]
    scratch: Mapping[str, str] = _NOTHING
    tool: str = ""
    telling: str = ""


class Files(NamedTuple):
    """A set of files that move together or not at all."""

    changes: tuple[FileChange, ...]
    check: Check | None = None

    def describe(self) -> str:
        return ", ".join(
            "{} {}".format("remove" if change.after is None else "write", change.path) for change in self.changes
        )


class Run(NamedTuple):
    """A command that changes the host.

    :param argv: the command
    :param why: what it does, in words: the user reads it when it fails
    :param undo: takes its effect back when a later step fails (run in reverse order, before older steps are undone)
    :param recover: runs when this or a later step has failed and all older steps are undone: a restart, for instance
    :param timeout: seconds
    """

    argv: tuple[str, ...]
    why: str
    undo: tuple[str, ...] | None = None
    recover: tuple[str, ...] | None = None
    timeout: float = 60.0

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
    """

    unit: str
    verb: str
    enabled: bool | None
    was: UnitState
    reread: bool = False
    timeout: float = 60.0

    def describe(self) -> str:
        at_boot = {True: "enable", False: "disable", None: ""}[self.enabled]
        return " and ".join(word for word in (at_boot, self.verb or "keep") if word) + " " + self.unit


class Mark(NamedTuple):
    """A file in /run that says that a plan has begun and not ended: a run that was killed is finished by the next."""

    path: str

    def describe(self) -> str:
        return "mark the beginning"


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


class Require(NamedTuple):
    """A tool has to be there. Check mode says what will come on a host that does not have it yet."""

    tool: str
    package: str

    def describe(self) -> str:
        return f"require {self.tool}"


class KernelValue(NamedTuple):
    """A running value under /proc/sys."""

    path: str
    before: str
    after: str

    def describe(self) -> str:
        return f"set {self.path} to {self.after}"


class Await(NamedTuple):
    """Wait until a command prints what is expected; a plan whose waiting fails is taken back.

    :param pattern: regular expression searched in standard output
    :param timeout: seconds
    :param remedy: what to do when it does not come
    """

    argv: tuple[str, ...]
    why: str
    pattern: str
    timeout: float
    remedy: str

    def describe(self) -> str:
        return "wait: " + self.why


Step = Union[Files, Run, Restart, Serve, Mark, SocketCommand, Require, KernelValue, Await]


class State(NamedTuple):
    """Something that is not a file, before and after, as text for the diff."""

    what: str
    before: str
    after: str

    def diff(self) -> dict[str, str]:
        return {"before_header": self.what, "after_header": self.what, "before": self.before, "after": self.after}


class Plan(NamedTuple):
    """All that a module is going to do, known before it does anything.

    :param steps: in the order in which they are carried out
    :param states: what changes beside files
    :param warnings: for the user, whether or not something changes
    :param result: the module's own return values
    """

    steps: tuple[Step, ...] = ()
    states: tuple[State, ...] = ()
    warnings: tuple[str, ...] = ()
    result: Mapping[str, Any] = _NOTHING

    @property
    def changed(self) -> bool:
        return any(not isinstance(step, (Await, Require, Mark)) for step in self.steps)

    def diff(self) -> list[dict[str, str]]:
        files = [change.diff() for step in self.steps if isinstance(step, Files) for change in step.changes]
        return files + [state.diff() for state in self.states if state.before != state.after]


def file_steps(changes: Sequence[FileChange], check: Check | None = None) -> tuple[Files, ...]:
    """The one step that makes a set of file changes, or none where nothing differs."""
    real = tuple(change for change in changes if change.differs)
    return (Files(real, check),) if real else ()
