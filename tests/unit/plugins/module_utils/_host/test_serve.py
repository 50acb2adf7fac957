# SPDX-License-Identifier: GPL-3.0-or-later
"""A service and its files: whatever fails, both are as they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import service
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Mark, Run, Serve, UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

UNIT = "greet.service"


class Systemd(Host):
    """One service whose verbs have their effect, but for those that are said to fail."""

    def __init__(self, file: Path, active: bool, enabled: bool, failing: Sequence[str] = ()) -> None:
        self.file, self.active, self.enabled, self.failing = file, active, enabled, list(failing)
        self.runs_with = file.read_text() if active else ""
        self.calls: list[str] = []

    def which(self, tool: str) -> str | None:
        return "/usr/bin/" + tool

    def run(self, argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        if argv[0] == "false":
            return Outcome(1, "", "no")
        if argv[0] != "systemctl":
            return Outcome(0, "its last words\n", "")
        verb = argv[1]
        self.calls.append(verb)
        if verb in self.failing:
            self.failing.remove(verb)
            return Outcome(1, "", "Job failed.")
        if verb in ("start", "reload", "restart"):
            self.active, self.runs_with = True, self.file.read_text()
        elif verb == "stop":
            self.active, self.runs_with = False, ""
        elif verb in ("enable", "disable"):
            self.enabled = verb == "enable"
        elif verb == "is-active":
            return Outcome(0 if self.active else 3, "", "")
        elif verb == "show":
            values = {"ActiveState": "active" if self.active else "inactive"}
            values["UnitFileState"] = "enabled" if self.enabled else "disabled"
            return Outcome(0, "7\n" if "MainPID" in argv[2] else "".join(f"{k}={v}\n" for k, v in values.items()), "")
        return Outcome(0, "", "")

    @property
    def is_now(self) -> tuple[UnitState, str, str]:
        return service.unit_state(self, UNIT), self.runs_with, self.file.read_text()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLING", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "greet.conf"
    path.write_text("old\n")
    return path


def write(host: Host, file: Path) -> Files:
    before = host.read_file(str(file))
    assert before is not None
    return Files((FileChange(str(file), before, before.with_text("new\n")),))


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(("active", "verb"), [(True, "reload"), (True, "restart"), (False, "start")], ids=str)
@pytest.mark.parametrize("fails", ["nothing", "verb", "enable", "later"])
def test_all_or_nothing(file: Path, tmp_path: Path, active: bool, verb: str, enabled: bool, fails: str) -> None:
    broken = {"verb": [verb], "enable": ["enable"]}.get(fails, [])
    host = Systemd(file, active, enabled, broken)
    before = host.is_now
    mark = tmp_path / "marks" / UNIT
    steps = [
        Mark(str(mark)),
        write(host, file),
        Serve(UNIT, verb, None if enabled else True, before[0], reread=True),
        *([Run(("false",), "fail")] if fails == "later" else []),
    ]
    if fails == "nothing" or (fails == "enable" and enabled):
        apply(host, steps)
        assert host.is_now == (UnitState(True, True), "new\n", "new\n")
        assert "daemon-reload" in host.calls
    elif fails == "later":
        with pytest.raises(Fault, match="Everything is as it was before"):
            apply(host, steps)
        assert host.is_now == before
    else:
        with pytest.raises(Fault, match="Everything is as it was before") as fault:
            apply(host, steps)
        assert ("its last words" if fails == "verb" else "Job failed.") in str(fault.value)
        assert host.is_now == before
    assert not mark.exists()


def test_what_failed_to_start_is_not_left_failed(file: Path) -> None:
    host = Systemd(file, active=False, enabled=False, failing=["start"])
    with pytest.raises(Fault):
        apply(host, [Serve(UNIT, "start", True, UnitState(False, False))])
    assert host.calls[-3:] == ["stop", "reset-failed", "disable"]


def test_where_no_reload_works_the_old_files_are_read_by_a_restart(file: Path) -> None:
    host = Systemd(file, active=True, enabled=True, failing=["reload", "reload"])
    before = host.is_now
    with pytest.raises(Fault, match="Everything is as it was before"):
        apply(host, [write(host, file), Serve(UNIT, "reload", None, UnitState(True, True))])
    assert host.is_now == before
    assert host.calls[-2:] == ["restart", "show"]


def test_a_stop_that_is_taken_back(file: Path) -> None:
    host = Systemd(file, active=True, enabled=True)
    stop = Serve(UNIT, "stop", False, UnitState(True, True))
    gone = Files((FileChange("/proc/version/x/y", None, FileState("")),))
    with pytest.raises(Fault):
        apply(host, [stop, gone])
    assert host.is_now == (UnitState(True, True), "old\n", "old\n")


def test_a_service_that_ends_right_after_its_start(file: Path) -> None:
    host = Systemd(file, active=False, enabled=True)
    real = Systemd.run

    def run(argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        outcome = real(host, argv)
        if argv[:2] == ["systemctl", "is-active"]:
            host.active = False
            return Outcome(3, "", "")
        return outcome

    host.run = run  # type: ignore[assignment,method-assign]
    with pytest.raises(Fault, match="did not stay up"):
        apply(host, [Serve(UNIT, "start", None, UnitState(False, True))])
    assert host.is_now[0] == UnitState(False, True)
