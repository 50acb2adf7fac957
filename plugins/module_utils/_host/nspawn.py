# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of containers on the host: their trees, their files, their units."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from .._plans.nspawn_containers import MACHINED, NETWORKD, TARGET, Found
from .._plans.nspawn_layers import LOWER, UPPER
from .._plans.nspawn_wanted import Wanted
from .._plans.plan import FileState
from .._plans.steps import UnitState
from .._plans.trees import fallen, staged
from .host import Host
from .idmapping import unmappable
from .trees import is_empty, is_tree, machine_id_of


def look(host: Host, wanted: Sequence[Wanted]) -> Found:
    """All that the plan has to know, for a whole set at once."""
    images = {each.image for each in wanted if each.image is not None}
    layers = {each.layer for each in wanted}
    trees = {each.place for each in wanted} | layers | {image.path for image in images}
    empty = frozenset(path for path in trees if is_empty(path))
    there = frozenset(path for path in trees if is_tree(path)) - empty
    mine = [unit for each in wanted for unit in (each.unit, each.mount)]
    binds = [bind for each in wanted for bind in each.binds]
    needed = {image.source for image in images} | {bind.path for bind in binds}
    sources = frozenset(path for path in needed if path and os.path.exists(path))
    units, masked = _units(host, [TARGET, NETWORKD, MACHINED, *mine])
    return Found(
        trees=there,
        leftovers=frozenset(path for path in trees if host.exists(staged(path)) or host.exists(fallen(path))),
        machine_ids={path: machine_id_of(f"{path}/{UPPER}" if path in layers else path) for path in there},
        files=_files(host, (path for each in wanted for path in each.files)),
        units=units,
        links=frozenset(each.bridge for each in wanted if each.bridge and host.exists("/sys/class/net/" + each.bridge)),
        sources=sources,
        unmappable=unmappable(sorted({bind.path for bind in binds if bind.idmap and bind.path in sources})),
        unfinished=frozenset(each.name for each in wanted if host.exists(each.mark)),
        masked=MACHINED in masked,
        empty=empty,
        others={each.place: path for each in wanted for path in _others(each.place)},
        lowers={path: os.readlink(f"{path}/{LOWER}") for path in there & layers if os.path.islink(f"{path}/{LOWER}")},
    )


def _others(place: str) -> list[str]:
    """What machined takes for a container of this name, and is no tree."""
    return [path for path in (place, f"{place}.raw") if os.path.lexists(path) and not is_tree(path)]


def _files(host: Host, paths: Iterable[str]) -> dict[str, FileState]:
    found = {path: host.read_file(path) for path in paths}
    return {path: state for path, state in found.items() if state is not None}


def _units(host: Host, names: Sequence[str]) -> tuple[dict[str, UnitState], set[str]]:
    """One question for all of them: twenty containers shall not cost twenty times one.

    :return: what each does, and those that are masked
    """
    if host.which("systemctl") is None:
        return {}, set()
    said = host.run(["systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState", *names]).out
    states: dict[str, UnitState] = {}
    masked: set[str] = set()
    for block in said.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        active = values.get("ActiveState") in ("active", "reloading", "activating")
        states[values.get("Id", "")] = UnitState(active, values.get("UnitFileState") == "enabled")
        if values.get("LoadState") == "masked":
            masked.add(values.get("Id", ""))
    return states, masked
