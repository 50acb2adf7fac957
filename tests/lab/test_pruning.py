# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes from the cache when a new image has been built, and what stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from homelab_lab import paths, pruning


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "cache", lambda: tmp_path)
    return tmp_path


def use(cache: Path, name: str, hours_ago: float) -> None:
    pruning.used(name)
    stamp = cache / "used" / name
    then = stamp.stat().st_mtime - hours_ago * 3600
    os.utime(stamp, (then, then))


def test_old_folders_go_but_for_those_in_use(cache: Path) -> None:
    for name in (
        "debian12-now",
        "debian12-lately",
        "debian12-old",
        "debian12-runs",
        "debian12-unknown",
        "debian13-old",
    ):
        (cache / "machines" / name).mkdir(parents=True)
        (cache / "machines" / name / "root.ext4").write_text("")
    for name, hours in (("debian12-now", 0), ("debian12-lately", 2), ("debian12-old", 4), ("debian12-runs", 4)):
        use(cache, name, hours)
    # As qemu has it open.
    with (cache / "machines/debian12-runs/root.ext4").open():
        pruning.prune_folders(cache / "machines", "debian12")
    left = sorted(path.name for path in (cache / "machines").iterdir())
    assert left == ["debian12-lately", "debian12-now", "debian12-runs", "debian13-old"]
    pruning.prune_folders(cache / "machines", "debian12")
    assert not (cache / "machines/debian12-runs").exists()


def test_old_tags_go_from_the_top(cache: Path) -> None:
    prefix = "localhost/homelab-ipv6-"
    bare, full, clients = f"{prefix}debian12:aaa", f"{prefix}debian12-full:bbb", f"{prefix}debian12-clients:ddd"
    current = f"{prefix}debian12:ccc"
    pruning.used_tag(current, prefix)
    use(cache, "container-debian12-aaa", 4)
    listed = [bare, full, current, clients, f"{prefix}debian12:latest", "docker.io/library/debian:12"]
    assert pruning.old_tags(listed, prefix) == [full, clients, bare]
