# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that tells its status: it has come up when it says so, and else its last words tell why it has not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import service
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Serve, UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

UNIT = "systemd-nspawn@web.service"
UP = "^Container running: Ready"
STEP = Serve(UNIT, "start", None, UnitState(False, True), status=UP, patience=0.5)
BOOT = """\
Stopped systemd-nspawn@web.service - Container web.
Spawning container web on /var/lib/machines/web.
[  OK  ] Started systemd-journald.service - Journal Service.
         Starting systemd-networkd.service - Network Configuration...
[FAILED] Failed to start broken.service - What is broken.
[DEPEND] Dependency failed for basic.target - Basic System.
basic.target: Job basic.target/start failed with result 'dependency'.
Exiting container.
systemd-nspawn@web.service: Failed with result 'exit-code'.
"""


class Systemd(Host):
    """A service whose status changes at each look."""

    def __init__(self, *looks: tuple[str, str], said: str = BOOT, start: int = 0) -> None:
        self.looks, self.said, self.start = list(looks), said, start

    def run(self, argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        if argv[1] == "show":
            active, text = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
            return Outcome(0, f"ActiveState={active}\nStatusText={text}\n", "")
        if argv[0] == "journalctl":
            return Outcome(0, "" if argv[1] == "--sync" else self.said, "")
        return Outcome(self.start, "", "Job failed.")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "INTERVAL", 0.01)


def test_it_comes_up() -> None:
    booting = ("active", "Container running: Starting up.")
    service.serve(Systemd(booting, booting, ("active", "Container running: Ready.")), STEP)


def test_it_ends_while_it_boots() -> None:
    with pytest.raises(Fault) as caught:
        service.serve(Systemd(("active", ""), ("failed", "")), STEP)
    said = (
        "Spawning container web on /var/lib/machines/web. | [FAILED] Failed to start broken.service - What is broken."
    )
    assert str(caught.value) == f"start {UNIT}: it did not stay up: {said}"


def test_it_does_not_come_up_in_time() -> None:
    with pytest.raises(
        Fault, match=r"it has not come up within 0\.5 s: Spawning .* \| \[  OK  \] Started systemd-journald"
    ):
        service.serve(Systemd(("active", "")), STEP)


def test_it_does_not_even_start() -> None:
    with pytest.raises(Fault, match=rf"^start {UNIT}: Spawning container web"):
        service.serve(Systemd(("failed", ""), start=1), STEP)
    with pytest.raises(Fault, match=rf"^start {UNIT}: Job failed\."):
        service.serve(Systemd(("failed", ""), start=1, said=""), STEP)


def test_where_all_went_well_all_is_told() -> None:
    with pytest.raises(Fault, match=r"\[  OK  \] Reached target"):
        service.serve(Systemd(("inactive", ""), said="[  OK  ] Reached target multi-user.target.\n"), STEP)
