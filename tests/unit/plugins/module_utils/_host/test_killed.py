# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any moment leaves each file the old one or the new one, and the next run tidies up."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.files import ASIDE
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files
from ansible_collections.homelab.ipv6.tests.unit.plugins.killing import AFTER, BEFORE, BETWEEN, kill_often

KILLS = 120
LONGEST = 12.0
OLD, NEW = "old\n" * 20_000, "new\n" * 30_000


def write_all(paths: list[Path]) -> None:
    host = Host()
    changes = []
    for path in paths:
        before = host.read_file(str(path))
        assert before is not None
        changes.append(FileChange(str(path), before, before.with_text(NEW)))
    apply(host, [Files(tuple(changes))])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_killed_run_leaves_whole_files(tmp_path: Path, count: int) -> None:
    paths = [tmp_path / f"file-{number}" for number in range(count)]
    leftovers = []

    def reset() -> None:
        for path in paths:
            path.write_text(OLD)

    def look() -> str:
        found = [path.read_text() for path in paths]
        assert set(found) <= {OLD, NEW}
        beside = [path for path in tmp_path.iterdir() if path not in paths]
        assert all(ASIDE.match(path.name) for path in beside)
        leftovers.extend(beside)
        return BEFORE if NEW not in found else AFTER if OLD not in found else BETWEEN

    ends = kill_often(reset, lambda: write_all(paths), look, KILLS // 3, LONGEST)
    # Otherwise the kills have all come too early or too late, and nothing was tried.
    assert ends.total() >= KILLS // 12
    assert leftovers
    reset()
    write_all(paths)
    assert sorted(tmp_path.iterdir()) == paths
    assert {path.read_text() for path in paths} == {NEW}
