# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What service_files is going to do: the files of one service, and the service itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._values.errors import Refusal
from .conditions import Require
from .plan import FileChange, Files, FileState, Plan, State, file_steps
from .steps import Check, Mark, Run, Serve, Step, UnitState

# Whatever lies below is read by systemd itself.
UNIT_DIRECTORY = "/etc/systemd/system/"
MARKS = "/run/homelab-ipv6/service_files/"
UNIT = re.compile(r"[A-Za-z0-9:_.@-]+\.(service|socket|timer)")
MODE = re.compile(r"0?[0-7]{3}")
# Of the modules that write files of a service, as the doc fragment of the same name describes it.
FILES_SPEC: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "path": {"type": "path", "required": True},
        "content": {"type": "str", "default": ""},
        "mode": {"type": "str", "default": "0644"},
    },
}
# What is added to the name of a file of somebody else's that one of ours takes the place of.
KEPT = ".before-homelab-ipv6"
STAGED = re.compile(r"\{staged:([^{}]*)\}")


class Wanted(NamedTuple):
    """What the user asks for.

    :param files: path → the file as it shall be
    :param check: the checking command, empty where there is none
    :param verb: of systemctl, for a service that runs already and has new files
    :param package: whose tool the check is
    :param removed: files that the service shall not have any more
    :param header: how files of ours begin; empty where all are
    :param start: whether a service that does not run is started
    """

    unit: str
    files: Mapping[str, FileState]
    check: tuple[str, ...]
    verb: str
    package: str
    present: bool
    removed: tuple[str, ...] = ()
    header: str = ""
    start: bool = True

    @property
    def read(self) -> list[str]:
        """The files that a plan has to know."""
        paths = [*self.files, *self.removed]
        return [*paths, *(path + KEPT for path in paths)] if self.header else paths

    def ours(self, state: FileState) -> bool:
        return state.text.startswith(self.header)

    @property
    def mark(self) -> str:
        return MARKS + self.unit


def read_options(params: Mapping[str, Any]) -> Wanted:
    """The module's options.

    :raises Refusal: one that cannot be right
    """
    unit = params["unit"]
    if not UNIT.fullmatch(unit):
        remedy = "Write its whole name, as in radvd.service"
        raise Refusal("unit", repr(unit), "is no name of a service, socket or timer", remedy)
    files = read_files(params["files"])
    check = tuple(params["check"])
    for path in (path for word in check for path in STAGED.findall(word)):
        if path not in files:
            problem = "names a file that is not among files"
            raise Refusal("check", path, problem, f"Name one of {', '.join(files) or 'none'}")
    removed = tuple(params.get("removed") or ())
    for number, path in enumerate(removed):
        if path in files or not path.startswith("/"):
            problem = "is to be written, too" if path in files else "is not absolute"
            raise Refusal(f"removed[{number}]", path, problem, "Leave it out, or correct it")
    present = params["state"] == "present"
    header = params.get("header") or ""
    start = params.get("start") is not False
    return Wanted(unit, files, check, params["apply"], params["package"] or "", present, removed, header, start)


def read_files(items: Sequence[Mapping[str, Any]]) -> dict[str, FileState]:
    """Path → the file as it shall be.

    :raises Refusal: one that cannot be right
    """
    files: dict[str, FileState] = {}
    for number, item in enumerate(items):
        path, mode = item["path"], item["mode"]
        if not path.startswith("/"):
            raise Refusal(f"files[{number}].path", path, "is not absolute", "Begin it with /")
        if path in files:
            raise Refusal(f"files[{number}].path", path, "is given twice", "Leave one out")
        if not MODE.fullmatch(mode):
            raise Refusal(f"files[{number}].mode", repr(mode), "is no mode", 'Write it in octal and quotes, as "0644"')
        files[path] = FileState(item["content"], int(mode, 8))
    return files


def change_of(path: str, before: FileState | None, after: FileState | None) -> FileChange:
    """Shown in the diff, unless it is nobody else's to read before or afterwards."""
    return FileChange(path, before, after, secret=any(state.private for state in (before, after) if state))


def plan(wanted: Wanted, files: Mapping[str, FileState | None], unit: UnitState, unfinished: bool) -> Plan:
    """What has to be done.

    :param files: path → the file as it is
    :param unfinished: an earlier run of this was killed between the files and the service
    """
    changes = _changes(wanted, files)
    changed = file_steps(changes, Check(wanted.check) if wanted.check and wanted.present else None)
    reread = unfinished or any(change.path.startswith(UNIT_DIRECTORY) for step in changed for change in step.changes)
    steps = _up(wanted, changed, unit, reread, unfinished) if wanted.present else _down(wanted, changed, unit, reread)
    after = UnitState(wanted.present, wanted.present) if wanted.start or not wanted.present else unit
    return Plan(
        (Mark(wanted.mark), *steps) if steps else (),
        (State(wanted.unit, _shown(unit), _shown(after)),),
        result={"unit": wanted.unit, "files": list(wanted.files)},
    )


def _changes(wanted: Wanted, files: Mapping[str, FileState | None]) -> list[FileChange]:
    changes: list[FileChange] = []
    for path, after in wanted.files.items() if wanted.present else ():
        before = files[path]
        theirs = before is not None and wanted.ours(after) and not wanted.ours(before)
        if theirs and files[path + KEPT] is None:
            changes.append(change_of(path + KEPT, None, before))
        changes.append(change_of(path, before, after))
    for path in wanted.removed if wanted.present else (*wanted.files, *wanted.removed):
        before = files[path]
        if before is None or not wanted.ours(before):
            continue
        kept = files[path + KEPT] if wanted.header else None
        changes.append(change_of(path, before, kept))
        changes += [change_of(path + KEPT, kept, None)] if kept else []
    return changes


def _shown(unit: UnitState) -> str:
    # Debian's packages enable what they install: between check mode and the real run that is no difference.
    return "runs, now and at every start\n" if unit.active and unit.enabled else ""


def _up(wanted: Wanted, changed: tuple[Files, ...], unit: UnitState, reread: bool, unfinished: bool) -> list[Step]:
    verb = (wanted.verb if changed or unfinished else "") if unit.active else "start" if wanted.start else ""
    steps: list[Step] = []
    if changed and wanted.check:
        steps.append(Require(wanted.check[0], wanted.package))
    steps += changed
    enable = wanted.start and not unit.enabled
    if verb or enable:
        steps.append(Serve(wanted.unit, verb, True if enable else None, unit, reread))
    return steps


def _down(wanted: Wanted, changed: tuple[Files, ...], unit: UnitState, reread: bool) -> list[Step]:
    steps: list[Step] = []
    if unit.active or unit.enabled:
        # Before its files go: afterwards systemd does not know how to stop it.
        steps.append(Serve(wanted.unit, "stop" if unit.active else "", False if unit.enabled else None, unit))
    steps += changed
    if reread:
        again = ("systemctl", "daemon-reload")
        steps.append(Run(again, "have systemd read its files again", recover=again))
    return steps
