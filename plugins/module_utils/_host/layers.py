# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers over an image: made aside, given an identity while both are mounted together, and moved into place."""

from __future__ import annotations

import os

from .._plans.nspawn_layers import FEATURES, LOWER, MERGED, UPPER, WORK, overlay_options
from .._plans.trees import MakeLayer, staged
from .._values.errors import Fault
from . import trees
from .host import Host

REMEDY = "Write root: copy, or have this directory on a file system that can, such as ext4, xfs or btrfs"


def make(host: Host, step: MakeLayer) -> None:
    """Carry the step out.

    :raises Fault: it could not be made; nothing of it is left
    """
    place = staged(step.path)
    merged = f"{place}/{MERGED}"
    trees.sweep(host, step.path)
    try:
        os.makedirs(os.path.dirname(step.path), mode=0o700, exist_ok=True)
        os.mkdir(place, 0o700)
        for name in (UPPER, WORK, MERGED):
            os.mkdir(f"{place}/{name}", 0o755)
        os.chmod(f"{place}/{UPPER}", 0o755)  # noqa: S103 (the root directory of a system)
        os.symlink(step.lower, f"{place}/{LOWER}")
        _mount(host, step, place)
        trees.identify(host, merged, step.what, step.identity)
        trees.unmount(host, merged)
        os.rmdir(merged)
        trees.move(host, step.path, step.timeout)
    except BaseException:
        trees.sweep(host, step.path)
        raise


def _mount(host: Host, step: MakeLayer, place: str) -> None:
    """Mount it as it is going to be, which not every kernel and not every file system can."""
    merged = f"{place}/{MERGED}"
    said = f"the file system of {os.path.dirname(step.path)}, or the kernel, cannot have layers"
    outcome = host.run(["mount", "-t", "overlay", "overlay", "-o", overlay_options(place), merged])
    if outcome.rc != 0:
        raise Fault(step.what, f"{said}: {outcome.said.splitlines()[0]} {REMEDY}")
    # What it cannot do, the kernel leaves out and tells nobody but its log.
    lines = [line.split() for line in (host.read_text("/proc/self/mountinfo") or "").splitlines()]
    has = {option for words in lines if words[4] == merged for option in words[-1].split(",")}
    lacking = [feature for feature in FEATURES if feature not in has]
    if lacking:
        raise Fault(step.what, f"{said} with {', '.join(lacking)}. {REMEDY}")


def discard(host: Host, step: MakeLayer) -> None:
    """Take a layer away again, from where it may be mounted too.

    :raises Fault: it cannot be taken away
    """
    trees.unmount(host, step.point)
    if trees.is_empty(step.point):
        os.rmdir(step.point)
    trees.discard(host, step.path)
