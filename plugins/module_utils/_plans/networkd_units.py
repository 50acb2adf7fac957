# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What networkd_units is going to do: a set of unit files, checked against networkd's vocabulary."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._formats.networkd import Section, Setting, Unit, parse, render
from .._formats.networkd_vocabulary import REQUIRED, Vocabulary, spelled
from .._values.errors import Refusal, ValueProblem
from .._values.interface import parse_interface
from . import bridge_vlans
from .handover import Handover
from .plan import FileChange, FileState, Plan, file_steps
from .steps import Run, Step

DIRECTORY = "/etc/systemd/network/"
HEADER = ("# Managed by Ansible (homelab.ipv6.networkd_units): edits here are lost at the next run.",)
_WORD = r"[\w@:+-][\w.@:+-]*"
NAME = re.compile(rf"^{_WORD}\.(?P<file>network|netdev|link)(?P<dropin>\.d/{_WORD}\.conf)?$")
RELOAD = ("networkctl", "reload")
SERVICE = "systemd-networkd.service"
RESTART = ("systemctl", "restart", SERVICE)
WAIT_ONLINE = "systemd-networkd-wait-online.service"
# systemd 257 changes a device whose .netdev has changed; until then only a device that is missing is made.
CHANGES_DEVICES = 257
SECRETS = ("PrivateKey", "PresharedKey", "Password", "Key")


@dataclass(frozen=True)
class WantedUnit:
    """A file as it shall be.

    :param unit: None where there shall be none
    :param file: network, netdev or link
    :param dropin: whether it only adds to another file
    :param option: where the user wrote it
    """

    name: str
    unit: Unit | None
    file: str
    dropin: bool
    option: str

    @property
    def path(self) -> str:
        return DIRECTORY + self.name

    @property
    def secret(self) -> bool:
        settings = [setting for each in (self.unit.sections if self.unit else ()) for setting in each.settings]
        return any(setting.key in SECRETS for setting in settings) and self.file == "netdev"

    @property
    def state(self) -> FileState | None:
        if self.unit is None:
            return None
        text = render(self.unit)
        # networkd reads its files as a user of its own.
        return FileState(text, 0o640, group="systemd-network") if self.secret else FileState(text)


@dataclass(frozen=True)
class Found:
    """The host as it is.

    :param files: path → our file, for those that exist
    :param others: (path, text) of all files that networkd reads beside ours
    :param links: names of the links that exist
    :param active: whether networkd runs
    :param enabled: whether it will after the next boot
    :param waits_online: whether the boot waits for its links
    """

    files: Mapping[str, FileState]
    others: Sequence[tuple[str, str]] = ()
    links: Sequence[str] = ()
    version: int | None = None
    active: bool = False
    enabled: bool = False
    waits_online: bool = False


def wanted(units: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> tuple[list[WantedUnit], list[str]]:
    """The whole set, and warnings about what networkd knows only by an old name.

    :raises Refusal: networkd would ignore something of it
    """
    found: list[WantedUnit] = []
    warnings: list[str] = []
    for number, item in enumerate(units):
        option = f"units[{number}]"
        name = item["name"]
        match = NAME.match(name)
        if not match or len(name) > 255:
            remedy = "Write it as 20-lan.network, or as 20-lan.network.d/10-mtu.conf for a drop-in"
            raise Refusal(f"{option}.name", repr(name), "is no name of a file that networkd reads", remedy)
        if name in [each.name for each in found]:
            raise Refusal(f"{option}.name", name, "stands in the set twice", "Keep one of the two")
        unit = None
        if item["state"] == "present":
            dropin = bool(match.group("dropin"))
            unit, more = _unit(option, match.group("file"), dropin, item["sections"] or (), vocabulary)
            warnings.extend(f"{name}: {text}" for text in more)
        elif item["sections"]:
            raise Refusal(f"{option}.sections", name, "shall be absent, and has sections", "Leave sections out")
        found.append(WantedUnit(name, unit, match.group("file"), bool(match.group("dropin")), option))
    return found, warnings


def _unit(
    option: str, file: str, dropin: bool, items: Sequence[Mapping[str, Any]], vocabulary: Vocabulary
) -> tuple[Unit, list[str]]:
    sections: list[Section] = []
    warnings: list[str] = []
    kind = _kind(items) if file == "netdev" else None
    for number, item in enumerate(items):
        where = f"{option}.sections[{number}]"
        try:
            vocabulary.section(file, item["name"], kind)
        except ValueProblem as problem:
            raise Refusal.of(f"{where}.name", problem) from None
        settings, more = _settings(where, file, item["name"], item["settings"] or {}, vocabulary)
        sections.append(Section(item["name"], settings))
        warnings.extend(more)
    unit = Unit(tuple(sections))
    if not dropin:
        _refuse_incomplete(option, file, unit)
    first = sections[0] if sections else None
    if first is None:
        raise Refusal(f"{option}.sections", "[]", "says nothing", "Write its sections, or state: absent")
    return Unit((Section(first.name, first.settings, HEADER), *sections[1:])), warnings


def _kind(items: Sequence[Mapping[str, Any]]) -> str | None:
    kinds = [item["settings"].get("Kind") for item in items if item["name"] == "NetDev" and item["settings"]]
    return str(kinds[-1]) if kinds and kinds[-1] is not None else None


def _settings(
    where: str, file: str, section: str, settings: Mapping[str, Any], vocabulary: Vocabulary
) -> tuple[tuple[Setting, ...], list[str]]:
    found: list[Setting] = []
    warnings: list[str] = []
    for key, value in settings.items():
        option = f"{where}.settings.{key}"
        try:
            spelling = vocabulary.key(file, section, key)
            if spelling.name != key and spelling.name in settings:
                problem = f"is the old name of {spelling.name}=, which stands there too"
                raise ValueProblem(f"{key}=", problem, f"Keep {spelling.name}= alone")
            for each in value if isinstance(value, list) else [value]:
                text = _text(key, each)
                if spelling.known:
                    vocabulary.value(file, section, spelling.name, text)
                found.append(Setting(spelling.name, text))
        except ValueProblem as problem:
            raise Refusal.of(option, problem) from None
        warnings.extend([spelling.warning] if spelling.warning else [])
    return tuple(found), warnings


def _text(key: str, value: object) -> str:
    if value is None or isinstance(value, (dict, list)):
        problem = "is empty" if value is None else "is more than a plain value"
        raise ValueProblem(f"{key}={value}", problem, "Write text, a number or a truth value, or a list of them")
    return spelled(value)


def _refuse_incomplete(option: str, file: str, unit: Unit) -> None:
    """Refuse a file that networkd would ignore as a whole."""
    for section, keys in REQUIRED[file]:
        if not any(each.settings for each in unit.named(section)):
            problem = f"has nothing in [{section}], so networkd would ignore the whole file"
            remedy = "Say which links are meant, such as Name: eth0" if section == "Match" else "Give Name and Kind"
            raise Refusal(f"{option}.sections", f".{file}", problem, remedy)
        for key in keys:
            if not unit.get(section, key):
                problem = f"has no {key}= in [{section}], so networkd would ignore the whole file"
                raise Refusal(f"{option}.sections", f".{file}", problem, f"Add {key} to [{section}]")
    if file == "netdev":
        try:
            parse_interface(unit.get("NetDev", "Name"))
        except ValueProblem as problem:
            raise Refusal.of(f"{option}.sections.NetDev.Name", problem) from None


def interfaces(units: Sequence[WantedUnit]) -> list[tuple[WantedUnit, str]]:
    """The interfaces that files of the set take by their names, each with its file."""
    found: list[tuple[WantedUnit, str]] = []
    for unit in units:
        if unit.unit and unit.file == "network" and not unit.dropin:
            names = (unit.unit.get("Match", "Name") or "").split()
            found.extend((unit, name) for name in names if not re.search(r"[*?\[!]", name))
    return found


def bridge_of(unit: WantedUnit) -> str:
    """The bridge as whose port a file puts its links, empty where none."""
    return (unit.unit.get("Network", "Bridge") or "") if unit.unit else ""


def heir_of(bridge: str, units: Sequence[WantedUnit]) -> str:
    """Path of the file of the set that takes a bridge by its name, empty where there is none."""
    return next((unit.path for unit, name in interfaces(units) if name == bridge), "")


def plan(
    units: Sequence[WantedUnit],
    found: Found,
    warnings: Sequence[str],
    reload: bool,
    enable: bool = False,
    handovers: Sequence[Handover] = (),
) -> Plan:
    """Write the set as one, and have networkd read it.

    :param enable: have networkd run now and at every boot
    :param handovers: how the old owners of interfaces let go of them, in the same step
    :raises Refusal: another file on the host would keep networkd from using one of these
    """
    for unit in units:
        _refuse_outdone(unit, units, found.others)
    changes = [FileChange(unit.path, found.files.get(unit.path), unit.state, unit.secret) for unit in units]
    changes.extend(change for each in handovers for change in each.changes)
    steps: list[Step] = list(file_steps(changes))
    steps.extend(run for each in handovers for run in each.runs)
    changed = {change.path for change in changes if change.differs}
    reloads = bool(changed) and reload and found.active
    in_force = reloads or (enable and not found.active)
    if in_force:
        steps.extend(step for each in handovers for step in each.before)
    if enable:
        steps.extend(_enable(found))
    if reloads:
        # Whether files come or go, what networkd has read must be what lies there: also after they were taken back.
        restart = any(each.restart for each in handovers)
        said = "start networkd anew" if restart else "have networkd read its files again"
        steps.append(Run(RESTART if restart else RELOAD, said, recover=RELOAD))
    altered = [unit for unit in units if unit.path in changed]
    if in_force:
        steps.extend(step for each in handovers for step in each.after)
        steps.extend(_vlans(altered, units, found))
    pending = _pending(altered, found, in_force)
    return Plan(
        steps=tuple(steps),
        warnings=(*warnings, *pending),
        result={"reloaded": reloads, "pending": pending, "files": [unit.path for unit in units if unit.unit]},
    )


def _enable(found: Found) -> list[Step]:
    """Have networkd run, without making the boot wait for its links where it did not before."""
    steps: list[Step] = []
    if not found.enabled:
        disable = ("systemctl", "disable", "--quiet", SERVICE)
        steps.append(Run(("systemctl", "enable", "--quiet", SERVICE), "have networkd run at every boot", undo=disable))
        if not found.waits_online:
            # Enabling networkd enables this too, and with no link that it requires it would wait until its timeout.
            argv = ("systemctl", "disable", "--quiet", WAIT_ONLINE)
            steps.append(Run(argv, "have the boot not wait for networkd's links"))
    if not found.active:
        steps.append(Run(("systemctl", "start", SERVICE), "start networkd", undo=("systemctl", "stop", SERVICE)))
    return steps


def _vlans(altered: Sequence[WantedUnit], units: Sequence[WantedUnit], found: Found) -> list[Step]:
    """What an older networkd does not do about the VLANs of bridges."""
    steps: list[Step] = []
    if found.version is None or found.version >= CHANGES_DEVICES:
        return steps
    for unit in altered:
        before = _had(unit, found)
        if unit.file == "netdev" and unit.unit and not unit.dropin:
            name = unit.unit.get("NetDev", "Name") or ""
            steps.extend(bridge_vlans.looks_at_vlans(name, before, unit.unit) if name in found.links else ())
    for unit, name in interfaces(altered):
        dropins = [each.unit for each in units if each.unit and each.name.startswith(unit.name + ".d/")]
        if name in found.links:
            steps.extend(bridge_vlans.taken_out(name, _had(unit, found), unit.unit, dropins))
    return steps


def _had(unit: WantedUnit, found: Found) -> Unit | None:
    before = found.files.get(unit.path)
    return _parsed(before.text) if before else None


def _pending(units: Sequence[WantedUnit], found: Found, in_force: bool) -> list[str]:
    """What is written and not in force."""
    if units and not in_force:
        why = "reload is false" if found.active else "systemd-networkd does not run"
        return [f"{why}: the files are written, nothing is in force before it reads them."]
    pending: list[str] = []
    for unit in units:
        if unit.file == "link":
            pending.append(f"{unit.name}: udev reads it when a link appears, so it takes effect at the next boot.")
        elif unit.file == "netdev" and not unit.dropin:
            pending.extend(_pending_device(unit, found))
    return pending


def _pending_device(unit: WantedUnit, found: Found) -> list[str]:
    before = _had(unit, found)
    source = unit.unit or before
    name = source.get("NetDev", "Name") if source else None
    if name not in found.links or unit.path not in found.files:
        return []
    if unit.unit is None:
        return [f"{unit.name}: networkd leaves the device {name} there; `networkctl delete {name}` takes it away."]
    done = before is not None and bridge_vlans.is_all(before, unit.unit)
    if found.version is not None and found.version < CHANGES_DEVICES and not done:
        anew = f"`networkctl delete {name} && networkctl reload`, or a reboot, makes {name} anew."
        return [f"{unit.name}: systemd {found.version} does not change a device that exists; {anew}"]
    return []


def _parsed(text: str) -> Unit | None:
    try:
        return parse(text)
    except ValueProblem:
        # A file that networkd itself reads only in part.
        return None


def _refuse_outdone(unit: WantedUnit, units: Sequence[WantedUnit], others: Sequence[tuple[str, str]]) -> None:
    """Refuse a file that another one would keep from having any effect."""
    if unit.unit is None or unit.dropin:
        return
    ours = {each.name for each in units}
    for path, text in others:
        name = path.rsplit("/", 1)[-1]
        other = None if name in ours or not name.endswith("." + unit.file) else _parsed(text)
        if other is None:
            continue
        if unit.file == "netdev" and other.get("NetDev", "Name") == unit.unit.get("NetDev", "Name"):
            problem = f"describes {other.get('NetDev', 'Name')}, which {path} already does; networkd uses one of them"
            raise Refusal(f"{unit.option}.name", unit.name, problem, f"Remove {path}, or give the device another name")
        if unit.file != "netdev" and name < unit.name and _covers(other, unit.unit):
            problem = f"comes after {path}, which takes the same links; only the first file that matches is used"
            first = f"Give it a name that sorts before {name}, or remove that file"
            raise Refusal(f"{unit.option}.name", unit.name, problem, first)


def _covers(other: Unit, mine: Unit) -> bool:
    """Whether every link that mine names is taken by the other, as far as names alone can tell."""
    names = _match_names(mine)
    patterns = _match_names(other)
    return bool(names) and all(any(fnmatch.fnmatchcase(name, each) for each in patterns) for name in names)


def _match_names(unit: Unit) -> list[str]:
    """The names of a [Match] that has nothing but names; a leading ! or another condition makes it none."""
    settings = [setting for each in unit.named("Match") for setting in each.settings]
    if any(setting.key != "Name" for setting in settings):
        return []
    names = [name for setting in settings for name in setting.value.split()]
    return [] if any(name.startswith("!") for name in names) else names
