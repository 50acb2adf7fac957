# SPDX-License-Identifier: GPL-3.0-or-later
"""smb.conf: what is written is read again, by this parser and by Samba's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.smb_conf import Section, parse, render

NAMES = st.from_regex(r"[a-z]([a-z ]?[a-z]){0,8}", fullmatch=True)
VALUES = st.from_regex(r"[A-Za-z0-9/:%;#=]([A-Za-z0-9 /:%;#=\\]{0,10}[A-Za-z0-9/:])?", fullmatch=True)
SECTIONS = st.builds(Section, st.from_regex(r"[A-Za-z0-9$'-]{1,9}", fullmatch=True), st.dictionaries(NAMES, VALUES))


@given(st.lists(SECTIONS))
def test_what_is_written_is_read_again(sections: list[Section]) -> None:
    assert parse(render(sections)) == sections


def test_files_of_others_are_read() -> None:
    text = (
        "; a comment\n# another\nworkgroup = NOWHERE\n[global]\n  server  string = a \\\n  b\n"
        "nonsense\n\n[ photos ]\npath=/srv\\"
    )
    assert parse(text) == [Section("global", {"server string": "a b"}), Section("photos", {"path": "/srv"})]


@pytest.mark.skipif(shutil.which("testparm") is None, reason="samba is not installed")
def test_samba_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "smb.conf"
    path.write_text(render([Section("global", {"max log size": "50"}), Section("a b", {"comment": 'x; "y" # z'})]))
    argv = ["testparm", "--suppress-prompt", "--section-name=a b", "--parameter-name=comment", str(path)]
    said = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == 'x; "y" # z'
