# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel that this runs on can show with other owners: asked, not known."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.idmapping import unmappable

# Names of file systems as statfs(2) has them, of which every Linux since 6.3 can show other owners.
CAN = {"ext2/ext3", "xfs", "btrfs", "tmpfs"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask")
def test_the_kernel_is_asked(tmp_path: Path) -> None:
    said = subprocess.run(
        ["stat", "--file-system", "--format=%T", tmp_path], capture_output=True, text=True, check=True
    )
    if said.stdout.strip() not in CAN:
        pytest.skip(f"{tmp_path} is on {said.stdout.strip()}")
    file = tmp_path / "file"
    file.touch()
    before = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    assert unmappable([str(tmp_path), str(file), "/proc", "/dev/pts"]) == {"/proc", "/dev/pts"}
    # Nothing stays mounted.
    assert Path("/proc/self/mountinfo").read_text(encoding="utf-8") == before


def test_nothing_is_asked_without_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert unmappable([]) == frozenset()
    # Where it cannot be asked, systemd-nspawn finds out.
    assert unmappable(["/proc"]) == frozenset()
