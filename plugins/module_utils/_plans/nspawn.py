# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `nspawn` mean: each container's identity, and the files that it is run from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._values.duid import networkd_duid
from .._values.errors import Refusal
from .._values.interface import parse_plain_interface
from .._values.ipv6 import parse_hardware_address, parse_host_address
from .._values.machine import (
    derived_hardware_address,
    derived_machine_id,
    parse_absolute_path,
    parse_capability,
    parse_machine_id,
    parse_machine_name,
)
from .nspawn_files import Bind, Machine, files, made_from, readable_limit
from .nspawn_networks import listening, refuse_macs, refuse_taken, unused
from .nspawn_resolving import read_dns, told
from .nspawn_routed import Link, parse_routed, read_link, refuse_common
from .nspawn_wanted import ROOTS
from .options import OptionReader

# What the options of the role begin with, and those of the profile that passes them on to it.
BLOCK = "nspawn_"
PROFILE = "container_host_"
SOURCES = ("suite", "tarball", "directory")
MODES = ("bridged", "routed")
USERS = ("pick", "identity", "no")
_LABEL = re.compile("[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Container:
    """A container as the module takes it.

    :param binds: what it sees of the host
    :param files: what it is run from, on the host
    :param started: whether it runs, now and after every boot
    """

    name: str
    state: str
    image: str = ""
    root: str = ROOTS[0]
    machine_id: str = ""
    bridge: str = ""
    binds: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, str]] = field(default_factory=list)
    started: bool = True
    keep_data: bool = False


@dataclass(frozen=True)
class Identity:
    """By what the rest of the network knows a container."""

    name: str
    machine_id: str
    mac: str
    duid: str
    addresses: list[str]
    routed: bool = False


@dataclass(frozen=True)
class RoutedLink:
    """The link of a routed container, as a firewall has to know it.

    :param interface: the host's end
    :param ipv4: networks
    """

    container: str
    interface: str
    prefixes: list[str]
    ipv4: list[str]


@dataclass(frozen=True)
class NspawnPlan:
    """All that is made, and all that is wrong with the options (then nothing else counts)."""

    problems: list[str]
    images: list[dict[str, Any]] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    links: list[RoutedLink] = field(default_factory=list)
    accept_ra: dict[str, Any] = field(default_factory=dict)
    units: list[dict[str, Any]] = field(default_factory=list)


def plan(options: Mapping[str, Any], prefix: str = BLOCK, network: Mapping[str, Any] | None = None) -> NspawnPlan:
    """Read the options, named without the role's prefix, and lay out what is made of them.

    :param prefix: what their names begin with in the user's eyes
    :param network: what link_info returned, if anybody asked
    """
    reader = OptionReader(prefix)
    routed = reader.many("routed_prefixes", options.get("routed_prefixes"), parse_routed)
    images = [
        _image(reader, f"images[{number}].", item, options)
        for number, item in enumerate(reader.listed("images", options.get("images")))
    ]
    _refuse_twice(reader, "images", [(image["name"], "name", image["name"]) for image in images])
    # Each once: two of one name are one mistake.
    names = list(dict.fromkeys(image["name"] for image in images))
    dns = read_dns(reader, options.get("routed_dns"), network)
    identities, containers, links = _read_containers(reader, {**options, "dns": dns}, names)
    if network:
        refuse_taken(reader, routed, links, network)
        refuse_macs(reader, {each.name: each.mac for each in identities}, network)
    if reader.problems:
        return NspawnPlan(reader.problems)
    laid_out = NspawnPlan([], images, containers, identities, [_routed_link(link) for link in links])
    if network and links:
        # Of these, the role that makes the bridge says whether they listen.
        others = [options.get("bridge_made") or "", options.get("bridge_over") or ""]
        accept_ra, units = listening(network, links, others)
        laid_out.accept_ra.update(accept_ra)
        laid_out.units.extend(units)
    if network:
        laid_out.units.extend(unused(routed, links, network))
    return laid_out


def _routed_link(link: Link) -> RoutedLink:
    ipv4 = [str(link.ipv4.network)] if link.ipv4 else []
    return RoutedLink(link.name, link.interface, [str(link.prefix)], ipv4)


def _read_containers(
    reader: OptionReader, options: Mapping[str, Any], images: Sequence[str] | None
) -> tuple[list[Identity], list[Container], list[Link]]:
    """Those that shall be there, what is made of all, and the links of routed ones.

    :param images: the names of the images; None where only identities matter
    """
    containers: list[Container] = []
    identities: list[Identity] = []
    links: list[Link] = []
    for number, item in enumerate(reader.listed("containers", options.get("containers"))):
        at = f"containers[{number}]."
        name = reader.one(at + "name", item.get("name"), parse_machine_name) or ""
        if reader.choice(at + "state", item.get("state", "present"), ("present", "absent")) == "absent":
            keeps = reader.truth(at + "keep_data", item.get("keep_data", False))
            machine_id = _machine_id(reader, at, name, item, options)
            containers.append(Container(name, "absent", machine_id=machine_id, keep_data=keeps))
        else:
            identity = _identity(reader, at, name, item, options)
            identities.append(identity)
            if images is not None:
                link = _link(reader, at, name, item, options)
                links += [link] if link else []
                containers.append(_container(reader, at, item, options, images, identity, link))
    _refuse_twice(reader, "containers", [(each.name, "name", each.name) for each in containers])
    _refuse_common(reader, identities)
    refuse_common(reader, links)
    return identities, containers, links


def hosts(machines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The containers of all container hosts that have addresses reserved, as static hosts of a DHCPv6 server.

    :param machines: the variables of each container host, as the inventory has them
    :raises Refusal: the first thing that is wrong with a container
    """
    found: list[dict[str, Any]] = []
    for machine in machines:
        where = str(machine.get("inventory_hostname") or "")
        # The profile hears of its own options alone.
        prefix = PROFILE if PROFILE + "containers" in machine else BLOCK
        reader = OptionReader(prefix)
        options = {key: machine.get(prefix + key) for key in ("containers", "mode")}
        options["seed"] = machine.get(prefix + "seed") or where
        identities, _containers, _links = _read_containers(reader, options, None)
        if reader.problems:
            problem = f"has a list of containers that cannot be right: {reader.problems[0].rstrip('.')}"
            raise Refusal("nspawn_hosts", where or "a container host", problem, "Mend it there")
        found += [
            # Two hosts may have containers of one name.
            {"name": _LABEL.sub("-", f"{where}-{each.name}").strip("-"), "machine_id": each.machine_id,
             "addresses": each.addresses}
            for each in identities
            # A routed one has its addresses without a server.
            if each.addresses and not each.routed
        ]  # fmt: skip
    return found


def _image(reader: OptionReader, at: str, item: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    given = [source for source in SOURCES if item.get(source)]
    if len(given) != 1:
        reader.refuse(at + "suite", " and ".join(given) or "nothing", *made_from(given))
    packages = [*(options.get("packages") or []), *(item.get("packages") or [])] if item.get("suite") else []
    for key in ("packages", "sources"):
        if item.get(key) and given and "suite" not in given:
            problem = f"is for what mmdebstrap makes, and this image is a {given[0]} as it stands"
            remedy = f"Leave it out, and have {given[0]} hold all that is to be in the image"
            reader.refuse(at + key, ", ".join(map(str, reader.listed(at + key, item[key]))), problem, remedy)
    for source in ("tarball", "directory"):
        if item.get(source):
            reader.one(at + source, item[source], parse_absolute_path)
    return {
        "name": reader.one(at + "name", item.get("name"), parse_machine_name) or "",
        "suite": item.get("suite") or "",
        "sources": [str(line) for line in reader.listed(at + "sources", item.get("sources"))],
        "packages": packages,
        "tarball": item.get("tarball") or "",
        "directory": item.get("directory") or "",
    }


def _identity(
    reader: OptionReader, at: str, name: str, item: Mapping[str, Any], options: Mapping[str, Any]
) -> Identity:
    machine_id = _machine_id(reader, at, name, item, options)
    mac = derived_hardware_address(machine_id)
    if item.get("mac") is not None:
        mac = reader.one(at + "mac", item["mac"], parse_hardware_address) or mac
    addresses = reader.many(at + "addresses", item.get("addresses"), parse_host_address)
    texts = [str(address) for address in addresses]
    return Identity(name, machine_id, mac, str(networkd_duid(machine_id)), texts, _mode(item, options) == "routed")


def _machine_id(reader: OptionReader, at: str, name: str, item: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    machine_id = derived_machine_id(str(options.get("seed") or ""), name)
    if item.get("machine_id") is not None:
        machine_id = reader.one(at + "machine_id", item["machine_id"], parse_machine_id) or machine_id
    return machine_id


def _mode(item: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    return str(item.get("mode") or options.get("mode") or MODES[0])


def _link(reader: OptionReader, at: str, name: str, item: Mapping[str, Any], options: Mapping[str, Any]) -> Link | None:
    """The link that a routed container has of its own."""
    if reader.choice(at + "mode", _mode(item, options), MODES) == "bridged":
        for key in ("prefix", "ipv4"):
            if item.get(key):
                reader.refuse(at + key, item[key], "is for a routed container", "Leave it out, or write mode: routed")
        return None
    # What is wrong with these is said once.
    routed = OptionReader("").many("routed_prefixes", options.get("routed_prefixes"), parse_routed)
    link = read_link(reader, at, name, item, routed)
    for address in item.get("addresses") or []:
        inside = link and reader.one(at + "addresses", address, parse_host_address)
        if link and inside and (inside not in link.prefix or inside == link.prefix[1]):
            problem = f"is not one that the container can have in its prefix, {link.prefix}"
            reader.refuse(at + "addresses", inside, problem, f"Write one such as {link.prefix[2]}")
    return told(reader, link, options.get("dns")) if link else None


def _container(
    reader: OptionReader,
    at: str,
    item: Mapping[str, Any],
    options: Mapping[str, Any],
    images: Sequence[str],
    identity: Identity,
    link: Link | None,
) -> Container:
    image = str(item.get("image") or (images[0] if len(images) == 1 else ""))
    if image not in images:
        listed = ", ".join(name for name in images if name) or "none"
        remedy = f"Write one of those in {reader.named('images')}: {listed}"
        reader.refuse(at + "image", repr(image), "is no image", remedy)
    bridge = reader.one(at + "bridge", item.get("bridge") or options.get("bridge"), parse_plain_interface) or ""
    users = reader.choice(at + "private_users", _users(item), USERS)
    binds = _binds(reader, at, item, users)
    machine = Machine(
        name=identity.name,
        bridge="" if identity.routed else bridge,
        link=link,
        addresses=tuple(f"{address}/{link.prefix.prefixlen}" for address in identity.addresses) if link else (),
        mac=identity.mac,
        private_users=users,
        binds=tuple(binds),
        capabilities=reader.many(at + "capabilities", item.get("capabilities"), parse_capability),
        drop_capabilities=reader.many(at + "drop_capabilities", item.get("drop_capabilities"), parse_capability),
        limits=_limits(reader, at + "limits.", item.get("limits") or {}),
    )
    return Container(
        name=identity.name,
        state="present",
        image=image,
        root=reader.choice(at + "root", item.get("root") or options.get("root") or ROOTS[0], ROOTS),
        machine_id=identity.machine_id,
        # The module need not look for one that the same play makes.
        bridge="" if machine.bridge == options.get("bridge_made") else machine.bridge,
        binds=[{"source": bind.source, "idmap": bind.idmap} for bind in binds],
        files=[{"path": path, "content": text} for path, text in files(machine).items()],
        started=reader.truth(at + "started", item.get("started", True)),
    )


def _users(item: Mapping[str, Any]) -> object:
    """As its user wrote it: YAML reads `no` as false."""
    users = item.get("private_users", USERS[0])
    return "no" if users is False else users


def _binds(reader: OptionReader, at: str, item: Mapping[str, Any], users: str) -> list[Bind]:
    binds: list[Bind] = []
    for number, entry in enumerate(reader.listed(at + "binds", item.get("binds"))):
        where = f"{at}binds[{number}]."
        source = reader.one(where + "source", entry.get("source"), parse_absolute_path)
        target = reader.one(where + "target", entry["target"], parse_absolute_path) if entry.get("target") else source
        if source is None or target is None:
            continue
        if target in [bind.target for bind in binds]:
            reader.refuse(where + "target", target, "is there twice", "Give each of them a place of its own")
        read_only = reader.truth(where + "read_only", entry.get("read_only", False))
        given = entry.get("idmap")
        idmap = not read_only if given is None else reader.truth(where + "idmap", given)
        # With the host's users there is nothing to translate.
        binds.append(Bind(source, target, read_only, idmap and users == USERS[0]))
    return binds


def _limits(reader: OptionReader, at: str, limits: Mapping[str, Any]) -> dict[str, str]:
    found = {key: reader.one(at + key, value, readable_limit(key)) for key, value in limits.items()}
    return {key: value for key, value in found.items() if value is not None}


def _refuse_common(reader: OptionReader, identities: Sequence[Identity]) -> None:
    _refuse_twice(reader, "containers", [(each.machine_id, "machine_id", each.name) for each in identities])
    _refuse_twice(reader, "containers", [(each.mac, "mac", each.name) for each in identities])
    pairs = [(address, "addresses", each.name) for each in identities for address in each.addresses]
    _refuse_twice(reader, "containers", pairs)


def _refuse_twice(reader: OptionReader, where: str, values: Sequence[tuple[str, str, str]]) -> None:
    """Refuse what two entries have alike.

    :param values: (value, option, name of the entry)
    """
    seen: dict[str, str] = {}
    for value, option, name in values:
        # Two of one name have all alike: that is one mistake.
        if value and value in seen and (option == "name" or seen[value] != name):
            both = "is there twice" if option == "name" else f"is both that of {seen[value]} and of {name}"
            reader.refuse(f"{where}[].{option}", value, both, "Give each of them one of its own")
        seen.setdefault(value, name)
