# SPDX-License-Identifier: GPL-3.0-or-later
"""How systemd is told of sockets and their service, above all where it refuses.

A systemd that plays two sockets and a service behind them; molecule/dual_stack has a real one. Whether somebody takes
what arrives is test_taken.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import socket_service
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.socket_service import Wanted, read_options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.socket_steps import Leave, Probe, Take
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

UNITS = "/etc/systemd/system/"
FOUR, SIX, SERVICE = "web-ipv4.socket", "web-ipv6.socket", "web.service"
UP, OFF, RUNS = UnitState(True, True), UnitState(False, False), UnitState(True, False)
# Of what systemctl show says, what tells whether a service goes on.
GOES_ON = "ActiveState=active\nSubState=running\nNRestarts=0\nResult=success\n"


class Systemd(Host):
    """Units and whether they run and are enabled; what fails is named as in "restart web.service"."""

    def __init__(self, units: Mapping[str, UnitState], fails: str = "", files: Mapping[str, str] | None = None) -> None:
        self.units, self.fails = dict(units), fails
        self.files = dict(files or {})
        self.fragments: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.told: list[str] = []
        self.there = True

    def which(self, tool: str) -> str | None:
        return f"/usr/bin/{tool}" if self.there and tool == "systemctl" else None

    def run(self, argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        if argv[0] == "journalctl":
            return Outcome(0, f"{argv[2]}: Failed to listen on sockets\n", "")
        if argv[0] == "ss":
            return Outcome(0, "", "")
        assert argv[0] == "systemctl", argv
        if argv[1] == "show":
            return Outcome(0, self._shown(argv), "")
        words = " ".join(argv[1:])
        self.told.append(words)
        if words == self.fails:
            return Outcome(1, "", "Job failed.")
        self._carry_out(argv[1], argv[2:])
        return Outcome(0, "", "")

    def _shown(self, argv: Sequence[str]) -> str:
        if "Id" not in argv[2]:
            return GOES_ON
        state = {True: "active", False: "inactive"}
        enabled = {True: "enabled", False: "disabled"}
        units = [(unit, self.units[unit]) for unit in argv[3:] if unit in self.units]
        return "\n".join(
            f"Id={unit}\nNames={self.names.get(unit, unit)}\nActiveState={state[its.active]}\n"
            f"UnitFileState={enabled[its.enabled]}\nFragmentPath={self.fragments.get(unit, '')}\n"
            for unit, its in units
        )

    def _carry_out(self, verb: str, units: Sequence[str]) -> None:
        for unit in units:
            was = self.units.get(unit, OFF)
            if verb in ("enable", "disable"):
                self.units[unit] = was._replace(enabled=verb == "enable")
            elif verb in ("start", "restart", "stop"):
                self.units[unit] = was._replace(active=verb != "stop")

    def read_text(self, path: str) -> str | None:
        return self.files.get(path)

    def read_file(self, path: str) -> FileState | None:
        return FileState(self.files[path]) if path in self.files else None

    def exists(self, path: str) -> bool:
        return path in self.files

    def list_names(self, directory: str) -> list[str]:
        root = directory.rstrip("/") + "/"
        return sorted({path[len(root) :].split("/")[0] for path in self.files if path.startswith(root)})


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Probe, ...]]:
    """Everybody takes what arrives; which sockets were come to."""
    found: list[tuple[Probe, ...]] = []
    monkeypatch.setattr(socket_service, "see_taken", lambda _host, probes, *_more: found.append(probes))
    return found


PROBE = Probe(SERVICE, "ipv6", "tcp", ip_address("::"), 8000)


def opening(**changed: Any) -> Take:
    """The first run: two sockets are opened, and their service started."""
    was = {FOUR: OFF, SIX: OFF, SERVICE: OFF}
    step = Take(True, enable=(FOUR, SIX), open=(FOUR, SIX), start=(SERVICE,), was=was, probes=(PROBE,))
    return step._replace(**changed)


def updating(**changed: Any) -> Take:
    """A later one: the service is restarted beside sockets that are open."""
    return Take(True, restart=(SERVICE,), was={FOUR: UP, SIX: UP, SERVICE: RUNS}, probes=(PROBE,))._replace(**changed)


def test_sockets_are_opened_before_their_service_starts(seen: list[tuple[Probe, ...]]) -> None:
    host = Systemd({})
    apply(host, [opening()])
    assert host.told == ["daemon-reload", f"enable {FOUR} {SIX}", f"restart {FOUR} {SIX}", f"start {SERVICE}"]
    assert seen == [(PROBE,)]


def test_an_update_leaves_sockets_alone() -> None:
    host = Systemd({FOUR: UP, SIX: UP, SERVICE: RUNS})
    apply(host, [updating()])
    assert host.told == ["daemon-reload", f"restart {SERVICE}"]


def test_a_family_that_is_to_end_is_stopped_before_the_service_starts_anew() -> None:
    host = Systemd({FOUR: UP, SIX: UP, SERVICE: RUNS})
    apply(host, [updating(stop=(FOUR,), disable=(FOUR,))])
    assert host.told == ["daemon-reload", f"disable {FOUR}", f"stop {FOUR}", f"restart {SERVICE}"]


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (f"restart {FOUR} {SIX}", f"restart {FOUR}, {SIX}: {FOUR}: Failed to listen on sockets {SIX}: Failed to"),
        (f"start {SERVICE}", f"start {SERVICE}: {SERVICE}: Failed to listen"),
        (f"enable {FOUR} {SIX}", f"systemctl enable {FOUR} {SIX}: Job failed."),
        ("daemon-reload", "systemctl daemon-reload: Job failed."),
    ],
)
def test_what_cannot_be_opened_is_taken_back_whole(fails: str, says: str) -> None:
    host = Systemd({}, fails)
    with pytest.raises(Fault) as fault:
        apply(host, [opening()])
    assert says in str(fault.value)
    assert all(state == OFF for state in host.units.values()), host.units
    if fails == f"start {SERVICE}":
        assert str(fault.value).endswith("Everything is as it was before.")
        # Sockets first: a service that is stopped alone is started again by whoever comes.
        assert host.told[4:7] == [
            f"stop {FOUR} {SIX} {SERVICE}",
            f"reset-failed {FOUR} {SIX} {SERVICE}",
            f"disable {FOUR} {SIX}",
        ]


def test_an_update_that_fails_has_the_old_service_again() -> None:
    host = Systemd({FOUR: UP, SIX: UP, SERVICE: RUNS}, f"restart {SERVICE}")
    with pytest.raises(Fault) as fault:
        apply(host, [updating()])
    # This systemd fails for good; the second restart is the one with the old files.
    assert host.told == ["daemon-reload", f"restart {SERVICE}", "daemon-reload", f"reset-failed {FOUR} {SIX} {SERVICE}",
                         f"restart {SERVICE}"]  # fmt: skip
    assert "Taking it back went wrong too: systemctl restart web.service: Job failed." in str(fault.value)


def test_a_service_that_takes_nothing_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_about: object) -> None:
        raise Fault("have web.service take what comes", "no connection was accepted")

    monkeypatch.setattr(socket_service, "see_taken", nobody)
    host = Systemd({FOUR: UP, SIX: OFF, SERVICE: RUNS})
    was = {FOUR: UP, SIX: OFF, SERVICE: RUNS}
    with pytest.raises(Fault, match=r"no connection was accepted.*Everything is as it was before\."):
        apply(host, [opening(enable=(SIX,), open=(SIX,), was=was)])
    assert host.units == was
    # IPv4 was open all the time.
    assert not [words for words in host.told if "restart" in words and FOUR in words]


def test_a_socket_that_was_opened_anew_goes_back_to_its_old_file() -> None:
    was = {FOUR: UP, SIX: UP, SERVICE: RUNS}
    host = Systemd(was, f"start {SERVICE}")
    with pytest.raises(Fault):
        apply(host, [opening(enable=(), open=(SIX,), was=was)])
    assert host.told[-2:] == [f"restart {SIX}", f"restart {SERVICE}"]
    assert host.units == was


def test_a_family_whose_end_is_taken_back_is_there_again() -> None:
    was = {FOUR: UP, SIX: UP, SERVICE: RUNS}
    host = Systemd(was)
    step = updating(stop=(FOUR,), disable=(FOUR,))
    socket_service.take(host, step)
    socket_service.give_up(host, step)
    socket_service.take_again(host, step)
    assert host.units == was


def test_units_that_go_are_stopped_and_come_back_if_it_fails() -> None:
    was = {"web-old.socket": UP, "web-old.service": RUNS}
    leave = Leave(tuple(was), was)
    host = Systemd(was)
    apply(host, [leave])
    assert host.told == ["disable web-old.socket", "stop web-old.socket web-old.service"]
    host = Systemd(was, f"start {SERVICE}")
    with pytest.raises(Fault):
        apply(host, [leave, opening()])
    assert {unit: host.units[unit] for unit in was} == was


def params(**changed: Any) -> dict[str, Any]:
    socket = {"unit": SIX, "service": SERVICE, "descriptor": "ipv6", "family": "ipv6", "protocol": "tcp", "port": 8000}
    files = [{"path": UNITS + unit, "content": f"# web\n{unit}", "mode": "0644"} for unit in (SIX, SERVICE)]
    return {
        "name": "web",
        "mark": "# web",
        "directory": "/usr/local/lib/web",
        "files": files,
        "sockets": [{**socket, "address": "", "started": True, "enabled": True}],
        "timeout": 20,
        "prefix": "",
        **changed,
    }


def wanted(**changed: Any) -> Wanted:
    return read_options(params(**changed))


def test_looking_finds_what_is_wanted_and_what_an_earlier_run_left() -> None:
    files = {
        UNITS + SIX: f"# web\n{SIX}",
        UNITS + "web-old.service": "# web\nold",
        UNITS + "other.service": "# other\n",
        UNITS + "web.target": "# web\n",
        "/usr/local/lib/web/app.py": "x = 1",
    }
    units = {SIX: UP, SERVICE: OFF, "web-old.service": RUNS}
    found = socket_service.look(Systemd(units, files=files), wanted())
    assert dict(found.units) == units
    assert set(found.files) == {
        UNITS + SIX, UNITS + SERVICE, UNITS + "web-old.service", "/usr/local/lib/web/app.py"
    }  # fmt: skip
    assert found.files[UNITS + SERVICE] is None
    assert (list(found.foreign), found.unfinished, list(found.problems)) == ([], False, [])


def test_a_unit_file_without_our_mark_is_somebody_elses() -> None:
    files = {UNITS + SIX: f"# web\n{SIX}", UNITS + SERVICE: "# website\n[Service]\n"}
    host = Systemd({SIX: UP, SERVICE: RUNS}, files=files)
    host.fragments = {unit: UNITS + unit for unit in (SIX, SERVICE)}
    assert socket_service.look(host, wanted()).others == {SERVICE: UNITS + SERVICE}
    # To take a service away that has the name but not the unit leaves it alone, too.
    gone = socket_service.look(host, wanted(files=[], sockets=[]))
    assert (set(gone.files), set(gone.units)) == ({UNITS + SIX}, {SIX})


def test_a_link_that_leads_nowhere_is_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Systemd, "exists", lambda _host, path: path == UNITS + SERVICE)
    assert socket_service.look(Systemd({}), wanted()).others == {SERVICE: UNITS + SERVICE}


@pytest.mark.parametrize("names", [SERVICE, f"real.service {SERVICE}"])
def test_a_unit_of_a_package_is_somebody_elses(names: str) -> None:
    path = "/usr/lib/systemd/system/real.service"
    host = Systemd({SERVICE: RUNS})
    host.fragments, host.names = {SERVICE: path}, {SERVICE: names}
    found = socket_service.look(host, wanted())
    assert found.others == {SERVICE: path}
    assert found.units[SERVICE] == RUNS


@pytest.mark.parametrize(("said", "active"), [("activating", True), ("reloading", True), ("failed", False)])
def test_a_service_between_two_tries_is_on_its_way(said: str, active: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Systemd({})
    monkeypatch.setattr(host, "_shown", lambda _argv: f"Id={SERVICE}\nActiveState={said}\nUnitFileState=static\n")
    assert socket_service.look(host, wanted()).units[SERVICE] == UnitState(active, False)


def test_without_systemd_nothing_runs() -> None:
    host = Systemd({SIX: UP, SERVICE: RUNS})
    host.there = False
    assert set(socket_service.look(host, wanted()).units.values()) == {OFF}


def test_an_address_of_another_host_is_foreign() -> None:
    socket = params()["sockets"][0]
    elsewhere = wanted(sockets=[{**socket, "address": "2001:db8::9"}])
    assert [str(each) for each in socket_service.look(Systemd({}), elsewhere).foreign] == ["2001:db8::9"]
    stopped = wanted(sockets=[{**socket, "address": "2001:db8::9", "started": False}])
    assert not socket_service.look(Systemd({}), stopped).foreign
    here = wanted(sockets=[{**socket, "address": "::1"}])
    assert not socket_service.look(Systemd({}), here).foreign


def test_units_are_shown_to_systemd_when_they_change_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[str]] = []
    monkeypatch.setattr(socket_service, "problems", lambda _host, units: shown.append(sorted(units)) or [])
    there = {UNITS + unit: f"# web\n{unit}" for unit in (SIX, SERVICE)}
    socket_service.look(Systemd({}, files=there), wanted())
    assert shown == []
    socket_service.look(Systemd({}, files={**there, UNITS + SERVICE: "# web\nold"}), wanted())
    socket_service.look(Systemd({}), wanted())
    assert shown == [[SIX, SERVICE], [SIX, SERVICE]]
