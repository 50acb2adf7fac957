# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that move together or not at all.

Each new content is written to a file beside its target (the same file system, and a directory that an AppArmor profile
lets the daemon read), synced, checked by the tool that will read it, and renamed over the target. A rename is atomic:
whoever kills the module leaves the old file or the new one.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Mapping, Sequence

from .._plans.steps import Check, FileChange, FileState
from .._values.errors import Fault
from .host import Host

PLACEHOLDER = re.compile(r"\{staged:([^}]+)\}")


def _uid(name: str) -> int:
    try:
        return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid
    except KeyError:
        raise Fault("own a file as " + name, "there is no such user") from None


def _gid(name: str) -> int:
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise Fault("own a file as group " + name, "there is no such group") from None


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_extended_attributes(source: str, target: str) -> None:
    for name in os.listxattr(source):
        os.setxattr(target, name, os.getxattr(source, name))


class FileSet:
    """The changes of one step on their way: staged, checked, moved, and taken back if a later step fails."""

    def __init__(self, host: Host, changes: Sequence[FileChange]) -> None:
        self._host = host
        self._changes = tuple(changes)
        self._staged: dict[str, str] = {}
        self._scratch: list[str] = []
        self._directories: list[str] = []
        self._moved: list[FileChange] = []

    def carry_out(self, check: Check | None = None) -> None:
        """Stage, check and move the whole set.

        :raises Fault: nothing has changed then
        """
        try:
            for change in self._changes:
                if change.after is not None:
                    self._staged[change.path] = self._stage(change.path, change.after)
            if check is not None:
                self._check(check)
            for change in self._changes:
                self._move(change)
        except OSError as error:
            self.undo()
            raise Fault("write {}".format(error.filename or "files"), error.strerror or str(error)) from error
        except Fault:
            self.undo()
            raise
        finally:
            self._sweep()

    def undo(self) -> None:
        """Put the old files back.

        :raises OSError: a file could not be put back; its path is in the error
        """
        for change in reversed(self._moved):
            if change.before is None:
                os.unlink(os.path.realpath(change.path))
            else:
                os.replace(self._stage(change.path, change.before), os.path.realpath(change.path))
            _sync_directory(os.path.dirname(os.path.realpath(change.path)))
        self._moved = []
        self._sweep()
        for directory in reversed(self._directories):
            os.rmdir(directory)
        self._directories = []

    def _stage(self, path: str, state: FileState) -> str:
        # A symbolic link stays one: its target is what is written.
        target = os.path.realpath(path)
        directory, name = os.path.split(target)
        self._make_directory(directory)
        # The leading dot and the foreign ending keep networkd, sysctl.d and ifupdown from reading it as theirs.
        staged = os.path.join(directory, f".{name}.{os.getpid()}.staged")
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        self._scratch.append(staged)
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(state.text)
            stream.flush()
            if os.path.exists(target):
                _copy_extended_attributes(target, staged)
            os.fchown(stream.fileno(), _uid(state.owner), _gid(state.group))
            os.fchmod(stream.fileno(), state.mode)
            os.fsync(stream.fileno())
        return staged

    def _make_directory(self, directory: str) -> None:
        missing: list[str] = []
        while not os.path.isdir(directory):
            missing.append(directory)
            directory = os.path.dirname(directory)
        for path in reversed(missing):
            os.mkdir(path, 0o755)
            self._directories.append(path)

    def _check(self, check: Check) -> None:
        texts = {path: self._scratch_name(path) for path in check.scratch}
        names: Mapping[str, str] = dict(self._staged, **texts)

        def filled(text: str) -> str:
            return PLACEHOLDER.sub(lambda match: names.get(match.group(1), match.group(1)), text)

        for path, text in check.scratch.items():
            before = self._host.read_file(path)
            state = before.with_text(filled(text)) if before else FileState(filled(text))
            os.replace(self._stage(path, state), names[path])
            self._scratch.append(names[path])
        argv = tuple(filled(word) for word in check.argv)
        outcome = self._host.run(argv)
        if outcome.rc != 0:
            said = outcome.said
            for path, staged in names.items():
                said = said.replace(staged, path)
            raise Fault(f"{argv[0]} refuses the new configuration", said)

    @staticmethod
    def _scratch_name(path: str) -> str:
        directory, name = os.path.split(os.path.realpath(path))
        return os.path.join(directory, f".{name}.{os.getpid()}.check")

    def _move(self, change: FileChange) -> None:
        target = os.path.realpath(change.path)
        if change.after is None:
            os.unlink(change.path)
        else:
            os.replace(self._staged[change.path], target)
        self._moved.append(change)
        _sync_directory(os.path.dirname(target))

    def _sweep(self) -> None:
        for path in self._scratch:
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
        self._scratch = []
