# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are remembered and put back as they were, whatever became of them meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import Entry
from ansible_collections.homelab.ipv6.plugins.module_utils._host import way_back_files
from ansible_collections.homelab.ipv6.plugins.module_utils._host.way_back_files import Restoration, remember
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

Tree = Callable[[Path], dict[str, Any]]
PATHS = ("a", "b", "one/c", "one/d", "one/two/e", "three", "three/f")
USERS = [0, 1] if os.geteuid() == 0 else [os.geteuid()]

things = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=20), st.sampled_from([0o600, 0o644, 0o4755]), st.sampled_from(USERS)),
    st.tuples(st.just("link"), st.sampled_from([b"a", b"nowhere"]), st.just(0), st.just(USERS[0])),
    st.tuples(st.just("directory"), st.just(b""), st.sampled_from([0o700, 0o755]), st.sampled_from(USERS)),
)
trees = st.dictionaries(st.sampled_from(PATHS), things, max_size=6)


def grow(root: Path, wanted: dict[str, tuple[str, bytes, int, int]]) -> None:
    for name, (kind, data, mode, user) in sorted(wanted.items()):
        path = root / name
        if any(parent.is_symlink() or parent.is_file() for parent in path.parents if parent != root):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            continue
        if kind == "link":
            path.symlink_to(data.decode())
        elif kind == "file":
            path.write_bytes(data)
            os.setxattr(path, "user.note", data or b"none")
        else:
            path.mkdir()
        if kind != "link":
            os.chown(path, user, user)
            path.chmod(mode)


def restored(root: Path, aside: Path, change: Callable[[], None]) -> list[str]:
    """Remember, change, put back; returns the problems."""
    with (aside / "contents").open("wb") as contents:
        entries = remember([str(root)], contents)
    change()
    restoration = Restoration(entries, str(aside / "contents"))
    problems = restoration.put_back(restoration.differing([str(root)]), lambda _path: None)
    assert problems or restoration.differing([str(root)]) == []
    return problems


@settings(max_examples=150)
@given(before=trees, after=trees)
def test_everything_is_as_it_was(tree: Tree, before: Any, after: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "root"
        root.mkdir()
        grow(root, before)
        was = tree(root)

        def change() -> None:
            shutil.rmtree(root)
            root.mkdir()
            grow(root, after)

        assert restored(root, Path(place), change) == []
        assert tree(root) == was


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    root = tmp_path / "root"
    grow(root, {"a": ("file", b"x", 0o644, USERS[0]), "b": ("file", b"y", 0o644, USERS[0])})
    inode = (root / "a").stat().st_ino
    restored(root, tmp_path, (root / "b").unlink)
    assert (root / "a").stat().st_ino == inode
    assert (root / "b").read_bytes() == b"y"


def test_absence_with_the_directories_above_it(tmp_path: Path, tree: Tree) -> None:
    root = tmp_path / "not/there/yet"
    restored(root, tmp_path, lambda: grow(root, {"one/c": ("file", b"x", 0o644, USERS[0])}))
    assert not (tmp_path / "not").exists()
    # What somebody else has put beside it is theirs.
    (tmp_path / "contents").unlink()

    def change() -> None:
        grow(root, {"a": ("file", b"x", 0o644, USERS[0])})
        (tmp_path / "not/others").write_text("x")

    assert restored(root, tmp_path, change) == [f"{tmp_path}/not: Directory not empty"]
    assert set(tree(tmp_path / "not")) == {"others"}


def test_named_link_stands_for_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    restored(tmp_path / "link", tmp_path, lambda: (tmp_path / "target").write_text("after") and None)
    assert (tmp_path / "target").read_text() == "before"
    assert (tmp_path / "link").is_symlink()


def test_one_failure_is_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    grow(root, {"a": ("file", b"x", 0o644, USERS[0]), "b": ("file", b"y", 0o644, USERS[0])})
    replace = os.replace

    def stubborn(source: str, target: str) -> None:
        if target.endswith("/a"):
            raise OSError(errno.EPERM, "Operation not permitted", target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", stubborn)

    def change() -> None:
        (root / "a").unlink()
        (root / "b").unlink()

    assert restored(root, tmp_path, change) == [f"{root}/a: Operation not permitted"]
    assert [path.name for path in root.iterdir()] == ["b"]


def test_full_disk_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Tree) -> None:
    root = tmp_path / "root"
    grow(root, {"a": ("file", b"before", 0o640, USERS[0])})
    was = tree(root)

    def change() -> None:
        (root / "a").write_bytes(b"after, and longer")
        fill = way_back_files._fill

        def full(path: str, data: bytes, how: int) -> None:
            if path.endswith(".staged"):
                raise OSError(errno.ENOSPC, "No space left on device")
            fill(path, data, how)

        monkeypatch.setattr(way_back_files, "_fill", full)

    assert restored(root, tmp_path, change) == []
    assert tree(root) == was


def test_damage_is_noticed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    grow(root, {"a": ("file", b"before", 0o640, USERS[0])})

    def change() -> None:
        (tmp_path / "contents").write_bytes(b"becore")
        (root / "a").unlink()

    assert restored(root, tmp_path, change) == [f"{root}/a: what was remembered of it is damaged"]
    assert not (root / "a").exists()


def test_sockets_and_devices_are_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    os.mkfifo(root / "fifo")
    assert restored(root, tmp_path, lambda: os.mkfifo(root / "another")) == []
    assert sorted(path.name for path in root.iterdir()) == ["another", "fifo"]


@pytest.mark.parametrize(("limit", "value"), [("MOST_ENTRIES", 3), ("MOST_BYTES", 5)])
def test_more_than_is_reasonable_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    root = tmp_path / "root"
    grow(root, dict.fromkeys(("a", "b", "one/c"), ("file", b"xxx", 420, USERS[0])))
    monkeypatch.setattr(way_back_files, limit, value)
    with (tmp_path / "contents").open("wb") as contents, pytest.raises(Refusal, match=r"^paths: .* is among more than"):
        remember([str(root)], contents)


def test_its_own_units_are_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "homelab-ipv6-way-back.timer").touch()
    (tmp_path / "other.timer").touch()
    assert [entry.path for entry in remember([str(tmp_path)])] == [str(tmp_path), str(tmp_path / "other.timer")]
    assert remember([str(tmp_path / "none")]) == (Entry(str(tmp_path / "none"), "absent"),)
