# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a way back lies on the host, and how it comes and goes: by one rename, so that it is there or it is not.

/var/lib/homelab-ipv6/way-back/
    program.pyz     what goes back without anybody's help
    armed/          the snapshot; while this directory is there, the change is unconfirmed
        manifest.json contents ballast [reverting.json touched.json]
    outcome.json    how the last change ended; all that stays
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from .._formats.way_back import (
    NotAManifest,
    Outcome,
    Snapshot,
    parse_outcome,
    parse_snapshot,
    render_outcome,
    render_snapshot,
)
from .._values.errors import Fault
from .durable import sync_directory
from .locks import DIRECTORY as LOCKS
from .locks import locked

DIRECTORY = "/var/lib/homelab-ipv6/way-back"
LOCK = LOCKS + "/homelab-ipv6-way-back.lock"
# Room for going back on a full disk beside what the files themselves need.
SPARE = 256 * 1024


class Reason(NamedTuple):
    """Why a change is being taken back: timeout, reboot or request; and what was said about it."""

    why: str
    detail: str = ""


class Busy(Fault):
    """Somebody else is at it, and stays."""


class Store:
    def __init__(self, directory: str = DIRECTORY, lock: str = LOCK) -> None:
        self.directory = directory
        self.program = os.path.join(directory, "program.pyz")
        self.armed = os.path.join(directory, "armed")
        self.contents = os.path.join(self.armed, "contents")
        self._outcome = os.path.join(directory, "outcome.json")
        self._lock = lock

    @contextlib.contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """One at a time arms, confirms or goes back.

        :raises Busy: somebody else is at it for longer than one is patient
        """
        waited = f"another run has been at it for {patience:g} s"
        with locked(self._lock, patience, Busy("reach the way back", waited, "Nothing was changed. Try again.")):
            yield

    def load(self) -> Snapshot | None:
        """What is armed.

        :raises NotAManifest: it cannot be read
        """
        text = self._read(os.path.join(self.armed, "manifest.json"))
        return parse_snapshot(text) if text is not None else None

    def is_armed(self) -> bool:
        return os.path.isdir(self.armed)

    def outcome(self) -> Outcome | None:
        text = self._read(self._outcome)
        try:
            return parse_outcome(text) if text is not None else None
        except NotAManifest:
            # A record of another release tells nothing that matters now.
            return None

    def write_outcome(self, outcome: Outcome) -> None:
        self._write(self._outcome, render_outcome(outcome))

    def reason(self) -> Reason | None:
        """Why it is being taken back, None where it is not."""
        data = self._note("reverting.json")
        return Reason(str(data.get("why", "timeout")), str(data.get("detail", ""))) if data is not None else None

    def write_reason(self, reason: Reason) -> None:
        """From here on there is no confirming any more, and whoever is killed is followed by another who goes on."""
        self._write(os.path.join(self.armed, "reverting.json"), json.dumps(reason._asdict()) + "\n")

    def touched(self) -> list[str]:
        """Files that were taken back already: those who read them may not have read them yet."""
        data = self._note("touched.json")
        return [str(path) for path in data["paths"]] if data else []

    def write_touched(self, paths: Iterable[str]) -> None:
        self._write(os.path.join(self.armed, "touched.json"), json.dumps({"paths": sorted(paths)}) + "\n")

    def _note(self, name: str) -> dict[str, Any] | None:
        text = self._read(os.path.join(self.armed, name))
        try:
            return dict(json.loads(text)) if text is not None else None
        except ValueError:
            return {}

    def begin(self) -> tuple[str, BinaryIO]:
        """A place to prepare in: (directory, file for the bytes of files). What was left of others goes."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        os.chmod(self.directory, 0o700)
        self.sweep()
        place = os.path.join(self.directory, f"new.{os.getpid()}")
        os.mkdir(place, 0o700)
        return place, open(os.path.join(place, "contents"), "wb", opener=_private)

    @staticmethod
    def seal(place: str, contents: BinaryIO) -> None:
        """The bytes are on the disk when this returns, and enough room to go back even if the disk is full by then."""
        contents.flush()
        os.fsync(contents.fileno())
        room = contents.tell() + SPARE
        contents.close()
        descriptor = os.open(os.path.join(place, "ballast"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, room)
        finally:
            os.close(descriptor)

    def describe(self, place: str, snapshot: Snapshot) -> None:
        self._write(os.path.join(place, "manifest.json"), render_snapshot(snapshot))

    def commit(self, place: str) -> None:
        os.rename(place, self.armed)
        sync_directory(self.directory)

    def write_program(self, data: bytes) -> None:
        aside = f"{self.program}.{os.getpid()}"
        with open(aside, "wb", opener=_private) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, self.program)

    def drop_ballast(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.armed, "ballast"))

    def disarm(self) -> None:
        """From the first line on nothing is armed."""
        os.rename(self.armed, os.path.join(self.directory, f"gone.{os.getpid()}"))
        sync_directory(self.directory)
        self.sweep()

    def sweep(self) -> None:
        """Remove snapshots that are none any more. One at a time is here, so nobody else's is among them."""
        for name in os.listdir(self.directory):
            if name.startswith(("new.", "gone.")):
                shutil.rmtree(os.path.join(self.directory, name), ignore_errors=True)
            elif name.startswith(("program.pyz.", "outcome.json.")):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(self.directory, name))

    def remove_program(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.program)

    @staticmethod
    def _read(path: str) -> str | None:
        try:
            with open(path, encoding="utf-8") as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    @staticmethod
    def _write(path: str, text: str) -> None:
        aside = f"{path}.{os.getpid()}"
        with open(aside, "w", encoding="utf-8", opener=_private) as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, path)
        sync_directory(os.path.dirname(path))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
