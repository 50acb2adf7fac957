# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, group_name, user_name
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault


def test_command_speaks_english_and_finds_the_tools_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("KEPT", "yes")
    outcome = Host().run(["sh", "-c", "echo $LC_ALL $KEPT $MORE; echo $PATH >&2; exit 3"], env={"MORE": "too"})
    assert (outcome.rc, outcome.out) == (3, "C.UTF-8 yes too\n")
    assert "/usr/sbin" in outcome.err.split(":")
    assert Host().run(["sh", "-c", "echo $PATH"], env={"PATH": "/usr/bin:/bin"}).out == "/usr/bin:/bin\n"


def test_command_gets_what_it_is_given_and_nothing_else() -> None:
    assert Host().run(["cat"], stdin="grüße").out == "grüße"
    assert Host().run(["cat"]).out == ""
    assert Host().run(["printf", r"\377"]).out == "\udcff"


def test_command_that_is_not_installed() -> None:
    with pytest.raises(Fault, match=r"^run no-such-tool: the command is not installed\.$"):
        Host().run(["no-such-tool"])


def test_command_that_does_not_end_is_ended() -> None:
    started = time.monotonic()
    outcome = Host().run(["sleep", "60"], timeout=0.2)
    assert time.monotonic() - started < 20
    assert (outcome.rc, outcome.said) == (124, "sleep 60 did not end within 0.2 s (exit code 124)")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo out; echo err >&2; exit 1", "err (exit code 1)"),
        ("echo out; exit 1", "out (exit code 1)"),
        ("exit 2", "no message (exit code 2)"),
    ],
)
def test_what_a_command_said(script: str, said: str) -> None:
    assert Host().run(["sh", "-c", script]).said == said


def test_which() -> None:
    assert Host().which("sh") in ("/usr/bin/sh", "/bin/sh")
    assert Host().which("no-such-tool") is None


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    host = Host()
    (tmp_path / "file").write_bytes(b"a\r\nb\xff")
    assert host.read_text(str(tmp_path / "file")) == "a\r\nb\udcff"
    for missing in (tmp_path / "none", tmp_path / "file/below", tmp_path):
        assert host.read_text(str(missing)) is None
        assert host.read_file(str(missing)) is None
    assert host.list_names(str(tmp_path)) == ["file"]
    assert host.list_names(str(tmp_path / "none")) == host.list_names(str(tmp_path / "file")) == []


def test_symbolic_links(tmp_path: Path) -> None:
    host = Host()
    (tmp_path / "link").symlink_to("target")
    assert host.link_target(str(tmp_path / "link")) == str(tmp_path / "target")
    assert host.link_target(str(tmp_path)) == ""
    assert host.exists(str(tmp_path / "link"))
    assert not host.exists(str(tmp_path / "target"))


def test_users_without_a_name_are_numbers() -> None:
    assert (user_name(0), group_name(0)) == ("root", "root")
    assert (user_name(4_000_000_000), group_name(4_000_000_000)) == ("4000000000", "4000000000")
