# SPDX-License-Identifier: GPL-3.0-or-later
"""cifs_mounts on a machine where others mount things, too, and none of their files changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

UNIT = "/etc/systemd/system/srv-photos.mount"
NFS = "[Mount]\nWhat=nas:/photos\nWhere=/srv/photos\nType=nfs\n"
# Nobody answers there: the network has nothing but a loopback that is down.
SHARE = {"path": "/srv/photos", "server": "2001:db8::10", "share": "photos"}


@pytest.fixture
def place(island: Any, tmp_path: Path) -> Any:
    island.run("mount", "-t", "tmpfs", "tmpfs", str(tmp_path))
    overlay = f"lowerdir=/etc,upperdir={tmp_path}/up,workdir={tmp_path}/work"
    island.run("mkdir", f"{tmp_path}/up", f"{tmp_path}/work")
    island.run("mount", "-t", "overlay", "overlay", "-o", overlay, "/etc")
    return island


def test_a_unit_of_somebody_elses_is_left_alone(place: Any) -> None:
    place.run("sh", "-ec", f"mkdir -p /etc/systemd/system; cat >{UNIT}", stdin=NFS)
    for check_mode in (True, False):
        refused = place.module("cifs_mounts", check_mode=check_mode, shares=[SHARE])
        assert refused["msg"] == (
            f"shares[0].path: /srv/photos is mounted by {UNIT}, which was not written here. "
            "Stop that unit and remove its file, or choose another path. It is left as it is."
        )
    assert place.run("cat", UNIT) == NFS


def test_a_line_of_fstab_is_left_alone(place: Any) -> None:
    place.run("sh", "-c", "echo 'nas:/photos /srv/photos/ nfs ro 0 0' >>/etc/fstab")
    refused = place.module("cifs_mounts", shares=[SHARE])
    assert refused["msg"] == (
        "shares[0].path: /srv/photos has a line in /etc/fstab already. "
        "Take the line out of /etc/fstab, or choose another path."
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("owner", "shares[0].owner: nosuchuser is no user of this machine. Add the user, or name another."),
        ("group", "shares[0].group: nosuchuser is no group of this machine. Add the group, or name another."),
    ],
)
def test_who_is_not_there_owns_nothing(island: Any, option: str, said: str) -> None:
    assert island.module("cifs_mounts", check_mode=True, shares=[{**SHARE, option: "nosuchuser"}])["msg"] == said
    for known in ("root", "4711"):
        assert "msg" not in island.module("cifs_mounts", check_mode=True, shares=[{**SHARE, option: known}])
