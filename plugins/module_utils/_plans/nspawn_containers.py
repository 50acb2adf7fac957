# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nspawn_containers is going to do: images, each container's tree and files, and which of them are restarted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._values.errors import Refusal
from .conditions import Require
from .networkd_units import RELOAD
from .nspawn_binds import unusable
from .nspawn_files import UNIT_DIRECTORY, host_network
from .nspawn_others import not_ours, theirs
from .nspawn_wanted import COPY, Wanted
from .plan import FileChange, Files, FileState, Plan, State, file_steps
from .steps import Mark, Run, Serve, Step, UnitState
from .trees import PLACE, Identity, Keep, MakeLayer, MakeTree, RemoveTree, SweepTree

TARGET = "machines.target"
NETWORKD = "systemd-networkd.service"
MACHINED = "systemd-machined.service"
OFF = UnitState(False, False)
PACKAGE = "systemd-container"
# What systemd-nspawn tells of a container whose init has done all that it does at boot.
UP = r"^Container running: (?:Ready|Startup finished)"
# systemd gives a container 90 s to stop.
STOPPING = 120.0


class Found(NamedTuple):
    """The host as it is.

    :param trees: paths of the trees and layers that are there
    :param empty: paths of directories with nothing in them
    :param lowers: path of a layer → the path of the image that it lies over
    :param leftovers: paths of trees of which a run that was killed has left something
    :param machine_ids: path of a tree or layer → its machine-id, empty where it has none
    :param files: path → file, of those that are there
    :param units: name → state
    :param links: the interfaces
    :param sources: the tarballs and directories that are there, and what containers shall see of the host
    :param unmappable: of that, what the kernel cannot show with other owners
    :param unfinished: names of containers that an earlier run did not come to an end with
    :param masked: systemd-machined may not start
    :param others: path of a container's tree → what somebody else has in its place or beside it
    """

    trees: frozenset[str] = frozenset()
    leftovers: frozenset[str] = frozenset()
    machine_ids: Mapping[str, str] = {}
    files: Mapping[str, FileState] = {}
    units: Mapping[str, UnitState] = {}
    links: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    unfinished: frozenset[str] = frozenset()
    masked: bool = False
    empty: frozenset[str] = frozenset()
    lowers: Mapping[str, str] = {}
    others: Mapping[str, str] = {}
    unmappable: frozenset[str] = frozenset()

    @property
    def networkd(self) -> bool:
        return self.units.get(NETWORKD, OFF).active


def plan(wanted: Sequence[Wanted], found: Found, check_mode: bool) -> Plan:
    """What has to be done, container by container: what is done with one stays when the next one fails.

    :param check_mode: what a play has yet to bring about is then no error
    :raises Refusal: something that is not as it has to be before anything changes
    """
    missing: list[Refusal] = []
    steps: list[Step] = []
    states: list[State] = []
    made: set[str] = set(found.trees)
    for each in wanted:
        missing += _missing(each, found)
        mine, told = _up(each, found) if each.present else _down(each, found)
        if mine:
            done = "container" if each.present else "the removal of container"
            mine = [Mark(each.mark), *mine, Keep(f"{done} {each.name}")]
        steps += _image_steps(each, made, found) + mine
        states += told
    if missing and not check_mode:
        raise missing[0]
    target = found.units.get(TARGET, OFF)
    if not target.enabled and any(each.started for each in wanted):
        disable = ("systemctl", "disable", "--quiet", TARGET)
        steps.append(
            Run(("systemctl", "enable", "--quiet", TARGET), "have containers start at every boot", undo=disable)
        )
    warnings = tuple(f"{refusal} A run that is no check would end here." for refusal in missing)
    result = {
        "containers": [each.name for each in wanted if each.present],
        "missing": [str(refusal) for refusal in missing],
    }
    return Plan(tuple(steps), tuple(states), warnings, result)


def _missing(each: Wanted, found: Found) -> list[Refusal]:
    """What a container needs and the host has not, or has from somebody else."""
    refusals = theirs(each, found.files, found.others)
    if not each.present:
        if not refusals and each.name not in found.unfinished:
            unit = found.units.get(each.unit, OFF)
            refusals += not_ours(each, found.files, found.trees, found.machine_ids, unit)
        return refusals
    tree, image = each.tree, each.image
    refusals += _root_missing(each, found)
    if tree in found.trees and found.machine_ids.get(tree, "") != each.machine_id:
        has = found.machine_ids.get(tree) or "none"
        problem = f"is not the machine-id in {each.place}/etc/machine-id, which is {has}: its DUID would be another one"
        remedy = f"Write machine_id: {has}" if has != "none" else f"Write it into {each.place}/etc/machine-id"
        refusals.append(
            Refusal(f"{each.option}.machine_id", each.machine_id, problem, f"{remedy}, or remove the container first")
        )
    unit = found.units.get(each.unit, OFF)
    starts = each.started and (not unit.active or file_steps(_files(each, found)))
    if starts:
        refusals += unusable(each.binds, found.sources, found.unmappable)
    if starts and found.masked:
        problem = f"cannot start, since {MACHINED}, which knows a host's containers, is masked on this host"
        remedy = f"Run systemctl unmask {MACHINED} there"
        refusals.append(Refusal(f"{each.option}.name", each.name, problem, remedy))
    if starts and each.bridge and each.bridge not in found.links:
        remedy = "Make the bridge first, or write the name of one that is there"
        refusals.append(Refusal(f"{each.option}.bridge", each.bridge, "is not there on this host", remedy))
    if starts and each.files.get(host_network(each.name)) is not None and not found.networkd:
        problem = (
            "is routed, and this host's end of its link is configured by systemd-networkd, which does not run here"
        )
        refusals.append(Refusal(f"{each.option}.files", each.name, problem, f"Start {NETWORKD} first"))
    if image and {tree, image.path}.isdisjoint(found.trees) and image.source and image.source not in found.sources:
        option = f"{image.option}.{'tarball' if image.tarball else 'directory'}"
        refusals.append(Refusal(option, image.source, "is not there on this host", "Copy it there first"))
    return refusals


def _root_missing(each: Wanted, found: Found) -> list[Refusal]:
    """What there is of a container is kept, and was made in another way, or over what is there no longer."""
    remove = "or remove the container first"
    mounted = found.units.get(each.mount, OFF).active
    if each.overlay and each.layer not in found.trees and each.place in found.trees and not mounted:
        problem = f"is wanted, and {each.place} is a copy"
        return [Refusal(f"{each.option}.root", each.root, problem, f"Write root: copy, {remove}")]
    if not each.overlay and each.layer in found.trees:
        problem = f"is wanted, and {each.layer} is a layer"
        return [Refusal(f"{each.option}.root", each.root, problem, f"Write root: overlay, {remove}")]
    if not each.overlay or each.image is None or each.layer not in found.trees:
        return []
    lower = found.lowers.get(each.layer, "")
    if lower != each.image.path:
        problem = f"is not what {each.name} is a layer over, which is {lower or 'nothing'}"
        remedy = f"Write image: {lower.rpartition('/')[2] or 'its name'}, {remove}"
        return [Refusal(f"{each.option}.image", each.image.name, problem, remedy)]
    if lower not in found.trees:
        problem = f"is gone, and {each.name} is a layer over it, which is nothing over another one"
        return [Refusal(f"{each.option}.image", each.image.name, problem, f"Bring {lower} back as it was, {remove}")]
    return []


def _image_steps(each: Wanted, made: set[str], found: Found) -> list[Step]:
    """The image, where a tree is to be copied from it and it is not there yet."""
    image = each.image
    if image is None or image.path in made or each.tree in found.trees:
        return []
    made.add(image.path)
    return [image.step(), Keep(f"image {image.name}")]


def _files(each: Wanted, found: Found) -> tuple[FileChange, ...]:
    return tuple(
        FileChange(path, found.files.get(path), None if text is None else FileState(text))
        for path, text in each.files.items()
    )


def _up(each: Wanted, found: Found) -> tuple[list[Step], list[State]]:
    unit = found.units.get(each.unit, OFF)
    steps: list[Step] = []
    states = [State(each.unit, _shown(unit), _shown(UnitState(each.started, each.started)))]
    if each.tree not in found.trees and each.image is not None:
        made, shown = _tree(each, each.image.name, each.image.path)
        steps.append(made)
        states.append(shown)
    elif each.tree in found.leftovers:
        steps.append(SweepTree(each.tree))
    changed = file_steps(_files(each, found))
    steps += changed
    steps += _reloads(each, changed, found)
    unfinished = each.name in found.unfinished
    verb = ""
    if each.started:
        verb = "start" if not unit.active else "restart" if changed or unfinished else ""
    elif unit.active:
        verb = "stop"
    if verb == "start" and each.overlay and not found.units.get(each.mount, OFF).active:
        # The service would do it, and say less of what went wrong.
        steps.append(Serve(each.mount, "start", None, OFF, reread=True))
    if verb or unit.enabled != each.started:
        steps.append(
            Serve(
                each.unit,
                verb,
                None if unit.enabled == each.started else each.started,
                unit,
                reread=_rereads(changed) or unfinished,
                timeout=STOPPING,
                status=UP,
                patience=each.boot_timeout,
            )
        )
    if steps:
        steps.insert(0, Require("systemd-nspawn", PACKAGE))
    return steps, states


def _tree(each: Wanted, image: str, path: str) -> tuple[Step, State]:
    """What a new container has of its own."""
    identity = Identity(each.machine_id, each.name)
    shown = f"{'a layer over' if each.overlay else 'a copy of'} image {image}, machine-id {each.machine_id}\n"
    if each.overlay:
        what = f"make {each.tree} over image {image}"
        return MakeLayer(each.tree, path, each.place, what, identity), State(each.tree, "", shown)
    argv = (*COPY, f"{path}/.", PLACE)
    return MakeTree(each.tree, argv, f"make {each.tree} from image {image}", identity), State(each.tree, "", shown)


def _down(each: Wanted, found: Found) -> tuple[list[Step], list[State]]:
    unit = found.units.get(each.unit, OFF)
    steps: list[Step] = []
    states = [State(each.unit, _shown(unit), "")]
    if unit.active or unit.enabled:
        verb = "stop" if unit.active else ""
        steps.append(Serve(each.unit, verb, False if unit.enabled else None, unit, timeout=STOPPING, status=UP))
    mounted = found.units.get(each.mount, OFF).active
    if mounted:
        steps.append(Serve(each.mount, "stop", None, UnitState(True, False)))
    changed = file_steps(_files(each, found))
    steps += changed
    steps += _reloads(each, changed, found)
    if _rereads(changed) or each.name in found.unfinished:
        again = ("systemctl", "daemon-reload")
        steps.append(Run(again, "have systemd read its files again", recover=again))
    if mounted or each.place in found.empty:
        # Where the layer was seen; nothing of the container's is in it.
        steps.append(RemoveTree(each.place))
    elif each.place in found.trees and not each.keep_data:
        steps.append(RemoveTree(each.place))
        states.append(State(each.place, "a container's tree\n", ""))
    if each.layer in found.trees and not each.keep_data:
        steps.append(RemoveTree(each.layer))
        states.append(State(each.layer, "a container's layer\n", ""))
    removed = [step.path for step in steps if isinstance(step, RemoveTree)]
    steps += [SweepTree(path) for path in (each.place, each.layer) if path in found.leftovers and path not in removed]
    return steps, states


def _reloads(each: Wanted, changed: Sequence[Files], found: Found) -> list[Step]:
    """Have the host's networkd know its end of the link before the link is there."""
    paths_changed = {change.path for step in changed for change in step.changes}
    unfinished = each.name in found.unfinished and each.files.get(host_network(each.name)) is not None
    if found.networkd and (host_network(each.name) in paths_changed or unfinished):
        return [Run(RELOAD, "have networkd read its files again", recover=RELOAD)]
    return []


def _rereads(changed: Sequence[Files]) -> bool:
    return any(change.path.startswith(UNIT_DIRECTORY) for step in changed for change in step.changes)


def _shown(unit: UnitState) -> str:
    words = [word for word, on in (("runs", unit.active), ("starts at every boot", unit.enabled)) if on]
    return ", ".join(words) + "\n" if words else ""
