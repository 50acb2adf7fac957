# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files, where the file system or the checking tool says no."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Check, Run
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

Tree = Callable[[Path], dict[str, Any]]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def change(path: Path, after: str | None) -> FileChange:
    """The content alone: mode and owner as they are, or of a new file."""
    before = Host().read_file(str(path))
    mine = Host().read_file(__file__)
    assert mine is not None
    fresh = FileState("", owner=mine.owner, group=mine.group)
    return FileChange(str(path), before, None if after is None else (before or fresh).with_text(after))


def make(*changes: FileChange, check: Check | None = None) -> None:
    apply(Host(), [Files(changes, check)])


@needs_root
def test_mode_and_owner_are_set_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file"
    state = FileState("x\r\ny\udcff", mode=0o640, owner="daemon", group="adm")
    mask = os.umask(0o077)
    try:
        make(FileChange(str(path), None, state))
    finally:
        os.umask(mask)
    assert Host().read_file(str(path)) == state
    assert path.read_bytes() == b"x\r\ny\xff"
    assert [directory.stat().st_mode & 0o777 for directory in (path.parent, path.parent.parent)] == [0o755, 0o755]


@needs_root
def test_owner_may_be_a_number(tmp_path: Path) -> None:
    make(FileChange(str(tmp_path / "file"), None, FileState("", owner="12345", group="54321")))
    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)
    assert Host().read_file(str(tmp_path / "file")) == FileState("", owner="12345", group="54321")


def test_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    for name in ("old", "missing"):
        (tmp_path / name).symlink_to(f"real/{name}")
    (tmp_path / "real/old").write_text("old")
    make(change(tmp_path / "old", "new"), change(tmp_path / "missing", "came"))
    assert [str((tmp_path / name).readlink()) for name in ("old", "missing")] == ["real/old", "real/missing"]
    assert [(tmp_path / "real" / name).read_text() for name in ("old", "missing")] == ["new", "came"]


def test_link_to_what_is_no_file_is_not_followed(tmp_path: Path) -> None:
    """A unit that is masked is a link to /dev/null."""
    with socket.socket(socket.AF_UNIX) as device:
        device.bind(str(tmp_path / "device"))
        (tmp_path / "masked").symlink_to("device")
        fresh = FileChange(str(tmp_path / "fresh"), None, change(tmp_path / "fresh", "new").after)
        masked = FileChange(str(tmp_path / "masked"), None, fresh.after)
        with pytest.raises(Fault, match=r"/masked as a file: it is a link to .*/device\. Remove it first\."):
            make(fresh, masked)
        assert (tmp_path / "device").is_socket()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["device", "masked"]


def test_removing_a_symbolic_link_leaves_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("theirs")
    (tmp_path / "link").symlink_to("target")
    make(change(tmp_path / "link", None))
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_extended_attributes_and_access_lists_survive(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    os.setxattr(path, "user.note", b"mine")
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-m", "u:daemon:r", path], check=True)
    before = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    make(change(path, "new"))
    assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == before
    assert path.read_text() == "new"


def test_check_sees_the_new_content_beside_its_target(tmp_path: Path) -> None:
    main, part, gone = tmp_path / "main.conf", tmp_path / "part.conf", tmp_path / "gone.conf"
    main.write_text(f"include {part}")
    main.chmod(0o600)
    part.write_text("old")
    gone.write_text("old")
    # The tool reads a main file that exists for the check alone and includes the new part.
    script = (
        'set -e; staged=$(sed "s/include //" "$0"); [ "$(dirname "$staged")" = "$1" ]; [ "$(cat "$staged")" = new ];'
        '[ "$(stat -c %a "$0")" = 600 ]; [ "$(cat "$2")" = old ]; [ "$3" = "$2" ]'
    )
    check = Check(
        (
            "sh",
            "-c",
            script,
            f"{{staged:{main}}}",
            str(tmp_path),
            str(part),
            f"{{staged:{gone}}}".replace("gone", "part"),
        ),
        scratch={str(main): f"include {{staged:{part}}}"},
    )
    with pytest.raises(Fault):
        # {staged:part} is not part itself, so the script's last comparison fails: it really runs.
        make(change(part, "new"), change(gone, None), check=check)
    good = Check((*check.argv[:-1], str(part)), check.scratch)
    make(change(part, "new"), change(gone, None), check=good)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.conf", "part.conf"]
    assert main.read_text() == f"include {part}"


def test_refused_configuration_leaves_nothing_behind(tmp_path: Path, tree: Tree) -> None:
    path, fresh, main = tmp_path / "file", tmp_path / "new/deep/fresh", tmp_path / "other/main"
    path.write_text("old")
    before = tree(tmp_path)
    said = 'echo "$1: line 3: cannot parse" >&2; false'
    check = Check(("sh", "-c", said, "sh", f"{{staged:{path}}}"), scratch={str(main): "include"})
    with pytest.raises(Fault) as caught:
        make(change(path, "new"), change(fresh, "new"), check=check)
    # The tool saw a name that means nothing to the user.
    assert str(caught.value) == (
        f"sh refuses the new configuration: {path}: line 3: cannot parse (exit code 1). Everything is as it was before."
    )
    assert tree(tmp_path) == before


def test_what_is_for_root_alone_is_so_while_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "fresh"
    private = FileChange(str(path), None, FileState("secret s3cret", 0o600), hide=("s3cret",))
    said = 'cat "$1"; stat -c "has mode %a" "$1"; false'
    check = Check(("sh", "-c", said, "sh", f"{{staged:{path}}}"), {str(path): "secret s3cret\n"}, hint="Look there")
    with pytest.raises(Fault) as caught:
        make(private, check=check)
    assert "secret ******** has mode 600" in " ".join(str(caught.value).split())
    assert ". Look there. Everything is as it was before." in str(caught.value)


def test_tool_that_is_not_installed_leaves_nothing_behind(tmp_path: Path, tree: Tree) -> None:
    with pytest.raises(Fault, match=r"^run no-such-tool: the command is not installed\. Everything is as it was"):
        make(change(tmp_path / "new/file", "new"), check=Check(("no-such-tool",)))
    assert tree(tmp_path) == {}


@pytest.fixture
def immutable() -> Iterator[Callable[[Path], None]]:
    """Makes something that even root cannot change."""
    made: list[Path] = []

    def freeze(path: Path) -> None:
        made.append(path)
        if os.geteuid() != 0 or subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
            pytest.skip("this file system has no immutable files")

    yield freeze
    for path in made:
        subprocess.run(["chattr", "-i", path], check=False)


def test_immutable_directory(tmp_path: Path, tree: Tree, immutable: Callable[[Path], None]) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("old")
    before = tree(tmp_path)
    immutable(tmp_path / "two")
    with pytest.raises(Fault, match=r"^write \S+/two/file: Operation not permitted\. Everything is as it was before"):
        make(change(tmp_path / "one/file", "new"), change(tmp_path / "two/file", "new"))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("after", ["new", None])
def test_immutable_file(tmp_path: Path, tree: Tree, immutable: Callable[[Path], None], after: str | None) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text("old")
    before = tree(tmp_path)
    immutable(tmp_path / "two")
    # All of it can be staged: this fails when the first file has been moved.
    with pytest.raises(Fault, match=r"two: Operation not permitted\. Everything is as it was before\.$"):
        make(change(tmp_path / "one", "new"), change(tmp_path / "two", after))
    assert tree(tmp_path) == before


def test_file_that_has_gone_meanwhile(tmp_path: Path) -> None:
    change_of_gone = FileChange(str(tmp_path / "gone"), FileState("old"), None)
    with pytest.raises(Fault, match=r"gone: No such file or directory\. Everything is as it was before\.$"):
        make(change(tmp_path / "new", "x"), change_of_gone)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import os, sys
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

old = {"/mnt/small": "old small", "/mnt/big": "old" * 30000}
for path, text in old.items():
    with open(path, "w") as stream:
        stream.write(text)
host = Host()
files = lambda small, big: Files(tuple(
    FileChange(path, host.read_file(path), FileState(text)) for path, text in (("/mnt/small", small), ("/mnt/big", big))
))
fill = Run(("sh", "-c", "cat /dev/zero > /mnt/log 2>/dev/null; false"), "fill the disk")
for steps in ([files("new", "new" * 300000)], [files("new", "n"), fill]):
    try:
        apply(host, steps)
    except Fault as fault:
        print(fault)
    if os.path.exists("/mnt/log"):
        os.unlink("/mnt/log")
    print(sorted(os.listdir("/mnt")), all(open(path).read() == text for path, text in old.items()))
"""


def test_full_disk_takes_nothing_away(island: Any) -> None:
    island.run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", "/mnt")
    first, tree_after, second, tree_at_last = island.python(FULL_DISK).splitlines()
    assert first == "write /mnt/big: No space left on device. Everything is as it was before."
    # Taking back needs no space, or a log that grows meanwhile would cost the user a configuration.
    assert second.startswith("fill the disk (sh -c cat ")
    assert second.endswith("no message (exit code 1). Everything is as it was before.")
    assert tree_after == tree_at_last == "['big', 'small'] True"


def test_file_system_without_hard_links(tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, _target: str, **_ignored: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", source)

    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o600)
    before = tree(tmp_path)
    monkeypatch.setattr(os, "link", refuse)
    for after in ("new", None):
        with pytest.raises(Fault, match="Everything is as it was before"):
            apply(Host(), [Files((change(tmp_path / "file", after),)), Run(("false",), "fail")])
        assert tree(tmp_path) == before
    make(change(tmp_path / "file", "new"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_old_file_that_cannot_be_kept_stops_the_plan(
    tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, _target: str, **_ignored: object) -> None:
        raise OSError(errno.EIO, "Input/output error", source)

    (tmp_path / "file").write_text("old")
    before = tree(tmp_path)
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(Fault, match=r"file: Input/output error\. Everything is as it was before\.$"):
        make(change(tmp_path / "file", "new"))
    assert tree(tmp_path) == before


def test_leftovers_of_a_killed_run_are_removed_by_the_next(tmp_path: Path) -> None:
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    kept = {
        f".file.{os.getppid()}-1.staged": "of a run that goes on",
        f".other.{dead}-1.staged": "of another file",
        f".file.{dead}-1.orig": "not of this kind",
        f"file.{dead}-1.staged": "not of this kind",
    }
    stale = [f".file.{dead}-{number}.{kind}" for number, kind in enumerate(("staged", "check", "kept"))]
    for name in [*kept, *stale, "file"]:
        (tmp_path / name).write_text("x")
    make(change(tmp_path / "file", "new"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "file"])
