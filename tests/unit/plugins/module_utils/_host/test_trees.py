# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees made and removed on a real file system: whole, or not there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import trees
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import (
    Identity,
    Keep,
    MakeTree,
    RemoveTree,
    SweepTree,
    fallen,
    staged,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
    pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemd is not installed"),
]
ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
WEB = Identity(ID, "web")
FAIL = Run(("false",), "fail")
UNIT = "[Install]\nWantedBy=multi-user.target\n"
Tree = Callable[[Path], dict[str, Any]]


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """As much of a system as is looked at."""
    root = tmp_path / "system"
    for name, text in {
        "usr/lib/os-release": "ID=debian\n",
        "usr/lib/systemd/systemd": "",
        "usr/lib/systemd/system/systemd-networkd.service": UNIT,
        "usr/lib/systemd/system/systemd-networkd-wait-online.service": UNIT,
        "etc/machine-id": "f" * 32 + "\n",
        "etc/hostname": "image\n",
        "etc/ssh/ssh_host_ed25519_key": "the image's own\n",
        "var/lib/systemd/random-seed": "seed",
        "srv/data": "data\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "etc/systemd/system/multi-user.target.wants").mkdir(parents=True)
    wanted = root / "etc/systemd/system/multi-user.target.wants/systemd-networkd-wait-online.service"
    wanted.symlink_to("/usr/lib/systemd/system/systemd-networkd-wait-online.service")
    return root


@pytest.fixture
def web(tmp_path: Path) -> Path:
    return tmp_path / "machines" / "web"


def copy(source: Path, path: Path, identity: Identity | None = None, **other: Any) -> MakeTree:
    return MakeTree(str(path), ("cp", "--archive", f"{source}/.", "{tree}"), "make web", identity, **other)


def beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir()) if path.parent.exists() else []


def test_a_tree_is_made(system: Path, web: Path) -> None:
    apply(Host(), [copy(system, web)])
    assert (web / "srv/data").read_text() == "data\n"
    assert (web / "etc/hostname").read_text() == "image\n"
    assert beside(web) == ["web"]
    assert web.parent.stat().st_mode & 0o777 == 0o700
    assert web.stat().st_mode & 0o777 == 0o755
    assert trees.machine_id_of(str(web)) == "f" * 32


def test_a_copy_is_a_machine_of_its_own(system: Path, web: Path) -> None:
    apply(Host(), [copy(system, web, WEB)])
    assert trees.machine_id_of(str(web)) == ID
    assert (web / "etc/machine-id").stat().st_mode & 0o777 == 0o444
    assert (web / "etc/hostname").read_text() == "web\n"
    assert not (web / "etc/ssh/ssh_host_ed25519_key").exists()
    assert not (web / "var/lib/systemd/random-seed").exists()
    wants = web / "etc/systemd/system/multi-user.target.wants"
    assert [entry.name for entry in wants.iterdir()] == ["systemd-networkd.service"]
    assert (system / "etc/hostname").read_text() == "image\n"


def test_a_link_in_a_name_is_not_followed(system: Path, web: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("the host's\n")
    for name in ("etc/hostname", "etc/machine-id"):
        (system / name).unlink()
        (system / name).symlink_to(outside)
    apply(Host(), [copy(system, web, WEB)])
    assert outside.read_text() == "the host's\n"
    assert (web / "etc/hostname").read_text() == "web\n"


def test_a_directory_that_is_a_link_is_refused(system: Path, web: Path, tmp_path: Path) -> None:
    shutil.move(system / "etc", tmp_path / "etc")
    (system / "etc").symlink_to(tmp_path / "etc")
    with pytest.raises(Fault, match=r"^make web: /etc of the image is a symbolic link, which no Debian has\. Everyth"):
        apply(Host(), [copy(system, web, WEB)])
    assert (tmp_path / "etc/hostname").read_text() == "image\n"
    assert beside(web) == []
    assert trees.machine_id_of(str(system)) == ""


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("usr/lib/os-release", "what it was made from has no system in it"),
        ("usr/lib/systemd/systemd", "what it was made from has no system in it"),
        ("usr/lib/systemd/system/systemd-networkd.service", "the image has no systemd-networkd, without which"),
    ],
)
def test_what_is_no_system_is_refused(system: Path, web: Path, gone: str, said: str) -> None:
    (system / gone).unlink()
    with pytest.raises(Fault, match=f"^make web: {said}"):
        apply(Host(), [copy(system, web, WEB)])
    assert beside(web) == []


@pytest.mark.parametrize(
    "command", ["exit 3", "echo x >{tree}/half; exit 1", "kill -9 $$", "mkdir {tree}/etc; exec false"]
)
def test_half_a_tree_is_never_left(web: Path, command: str) -> None:
    step = MakeTree(str(web), ("sh", "-c", command), "make web")
    with pytest.raises(Fault, match=r"^make web: .* Everything is as it was before\.$"):
        apply(Host(), [step])
    assert beside(web) == []


def test_a_full_disk(island: Any, system: Path, web: Path) -> None:
    (system / "srv/data").write_bytes(b"x" * 3_000_000)
    web.parent.mkdir()
    program = f"""
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import MakeTree
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault
import os
try:
    apply(Host(), [MakeTree({str(web)!r}, ("cp", "--archive", "{system}/.", "{{tree}}"), "make web")])
except Fault as fault:
    print(fault, os.listdir({str(web.parent)!r}))
"""
    island.run("mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(web.parent))
    said = island.python(program)
    assert "No space left on device" in said
    assert said.endswith("Everything is as it was before. []\n")


def test_without_its_tool(system: Path, web: Path) -> None:
    step = copy(system, web, tool=("no-such-tool", "mmdebstrap"))
    with pytest.raises(Fault, match=r"no-such-tool is not installed\. Install the package mmdebstrap first"):
        apply(Host(), [step])
    assert beside(web) == []


def test_what_a_killed_run_left_is_swept(system: Path, web: Path) -> None:
    for place in (staged(str(web)), fallen(str(web))):
        shutil.copytree(system, place)
    apply(Host(), [copy(system, web)])
    assert beside(web) == ["web"]
    shutil.copytree(system, staged(str(web)))
    apply(Host(), [SweepTree(str(web))])
    assert beside(web) == ["web"]


def test_a_killed_run_leaves_nobody_writing(web: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[5] / ".cache/collections")!r})
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import MakeTree
apply(Host(), [MakeTree({str(web)!r}, ("sh", "-c", "(while :; do date +%s%N >>{log}; sleep 0.05; done) & wait"), "x")])
"""
    run = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 20
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    time.sleep(0.3)
    size = log.stat().st_size
    time.sleep(0.3)
    assert log.stat().st_size == size
    assert beside(web) == [Path(staged(str(web))).name]


def test_removed_and_brought_back(system: Path, web: Path, tree: Tree) -> None:
    apply(Host(), [copy(system, web)])
    before = tree(web)
    with pytest.raises(Fault, match=r"Everything is as it was before"):
        apply(Host(), [RemoveTree(str(web)), FAIL])
    assert tree(web) == before
    assert beside(web) == ["web"]
    apply(Host(), [RemoveTree(str(web))])
    assert beside(web) == []


def test_what_was_kept_stays_when_a_later_step_fails(system: Path, web: Path) -> None:
    mail = web.with_name("mail")
    with pytest.raises(Fault, match=r"Done and kept: container web\. All else is as it was before\.$"):
        apply(Host(), [copy(system, web), Keep("container web"), copy(system, mail), FAIL])
    assert beside(web) == ["web"]


def test_what_is_told_of_a_long_output() -> None:
    said = "I: running\nE: Unable to locate package x\nE: Unable to locate package x\napt-get -o x: E: failed\nfine\n"
    assert trees.telling(said) == "E: Unable to locate package x"
    assert trees.telling("all is well\n") == ""


def test_trees_and_what_looks_like_one(system: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(system)
    assert [trees.is_tree(str(tmp_path / name)) for name in ("system", "link", "none")] == [True, False, False]
    assert trees.machine_id_of(str(tmp_path)) == ""


@pytest.mark.skipif(not Path("/bin/busybox").exists(), reason="busybox is not installed")
def test_host_keys_are_made_where_there_is_an_sshd(system: Path, web: Path) -> None:
    for name in ("usr/sbin/sshd", "usr/bin/ssh-keygen"):
        (system / name).parent.mkdir(exist_ok=True)
    shutil.copy("/bin/busybox", system / "usr/bin/busybox")
    (system / "usr/sbin/sshd").touch()
    keygen = system / "usr/bin/ssh-keygen"
    keygen.write_text("#!/usr/bin/busybox sh\nbusybox echo $1 >/dev/null && busybox echo mine >/etc/ssh/key\n")
    keygen.chmod(0o755)
    apply(Host(), [copy(system, web, WEB)])
    assert (web / "etc/ssh/key").read_text() == "mine\n"
    # What was mounted for it is gone.
    assert list((web / "dev").iterdir()) == []
    keygen.write_text("#!/usr/bin/busybox sh\nbusybox echo no entropy >&2; exit 1\n")
    with pytest.raises(Fault, match=r"^make web: make its host keys: no entropy"):
        apply(Host(), [copy(system, web.with_name("mail"), WEB)])
    assert beside(web) == ["web"]
