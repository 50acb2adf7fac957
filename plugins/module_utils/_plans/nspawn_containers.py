# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nspawn_containers is going to do: images, each container's tree and files, and which of them are restarted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._values.errors import Refusal, ValueProblem
from .._values.machine import parse_absolute_path, parse_machine_id, parse_machine_name
from .conditions import Require
from .networkd_units import RELOAD
from .nspawn_files import UNIT_DIRECTORY, host_network, made_from, paths, unit_name
from .plan import FileChange, Files, FileState, Plan, State, file_steps
from .steps import Mark, Run, Serve, Step, UnitState
from .trees import PLACE, Identity, Keep, MakeTree, RemoveTree, SweepTree

IMAGES = "/var/lib/homelab-ipv6/nspawn/"
MACHINES = "/var/lib/machines/"
MARKS = "/run/homelab-ipv6/nspawn_containers/"
TARGET = "machines.target"
NETWORKD = "systemd-networkd.service"
MACHINED = "systemd-machined.service"
OFF = UnitState(False, False)
PACKAGE = "systemd-container"
# What systemd-nspawn tells of a container whose init has done all that it does at boot.
UP = r"^Container running: (?:Ready|Startup finished)"
# systemd gives a container 90 s to stop.
STOPPING = 120.0
COPY = ("cp", "--archive", "--reflink=auto", "--one-file-system")
UNPACK = ("tar", "--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--acls")


class Image(NamedTuple):
    """What the trees of containers are copied from; made of one of the three: suite, tarball, directory."""

    name: str
    option: str
    suite: str = ""
    sources: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tarball: str = ""
    directory: str = ""

    @property
    def path(self) -> str:
        return IMAGES + self.name

    @property
    def source(self) -> str:
        """What has to be there to make it, on the host."""
        return self.tarball or self.directory

    def step(self) -> MakeTree:
        argv: tuple[str, ...]
        if self.tarball:
            argv = (*UNPACK, f"--file={self.tarball}", f"--directory={PLACE}")
            return MakeTree(self.path, argv, f"make image {self.name} from {self.tarball}")
        if self.directory:
            return MakeTree(
                self.path, (*COPY, f"{self.directory}/.", PLACE), f"make image {self.name} from {self.directory}"
            )
        packages = [f"--include={','.join(self.packages)}"] if self.packages else []
        argv = ("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", *packages, self.suite, PLACE)
        what = f"make image {self.name} from {self.suite} by mmdebstrap"
        return MakeTree(self.path, (*argv, *self.sources), what, tool=("mmdebstrap", "mmdebstrap"))


class Wanted(NamedTuple):
    """A container as it shall be.

    :param files: path → text, None for one that it does not have
    :param boot_timeout: seconds
    """

    name: str
    option: str
    present: bool
    keep_data: bool
    image: Image | None
    machine_id: str
    bridge: str
    files: Mapping[str, str | None]
    started: bool
    boot_timeout: float

    @property
    def unit(self) -> str:
        return unit_name(self.name)

    @property
    def tree(self) -> str:
        return MACHINES + self.name

    @property
    def mark(self) -> str:
        return MARKS + self.name


class Found(NamedTuple):
    """The host as it is.

    :param trees: paths of the trees that are there
    :param leftovers: paths of trees of which a run that was killed has left something
    :param machine_ids: path of a tree → its machine-id, empty where it has none
    :param files: path → file, of those that are there
    :param units: name → state
    :param links: the interfaces
    :param sources: the tarballs and directories that are there
    :param unfinished: names of containers that an earlier run did not come to an end with
    :param masked: systemd-machined may not start
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

    @property
    def networkd(self) -> bool:
        return self.units.get(NETWORKD, OFF).active


def read_options(params: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """The module's options.

    :raises Refusal: one that cannot be right
    """
    images = {
        image.name: image
        for number, item in enumerate(params["images"])
        for image in [_read_image(f"images[{number}]", item)]
    }
    found: list[Wanted] = []
    for number, item in enumerate(params["containers"]):
        option = f"containers[{number}]"
        found.append(_read_container(option, item, images, float(params["boot_timeout"])))
        if found[-1].name in [each.name for each in found[:-1]]:
            raise Refusal(f"{option}.name", found[-1].name, "is there twice", "Leave one out")
    return tuple(found)


def _read_image(option: str, item: Mapping[str, Any]) -> Image:
    given = [key for key in ("suite", "tarball", "directory") if item[key]]
    if len(given) != 1:
        raise Refusal(f"{option}.suite", " and ".join(given) or "nothing", *made_from(given))
    try:
        parse_machine_name(item["name"])
    except ValueProblem as problem:
        raise Refusal.of(f"{option}.name", problem) from None
    for key in ("tarball", "directory"):
        try:
            parse_absolute_path(item[key] or "/")
        except ValueProblem as problem:
            raise Refusal.of(f"{option}.{key}", problem) from None
    return Image(
        item["name"],
        option,
        item["suite"],
        tuple(item["sources"]),
        tuple(item["packages"]),
        item["tarball"],
        item["directory"],
    )


def _read_container(option: str, item: Mapping[str, Any], images: Mapping[str, Image], timeout: float) -> Wanted:
    try:
        name = parse_machine_name(item["name"])
    except ValueProblem as problem:
        raise Refusal.of(f"{option}.name", problem) from None
    present = item["state"] == "present"
    if not present:
        gone = dict.fromkeys(paths(name))
        return Wanted(name, option, False, item["keep_data"], None, "", "", gone, False, timeout)
    if item["image"] not in images:
        listed = ", ".join(images) or "none"
        raise Refusal(f"{option}.image", repr(item["image"] or ""), "is no image", f"Write one of images: {listed}")
    try:
        machine_id = parse_machine_id(item["machine_id"])
    except ValueProblem as problem:
        raise Refusal.of(f"{option}.machine_id", problem) from None
    files: dict[str, str | None] = {each["path"]: each["content"] for each in item["files"]}
    for path in files:
        if path not in paths(name):
            remedy = "Those of a container are " + ", ".join(paths(name))
            raise Refusal(f"{option}.files", path, "is no file that a container is run from", remedy)
    files = {path: files.get(path) for path in paths(name)}
    image, bridge = images[item["image"]], item["bridge"] or ""
    return Wanted(name, option, True, False, image, machine_id, bridge, files, item["started"], timeout)


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
        if each.present:
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
    """What a container needs and the host has not."""
    refusals: list[Refusal] = []
    tree, image = each.tree, each.image
    if tree in found.trees and found.machine_ids.get(tree, "") != each.machine_id:
        has = found.machine_ids.get(tree) or "none"
        problem = f"is not the machine-id in {tree}/etc/machine-id, which is {has}: its DUID would be another one"
        remedy = f"Write machine_id: {has}" if has != "none" else f"Write it into {tree}/etc/machine-id"
        refusals.append(
            Refusal(f"{each.option}.machine_id", each.machine_id, problem, f"{remedy}, or remove the container first")
        )
    unit = found.units.get(each.unit, OFF)
    starts = each.started and (not unit.active or file_steps(_files(each, found)))
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
        what = f"make {each.tree} from image {each.image.name}"
        argv = (*COPY, f"{each.image.path}/.", PLACE)
        steps.append(MakeTree(each.tree, argv, what, Identity(each.machine_id, each.name)))
        states.append(State(each.tree, "", f"a copy of image {each.image.name}, machine-id {each.machine_id}\n"))
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


def _down(each: Wanted, found: Found) -> tuple[list[Step], list[State]]:
    unit = found.units.get(each.unit, OFF)
    steps: list[Step] = []
    states = [State(each.unit, _shown(unit), "")]
    if unit.active or unit.enabled:
        verb = "stop" if unit.active else ""
        steps.append(Serve(each.unit, verb, False if unit.enabled else None, unit, timeout=STOPPING, status=UP))
    changed = file_steps(_files(each, found))
    steps += changed
    steps += _reloads(each, changed, found)
    if _rereads(changed) or each.name in found.unfinished:
        again = ("systemctl", "daemon-reload")
        steps.append(Run(again, "have systemd read its files again", recover=again))
    if each.tree in found.trees and not each.keep_data:
        steps.append(RemoveTree(each.tree))
        states.append(State(each.tree, "a container's tree\n", ""))
    elif each.tree in found.leftovers:
        steps.append(SweepTree(each.tree))
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
