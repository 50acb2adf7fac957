# SPDX-License-Identifier: GPL-3.0-or-later
"""Arming, confirming and going back, on a host of which systemd and the network are made up."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import Outcome, Running, Terms
from ansible_collections.homelab.ipv6.plugins.module_utils._host import (
    way_back,
    way_back_checks,
    way_back_look,
    way_back_revert,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Outcome as Done
from ansible_collections.homelab.ipv6.plugins.module_utils._host.way_back_store import Reason, Store
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault, Refusal

TERMS = Terms("play-1", "ann@desk", 0.0, 0.0, 60)
NETWORK = {
    "show": "",
    "address": "[]",
    "neighbour": "[]",
}


class Scripted(Host):
    """Every command succeeds and prints what an empty network does; all are noted."""

    def __init__(self, failing: str = "") -> None:
        self.commands: list[str] = []
        self._failing = failing

    def run(self, argv: Sequence[str], **_options: Any) -> Done:  # type: ignore[override]
        self.commands.append(" ".join(argv))
        if self._failing and self._failing in self.commands[-1]:
            return Done(1, "", "no")
        printed = next((text for word, text in NETWORK.items() if word in argv), "")
        return Done(0, printed, "")

    def which(self, tool: str) -> str | None:
        return None if tool in ("nft", "bridge") else f"/usr/bin/{tool}"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name in ("LASTING", "VOLATILE"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(way_back, name, str(tmp_path / name))
    monkeypatch.setattr(way_back, "ROOTS", (str(tmp_path / "etc"),))
    monkeypatch.setattr(way_back, "_require_systemd", lambda _host: None)
    monkeypatch.setattr(way_back_look, "VALUE_TREES", ())
    monkeypatch.setattr(way_back_look, "VALUES", ())
    monkeypatch.setattr(way_back_revert, "QUIET", 0.0)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/file").write_text("before")
    return Store(str(tmp_path / "state"), str(tmp_path / "lock"))


def everything(store: Store, tmp_path: Path) -> set[str]:
    places = [Path(store.directory), tmp_path / "LASTING", tmp_path / "VOLATILE"]
    return {path.relative_to(tmp_path).as_posix() for place in places for path in place.rglob("*")}


ARMED = {
    "state/program.pyz", "state/armed", "state/armed/contents", "state/armed/manifest.json", "state/armed/ballast",
    "LASTING/homelab-ipv6-way-back.service", "LASTING/homelab-ipv6-way-back-boot.service",
    "LASTING/sysinit.target.wants", "LASTING/sysinit.target.wants/homelab-ipv6-way-back-boot.service",
    "VOLATILE/homelab-ipv6-way-back.timer",
}  # fmt: skip
FREE = {"state/outcome.json"}


def test_armed_and_confirmed(store: Store, tmp_path: Path) -> None:
    host = Scripted()
    armed = way_back.arm(host, TERMS, store)
    assert armed.fresh
    assert armed.terms.until - armed.terms.armed == pytest.approx(60, abs=1)
    assert everything(store, tmp_path) == ARMED
    assert host.commands[-1] == "systemctl start homelab-ipv6-way-back.timer"
    for path in Path(store.directory).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    again = way_back.arm(host, TERMS._replace(timeout=90), store)
    assert (again.fresh, again.terms) == (False, armed.terms)
    assert way_back.confirm(host, "play-1", store) == armed.terms
    assert everything(store, tmp_path) == FREE
    assert "systemctl stop homelab-ipv6-way-back.timer" in host.commands
    last = store.outcome()
    assert last is not None
    assert (last.result, last.told) == ("confirmed", True)
    assert way_back.confirm(host, "play-1", store) is None


def test_armed_and_taken_back(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = Scripted()
    way_back.arm(host, TERMS, store)
    (tmp_path / "etc/file").write_text("after")
    (tmp_path / "etc/new").write_text("new")
    assert way_back_revert.revert(host, store) == 0
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["file"]
    assert (tmp_path / "etc/file").read_text() == "before"
    assert everything(store, tmp_path) == FREE
    last = way_back.tell(store)
    assert last is not None
    assert (last.result, last.why, last.lost) == ("reverted", "timeout", ())
    assert set(last.done) == {f"{tmp_path}/etc/{name} is as it was" for name in ("file", "new")}
    assert way_back.told(last).endswith("by ann@desk was not confirmed within 60 s and was taken back")
    assert way_back.tell(store) is None, "once is enough"
    assert "<5>taking back the change of ann@desk (timeout)" in capsys.readouterr().out
    with pytest.raises(Refusal, match=r"^state: confirmed comes too late: the change of .* was not confirmed within"):
        way_back.confirm(host, "play-1", store)
    with pytest.raises(Refusal, match=r"^way_back: this change comes too late"):
        way_back.arm(host, TERMS, store)
    assert way_back.arm(host, TERMS, store, anew=True).fresh


def test_going_back_twice_is_going_back_once(store: Store, tmp_path: Path) -> None:
    host = Scripted()
    way_back.arm(host, TERMS, store)
    (tmp_path / "etc/file").write_text("after")
    # Killed right before the end: the files are back, the rest is not known to be.
    assert way_back_revert.boot(host, store) == 0
    assert (tmp_path / "etc/file").read_text() == "before"
    assert store.is_armed()
    assert store.reason() == Reason("reboot")
    with pytest.raises(Refusal, match=r"^state: confirmed comes too late: the change is being taken back \(reboot\)"):
        way_back.confirm(host, "play-1", store)
    with pytest.raises(Refusal, match="is being taken back right now"):
        way_back.arm(host, TERMS, store)
    assert host.commands[-1] == "systemctl start --no-block homelab-ipv6-way-back.service"
    assert way_back_revert.revert(host, store) == 0
    last = store.outcome()
    assert last is not None
    assert last.why == "reboot"
    # Without anything to go back to it only cleans up, and so does the timer after whoever confirmed was killed.
    (Path(store.directory) / "gone.4711").mkdir()
    (Path(store.directory) / "gone.4711/contents").touch()
    assert way_back_revert.revert(host, store) == 0
    assert everything(store, tmp_path) == FREE


def test_somebody_elses_change(store: Store) -> None:
    host = Scripted()
    way_back.arm(host, TERMS, store)
    expected = r"^way_back: ann@desk armed a way back and has until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ to confirm"
    with pytest.raises(Refusal, match=expected):
        way_back.arm(host, TERMS._replace(id="play-2", who="bob"), store)
    with pytest.raises(Refusal, match=r"^state: confirmed is not yours: ann@desk armed it"):
        way_back.confirm(host, "play-2", store)
    assert store.is_armed()


@pytest.mark.parametrize("failing", ["systemctl start", "ip -oneline", "systemctl show *"])
def test_what_fails_while_arming_leaves_nothing(store: Store, tmp_path: Path, failing: str) -> None:
    with pytest.raises(Fault):
        way_back.arm(Scripted(failing), TERMS, store)
    assert everything(store, tmp_path) <= {"LASTING/sysinit.target.wants", "state/program.pyz"}


def test_full_disk_is_refused(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _offset: int, _size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(Refusal, match=r"^way_back: .*/state cannot be remembered there: No space left on device. Make"):
        way_back.arm(Scripted(), TERMS, store)
    assert everything(store, tmp_path) <= {"LASTING/sysinit.target.wants", "state/program.pyz"}


def test_what_cannot_be_put_back_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back_revert, "SETTLING", 0.0)
    host = Scripted()
    way_back.arm(host, TERMS, store)
    snapshot = store.load()
    assert snapshot is not None
    lost = Running(rules=(), values={"net/none/such": "1"})
    work = way_back_revert.Revert(host, store, snapshot._replace(running=lost), after_boot=False)
    monkeypatch.setattr(way_back_look, "values", lambda: {"net/none/such": "0"})
    work.settle()
    assert work.lost == ["set net.none.such to 1 again"]
    outcome = Outcome("reverted", "timeout", TERMS, time.time(), lost=tuple(work.lost))
    assert way_back.told(outcome).endswith("1 thing could not be restored: set net.none.such to 1 again")


def test_what_the_last_look_mends_is_not_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back_revert, "SETTLING", 0.0)
    host = Scripted()
    way_back.arm(host, TERMS, store)
    snapshot = store.load()
    assert snapshot is not None
    looks = [{"net/none/such": "0"}, {"net/none/such": "1"}]
    monkeypatch.setattr(way_back_look, "values", lambda: looks.pop(0))
    before = snapshot.running._replace(values={"net/none/such": "1"})
    work = way_back_revert.Revert(host, store, snapshot._replace(running=before), after_boot=False)
    work.settle()
    assert work.lost == []


def test_snapshot_that_cannot_be_read_does_not_stay(store: Store, tmp_path: Path) -> None:
    way_back.arm(Scripted(), TERMS, store)
    Path(store.armed, "manifest.json").write_text("{")
    with pytest.raises(Fault, match="read what is armed"):
        way_back.confirm(Scripted(), "", store)
    assert way_back_revert.revert(Scripted(), store) == 0
    assert everything(store, tmp_path) <= {"LASTING/sysinit.target.wants"}


def test_checks() -> None:
    assert way_back_checks.failed(["true", "test 1 = 1"], 5) == ""
    assert way_back_checks.failed(["echo why; false", "touch /nonexistent/x"], 5) == (
        "`echo why; false` failed: why (exit code 1)"
    )


def test_check_that_hangs_has_failed() -> None:
    began = time.monotonic()
    # What it leaves behind keeps its output open.
    problem = way_back_checks.failed(["sleep 60 & sleep 60"], 0.3)
    assert problem == "`sleep 60 & sleep 60` did not end within 0.3 s"
    assert way_back_checks.failed(["sleep 2 & true"], 1) == ""
    assert time.monotonic() - began < 10


def test_any(store: Store) -> None:
    """An empty name confirms whatever is armed: the user who asks by hand."""
    way_back.arm(Scripted(), TERMS, store)
    assert way_back.confirm(Scripted(), "", store) is not None


def test_armed_for_nothing(store: Store, tmp_path: Path) -> None:
    way_back.arm(Scripted(), TERMS, store)
    way_back.forget(Scripted(), "play-2", store)
    assert store.is_armed(), "it is somebody else's"
    way_back.forget(Scripted(), "play-1", store)
    assert everything(store, tmp_path) == set()


def test_request_without_anything_armed(store: Store) -> None:
    host: Any = Scripted()
    assert way_back.request(host, "by hand", 1.0, store) is None
    assert host.commands == []
