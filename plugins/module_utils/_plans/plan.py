# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and what every module has in them: data that diff prints, check mode returns and apply carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .steps import Check, Step

# What a module does not need costs every run of it. So all of these are named tuples, since Python builds a data class
# in ten times the time; and what only some modules do lies apart, in steps.py: to build twelve named tuples takes
# longer than to read and compare 48 kernel parameters.
NOTHING: Mapping[str, Any] = MappingProxyType({})


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

    @property
    def private(self) -> bool:
        """Nobody but its owner reads it: what is in it shows in no diff either."""
        return not self.mode & 0o044

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


class Files(NamedTuple):
    """A set of files that move together or not at all."""

    changes: tuple[FileChange, ...]
    check: Check | None = None

    def describe(self) -> str:
        return ", ".join(
            "{} {}".format("remove" if change.after is None else "write", change.path) for change in self.changes
        )


class KernelValue(NamedTuple):
    """A running value under /proc/sys."""

    path: str
    before: str
    after: str

    def describe(self) -> str:
        return f"set {self.path} to {self.after}"


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
    result: Mapping[str, Any] = NOTHING

    @property
    def changed(self) -> bool:
        return any(not getattr(step, "passive", False) for step in self.steps)

    def diff(self) -> list[dict[str, str]]:
        files = [change.diff() for step in self.steps if isinstance(step, Files) for change in step.changes]
        return files + [state.diff() for state in self.states if state.before != state.after]


def file_steps(changes: Sequence[FileChange], check: Check | None = None) -> tuple[Files, ...]:
    """The one step that makes a set of file changes, or none where nothing differs."""
    real = tuple(change for change in changes if change.differs)
    return (Files(real, check),) if real else ()
