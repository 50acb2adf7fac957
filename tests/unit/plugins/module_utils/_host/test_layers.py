# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers over an image, with the kernel's own overlays: whole, or not there, and nothing mounted that should not be."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import trees
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_layers import overlay_options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import (
    Identity,
    Keep,
    MakeLayer,
    RemoveTree,
    SweepTree,
    fallen,
    staged,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount"),
    pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemd is not installed"),
    pytest.mark.skipif("overlay" not in Path("/proc/filesystems").read_text(), reason="the kernel has no overlays"),
]
ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
UNIT = "[Install]\nWantedBy=multi-user.target\n"
FAIL = Run(("false",), "fail")


def mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True, timeout=60)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, whatever temporary files lie on."""
    path = tmp_path / "disk"
    path.mkdir()
    mount("-t", "tmpfs", "-o", "size=8M", "tmpfs", path)
    yield path
    subprocess.run(["umount", "--recursive", path], check=True, timeout=60)


@pytest.fixture
def image(disk: Path) -> Path:
    """As much of a system as is looked at."""
    root = disk / "images/whole"
    for name, text in {
        "usr/lib/systemd/system/systemd-networkd.service": UNIT,
        "etc/machine-id": "f" * 32 + "\n",
        "etc/hostname": "image\n",
        "etc/ssh/ssh_host_ed25519_key": "the image's own\n",
        "srv/data": "data\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def web(disk: Path) -> Path:
    return disk / "layers/web"


@pytest.fixture
def step(image: Path, web: Path, disk: Path) -> MakeLayer:
    point = disk / "machines/web"
    point.mkdir(parents=True)
    return MakeLayer(str(web), str(image), str(point), "make web", Identity(ID, "web"))


def together(step: MakeLayer) -> Path:
    mount("-t", "overlay", "overlay", "-o", overlay_options(step.path), step.point)
    return Path(step.point)


def seen(root: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.lstat().st_ino, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


def test_a_layer_is_a_machine_of_its_own_and_the_image_stays(step: MakeLayer, image: Path, web: Path) -> None:
    before = seen(image)
    apply(Host(), [step])
    assert sorted(entry.name for entry in web.iterdir()) == ["lower", "upper", "work"]
    assert (web / "lower").readlink() == image
    assert trees.machine_id_of(str(web / "upper")) == ID
    assert web.stat().st_mode & 0o777 == 0o700
    root = together(step)
    assert (root / "etc/hostname").read_text() == "web\n"
    assert (root / "srv/data").read_text() == "data\n"
    assert not (root / "etc/ssh/ssh_host_ed25519_key").exists()
    assert (root / "etc/systemd/system/multi-user.target.wants/systemd-networkd.service").is_symlink()
    assert root.stat().st_mode & 0o777 == 0o755
    # What was not written has no copy.
    assert not (web / "upper/srv").exists()
    assert seen(image) == before


def test_another_owner_is_no_copy(step: MakeLayer, image: Path, web: Path) -> None:
    (image / "usr/big").write_bytes(bytes(1 << 20))
    apply(Host(), [step])
    os.chown(together(step) / "usr/big", 100000, 100000)
    copied_up = (web / "upper/usr/big").stat()
    assert (copied_up.st_uid, copied_up.st_size, copied_up.st_blocks) == (100000, 1 << 20, 0)
    assert (image / "usr/big").stat().st_uid == 0


def test_another_image_is_refused_by_the_kernel(step: MakeLayer, image: Path) -> None:
    apply(Host(), [step])
    shutil.move(image, f"{image}-old")
    shutil.copytree(f"{image}-old", image)
    argv = ["mount", "-t", "overlay", "overlay", "-o", overlay_options(step.path), step.point]
    assert "Stale file handle" in subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60).stderr


def test_it_is_taken_back_from_where_it_is_mounted(step: MakeLayer, web: Path) -> None:
    # As the container that does not boot has it.
    start = Run(("mount", "-t", "overlay", "overlay", "-o", overlay_options(step.path), step.point), "start")
    with pytest.raises(Fault, match=r"^fail .* Everything is as it was before\.$"):
        apply(Host(), [step, start, FAIL])
    assert not os.path.lexists(step.point)
    assert list(web.parent.iterdir()) == []


def test_nothing_is_left_of_half_a_layer(step: MakeLayer, image: Path, web: Path) -> None:
    (image / "usr/lib/systemd/system/systemd-networkd.service").unlink()
    with pytest.raises(Fault, match=r"^make web: the image has no systemd-networkd"):
        apply(Host(), [step])
    assert list(web.parent.iterdir()) == []


def test_what_a_killed_run_has_left_is_swept(step: MakeLayer, web: Path) -> None:
    left = Path(staged(step.path))
    for name in ("upper", "work", "merged"):
        (left / name).mkdir(parents=True)
    (left / "lower").symlink_to(step.lower)
    mount("-t", "overlay", "overlay", "-o", overlay_options(str(left)), left / "merged")
    (left / "merged/srv/data").write_text("half\n")
    apply(Host(), [SweepTree(step.path)])
    assert list(web.parent.iterdir()) == []
    assert (Path(step.lower) / "srv/data").read_text() == "data\n"
    apply(Host(), [step])
    assert [entry.name for entry in web.parent.iterdir()] == ["web"]


def test_a_disk_that_is_full(step: MakeLayer, disk: Path, web: Path) -> None:
    before = seen(Path(step.lower))
    subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=4096"], check=False, timeout=60)
    with pytest.raises(Fault, match=r"No space left on device"):
        apply(Host(), [step])
    assert [list(parent.iterdir()) for parent in [web.parent] if parent.exists()] in ([], [[]])
    assert seen(Path(step.lower)) == before


def test_where_there_can_be_no_layers(step: MakeLayer, disk: Path) -> None:
    # Overlays are no place for the upper layers of others.
    for name in ("lower", "upper", "work", "merged"):
        (disk / "other" / name).mkdir(parents=True)
    merged = disk / "other/merged"
    mount("-t", "overlay", "overlay", "-o", overlay_options(str(disk / "other")), merged)
    said = rf"^make web: the file system of {merged}/layers, or the kernel, cannot have layers: .*Write root: copy, or "
    with pytest.raises(Fault, match=said):
        apply(Host(), [step._replace(path=f"{merged}/layers/web")])
    assert list((merged / "layers").iterdir()) == []


def test_removal_and_its_taking_back(step: MakeLayer, web: Path) -> None:
    apply(Host(), [step])
    with pytest.raises(Fault):
        apply(Host(), [RemoveTree(step.path), FAIL])
    assert trees.machine_id_of(str(web / "upper")) == ID
    together(step)
    with pytest.raises(Fault, match="busy"):
        apply(Host(), [RemoveTree(step.point)])
    subprocess.run(["umount", step.point], check=True, timeout=60)
    apply(Host(), [RemoveTree(step.point), RemoveTree(step.path), Keep("it")])
    assert list(web.parent.iterdir()) == []
    assert not os.path.lexists(fallen(step.path))
