# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in effect, as it is looked at again and again while a change is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._host import way_back_look
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome

BEFORE = (
    UnitState("ssh.service", active=True, file_state="enabled"),
    UnitState("radvd.service", active=True, file_state="enabled"),
    UnitState("nftables.service", active=False, file_state="disabled"),
    UnitState("cron.service", active=False, file_state="enabled"),
)
LISTED = """\
ssh.service      loaded active   running OpenBSD Secure Shell server
radvd.service    loaded failed   failed  Router advertisement daemon for IPv6
nftables.service loaded inactive dead    nftables
"""
COME = "cron.service   loaded active running Regular background program processing daemon\n"
SHOWN = "Type=simple\nRemainAfterExit=no\nId=cron.service\nActiveState=active\nUnitFileState=disabled\nTransient=no\n"


class Scripted(Host):
    def __init__(self, listed: str) -> None:
        self.commands: list[str] = []
        self._listed = listed

    def run(self, argv: Sequence[str], **_options: Any) -> Outcome:  # type: ignore[override]
        self.commands.append(" ".join(argv[:2]))
        return Outcome(0, self._listed if argv[1] == "list-units" else SHOWN, "")


def test_units_are_only_counted() -> None:
    host = Scripted(LISTED)
    now = {unit.name: unit for unit in way_back_look.units_now(host, BEFORE)}
    assert {name for name, unit in now.items() if unit.active} == {"ssh.service"}
    assert now["radvd.service"] == BEFORE[1]._replace(active=False)
    assert host.commands == ["systemctl list-units"]


def test_one_that_has_come_is_looked_at() -> None:
    host = Scripted(LISTED + COME)
    now = {unit.name: unit for unit in way_back_look.units_now(host, BEFORE)}
    assert now["cron.service"] == UnitState("cron.service", active=True, file_state="disabled")
    assert len(now) == len(BEFORE)
    assert host.commands == ["systemctl list-units", "systemctl show"]
