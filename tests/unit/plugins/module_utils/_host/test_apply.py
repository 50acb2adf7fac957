# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans carried out on real files: all of them, or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._host import apply as apply_module
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, group_name, user_name
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Await
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState, KernelValue
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run, Step
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

Tree = Callable[[Path], dict[str, Any]]
# Another owner can be had as root only.
OWNERS = ["root", "daemon"] if os.geteuid() == 0 else [user_name(os.geteuid())]
GROUPS = ["root", "adm"] if os.geteuid() == 0 else [group_name(os.getegid())]
PATHS = ("a", "b", "one/c", "one/d", "two/deep/e", "two/f")

text = st.text(st.characters(codec="utf-8"), max_size=30)
states = st.builds(
    FileState,
    text=text,
    mode=st.sampled_from([0o644, 0o600, 0o640, 0o755]),
    owner=st.sampled_from(OWNERS),
    group=st.sampled_from(GROUPS),
)
failures: dict[str, Step] = {
    "command": Run(("false",), "fail"),
    "no such command": Run(("/nonexistent",), "fail"),
    "waiting": Await(("echo", "no"), "a yes", "yes", 0.0, "Ask again."),
    "file": Files((FileChange("/proc/version/x/y", None, FileState("")),)),
    "user": Files((FileChange("/nonexistent-user", None, FileState("", owner="nobody-of-this-name")),)),
    "group": Files((FileChange("/nonexistent-group", None, FileState("", group="nobody-of-this-name")),)),
    "kernel value": KernelValue("/proc/sys/nonexistent", "0", "1"),
}


def write(path: Path, state: FileState) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(state.text.encode())
    shutil.chown(path, state.owner, state.group)
    path.chmod(state.mode)


@st.composite
def plans(draw: st.DrawFn) -> tuple[dict[str, FileState], list[list[tuple[str, FileState | None]]]]:
    """Files that are there, and sets of changes to them: one set a step."""
    there = draw(st.dictionaries(st.sampled_from(PATHS), states, max_size=4))
    sets = draw(
        st.lists(st.dictionaries(st.sampled_from(PATHS), st.none() | states, min_size=1, max_size=4), max_size=3)
    )
    return there, [list(changes.items()) for changes in sets]


def steps_for(root: Path, there: dict[str, FileState], sets: list[list[tuple[str, FileState | None]]]) -> list[Step]:
    now: dict[str, FileState | None] = dict(there)
    steps: list[Step] = []
    for changes in sets:
        made = []
        for name, after in changes:
            before = now.get(name)
            if before != after:
                made.append(FileChange(str(root / name), before, after))
            now[name] = after
        if made:
            steps.append(Files(tuple(made)))
    return steps


@settings(max_examples=60, deadline=None)
@given(plan=plans(), failure=st.sampled_from(sorted(failures)), position=st.integers(0, 3))
def test_failing_step_leaves_the_tree_as_it_was(
    tree: Tree, plan: tuple[dict[str, FileState], Any], failure: str, position: int
) -> None:
    there, sets = plan
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, state in there.items():
            write(root / name, state)
        before = tree(root)
        steps = steps_for(root, there, sets)
        steps.insert(min(position, len(steps)), failures[failure])
        with pytest.raises(Fault, match=r"Everything is as it was before\.$"):
            apply(Host(), steps)
        assert tree(root) == before


@settings(max_examples=40, deadline=None)
@given(plan=plans())
def test_plan_is_carried_out_and_leaves_nothing_beside(plan: tuple[dict[str, FileState], Any], tree: Tree) -> None:
    there, sets = plan
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, state in there.items():
            write(root / name, state)
        apply(Host(), steps_for(root, there, sets))
        wanted: dict[str, FileState | None] = {**there, **{name: after for changes in sets for name, after in changes}}
        found = {name: Host().read_file(str(root / name)) for name in wanted}
        assert found == wanted
        files = {name for name, entry in tree(root).items() if entry.kind != "directory"}
        assert files == {name for name, state in wanted.items() if state is not None}


def change(path: Path, after: str | None) -> FileChange:
    before = Host().read_file(str(path))
    fresh = FileState("", owner=OWNERS[0], group=GROUPS[0])
    return FileChange(str(path), before, None if after is None else (before or fresh).with_text(after))


def test_what_was_undone_is_the_very_file(tmp_path: Path, tree: Tree) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to("file")
    os.link(file, tmp_path / "other-name")
    os.utime(file, (1, 1))
    os.setxattr(file, "user.note", b"mine")
    before, inode = tree(tmp_path), file.stat().st_ino
    for path in (file, link):
        for after in ("new", None):
            with pytest.raises(Fault):
                apply(Host(), [Files((change(path, after),)), failures["command"]])
            assert tree(tmp_path) == before
            assert (file.stat().st_ino, file.stat().st_mtime) == (inode, 1)


def test_commands_are_taken_back_newest_first_and_then_recovered_oldest_first(tmp_path: Path) -> None:
    log, file = tmp_path / "log", tmp_path / "file"
    file.write_text("old")

    def say(word: str) -> tuple[str, ...]:
        return ("sh", "-c", f"echo {word} $(cat {file}) >> {log}")

    with pytest.raises(Fault, match=r"^third \(sh -c exit 3\): no message \(exit code 3\)\. Everything"):
        apply(
            Host(),
            [
                Run(say("first"), "first", undo=say("undo-first"), recover=say("recover-first")),
                Files((change(file, "new"),)),
                Run(say("second"), "second", undo=say("undo-second"), recover=say("recover-second")),
                # It never finished, so there is nothing to undo, but what it stopped has to come back.
                Run(("sh", "-c", "exit 3"), "third", undo=say("undo-third"), recover=say("recover-third")),
                Run(say("never"), "never"),
            ],
        )
    assert log.read_text().splitlines() == [
        *("first old", "second new", "undo-second new", "undo-first old"),
        *("recover-first old", "recover-second old", "recover-third old"),
    ]


def test_what_could_not_be_taken_back_is_said() -> None:
    first = Run(("true",), "start", undo=("sh", "-c", "echo cannot >&2; false"))
    with pytest.raises(Fault) as caught:
        apply(Host(), [first, failures["command"]])
    assert str(caught.value) == (
        "fail (false): no message (exit code 1). Taking it back went wrong too: undo: start (sh -c echo cannot >&2; "
        "false): cannot (exit code 1). Look at these by hand."
    )


def test_file_that_could_not_be_put_back_is_named_with_its_old_content(tmp_path: Path) -> None:
    path = tmp_path / "one" / "file"
    path.parent.mkdir()
    path.write_text("old")
    move_away = Run(("sh", "-c", f"rm {path} && mkdir -p {path}/in-the-way && false"), "break")
    with pytest.raises(Fault, match=rf"{path}: Is a directory; its old content is in (\S+)\. Look at these") as caught:
        apply(Host(), [Files((change(path, "new"),)), move_away])
    kept = str(caught.value).split("its old content is in ")[1].split(". Look")[0]
    assert Path(kept).read_text() == "old"


def test_new_directory_stays_where_somebody_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with pytest.raises(Fault, match="Everything is as it was"):
        apply(Host(), [Files((change(path, "x"),)), Run(("sh", "-c", f"touch {tmp_path}/new/theirs; false"), "fail")])
    assert [entry.name for entry in path.parent.iterdir()] == ["theirs"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_defect_or_interrupt_leaves_nothing_half_done(
    tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_ignored: object) -> None:
        raise error

    path = tmp_path / "file"
    path.write_text("old")
    before = tree(tmp_path)
    monkeypatch.setattr(apply_module, "_await", fail)
    with pytest.raises(type(error)):
        apply(Host(), [Files((change(path, "new"),)), failures["waiting"]])
    assert tree(tmp_path) == before


def test_text_that_no_file_can_hold_leaves_nothing_behind(tmp_path: Path, tree: Tree) -> None:
    (tmp_path / "file").write_text("old")
    before = tree(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        apply(Host(), [Files((change(tmp_path / "file", "new"), change(tmp_path / "new/file", "\ud800")))])
    assert tree(tmp_path) == before


def test_waiting_ends_when_the_pattern_comes(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    argv = ("sh", "-c", f"echo x >> {counter}; cat {counter}")
    apply(Host(), [Await(argv, "three lines", r"x\nx\nx", 20.0, "")])
    assert counter.read_text() == "x\n" * 3


def test_waiting_in_vain_says_what_it_saw() -> None:
    with pytest.raises(Fault, match=r"^wait for a yes: not within 0 s; echo no shows: no\. Ask again\. Everything"):
        apply(Host(), [failures["waiting"]])
    with pytest.raises(Fault, match=r"false shows: no message \(exit code 1\)"):
        apply(Host(), [Await(("false",), "a yes", "", 0.0, "")])


def test_waiting_in_vain_for_what_need_not_come() -> None:
    apply(Host(), [Await(("echo", "no"), "a yes", "yes", 0.0, soft=True)])
