# SPDX-License-Identifier: GPL-3.0-or-later
"""Units and credentials of shares, and in which order what is done."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import cifs_mounts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.cifs_mounts import Found, Share
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.cifs_upcall import RULES, upcall_files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.options import OptionReader
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState

PHOTOS: dict[str, Any] = {
    "path": "/srv/photos",
    "server": "nas.home.example",
    "share": "Anna's photos",
    "user": "anna",
    "password": "an apple",
    "owner": "anna",
    "writable": True,
}
MUSIC: dict[str, Any] = {"path": "/srv/our music", "server": "2001:db8::10", "share": "music", "idle": 0}
NOTHING = Found({}, UnitState(active=False, enabled=False), unfinished=False)
RUNS = UnitState(active=True, enabled=True)


def read(*entries: dict[str, Any]) -> tuple[Share, ...]:
    reader = OptionReader("")
    shares = cifs_mounts.read(reader, "shares", list(entries))
    assert reader.problems == []
    return shares


def after(*shares: Share, unfinished: bool = False) -> Found:
    """The host after a run."""
    files = {path: state for share in shares for path, state in share.files().items()}
    files[cifs_mounts.UNITS + cifs_mounts.TARGET] = FileState(cifs_mounts.target(shares))
    files.update(upcall_files([share.server for share in shares], cifs_mounts.HEADER))
    return Found(files, RUNS, unfinished)


def described(plan: Plan) -> list[str]:
    return [step.describe() for step in plan.steps]


def unit(share: Share, kind: str) -> dict[str, str]:
    parsed = networkd.parse(share.files()[f"/etc/systemd/system/{share.stem}.{kind}"].text)
    return {setting.key: setting.value for section in parsed.sections for setting in section.settings}


def test_a_mount_by_name() -> None:
    (share,) = read(PHOTOS)
    mount = unit(share, "mount")
    assert mount["What"] == "//nas.home.example/Anna's photos"
    assert mount["Where"] == "/srv/photos"
    assert mount["Options"] == (
        "rw,_netdev,nosuid,nodev,soft,echo_interval=10,port=445,credentials=/etc/homelab-ipv6/cifs/srv-photos,"
        "uid=anna,file_mode=0644,dir_mode=0755"
    )
    # Or the automount would be gone after a few tries while the server is away.
    assert mount["StartLimitIntervalSec"] == "0"
    assert "apple" not in "".join(mount.values())
    assert unit(share, "automount")["TimeoutIdleSec"] == "600"
    assert share.files()["/etc/homelab-ipv6/cifs/srv-photos"] == FileState("username=anna\npassword=an apple\n", 0o600)


def test_a_percent_sign_is_itself() -> None:
    (share,) = read({**PHOTOS, "path": "/srv/100%"})
    assert unit(share, "mount")["Where"] == unit(share, "automount")["Where"] == "/srv/100%%"


def test_a_mount_by_address() -> None:
    (share,) = read({**MUSIC, "group": 100, "options": ["seal"]})
    mount = unit(share, "mount")
    # mount.cifs takes no brackets, and the kernel no colons in a name.
    assert mount["What"] == "//2001-db8--10.ipv6-literal.net/music"
    assert ",ip=2001:db8::10,guest,gid=100,file_mode=0644,dir_mode=0755,seal" in mount["Options"]
    assert mount["Options"].startswith("ro,")
    assert unit(share, "automount")["TimeoutIdleSec"] == "0"
    assert len(share.files()) == 2


def test_the_path_of_credentials_has_no_backslash() -> None:
    (share,) = read({**MUSIC, "user": "ben", "password": "pw", "domain": "HOME"})
    assert share.credentials == "/etc/homelab-ipv6/cifs/srv-our+20music"
    assert share.files()[share.credentials].text == "username=ben\npassword=pw\ndomain=HOME\n"


def test_the_target_wants_automounts_alone() -> None:
    text = cifs_mounts.target(read(PHOTOS, MUSIC))
    assert "Wants=srv-photos.automount srv-our\\x20music.automount\n" in text
    assert ".mount" not in text


def test_first_run() -> None:
    plan = cifs_mounts.plan(read(PHOTOS), NOTHING)
    assert described(plan) == [
        "mark the beginning",
        ", ".join(
            f"write {path}"
            for path in (
                "/etc/homelab-ipv6/cifs/srv-photos",
                "/etc/request-key.d/homelab-ipv6-shares.conf",
                "/etc/systemd/system/homelab-ipv6-shares.target",
                "/etc/systemd/system/srv-photos.automount",
                "/etc/systemd/system/srv-photos.mount",
                "/usr/local/lib/homelab-ipv6/cifs-address",
            )
        ),
        "enable and start homelab-ipv6-shares.target",
    ]
    assert "an apple" not in str(plan.diff())


def test_second_run() -> None:
    shares = read(PHOTOS, MUSIC)
    assert not cifs_mounts.plan(shares, after(*shares)).changed
    assert described(cifs_mounts.plan(shares, after(*shares, unfinished=True)))[-1].startswith("start ")


def test_an_automount_that_was_stopped_runs_again() -> None:
    shares = read(PHOTOS, MUSIC)
    before = after(*shares)._replace(asleep=("srv-photos.automount",))
    plan = cifs_mounts.plan(shares, before)
    # Nothing is unmounted for that.
    assert described(plan) == ["mark the beginning", "start homelab-ipv6-shares.target"]
    assert "srv-photos.automount" in str(plan.diff())
    # One that goes need not run before.
    assert described(cifs_mounts.plan(read(MUSIC), before))[1] == "unmount what changes"
    shown = [one["before_header"] for one in cifs_mounts.plan((), before).diff()]
    assert shown[-1] == cifs_mounts.TARGET
    assert "srv-photos.automount" not in shown


def test_how_servers_are_found_changes_under_what_is_mounted() -> None:
    shares = read(PHOTOS)
    before = after(*shares)
    before = before._replace(files={path: state for path, state in before.files.items() if path != RULES})
    assert described(cifs_mounts.plan(shares, before)) == [
        "mark the beginning",
        "write /etc/request-key.d/homelab-ipv6-shares.conf",
        "start homelab-ipv6-shares.target",
    ]


def test_what_changes_is_unmounted_and_nothing_else() -> None:
    shares = read(PHOTOS, MUSIC)
    before = after(*shares)
    plan = cifs_mounts.plan(read({**PHOTOS, "password": "a pear"}, MUSIC), before)
    assert described(plan) == [
        "mark the beginning",
        "unmount what changes",
        "write /etc/homelab-ipv6/cifs/srv-photos",
        "start homelab-ipv6-shares.target",
    ]
    assert plan.steps[1].argv == ("systemctl", "stop", "srv-photos.automount", "srv-photos.mount")  # type: ignore[union-attr]


def test_what_is_not_named_any_more_goes() -> None:
    shares = read(PHOTOS, {**MUSIC, "user": "ben", "password": "pw"})
    plan = cifs_mounts.plan(read(PHOTOS), after(*shares))
    assert plan.steps[1].argv == (  # type: ignore[union-attr]
        "systemctl",
        "stop",
        "srv-our\\x20music.automount",
        "srv-our\\x20music.mount",
    )
    assert "remove /etc/homelab-ipv6/cifs/srv-our+20music" in described(plan)[2]
    assert "write /etc/request-key.d/homelab-ipv6-shares.conf" in described(plan)[2]


def test_all_go() -> None:
    shares = read(PHOTOS)
    plan = cifs_mounts.plan((), after(*shares))
    assert described(plan)[:3] == [
        "mark the beginning",
        "disable and stop homelab-ipv6-shares.target",
        "unmount what changes",
    ]
    assert "remove /usr/local/lib/homelab-ipv6/cifs-address" in described(plan)[-2]
    assert described(plan)[-1] == "have systemd read its files again"
    assert not cifs_mounts.plan((), NOTHING).changed


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([PHOTOS, PHOTOS], "shares[1].path: /srv/photos is the path of two shares. Give each a path of its own."),
        ([PHOTOS, {**MUSIC, "path": "/srv/photos/x"}], "/srv/photos/x lies in /srv/photos, which is a share itself."),
        ([{**PHOTOS, "password": None}], "shares[0].password: (nothing) is no password."),
        ([{**PHOTOS, "user": ""}], "shares[0].user: '' is nobody, and there is a password. Name the user"),
        ([{**PHOTOS, "idle": -1}], "shares[0].idle: -1 is not between 0 and 86400."),
    ],
)
def test_refused(entries: list[dict[str, Any]], said: str) -> None:
    reader = OptionReader("")
    cifs_mounts.read(reader, "shares", entries)
    assert said in "\n".join(reader.problems)
    assert "an apple" not in str(reader.problems)


@pytest.mark.parametrize(
    ("status", "option", "said"),
    [
        (
            "NT_STATUS_LOGON_FAILURE",
            "shares[0].password",
            "is not what //nas.home.example/Anna's photos takes for anna",
        ),
        ("NT_STATUS_BAD_NETWORK_NAME", "shares[0].share", "is no share of nas.home.example"),
        ("NT_STATUS_ACCESS_DENIED", "shares[0].user", "anna is not let into //nas.home.example/"),
    ],
)
def test_what_a_server_turns_down(status: str, option: str, said: str) -> None:
    refusal = cifs_mounts.shut_out("shares[0].", read(PHOTOS)[0], status)
    assert refusal is not None
    assert refusal.option == option
    assert said in str(refusal)
    assert "apple" not in str(refusal)


@pytest.mark.parametrize("status", ["", "NT_STATUS_IO_TIMEOUT"])
def test_a_server_with_troubles_is_no_reason_against_a_mount(status: str) -> None:
    assert cifs_mounts.shut_out("shares[0].", read(PHOTOS)[0], status) is None
