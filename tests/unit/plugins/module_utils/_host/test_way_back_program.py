# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that goes back runs from its one file, compiled or not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import way_back_program

PROBE = "import sys; sys.path.insert(0, sys.argv[1]); import homelab_ipv6._host.way_back_revert as r; print(r.SERVICE)"
BROKEN = b"raise SystemExit(3)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "program.pyz"
    path.write_bytes(way_back_program.program())
    return path


def rewritten(path: Path, of_names: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            ours = name.endswith(of_names) and "__" not in name
            archive.writestr(name, change(data) if ours else data)


def imported(path: Path) -> tuple[int, str, str]:
    argv = [sys.executable, "-I", "-S", "-c", PROBE, str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_needs_nothing_else(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    assert imported(path) == (0, "homelab-ipv6-way-back.service\n", "")


def test_is_not_compiled_again(path: Path) -> None:
    rewritten(path, ".py", lambda _source: BROKEN)
    assert imported(path) == (0, "homelab-ipv6-way-back.service\n", "")


def test_runs_on_a_python_of_another_release(path: Path) -> None:
    rewritten(path, ".pyc", lambda compiled: b"\0\0\r\n" + compiled[4:])
    assert imported(path) == (0, "homelab-ipv6-way-back.service\n", "")
    rewritten(path, ".py", lambda _source: BROKEN)
    assert imported(path)[0] == 3
