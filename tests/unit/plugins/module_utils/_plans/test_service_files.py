# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import service_files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

ON, OFF, STARTED = UnitState(True, True), UnitState(False, False), UnitState(True, False)
CONFIG, UNIT = "/etc/greet.conf", "/etc/systemd/system/greet.service"
OLD, NEW = FileState("old\n"), FileState("new\n")


def options(**more: Any) -> dict[str, Any]:
    files = [{"path": CONFIG, "content": "new\n", "mode": "0644"}, {"path": UNIT, "content": "new\n", "mode": "0644"}]
    given = {
        "unit": "greet.service",
        "files": files,
        "check": ["/bin/true", "{staged:/etc/greet.conf}"],
        "apply": "reload",
        "package": "greet",
        "state": "present",
    }
    return {**given, **more}


def planned(now: dict[str, FileState | None], unit: UnitState, unfinished: bool = False, **more: Any) -> Plan:
    return service_files.plan(service_files.read_options(options(**more)), now, unit, unfinished)


def did(plan: Plan) -> list[str]:
    return [step.describe() for step in plan.steps]


BEGIN = "mark the beginning"
THEIRS, OURS, KEPT = FileState("theirs\n", 0o640, "root", "lp"), FileState("# ours\n"), CONFIG + ".before-homelab-ipv6"
ONE_OF_OURS = {
    "files": [{"path": CONFIG, "content": "# ours\nnew\n", "mode": "0644"}],
    "check": [],
    "header": "# ours\n",
}


def test_a_service_of_somebody_elses_is_told_and_not_started() -> None:
    assert did(planned({CONFIG: OLD, UNIT: NEW}, ON, start=False))[-1] == "reload greet.service"
    for unit in (OFF, STARTED):
        plan = planned({CONFIG: OLD, UNIT: NEW}, unit, start=False, check=[])
        told = ["reload greet.service"] if unit.active else []
        assert did(plan) == [BEGIN, f"write {CONFIG}", *told]
        # Nor does check mode say that it will run.
        assert all("runs" not in entry["after"] for entry in plan.diff())
    assert did(planned({CONFIG: NEW, UNIT: NEW}, OFF, start=False)) == []


def test_a_file_of_somebody_elses_is_kept_once_and_comes_back() -> None:
    plan = planned({CONFIG: THEIRS, KEPT: None}, ON, **ONE_OF_OURS)
    assert did(plan) == [BEGIN, f"write {KEPT}, write {CONFIG}", "reload greet.service"]
    assert next(change.after for step in plan.steps for change in getattr(step, "changes", ())) == THEIRS
    # A second one does not push out the first, and ours is never kept.
    for before, kept in ((THEIRS, OLD), (OURS, None)):
        assert did(planned({CONFIG: before, KEPT: kept}, ON, **ONE_OF_OURS))[1] == f"write {CONFIG}"
    plan = planned({CONFIG: OURS, KEPT: THEIRS}, OFF, state="absent", **ONE_OF_OURS)
    assert did(plan) == [BEGIN, f"write {CONFIG}, remove {KEPT}"]
    assert [change.after for step in plan.steps for change in getattr(step, "changes", ())] == [THEIRS, None]
    assert did(planned({CONFIG: THEIRS, KEPT: None}, OFF, state="absent", **ONE_OF_OURS)) == []


def test_files_go_and_the_service_goes_on() -> None:
    none: dict[str, Any] = {"files": [], "check": [], "removed": [UNIT], "apply": "restart"}
    plan = planned({UNIT: OLD}, ON, **none)
    assert did(plan) == [BEGIN, f"remove {UNIT}", "restart greet.service"]
    assert plan.steps[-1].reread  # type: ignore[union-attr]
    assert did(planned({UNIT: None}, ON, **none)) == []
    # What somebody else has put there stays.
    assert did(planned({UNIT: THEIRS, UNIT + ".before-homelab-ipv6": None}, ON, header="# ours", **none)) == []
    with pytest.raises(Refusal, match=r"removed\[0\]: /etc/greet.conf is to be written, too"):
        service_files.read_options(options(removed=[CONFIG]))


@pytest.mark.parametrize(
    ("now", "unit", "steps"),
    [
        ((NEW, NEW), ON, []),
        ((NEW, NEW), STARTED, [BEGIN, "enable and keep greet.service"]),
        ((NEW, NEW), OFF, [BEGIN, "enable and start greet.service"]),
        ((OLD, NEW), ON, [BEGIN, "require /bin/true", f"write {CONFIG}", "reload greet.service"]),
        (
            (None, None),
            OFF,
            [BEGIN, "require /bin/true", f"write {CONFIG}, write {UNIT}", "enable and start greet.service"],
        ),
    ],
)
def test_up(now: tuple[FileState | None, FileState | None], unit: UnitState, steps: list[str]) -> None:
    plan = planned(dict(zip((CONFIG, UNIT), now)), unit)
    assert did(plan) == steps
    assert plan.changed is bool(steps)


def test_systemd_reads_again_only_what_is_its_own() -> None:
    assert planned({CONFIG: OLD, UNIT: NEW}, ON).steps[-1].reread is False  # type: ignore[union-attr]
    assert planned({CONFIG: NEW, UNIT: OLD}, ON).steps[-1].reread is True  # type: ignore[union-attr]


def test_what_was_killed_before_the_service_is_finished() -> None:
    plan = planned({CONFIG: NEW, UNIT: NEW}, ON, unfinished=True)
    assert did(plan) == [BEGIN, "reload greet.service"]
    assert plan.steps[-1].reread is True  # type: ignore[union-attr]


def test_down() -> None:
    plan = planned({CONFIG: NEW, UNIT: NEW}, ON, state="absent")
    assert did(plan) == [
        BEGIN,
        "disable and stop greet.service",
        f"remove {CONFIG}, remove {UNIT}",
        "have systemd read its files again",
    ]
    assert did(planned({CONFIG: None, UNIT: None}, OFF, state="absent")) == []


def test_the_diff_shows_files_and_service() -> None:
    diff = planned({CONFIG: OLD, UNIT: NEW}, STARTED).diff()
    assert [(part["before_header"], part["before"], part["after"]) for part in diff] == [
        (CONFIG, "old\n", "new\n"),
        ("greet.service", "", "runs, now and at every start\n"),
    ]


def test_the_diff_hides_what_root_alone_reads() -> None:
    (diff,) = planned({CONFIG: OLD._replace(mode=0o600), UNIT: NEW}, ON).diff()
    assert (diff["before"], diff["after"]) == ("(content hidden)\n", "(content hidden)\n")


@pytest.mark.parametrize(
    ("more", "option", "says"),
    [
        ({"unit": "greet"}, "unit", "Write its whole name"),
        ({"check": ["x", "{staged:/etc/other}"]}, "check", "not among files"),
        ({"files": [{"path": "etc/x", "content": "", "mode": "0644"}], "check": []}, "files[0].path", "not absolute"),
        ({"files": [{"path": "/x", "content": "", "mode": "rw"}], "check": []}, "files[0].mode", "octal"),
        ({"files": [{"path": "/x", "content": "", "mode": "0644"}] * 2, "check": []}, "files[1].path", "given twice"),
    ],
)
def test_refusals(more: dict[str, Any], option: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        service_files.read_options(options(**more))
    assert refused.value.option == option
    assert says in str(refused.value)
