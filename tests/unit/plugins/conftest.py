# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the host need: files as they are, and a network that is nobody's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
COLLECTIONS = ROOT / ".cache/collections"


@dataclass(frozen=True)
class Entry:
    """All of a directory entry that must come back: the inode's times and number are not among it."""

    kind: str
    content: bytes
    mode: int
    owner: tuple[int, int]
    attributes: tuple[tuple[str, bytes], ...]


def _entry(path: Path) -> Entry:
    found = path.lstat()
    if path.is_symlink():
        return Entry("link", str(path.readlink()).encode(), 0, (found.st_uid, found.st_gid), ())
    attributes = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    content = b"" if path.is_dir() else path.read_bytes()
    kind = "directory" if path.is_dir() else "file"
    return Entry(kind, content, found.st_mode & 0o7777, (found.st_uid, found.st_gid), attributes)


@pytest.fixture(scope="session")
def tree() -> Callable[[Path], dict[str, Entry]]:
    """Everything below a directory, by relative path."""
    return lambda root: {str(path.relative_to(root)): _entry(path) for path in sorted(root.rglob("*"))}


class Island:
    """A network and a /sys of its own, and mounts that nobody else sees. It goes when the test ends."""

    def __init__(self) -> None:
        setup = "mount -t sysfs sysfs /sys && echo ready && exec cat"
        self._keeper = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", setup], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == "ready\n"

    def close(self) -> None:
        self._keeper.communicate()

    def argv(self, argv: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self._keeper.pid}", "--net", "--mount", *argv]

    def run(self, *argv: str, stdin: str = "", check: bool = True) -> str:
        done = subprocess.run(self.argv(argv), input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{argv} failed: {done.stdout}{done.stderr}"
        return done.stdout

    def python(self, source: str) -> str:
        """Run Python source there, with the collection importable."""
        return self.run("env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-", stdin=source)

    def module(self, name: str, /, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module of the collection as Ansible does, options on standard input and the result on output."""
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check_mode}})
        result: dict[str, Any] = json.loads(self.run(*self.python_module(name), stdin=arguments, check=False))
        return result

    @staticmethod
    def python_module(name: str, room: str = "plugins.modules") -> tuple[str, ...]:
        module = f"ansible_collections.homelab.ipv6.{room}.{name}"
        return ("env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-m", module)


@pytest.fixture
def island() -> Iterator[Island]:
    if os.geteuid() != 0:
        pytest.skip("needs root for a network namespace")
    found = Island()
    try:
        yield found
    finally:
        found.close()
