# SPDX-License-Identifier: GPL-3.0-or-later
"""samba_users with Samba's own tools, in a place where nothing of the machine's changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("pdbedit") is None, reason="samba is not installed")
CONF = "[global]\n server role = standalone server\n interfaces = lo\n"


@pytest.fixture
def place(island: Any, tmp_path: Path) -> Any:
    """A machine's users and Samba's, as they are after the package was installed."""
    island.run("mount", "-t", "tmpfs", "tmpfs", str(tmp_path))
    setup = f"""
        ip link set lo up
        mkdir {tmp_path}/up {tmp_path}/work
        mount -t overlay overlay -o lowerdir=/etc,upperdir={tmp_path}/up,workdir={tmp_path}/work /etc
        mount -t tmpfs tmpfs /var/lib/samba && mkdir /var/lib/samba/private
        mkdir -p /run/samba /etc/samba && mount -t tmpfs tmpfs /run/samba
        printf '{CONF}' >/etc/samba/smb.conf
    """
    island.run("sh", "-ec", setup)
    return island


@pytest.fixture
def let_in(place: Any) -> Callable[..., dict[str, Any]]:
    def run(*users: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
        return place.module("samba_users", check_mode=check_mode, users=list(users))

    return run


def kept(place: Any) -> str:
    return place.run("pdbedit", "--list", "--smbpasswd-style")


# What ends or begins a word for a shell, for smb.conf or for pdbedit.
ANNA = {"name": "anna", "password": 'b"e\\n $1 ü'}
BEN = {"name": "ben", "password": "quite secret"}


def test_a_user_gets_a_password_once(place: Any, let_in: Callable[..., dict[str, Any]]) -> None:
    foretold = let_in(ANNA, BEN, check_mode=True)
    assert "anna" not in kept(place)
    done = let_in(ANNA, BEN)
    assert (foretold["changed"], foretold["diff"], foretold["steps"]) == (True, done["diff"], done["steps"])
    assert done["steps"][2:4] == ["make the user anna", "set the password of anna"]
    assert kept(place).count("[U          ]") == 2
    assert "/usr/sbin/nologin" in place.run("getent", "passwd", "anna")
    assert let_in(ANNA, BEN)["steps"] == []


def test_another_password_is_set_and_nobody_sees_it(place: Any, let_in: Callable[..., dict[str, Any]]) -> None:
    let_in(ANNA, BEN)
    before = kept(place)
    done = let_in({**ANNA, "password": "new, and secret"}, BEN)
    assert done["steps"][2:] == ["set the password of anna"]
    after = kept(place)
    assert [line for line in before.splitlines() if line in after.splitlines()] == [
        line for line in before.splitlines() if line.startswith("ben:")
    ]
    assert "secret" not in str(done)


def test_who_was_switched_off_comes_in_again(place: Any, let_in: Callable[..., dict[str, Any]]) -> None:
    let_in(ANNA)
    place.run("smbpasswd", "-d", "anna")
    assert let_in(ANNA)["steps"][2:] == ["let anna in again"]
    assert "[U          ]" in kept(place)


def test_all_or_none(place: Any, let_in: Callable[..., dict[str, Any]]) -> None:
    let_in(ANNA)
    before = kept(place)
    place.run("sh", "-c", "printf '#!/bin/sh\\necho out of users >&2; exit 1\\n' >/etc/useradd; chmod +x /etc/useradd")
    place.run("mount", "--bind", "/etc/useradd", "/usr/sbin/useradd")
    failed = let_in({**ANNA, "password": "other"}, BEN)
    assert failed["msg"].startswith("make the user ben (useradd --system")
    assert failed["msg"].endswith("out of users (exit code 1). Everything is as it was before.")
    assert kept(place) == before


@pytest.mark.parametrize(
    ("users", "said"),
    [
        ([{"name": "Anna", "password": "x"}], "users[0].name: 'Anna' cannot be the name of a user. Write up to 31"),
        ([{"name": "anna", "password": ""}], "users[0].password of anna: (nothing) is no password. Give the user one"),
        ([ANNA, BEN, ANNA], "users[2].name: anna is there twice. Put all of a user into one entry."),
        ([{**ANNA, "create": False}], "users: anna is no user of this machine. Add the user to the machine, or say"),
    ],
)
def test_what_cannot_be_right(
    place: Any, let_in: Callable[..., dict[str, Any]], users: list[dict[str, Any]], said: str
) -> None:
    refused = let_in(*users)
    assert refused["failed"]
    assert said in refused["msg"]
    assert kept(place) == ""


def test_the_longest_password_that_smbpasswd_reads_whole(place: Any, let_in: Callable[..., dict[str, Any]]) -> None:
    # 254 bytes and the end of its line: one more, and smbpasswd takes the rest for the password's repetition.
    longest = {"name": "anna", "password": "\u20ac" * 84 + "ab"}
    assert let_in(longest)["changed"]
    assert let_in(longest)["steps"] == []
    refused = let_in({"name": "ben", "password": "\u20ac" * 85})
    assert "users[0].password of ben: (hidden) has 255 bytes in UTF-8" in refused["msg"]
    done = place.run("sh", "-c", "smbpasswd -s -a anna 2>&1", stdin=("\u20ac" * 85 + "\n") * 2, check=False)
    assert "Mismatch - password unchanged" in done
