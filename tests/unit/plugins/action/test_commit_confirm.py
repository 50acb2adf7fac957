# SPDX-License-Identifier: GPL-3.0-or-later
"""The new connection is like the old one, but shares nothing with it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.homelab.ipv6.plugins.action.commit_confirm import FACT, ActionModule


def ssh(**options: Any) -> Any:
    connection = connection_loader.get("ssh", PlayContext())
    connection.set_options(direct={"host": "2001:db8::1", **options})
    return connection


def action(connection: Any, check_mode: bool = False, **arguments: Any) -> ActionModule:
    task = SimpleNamespace(args=arguments, check_mode=check_mode, async_val=0, diff=False, _uuid="x", environment=[])
    loader = SimpleNamespace(connection_loader=connection_loader)
    return ActionModule(task, connection, PlayContext(), None, None, loader)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ssh_args": ""},
        {"ssh_args": "-o ControlMaster=auto -o ControlPersist=60s -o ControlPath=/run/x"},
        {"ssh_common_args": "-o ProxyJump=jump.example -o ControlPath=/run/x"},
        {"ssh_extra_args": "-o ControlMaster=yes"},
    ],
)
def test_nothing_of_the_old_line_is_used(options: dict[str, str]) -> None:
    old = ssh(**options)
    new = action(old)._new_connection(old)
    assert new is not old
    words = [word.decode() for word in new._build_command("ssh", "ssh", "2001:db8::1")]
    settings = [word.partition("=")[::2] for flag, word in itertools.pairwise(words) if flag == "-o"]
    # ssh takes the first value that it meets.
    first = dict(reversed(settings))
    assert first["ControlPath"] == "none"
    assert first["ControlMaster"] == "no"
    assert first["ServerAliveInterval"] == "5"
    assert words[-1] == "2001:db8::1"
    assert ("ProxyJump=jump.example" in words) == ("ssh_common_args" in options)
    # The old one stays as it is.
    assert "ControlPath=none" not in [word.decode() for word in old._build_command("ssh", "ssh", "2001:db8::1")]


def test_how_to_become_root_is_the_same() -> None:
    old = ssh()
    old.set_become_plugin(SimpleNamespace(name="sudo"))
    new = action(old)._new_connection(old)
    assert new.become is old.become
    assert new._shell is not old._shell
    assert new._shell._options == old._shell._options


def test_connection_to_a_container() -> None:
    old = connection_loader.get("local", PlayContext())
    new = action(old)._new_connection(old)
    assert type(new) is type(old)
    assert new is not old


def run(monkeypatch: pytest.MonkeyPatch, fact: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    """Returns what reaches the module."""
    found: dict[str, Any] = {}
    one = action(ssh(), **arguments)

    def module(self: ActionModule, name: str, given: dict[str, Any], **_options: Any) -> dict[str, Any]:
        found.update(given, name=name, new=self._connection is not old)
        return {"changed": False}

    old = one._connection
    monkeypatch.setattr(ActionModule, "_execute_module", module)
    one.run(task_vars={"ansible_facts": {FACT: fact}} if fact else {})
    assert one._connection is old
    return found


def test_only_confirming_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, state="confirmed")["new"]
    assert not run(monkeypatch, state="armed")["new"]
    assert not run(monkeypatch, state="reverted")["new"]
    assert not run(monkeypatch, state="confirmed", check_mode=True)["new"]


def test_whose_change_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    armed = run(monkeypatch, state="armed")
    assert armed["id"]
    assert "ansible process" in armed["who"]
    assert run(monkeypatch, state="armed")["id"] != armed["id"]
    fact = {"id": "x", "who": armed["who"]}
    assert run(monkeypatch, fact, state="confirmed")["id"] == "x"
    assert run(monkeypatch, fact, state="armed")["id"] == "x"
    assert run(monkeypatch, fact, state="confirmed", id="y")["id"] == "y"
    # Kept in a cache by another run.
    assert "id" not in run(monkeypatch, {"id": "x", "who": "bob"}, state="confirmed")


def test_no_new_connection_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def module(*_given: Any, **_options: Any) -> dict[str, Any]:
        raise AnsibleConnectionFailure("Connection timed out.")

    monkeypatch.setattr(ActionModule, "_execute_module", module)
    one = action(ssh(), state="confirmed")
    fact = {"until": "2026-11-24 21:04:31 UTC"}
    result = one.run(task_vars={"ansible_facts": {FACT: fact}})
    assert result["failed"]
    assert result["msg"] == (
        "The change is not kept: no new connection to the host (Connection timed out). "
        "It goes back by itself at 2026-11-24 21:04:31 UTC."
    )
    assert one.run(task_vars={})["msg"].endswith("It goes back by itself when its time is up.")
