# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files as a way back remembers them and puts them back: content, mode, owner, attributes, links, and absence."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Callable

from .._formats.way_back import Entry
from .._plans.way_back_units import touched_paths
from .._values.errors import Refusal

MOST_ENTRIES = 20_000
MOST_BYTES = 64 * 1024 * 1024
# What the way back itself has on the host is no part of what it remembers.
OWN_PREFIX = "homelab-ipv6-way-back"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

Report = Callable[[str], None]


def remember(roots: Sequence[str], contents: BinaryIO | None = None) -> tuple[Entry, ...]:
    """All below some paths, each once, parents before what is in them.

    :param contents: where the bytes of the files go; None looks only
    :raises Refusal: more than is reasonable
    """
    found: dict[str, Entry] = {}
    total = 0
    for path in _names(roots):
        if path in found:
            continue
        entry = _look(path, contents, total)
        found[path] = entry
        total += entry.size
        if contents is not None and (len(found) > MOST_ENTRIES or total > MOST_BYTES):
            most = f"more than {MOST_ENTRIES} files or {MOST_BYTES // 2**20} MiB"
            raise Refusal("paths", path, f"is among {most}", "Name only what the change touches; nothing was changed")
    return tuple(found.values())


def _names(roots: Sequence[str]) -> Iterator[str]:
    for root in roots:
        yield from _absent_parents(root)
        yield from _below(root)
        # Whoever names a link means what it leads to, too.
        if os.path.islink(root):
            yield from _below(os.path.realpath(root))


def _absent_parents(path: str) -> list[str]:
    missing: list[str] = []
    parent = os.path.dirname(path)
    while parent not in ("", "/") and not os.path.lexists(parent):
        missing.append(parent)
        parent = os.path.dirname(parent)
    return missing[::-1]


def _below(path: str) -> Iterator[str]:
    if os.path.basename(path).startswith(OWN_PREFIX):
        return
    yield path
    if os.path.isdir(path) and not os.path.islink(path):
        try:
            names = sorted(os.listdir(path))
        except FileNotFoundError:
            return
        for name in names:
            yield from _below(os.path.join(path, name))


def _look(path: str, contents: BinaryIO | None, offset: int) -> Entry:
    try:
        found = os.lstat(path)
        return _describe(path, found, contents, offset)
    except (FileNotFoundError, NotADirectoryError):
        return Entry(path, "absent")


def _describe(path: str, found: os.stat_result, contents: BinaryIO | None, offset: int) -> Entry:
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISLNK(found.st_mode):
        return Entry(path, "link", 0, found.st_uid, found.st_gid, target=os.readlink(path))
    if stat.S_ISDIR(found.st_mode):
        return Entry(path, "directory", mode, found.st_uid, found.st_gid, _attributes(path))
    if not stat.S_ISREG(found.st_mode):
        return Entry(path, "other")
    with open(path, "rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if contents is not None:
        contents.write(data)
    digest = hashlib.sha256(data).hexdigest()
    attributes = _attributes(path)
    return Entry(path, "file", mode, found.st_uid, found.st_gid, attributes, "", offset, len(data), digest)


def _attributes(path: str) -> tuple[tuple[str, str], ...]:
    try:
        names = sorted(os.listxattr(path))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return ()
    return tuple((name, os.getxattr(path, name).hex()) for name in names)


class Restoration:
    """Puts remembered files back, as many as can be.

    :param contents: the file with their bytes
    """

    def __init__(self, entries: Iterable[Entry], contents: str) -> None:
        self._had = {entry.path: entry for entry in entries}
        self._contents = contents

    def differing(self, roots: Sequence[str]) -> list[str]:
        now = {entry.path: entry for entry in remember(roots)}
        for path, entry in self._had.items():
            # A directory above a path, where there was none.
            if entry.kind == "absent" and path not in now:
                now[path] = _look(path, None, 0)
        return touched_paths(self._had.values(), now.values())

    def put_back(self, paths: Iterable[str], report: Report) -> list[str]:
        """Returns what could not be put back, with the reason; ``report`` hears of each path that was."""
        problems: list[str] = []
        paths = sorted(paths)
        # Removing goes from the leaves to the root, making the other way.
        unwanted = [path for path in reversed(paths) if self._kind(path) == "absent" or self._is_another(path)]
        wanted = [path for path in paths if self._kind(path) != "absent"]
        for path, work in [(path, self._remove) for path in unwanted] + [(path, self._make) for path in wanted]:
            try:
                work(path)
            except OSError as error:
                problems.append(f"{path}: {error.strerror or error}")
            else:
                report(path)
        return problems

    def _kind(self, path: str) -> str:
        return self._had[path].kind if path in self._had else "absent"

    def _is_another(self, path: str) -> bool:
        """It is there, as something that the remembered one cannot take the place of."""
        if not os.path.lexists(path):
            return False
        is_directory = os.path.isdir(path) and not os.path.islink(path)
        return is_directory != (self._kind(path) == "directory")

    @staticmethod
    def _remove(path: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)

    def _make(self, path: str) -> None:
        entry = self._had[path]
        if entry.kind == "directory":
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
            _dress(path, entry)
        elif entry.kind == "link":
            aside = _aside(path)
            os.symlink(entry.target, aside)
            os.chown(aside, entry.uid, entry.gid, follow_symlinks=False)
            os.replace(aside, path)
        elif entry.kind == "file":
            self._make_file(path, entry)

    def _make_file(self, path: str, entry: Entry) -> None:
        data = self._bytes(entry)
        aside = _aside(path)
        try:
            _fill(aside, data, os.O_CREAT | os.O_EXCL)
            _dress(aside, entry)
            os.replace(aside, path)
        except OSError as error:
            _unlink(aside)
            if error.errno not in NO_SPACE:
                raise
            # No room beside it: over it is better than not at all.
            _fill(path, data, os.O_CREAT | os.O_TRUNC)
            _dress(path, entry)

    def _bytes(self, entry: Entry) -> bytes:
        with open(self._contents, "rb") as stream:
            stream.seek(entry.offset)
            data = stream.read(entry.size)
        if hashlib.sha256(data).hexdigest() != entry.digest:
            raise OSError(errno.EIO, "what was remembered of it is damaged", entry.path)
        return data


def _aside(path: str) -> str:
    directory, name = os.path.split(path)
    aside = os.path.join(directory, f".{name}.{os.getpid()}-0.staged")
    _unlink(aside)
    return aside


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _fill(path: str, data: bytes, how: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | how, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _dress(path: str, entry: Entry) -> None:
    """Owner, mode and attributes; what it has of these and had not before goes."""
    os.chown(path, entry.uid, entry.gid)
    os.chmod(path, entry.mode)
    had = dict(entry.attributes)
    for name, value in _attributes(path):
        if had.get(name) != value and name not in had:
            os.removexattr(path, name)
    for name, value in had.items():
        os.setxattr(path, name, bytes.fromhex(value))
