# SPDX-License-Identifier: GPL-3.0-or-later
"""Units and files, snapshot, present → what to start, stop, restart."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import Entry, UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back import Act, Mend
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back_units import (
    after_files,
    touched_paths,
    units,
)

SSH = UnitState("ssh.service", True, file_state="enabled")
NETWORKD = UnitState("systemd-networkd.service", True, file_state="enabled")
KEA = UnitState("kea-dhcp6-server.service", True, file_state="enabled")
RADVD = UnitState("radvd.service", False, file_state="disabled")


def acts(mends: list[Mend]) -> list[str]:
    return [" ".join(mend.argv) for mend in mends if isinstance(mend, Act) and not mend.soft]


def test_what_was_on_is_started_the_line_first() -> None:
    off = [unit._replace(active=False) for unit in (KEA, NETWORKD, SSH)]
    assert acts(units([KEA, SSH, NETWORKD], off)) == [
        "systemctl start --no-block ssh.service",
        "systemctl start --no-block systemd-networkd.service",
        "systemctl start --no-block kea-dhcp6-server.service",
    ]
    # systemctl does not list what is off and not needed.
    assert acts(units([SSH], [])) == ["systemctl start --no-block ssh.service"]


def test_socket_comes_before_its_service() -> None:
    socket = UnitState("systemd-networkd.socket", True, file_state="enabled")
    assert acts(units([NETWORKD, socket], [])) == [
        "systemctl start --no-block systemd-networkd.socket",
        "systemctl start --no-block systemd-networkd.service",
    ]
    assert acts(units([NETWORKD, socket], [NETWORKD])) == [
        "systemctl stop systemd-networkd.service",
        "systemctl start --no-block systemd-networkd.socket",
    ]


def test_work_that_is_done_is_not_done_again() -> None:
    assert units([UnitState("fstrim.service", True, ends=True)], []) == []
    assert units([UnitState("run-u5.service", True, transient=True)], []) == []


def test_what_was_there_for_somebody_who_is_gone_is_not_started() -> None:
    for name in ("ssh@3-192.0.2.1:22-192.0.2.9:5000.service", "user@1000.service", "user-runtime-dir@1000.service"):
        assert units([UnitState(name, True, file_state="static")], []) == []
    # An interface is there for everybody.
    assert acts(units([UnitState("ifup@wan0.service", True, file_state="static")], [])) == [
        "systemctl start --no-block ifup@wan0.service"
    ]


@pytest.mark.parametrize(
    ("unit", "stopped"),
    [
        (RADVD._replace(active=True), True),
        (UnitState("isc-dhcp-server.service", True, file_state="generated"), True),
        # Its file was taken back.
        (UnitState("homelab-ipv6-firewall.service", True, file_state=""), True),
        # Started by whoever needs it, not switched on by anybody.
        (UnitState("systemd-hostnamed.service", True, file_state="static"), False),
        (UnitState("apt-daily.service", True, ends=True, file_state="static"), False),
        (UnitState("user@1000.service", True, file_state="static"), False),
        (UnitState("getty@tty2.service", True, file_state="enabled"), False),
        (UnitState("run-u5.service", True, file_state="transient", transient=True), False),
    ],
)
def test_what_was_switched_on_is_stopped(unit: UnitState, stopped: bool) -> None:
    assert bool(units([], [unit])) == stopped
    assert units([unit], [unit]) == []


@pytest.mark.parametrize(
    ("path", "commands"),
    [
        ("/etc/radvd.conf", []),
        ("/etc/kea/kea-dhcp6.conf", ["systemctl restart --no-block kea-dhcp6-server.service"]),
        ("/etc/ssh/sshd_config", ["systemctl restart --no-block ssh.service"]),
        ("/etc/nftables.conf", []),
        (
            "/etc/systemd/system/ssh.service.d/x.conf",
            ["systemctl daemon-reload", "systemctl restart --no-block ssh.service"],
        ),
        ("/etc/systemd/system/multi-user.target.wants/ssh.service", ["systemctl daemon-reload"]),
        ("/srv/own/file", ["systemctl restart --no-block ssh.service"]),
        ("/srv/other", []),
    ],
)
def test_who_reads_a_file_anew(path: str, commands: list[str]) -> None:
    assert acts(after_files([path], [SSH, KEA, RADVD], ["/srv/own"], ["ssh.service"])) == commands


def test_networkd_reads_its_files_without_a_restart() -> None:
    mends = after_files(["/etc/systemd/network/10.network"], [NETWORKD], [], [])
    assert [mend.argv for mend in mends if isinstance(mend, Act)] == [("networkctl", "reload")]
    assert after_files(["/etc/systemd/network/10.network"], [], [], []) == []


def test_instances_of_a_template() -> None:
    instance = UnitState("lab@a.service", True)
    assert acts(after_files(["/etc/systemd/system/lab@.service"], [instance, SSH], [], [])) == [
        "systemctl daemon-reload",
        "systemctl restart --no-block lab@a.service",
    ]


def test_paths_that_differ() -> None:
    had = [
        Entry("/a", "file", 0o644, digest="1"),
        Entry("/b", "absent"),
        Entry("/c", "other"),
        Entry("/d", "link", target="x"),
        Entry("/e", "directory", 0o755),
    ]
    assert touched_paths(had, had) == []
    have = [
        Entry("/a", "file", 0o600, digest="1"),
        Entry("/b", "directory"),
        Entry("/b/c", "file"),
        Entry("/c", "absent"),
        Entry("/d", "other"),
        Entry("/s", "other"),
    ]
    assert touched_paths(had, have) == ["/a", "/b", "/b/c", "/e"]
