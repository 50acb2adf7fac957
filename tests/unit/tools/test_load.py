# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of benches and scenarios counts what became of its requests, and asks on whatever became of them."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

LOAD = Path(__file__).parents[3] / "molecule/shared/load.py"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def answer(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(ANSWER)


def reset(connection: socket.socket) -> None:
    connection.recv(1000)
    # Whoever closes with this set sends RST (socket(7), SO_LINGER).
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket) -> None:
    connection.recv(1000)


def slowly(connection: socket.socket) -> None:
    connection.recv(1000)
    time.sleep(1)
    connection.sendall(ANSWER)


@contextlib.contextmanager
def serving(how: Callable[[socket.socket], None]) -> Iterator[int]:
    """On both families, a thread a connection."""

    def serve(connection: socket.socket) -> None:
        with connection:
            how(connection)

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("::", 0), family=socket.AF_INET6, backlog=100, dualstack_ipv6=True) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def load(rate: float, seconds: float, port: int) -> dict[str, Any]:
    argv = [sys.executable, str(LOAD), str(rate), str(seconds), str(port), "127.0.0.1", "::1"]
    found: dict[str, Any] = json.loads(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)
    return found


@pytest.mark.parametrize(("how", "kind"), [(answer, "answered"), (reset, "reset"), (close, "closed")])
@pytest.mark.parametrize("rate", [100, 0])
def test_each_fate_has_a_count_of_its_own(how: Callable[[socket.socket], None], kind: str, rate: float) -> None:
    with serving(how) as port:
        found = load(rate, 0.5, port)
    assert found["asked"] == 50 or (rate == 0 and found["asked"] > 0)
    counts = {each: found[each] for each in ("answered", "refused", "reset", "closed", "late")}
    assert {each: count for each, count in counts.items() if count} == {kind: found["asked"]}
    assert found["other"] == {}


def test_where_nobody_listens_everybody_is_refused() -> None:
    # Bound to it, so that nobody else comes to listen there.
    with socket.socket(socket.AF_INET6) as holder:
        holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        holder.bind(("::", 0))
        assert load(100, 0.5, holder.getsockname()[1])["refused"] == 50


def test_it_does_not_wait_for_a_slow_server() -> None:
    with serving(slowly) as port:
        found = load(100, 1, port)
    assert (found["asked"], found["answered"]) == (100, 100)
    # One after the other they would have taken more than a minute.
    assert found["rate"] > 50


def test_it_ends_when_it_is_told_to() -> None:
    with serving(answer) as port:
        argv = [sys.executable, str(LOAD), "50", "600", str(port), "127.0.0.1"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        time.sleep(2)
        process.terminate()
        found = json.loads(process.communicate(timeout=20)[0])
    assert 0 < found["answered"] == found["asked"] < 600
    assert process.returncode == 0
