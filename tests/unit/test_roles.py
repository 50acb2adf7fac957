# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role's inputs: documented, typed, and the same in every file that states them."""

from __future__ import annotations

from pathlib import Path

import pytest
from role_readme import render
from role_specs import problems, read_role, role_paths

each_role = pytest.mark.parametrize("path", role_paths(), ids=lambda path: path.name)


@each_role
def test_inputs_agree(path: Path) -> None:
    assert list(problems(read_role(path))) == []


@each_role
def test_readme_is_up_to_date(path: Path) -> None:
    role = read_role(path)
    assert role.readme.is_file(), "run make readme"
    assert role.readme.read_text(encoding="utf-8") == render(role), "run make readme"
