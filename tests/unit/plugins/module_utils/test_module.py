# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of all modules: what it tells Ansible, and that two runs of one module do not meet."""

from __future__ import annotations

import fcntl
import multiprocessing
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils import _module
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import Outcome, Terms
from ansible_collections.homelab.ipv6.plugins.module_utils._host import way_back
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState, Plan, State
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault, Refusal


class Ended(Exception):
    """AnsibleModule ends the process where this is raised."""


class Recorder:
    def __init__(self, check_mode: bool = False, **params: Any) -> None:
        self.check_mode = check_mode
        self.params = params
        self.warnings: list[str] = []
        self.result: dict[str, Any] = {}

    def exit_json(self, **result: Any) -> NoReturn:
        self.result = result
        raise Ended

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        self.exit_json(failed=True, msg=msg, **result)

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "locks"
    directory.mkdir()
    monkeypatch.setattr(_module, "LOCK_DIRECTORY", str(directory))
    return directory


def run(build: Callable[[Host, Mapping[str, Any]], Plan], check_mode: bool = False, **params: Any) -> Recorder:
    module = Recorder(check_mode, **params)
    with pytest.raises(Ended):
        run_module(module, "test", build)
    return module


def writing(path: Path) -> Callable[[Host, Mapping[str, Any]], Plan]:
    def build(host: Host, params: Mapping[str, Any]) -> Plan:
        before = host.read_file(str(path))
        owner = host.read_file(__file__)
        assert owner is not None
        after = FileState(params["text"], owner=owner.owner, group=owner.group)
        changes = () if before == after else (Files((FileChange(str(path), before, after),)),)
        return Plan(changes, (State("what", "a", "b"),) if changes else (), ("mind",), {"length": len(after.text)})

    return build


def test_check_mode_tells_what_a_run_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    checked = run(writing(path), check_mode=True, text="new")
    assert not path.exists()
    done = run(writing(path), text="new")
    assert path.read_text() == "new"
    assert (
        checked.result
        == done.result
        == {
            "changed": True,
            "diff": [
                {"before_header": str(path), "after_header": str(path), "before": "", "after": "new"},
                {"before_header": "what", "after_header": "what", "before": "a", "after": "b"},
            ],
            "steps": [f"write {path}"],
            "length": 3,
        }
    )
    assert checked.warnings == done.warnings == ["mind"]
    again = run(writing(path), text="new")
    assert again.result == {"changed": False, "diff": [], "steps": [], "length": 3}


def raising(error: Exception) -> Callable[[Host, Mapping[str, Any]], Plan]:
    def build(_host: Host, _params: Mapping[str, Any]) -> Plan:
        raise error

    return build


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (
            Refusal("mtu", 1, "is too small", "Use more"),
            {"msg": "mtu: 1 is too small. Use more.", "option": "mtu", "remedy": "Use more"},
        ),
        (Fault("look", "no"), {"msg": "look: no."}),
        (
            PermissionError(13, "Permission denied", "/etc/x"),
            {"msg": "/etc/x: permission denied. Run this task as root (become: true)."},
        ),
        (OSError(5, "Input/output error", "/etc/x"), {"msg": "/etc/x: Input/output error. Nothing was changed."}),
    ],
)
def test_what_goes_wrong_is_one_message(error: Exception, result: dict[str, Any]) -> None:
    assert run(raising(error)).result == {"failed": True, **result}


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> list[Terms]:
    """The way back as a module meets it: what is armed, and what was taken back before."""
    found: list[Terms] = []

    def arm(_host: Host, terms: Terms) -> way_back.Armed:
        fresh = not found
        found.append(terms._replace(until=1.0))
        return way_back.Armed(found[0], fresh, None)

    monkeypatch.setattr(way_back, "arm", arm)
    monkeypatch.setattr(way_back, "tell", lambda: None)
    return found


WAY_BACK = {"id": "a", "who": "ann", "timeout": 60, "paths": []}


def test_way_back_comes_before_the_first_change(tmp_path: Path, armed: list[Terms]) -> None:
    path = tmp_path / "file"
    assert run(writing(path), check_mode=True, text="new", way_back=WAY_BACK).result["changed"]
    assert armed == [], "check mode arms nothing"
    done = run(writing(path), text="new", way_back=WAY_BACK).result
    assert [terms.id for terms in armed] == ["a"]
    fact = done["ansible_facts"][way_back.FACT]
    assert (fact["armed"], fact["id"], fact["who"]) == (True, "a", "ann")
    again = run(writing(path), text="new", way_back=WAY_BACK).result
    assert "ansible_facts" not in again
    assert len(armed) == 1, "where nothing changes nothing is armed"
    run(writing(path), text="newer", way_back=None)
    assert len(armed) == 1


def test_first_change_that_fails_is_in_nobodys_way(armed: list[Terms], monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(way_back, "forget", lambda _host, whose: forgotten.append(whose))

    def failing(_host: Host, _params: Mapping[str, Any]) -> Plan:
        return Plan((Run(("false",), "restart it"),))

    assert run(failing, way_back=WAY_BACK).result["msg"].endswith("Everything is as it was before.")
    assert forgotten == ["a"]
    # What was changed before has yet to be taken back.
    run(failing, way_back=WAY_BACK)
    assert (len(armed), forgotten) == (2, ["a"])
    armed.clear()
    stuck = Plan((Run(("true",), "one", undo=("false",)), Run(("false",), "two")))
    assert "went wrong too" in run(lambda _host, _params: stuck, way_back=WAY_BACK).result["msg"]
    assert forgotten == ["a"]


def test_nothing_changes_without_the_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def arm(_host: Host, _terms: Terms) -> way_back.Armed:
        raise Refusal("way_back", "/var", "is full", "Make room")

    monkeypatch.setattr(way_back, "arm", arm)
    monkeypatch.setattr(way_back, "tell", lambda: None)
    assert run(writing(tmp_path / "file"), text="x", way_back=WAY_BACK).result["msg"] == (
        "way_back: /var is full. Make room."
    )
    result = run(writing(tmp_path / "file"), text="x", way_back={**WAY_BACK, "timeout": 1}).result
    assert result["msg"].startswith("way_back.timeout: 1 is no time")
    assert not (tmp_path / "file").exists()


def test_what_was_taken_back_is_told(tmp_path: Path, armed: list[Terms], monkeypatch: pytest.MonkeyPatch) -> None:
    terms = Terms("b", "bob", 0.0, 0.0, 60)
    monkeypatch.setattr(way_back, "tell", lambda: Outcome("reverted", "timeout", terms, 0.0))
    warnings = run(writing(tmp_path / "file"), text="x", way_back=WAY_BACK).warnings
    assert len(armed) == 1
    assert warnings[0].endswith("by bob was not confirmed within 60 s and was taken back.")


def test_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_module(Recorder(), "test", raising(ZeroDivisionError()))


def test_fault_while_carrying_out() -> None:
    result = run(lambda _host, _params: Plan((Run(("false",), "restart it"),))).result
    assert result["msg"] == "restart it (false): no message (exit code 1). Everything is as it was before."


def hold(directory: str, name: str, ready: Any, seconds: float) -> None:
    """Another run of a module."""
    _module.LOCK_DIRECTORY = directory

    def build(_host: Host, _params: Mapping[str, Any]) -> Plan:
        ready.set()
        time.sleep(seconds)
        return Plan()

    with pytest.raises(Ended):
        run_module(Recorder(), name, build)


@pytest.fixture
def other_run(locks: Path) -> Any:
    context = multiprocessing.get_context("fork")
    started: list[Any] = []

    def start(name: str, seconds: float) -> None:
        ready = context.Event()
        process = context.Process(target=hold, args=(str(locks), name, ready, seconds))
        process.start()
        started.append(process)
        assert ready.wait(20)

    yield start
    for process in started:
        process.terminate()
        process.join()


def nothing(_host: Host, _params: Mapping[str, Any]) -> Plan:
    return Plan(result={"at": time.monotonic()})


def test_second_run_waits_for_the_first(other_run: Callable[[str, float], None]) -> None:
    started = time.monotonic()
    other_run("test", 1.0)
    assert run(nothing).result["at"] - started > 0.9


def test_check_mode_and_other_modules_do_not_wait(other_run: Callable[[str, float], None]) -> None:
    started = time.monotonic()
    other_run("test", 30.0)
    other_run("another", 30.0)
    assert run(nothing, check_mode=True).result["changed"] is False
    module = Recorder()
    with pytest.raises(Ended):
        run_module(module, "third", nothing)
    assert module.result["at"] - started < 20


def test_waiting_ends(other_run: Callable[[str, float], None], monkeypatch: pytest.MonkeyPatch, locks: Path) -> None:
    other_run("test", 30.0)
    monkeypatch.setattr(_module, "LOCK_PATIENCE", 0.3)
    assert run(nothing).result["msg"] == (
        f"start: another run of test has held {locks}/homelab-ipv6-test.lock for 0.3 s. Nothing was changed. Try again "
        "when it has ended."
    )


def test_lock_is_free_again_after_a_failure(locks: Path) -> None:
    run(raising(Fault("look", "no")))
    with (locks / "homelab-ipv6-test.lock").open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
