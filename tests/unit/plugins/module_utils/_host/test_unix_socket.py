# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import apply as apply_module
from ansible_collections.homelab.ipv6.plugins.module_utils._host import kea
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.kea import answers
from ansible_collections.homelab.ipv6.plugins.module_utils._host.unix_socket import ask
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import SocketCommand
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

# What kea-dhcp6 2.2.0 answered to version-get, and to config-reload before and after its file was spoilt.
VERSION = r"""{ "arguments": { "extended": "2.2.0\ntarball\nlinked with:\nlog4cplus 2.0.8\nOpenSSL 3.0.19 27 Jan 2026" \
}, "result": 0, "text": "2.2.0" }"""
DONE = '{ "result": 0, "text": "Configuration successful." }'
FAILED = """{ "result": 1, "text": "Config reload failed: configuration error using file '/srv/run.json': \
/srv/run.json:2.1: Invalid character: x" }"""

Daemon = Callable[..., list[bytes]]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "socket")


@pytest.fixture
def daemon(path: str) -> Iterator[Daemon]:
    """A daemon that gives one answer a connection and then hangs up; the last answer is repeated."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    requests: list[bytes] = []

    def start(*replies: str) -> list[bytes]:
        server.bind(path)
        server.listen()
        threading.Thread(target=serve, args=[list(replies)], daemon=True).start()
        return requests

    def serve(replies: list[str]) -> None:
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65536))
                connection.sendall((replies.pop(0) if len(replies) > 1 else replies[0]).encode())

    yield start
    server.shutdown(socket.SHUT_RDWR) if requests else None
    server.close()


def test_an_answer_is_read_to_its_end(path: str, daemon: Daemon) -> None:
    requests = daemon("x" * 200_000)
    assert ask(path, "hello", 5) == "x" * 200_000
    assert requests == [b"hello"]


def test_nobody_there(path: str) -> None:
    with pytest.raises(Fault, match=r"talk to .*: No such file or directory"):
        ask(path, "hello", 5)
    assert not answers(path)


def test_no_answer_in_time(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        with pytest.raises(Fault, match=r"no answer within 0\.1 s"):
            ask(path, "hello", 0.1)


def test_an_answer_that_never_ends(path: str) -> None:
    def drip() -> None:
        connection, _address = server.accept()
        with connection, contextlib.suppress(OSError):
            while True:
                connection.sendall(b" ")
                time.sleep(0.02)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(Fault, match=r"no answer within 0\.2 s"):
            ask(path, "hello", 0.2)
        dripping.join()


def test_a_kea_that_is_dead_or_hangs_takes_no_commands(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kea, "PATIENCE", 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        assert not answers(path)
    # What it leaves behind when it is killed.
    assert Path(path).is_socket()
    assert not answers(path)


@pytest.mark.parametrize(("reply", "expected"), [(VERSION, True), (FAILED, False), ("", False)])
def test_a_kea_that_takes_commands(path: str, daemon: Daemon, reply: str, expected: bool) -> None:
    daemon(reply)
    assert answers(path) is expected


def test_a_daemon_that_refuses_a_command_is_restarted_when_all_is_back(
    path: str, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kea 2.6 whose reload fails has closed all its sockets, the one for commands included."""
    requests = daemon(FAILED)
    restarted: list[tuple[str, int | None]] = []
    monkeypatch.setattr(apply_module, "restart", lambda _host, unit, port, _timeout: restarted.append((unit, port)))
    step = SocketCommand(path, "reload", r'"result": 0', "have Kea reload", "kea.service", 547)
    with pytest.raises(Fault, match=r"have Kea reload: .*Config reload failed.* Everything is as it was before\."):
        apply(Host(), [step])
    assert requests == [b"reload"]
    assert restarted == [("kea.service", 547)]


def test_a_command_that_succeeds_is_given_once(path: str, daemon: Daemon) -> None:
    requests = daemon(DONE)
    apply(Host(), [SocketCommand(path, "reload", r'"result": 0', "have Kea reload", "kea.service")])
    assert requests == [b"reload"]


def test_a_tool_that_is_required() -> None:
    apply(Host(), [Require("sh", "dash")])
    with pytest.raises(Fault, match=r"run no-such-tool: it is not installed. Install the package no-such first"):
        apply(Host(), [Require("no-such-tool", "no-such")])
