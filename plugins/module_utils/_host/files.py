# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that move together or not at all.

Each new content is written to a file beside its target (the same file system, and a directory that an AppArmor profile
lets the daemon read), synced, checked by the tool that will read it, and renamed over the target. A rename is atomic:
whoever kills the module leaves the old file or the new one. Nothing is done between the renames of a set, so that there
is next to no moment at which some are made and some are not; the next run makes what is missing. The old file keeps a
second name until the plan is through, so that taking it back needs no space on the disk and brings back the very file.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import itertools
import os
import pwd
import re
from collections.abc import Mapping, Sequence

from .._plans.plan import FileChange, FileState
from .._plans.steps import Check
from .._values.errors import Fault
from .durable import sync_directory
from .host import Host

PLACEHOLDER = re.compile(r"\{staged:([^}]+)\}")
# The leading dot and the foreign ending keep networkd, sysctl.d and ifupdown from reading it as theirs.
ASIDE = re.compile(r"^\.(?P<name>.+)\.(?P<pid>\d+)-\d+\.(?:staged|check|kept)$", re.DOTALL)

_serial = itertools.count(1)


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


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _remove_leftovers(target: str) -> None:
    """Remove what a run that was killed left beside a file. A run whose process lives keeps its own."""
    directory, name = os.path.split(target)
    for entry in os.listdir(directory):
        match = ASIDE.match(entry)
        if match and match.group("name") == name and not os.path.exists("/proc/" + match.group("pid")):
            _unlink(os.path.join(directory, entry))


def _aside(target: str, kind: str) -> str:
    """A free name beside a file."""
    directory, name = os.path.split(target)
    path = os.path.join(directory, f".{name}.{os.getpid()}-{next(_serial)}.{kind}")
    # No number is given out twice by one process: whoever had this name is gone.
    _unlink(path)
    return path


def _wanted_name(error: OSError) -> str:
    """The file that an error is about, under the name that means something to the user."""
    directory, name = os.path.split(error.filename2 or error.filename or "files")
    match = ASIDE.match(name)
    return os.path.join(directory, match.group("name") if match else name)


def _fill(path: str, state: FileState, model: str) -> None:
    """Make a file of a state; what a state does not say (access lists, labels) is taken from the model."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(state.text)
            stream.flush()
            if os.path.exists(model):
                for name in os.listxattr(model):
                    os.setxattr(path, name, os.getxattr(model, name))
            os.fchown(stream.fileno(), _uid(state.owner), _gid(state.group))
            os.fchmod(stream.fileno(), state.mode)
            os.fsync(stream.fileno())
    except OSError as error:
        # A full disk does not say which file it was.
        error.filename = error.filename or path
        raise


class FileSet:
    """The changes of one step on their way: staged, checked, moved, and taken back if this or a later step fails."""

    def __init__(self, host: Host, changes: Sequence[FileChange]) -> None:
        self._host = host
        self._changes = tuple(changes)
        self._staged: dict[str, str] = {}
        self._scratch: list[str] = []
        self._directories: list[str] = []
        # (path, second name of what was there before)
        self._moved: list[tuple[str, str | None]] = []

    def carry_out(self, check: Check | None = None) -> None:
        """Stage, check and move the whole set.

        :raises Fault: what has been done until then is for :meth:`undo`
        """
        try:
            for change in self._changes:
                if change.after is not None:
                    self._staged[change.path] = self._stage(change.path, change.after, "staged")
            if check is not None:
                self._check(check)
            self._move()
        except OSError as error:
            raise Fault(f"write {_wanted_name(error)}", error.strerror or str(error)) from error
        finally:
            self._sweep()

    def undo(self) -> None:
        """Put back what was there, as far as can be.

        :raises Fault: names the files that could not be put back
        """
        problems: list[str] = []
        for path, kept in reversed(self._moved):
            try:
                self._put_back(path, kept)
            except OSError as error:
                where = f"; its old content is in {kept}" if kept else ""
                problems.append(f"{path}: {error.strerror}{where}")
        self._moved = []
        for directory in reversed(self._directories):
            # Whoever put something of theirs into it meanwhile keeps it.
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        self._directories = []
        if problems:
            raise Fault("put files back", ", ".join(problems))

    def settle(self) -> None:
        """Forget what was there before: the plan is through."""
        for _path, kept in self._moved:
            # The work is done: what should be left over is removed by the next run.
            with contextlib.suppress(OSError):
                if kept is not None:
                    _unlink(kept)
        self._moved = []

    def _stage(self, path: str, state: FileState, kind: str) -> str:
        # A symbolic link stays one: its target is what is written.
        target = os.path.realpath(path)
        if os.path.exists(target) and not os.path.isfile(target):
            # Such as /dev/null, a link to which masks a unit of systemd: a rename would take the device's place.
            is_what = f"it is a link to {target}" if os.path.islink(path) else "it is none"
            raise Fault(f"write {path} as a file", f"{is_what}. Remove it first")
        self._make_directory(os.path.dirname(target))
        _remove_leftovers(target)
        staged = _aside(target, kind)
        self._scratch.append(staged)
        _fill(staged, state, target)
        return staged

    def _make_directory(self, directory: str) -> None:
        missing: list[str] = []
        while not os.path.isdir(directory):
            missing.append(directory)
            directory = os.path.dirname(directory)
        for path in reversed(missing):
            os.mkdir(path, 0o755)
            self._directories.append(path)
            # Whatever the umask of this process.
            os.chmod(path, 0o755)  # noqa: S103 (what is in it is read by daemons of other users)
            sync_directory(os.path.dirname(path))

    def _check(self, check: Check) -> None:
        names = dict(self._staged)
        names.update({path: _aside(os.path.realpath(path), "check") for path in check.scratch})
        self._scratch.extend(names[path] for path in check.scratch)
        after = {change.path: change.after for change in self._changes}
        for path, text in check.scratch.items():
            # As readable as what it stands for: there may be secrets in it.
            like = self._host.read_file(path) or after.get(path) or FileState("")
            target = os.path.realpath(path)
            self._make_directory(os.path.dirname(target))
            _fill(names[path], like.with_text(_filled(text, names)), target)
        argv = tuple(_filled(word, names) for word in check.argv)
        outcome = self._host.run(argv)
        passed = re.search(check.passed, outcome.said) if check.passed else outcome.rc == 0
        if not passed:
            said = outcome.said
            for path, staged in names.items():
                said = said.replace(staged, path)
            # A complaint may show the line that it is about.
            for hidden in (hidden for change in self._changes for hidden in change.hide):
                said = said.replace(hidden, "********")
            found = re.finditer(check.telling, said) if check.telling else ()
            telling = "; ".join(" ".join(match.group().split()) for match in found)
            told = f"{(telling or said).rstrip('.')}. {check.hint}" if check.hint else telling or said
            raise Fault(f"{check.tool or argv[0]} refuses the new configuration", told)

    def _move(self) -> None:
        ready: list[tuple[FileChange, str, str | None]] = []
        try:
            for change in self._changes:
                # Removing a symbolic link takes the link alone.
                path = change.path if change.after is None else os.path.realpath(change.path)
                ready.append((change, path, self._keep(path, change.before)))
            while ready:
                change, path, kept = ready[0]
                if change.after is None:
                    os.unlink(path)
                else:
                    os.replace(self._staged[change.path], path)
                self._moved.append((path, kept))
                del ready[0]
        finally:
            for _change, _path, kept in ready:
                if kept is not None:
                    _unlink(kept)
        for directory in sorted({os.path.dirname(path) for path, _kept in self._moved}):
            sync_directory(directory)

    @staticmethod
    def _keep(path: str, before: FileState | None) -> str | None:
        kept = _aside(path, "kept")
        try:
            os.link(path, kept, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            if before is None or error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
                raise
            # A file system without hard links.
            _fill(kept, before, path)
        return kept

    @staticmethod
    def _put_back(path: str, kept: str | None) -> None:
        if kept is None:
            _unlink(path)
        else:
            os.replace(kept, path)
        sync_directory(os.path.dirname(path))

    def _sweep(self) -> None:
        for path in self._scratch:
            _unlink(path)
        self._scratch = []


def _filled(text: str, names: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: names.get(match.group(1), match.group(1)), text)
