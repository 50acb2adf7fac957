# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/twisted-on-both-families.md shows runs, and does what the page says, on Debian's Twisted."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack import plan

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/twisted-on-both-families.md").read_text(encoding="utf-8")
APPLICATION, PROGRAM = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
PLAY = yaml.safe_load(re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)[0])[0]
PYTHON = "/usr/bin/python3"
LOOPBACKS = ("127.0.0.1", "::1")
TWISTD = "from twisted.scripts.twistd import run; run()"
# Hands sockets over as systemd does; the last argument is the order of the families.
LIKE_SYSTEMD = """\
import os, socket, sys
port, first = int(sys.argv[1]), sys.argv[2]
kept = []
for name, family, address in (("ipv4", socket.AF_INET, "127.0.0.1"), ("ipv6", socket.AF_INET6, "::1")):
    listener = socket.socket(family)
    if name == "ipv6":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    listener.listen()
    kept.append((name, listener))
kept.sort(key=lambda pair: pair[0] != first)
for number, (_name, listener) in enumerate(kept):
    os.dup2(listener.fileno(), 100 + number)
for number in range(2):
    os.dup2(100 + number, 3 + number)
names = ":".join(name for name, _listener in kept)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES=names)
os.execv(sys.argv[3], sys.argv[3:])
"""


def twisted_version() -> tuple[int, ...]:
    argv = [PYTHON, "-c", "import twisted; print(twisted.__version__)"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout if Path(PYTHON).exists() else ""
    return tuple(int(number) for number in said.split(".")[:2])


VERSION = twisted_version()
needs_twisted = pytest.mark.skipif(not VERSION, reason="python3-twisted is not installed")
needs_names = pytest.mark.skipif(bool(VERSION) and VERSION < (22, 10), reason="Debian's Twisted here knows no names")


@pytest.fixture
def port() -> int:
    """One that nobody has on either family."""
    with socket.socket(socket.AF_INET6) as probe:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind(("::", 0))
        number: int = probe.getsockname()[1]
        return number


def connected(address: str, port: int, patience: float = 20) -> socket.socket:
    """A connection to a program, which is given time to start."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((address, port), 10)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def asked(address: str, port: int) -> str:
    """What a program says to whoever connects."""
    with connected(address, port) as connection:
        return connection.makefile().read().strip()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Any]:
    begun: list[subprocess.Popen[bytes]] = []

    def run(*argv: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "said").open("wb") as said:
            begun.append(subprocess.Popen(argv, cwd=tmp_path, stdout=said, stderr=said))
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.wait()


@needs_twisted
def test_sockets_of_your_own(port: int, running: Any, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("8080", str(port)))
    process = running(PYTHON, str(program))
    assert [asked(address, port) for address in LOOPBACKS] == list(LOOPBACKS)
    process.terminate()
    assert process.wait(10) is not None


@needs_twisted
@needs_names
@pytest.mark.parametrize("first", ["ipv4", "ipv6"])
def test_sockets_of_systemd_in_any_order(port: int, running: Any, tmp_path: Path, first: str) -> None:
    (tmp_path / "app.tac").write_text(APPLICATION)
    words = ["--nodaemon", "--pidfile=", "--no_save", "--python", "app.tac"]
    running(sys.executable, "-c", LIKE_SYSTEMD, str(port), first, PYTHON, "-c", TWISTD, *words)
    assert [asked(address, port) for address in LOOPBACKS] == list(LOOPBACKS)


@needs_twisted
@pytest.mark.parametrize("first", ["ipv4", "ipv6"])
def test_the_example_takes_them_on_any_twisted_and_ends_when_it_has_answered(
    port: int, running: Any, tmp_path: Path, first: str
) -> None:
    words = ["--nodaemon", "--pidfile=", "--no_save", "--python", str(ROOT / "playbooks/examples/files/peers.tac")]
    process = running(sys.executable, "-c", LIKE_SYSTEMD, str(port), first, PYTHON, "-c", TWISTD, *words)
    for address in LOOPBACKS:
        with connected(address, port) as connection:
            connection.sendall(b"GET /?wait=0.5 HTTP/1.0\r\n\r\n")
            time.sleep(0.1)
            if address == LOOPBACKS[-1]:
                process.terminate()
            assert connection.makefile().read().endswith(f"\n{address}\n")
    process.wait(10)
    said = (tmp_path / "said").read_text()
    assert [line for line in said.splitlines() if " 200 GET " in line and f"({LOOPBACKS[-1]})" in line]
    assert "no longer accepting, 1 connections open" in said


@needs_twisted
@pytest.mark.parametrize("address", LOOPBACKS)
def test_whoever_has_come_but_not_asked_yet_is_answered_by_the_example_that_ends(
    port: int, running: Any, tmp_path: Path, address: str
) -> None:
    words = ["--nodaemon", "--pidfile=", "--no_save", "--python", str(ROOT / "playbooks/examples/files/peers.tac")]
    process = running(sys.executable, "-c", LIKE_SYSTEMD, str(port), "ipv6", PYTHON, "-c", TWISTD, *words)
    asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(address, port) as fresh, connected(address, port) as known:
        known.sendall(asked)
        # Kept alive: so it has asked before and will again.
        assert known.recv(1000).endswith(f"\n{address}\n".encode())
        process.terminate()
        deadline = time.monotonic() + 10
        while "no longer accepting, 2 connections open" not in (tmp_path / "said").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for connection in (fresh, known):
            connection.sendall(asked)
            answer = connection.makefile().read()
            assert answer.endswith(f"\n{address}\n")
            assert "Connection: close" in answer
    process.wait(10)


@needs_twisted
def test_twisted_alone_still_cannot(port: int) -> None:
    code = f"""
from twisted.internet import endpoints, protocol, reactor
factory = protocol.Factory()
endpoints.serverFromString(reactor, "tcp:{port}").listen(factory)
endpoints.serverFromString(reactor, "tcp6:{port}").listen(factory).addErrback(lambda why: print(why.value))
"""
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "Address already in use" in done.stdout, done.stderr


def test_the_play_is_what_the_role_takes() -> None:
    (given,) = PLAY["roles"]
    assert given.pop("role") == "homelab.ipv6.dual_stack_service"
    defaults = yaml.safe_load((ROOT / "roles/dual_stack_service/defaults/main.yml").read_text(encoding="utf-8"))
    options = {key.removeprefix("dual_stack_service_"): value for key, value in {**defaults, **given}.items()}
    assert plan(options, "24.11.0")["problems"] == []


def test_what_the_page_points_to_is_there() -> None:
    for link in re.findall(r"\]\((\.\./[^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
