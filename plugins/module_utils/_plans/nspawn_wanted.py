# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nspawn_containers is asked for: images, and containers that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._values.errors import Refusal, ValueProblem
from .._values.machine import parse_absolute_path, parse_machine_id, parse_machine_name
from .nspawn_binds import Source, read_sources
from .nspawn_files import made_from, paths, signed, unit_name
from .nspawn_layers import IMAGES, LAYERS, MACHINES, mount_file, mount_path, mount_unit
from .trees import PLACE, MakeTree

MARKS = "/run/homelab-ipv6/nspawn_containers/"
ROOTS = ("copy", "overlay")
COPY = ("cp", "--archive", "--reflink=auto", "--one-file-system")
UNPACK = ("tar", "--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--acls")


class Image(NamedTuple):
    """What containers are copies of, or layers over; made of one of the three: suite, tarball, directory."""

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

    :param root: one of ROOTS, empty for one that shall not be there
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
    root: str = ""
    binds: tuple[Source, ...] = ()

    @property
    def unit(self) -> str:
        return unit_name(self.name)

    @property
    def mount(self) -> str:
        """The unit that puts its layer over its image."""
        return mount_unit(self.name)

    @property
    def place(self) -> str:
        """Where it is run from."""
        return MACHINES + self.name

    @property
    def layer(self) -> str:
        return LAYERS + self.name

    @property
    def overlay(self) -> bool:
        return self.root == "overlay"

    @property
    def tree(self) -> str:
        """What is its own."""
        return self.layer if self.overlay else self.place

    @property
    def mark(self) -> str:
        return MARKS + self.name


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
        gone = dict.fromkeys((*paths(name), mount_path(name)))
        machine_id = _read_machine_id(option, item) if item["machine_id"] else ""
        return Wanted(name, option, False, item["keep_data"], None, machine_id, "", gone, False, timeout)
    if item["image"] not in images:
        listed = ", ".join(images) or "none"
        raise Refusal(f"{option}.image", repr(item["image"] or ""), "is no image", f"Write one of images: {listed}")
    machine_id = _read_machine_id(option, item)
    files: dict[str, str | None] = {each["path"]: signed(each["content"]) for each in item["files"]}
    for path in files:
        if path not in paths(name):
            remedy = "Those of a container are " + ", ".join(paths(name))
            raise Refusal(f"{option}.files", path, "is no file that a container is run from", remedy)
    root = item["root"]
    mount = mount_file(name) if root == "overlay" else None
    files = {**{path: files.get(path) for path in paths(name)}, mount_path(name): mount}
    image, bridge = images[item["image"]], item["bridge"] or ""
    binds = read_sources(f"{option}.binds", item["binds"])
    return Wanted(name, option, True, False, image, machine_id, bridge, files, item["started"], timeout, root, binds)


def _read_machine_id(option: str, item: Mapping[str, Any]) -> str:
    try:
        return parse_machine_id(item["machine_id"])
    except ValueProblem as problem:
        raise Refusal.of(f"{option}.machine_id", problem) from None
