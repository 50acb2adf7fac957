# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes old images out of the cache when a new one has been built.

All checkouts share one cache, and each may have recipes of its own: what any of them has used of late stays, and so
does what a machine runs from.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from . import paths
from .run import execute, say

KEPT_FOR = 3 * 3600  # seconds since an image was last used


def _stamp(name: str) -> Path:
    folder = paths.cache() / "used"
    folder.mkdir(exist_ok=True)
    return folder / name


def used(name: str) -> None:
    """An image, known by its name and hash, is about to be used."""
    _stamp(name).touch()


def _is_old(name: str) -> bool:
    stamp = _stamp(name)
    return not stamp.exists() or time.time() - stamp.stat().st_mtime > KEPT_FOR


def prune_folders(folder: Path, system: str) -> None:
    """Remove a system's old machine images, or its kept boots."""
    there = [path for path in folder.glob(f"{system}-*") if _is_old(path.name)]
    busy = set(_open_files()) if there else set()
    for path in there:
        if not any(file.is_relative_to(path) for file in busy):
            say(f"removing the old image {path.name}")
            shutil.rmtree(path)
            _stamp(path.name).unlink(missing_ok=True)


def _open_files() -> Iterator[Path]:
    """What any process has open: a virtual machine's disk, and the image that it goes back to."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            yield link.readlink()
        except OSError:
            # Closed, or its process ended, while we look.
            continue


def old_tags(references: Collection[str], prefix: str) -> list[str]:
    """Of `podman images`' names, those of old images; a variant before the bare one below it."""
    tagged = [reference for reference in references if reference.startswith(prefix)]
    found = [one for one in tagged if not one.endswith(":latest") and _is_old(_name(one, prefix))]
    return sorted(found, key=lambda reference: "-" not in reference.removeprefix(prefix).partition(":")[0])


def _name(reference: str, prefix: str) -> str:
    return "container-" + reference.removeprefix(prefix).replace(":", "-")


def used_tag(reference: str, prefix: str) -> None:
    used(_name(reference, prefix))


def prune_tags(prefix: str) -> None:
    """Remove old container images; podman itself refuses for one that a container is made from."""
    argv = [str(paths.ENTER), "podman"]
    listed = execute([*argv, "images", "--format={{.Repository}}:{{.Tag}}"], timeout=60).stdout.split()
    for reference in old_tags(listed, prefix):
        if execute([*argv, "rmi", reference], timeout=120, check=False).returncode == 0:
            say(f"removed the old image {reference}")
            _stamp(_name(reference, prefix)).unlink(missing_ok=True)
