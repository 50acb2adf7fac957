# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Await
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import (
    FileChange,
    Files,
    FileState,
    KernelValue,
    Plan,
    State,
    file_steps,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run, Step

OLD, NEW = FileState("old\n"), FileState("new\n")


def shown(change: FileChange) -> tuple[str, str]:
    diff = change.diff()
    assert diff["before_header"] == diff["after_header"] == change.path
    return diff["before"], diff["after"]


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        *((None, NEW, ("", "new\n")), (OLD, None, ("old\n", "")), (OLD, NEW, ("old\n", "new\n"))),
        (
            OLD,
            FileState("old\n", mode=0o600, group="adm"),
            ("mode 0644, owner root, group root\n", "mode 0600, owner root, group adm\n"),
        ),
    ],
)
def test_diff_of_a_file(before: FileState | None, after: FileState | None, diff: tuple[str, str]) -> None:
    assert shown(FileChange("/x", before, after)) == diff


def test_secret_content_is_not_in_the_diff() -> None:
    change = FileChange("/x", FileState("hunter2"), FileState("hunter3"), secret=True)
    assert "hunter" not in "".join(shown(change))
    assert shown(FileChange("/x", None, FileState("hunter2"), secret=True)) == ("", "(content hidden)\n")


def test_content_alone_is_replaced() -> None:
    assert FileState("old", 0o600, "bind", "adm").with_text("new") == FileState("new", 0o600, "bind", "adm")


def test_only_files_that_differ_make_a_step() -> None:
    same, other = FileChange("/a", OLD, OLD), FileChange("/b", OLD, NEW)
    assert file_steps([same]) == ()
    assert file_steps([same, other]) == (Files((other,)),)


@pytest.mark.parametrize(
    ("step", "words", "changes"),
    [
        (Files((FileChange("/a", None, NEW), FileChange("/b", OLD, None))), "write /a, remove /b", True),
        (Run(("systemctl", "restart", "radvd"), "restart radvd"), "restart radvd", True),
        (KernelValue("/proc/sys/a/b", "0", "1"), "set /proc/sys/a/b to 1", True),
        (Await(("true",), "the port", "x", 1.0, ""), "wait: the port", False),
    ],
)
def test_step_describes_itself(step: Step, words: str, changes: bool) -> None:
    assert step.describe() == words
    assert Plan(steps=(step,)).changed is changes


def test_diff_is_of_files_and_then_of_what_else_changes() -> None:
    plan = Plan(
        steps=(Run(("true",), "x"), Files((FileChange("/a", None, NEW),))),
        states=(State("values", "a\n", "b\n"), State("links", "same", "same")),
    )
    assert plan.diff() == [
        {"before_header": "/a", "after_header": "/a", "before": "", "after": "new\n"},
        {"before_header": "values", "after_header": "values", "before": "a\n", "after": "b\n"},
    ]
    assert Plan().diff() == []
    assert not Plan().changed
