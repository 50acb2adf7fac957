# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody takes what arrives at a socket, seen with real sockets in a process of the test's own."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import taken
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.socket_steps import Probe
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

pytestmark = pytest.mark.skipif(not shutil.which("ss"), reason="ss is not installed")
LOOPBACK = {"ipv4": ("127.0.0.1", socket.AF_INET), "ipv6": ("::1", socket.AF_INET6)}
each_family = pytest.mark.parametrize("family", LOOPBACK)
GOOD = "ActiveState=active\nSubState=running\nNRestarts=0\nResult=success\n"


class Machine(Host):
    """This machine, but for systemd: each process is in the unit, of which systemctl says this."""

    def __init__(self, said: str = GOOD, unit: str = "web.service") -> None:
        self.said, self.unit = said, unit

    def run(self, argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        if argv[0] == "systemctl":
            return Outcome(0, self.said, "")
        if argv[0] == "journalctl":
            return Outcome(0, "Traceback\n", "")
        return super().run(argv)

    def read_text(self, path: str) -> str | None:
        return f"0::/system.slice/{self.unit}\n" if path.startswith("/proc/") else super().read_text(path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken, "INTERVAL", 0.02)


@pytest.fixture
def listening(family: str) -> Iterator[socket.socket]:
    address, kind = LOOPBACK[family]
    with socket.socket(kind, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen()
        yield listener


@pytest.fixture
def receiving(family: str) -> Iterator[socket.socket]:
    address, kind = LOOPBACK[family]
    with socket.socket(kind, socket.SOCK_DGRAM) as receiver:
        receiver.bind((address, 0))
        yield receiver


def probe(family: str, of: socket.socket, protocol: str = "tcp") -> Probe:
    return Probe("web.service", family, protocol, ip_address(LOOPBACK[family][0]), of.getsockname()[1])


def see(host: Host, *probes: Probe, timeout: float = 0.3) -> None:
    taken.see_taken(host, probes, timeout, time.time())


@contextlib.contextmanager
def accepted(listening: socket.socket) -> Iterator[None]:
    """Somebody accepts the next connection and keeps it."""
    kept: list[socket.socket] = []

    def accept() -> None:
        kept.append(listening.accept()[0])

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    thread.join()
    kept[0].close()


@contextlib.contextmanager
def turned_away(listening: socket.socket) -> Iterator[None]:
    """Somebody accepts the next connection and closes it."""

    def accept() -> None:
        listening.accept()[0].close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    thread.join()


@each_family
def test_a_connection_that_is_accepted_is_taken(family: str, listening: socket.socket) -> None:
    with accepted(listening):
        see(Machine(), probe(family, listening), timeout=10)


@each_family
def test_one_that_is_closed_at_once_is_taken_too(family: str, listening: socket.socket) -> None:
    with turned_away(listening):
        see(Machine(), probe(family, listening), timeout=10)


@each_family
def test_a_socket_that_is_only_open_takes_nothing(family: str, listening: socket.socket) -> None:
    with pytest.raises(Fault) as fault:
        see(Machine(), probe(family, listening))
    port = listening.getsockname()[1]
    where = {"ipv4": f"127.0.0.1:{port}", "ipv6": f"[::1]:{port}"}[family]
    assert str(fault.value) == (
        f"have web.service take what comes to tcp {where}: no connection was accepted there within 0.3 s. The service "
        f"has to use the socket that systemd passes to it under the name {family} (sd_listen_fds(3)); one that opens a "
        "socket of its own, or looks for another name, does not get it. Its last words: Traceback."
    )


@each_family
def test_what_somebody_else_takes_is_not_taken(family: str, listening: socket.socket) -> None:
    with accepted(listening), pytest.raises(Fault, match=r"it was taken by other\.service"):
        see(Machine(unit="other.service"), probe(family, listening), timeout=10)


@each_family
def test_a_datagram_that_is_read_is_taken(family: str, receiving: socket.socket) -> None:
    thread = threading.Thread(target=receiving.recv, args=(1,))
    thread.start()
    see(Machine(), probe(family, receiving, "udp"), timeout=10)
    thread.join()


@each_family
def test_one_that_stays_in_the_queue_is_not(family: str, receiving: socket.socket) -> None:
    with pytest.raises(Fault, match="no datagram was read there within"):
        see(Machine(), probe(family, receiving, "udp"))


def test_where_nobody_listens_nothing_is_taken() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Fault, match="no connection was accepted"):
            see(Machine(), probe("ipv4", bound))


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("ActiveState=failed\nSubState=failed\nNRestarts=0\nResult=exit-code\n", r"has failed \(exit-code\)"),
        ("ActiveState=activating\nSubState=auto-restart\nNRestarts=2\n", "has ended 3 times"),
    ],
)
@each_family
def test_a_service_that_ends_is_not_waited_for(family: str, listening: socket.socket, said: str, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(Fault, match=rf"web\.service {says}\. Its last words: Traceback"):
        see(Machine(said), probe(family, listening), timeout=30)
    assert time.monotonic() - began < 10


@each_family
def test_one_that_takes_it_and_ends_did_not_take_it(family: str, listening: socket.socket) -> None:
    with turned_away(listening), pytest.raises(Fault, match="has failed"):
        see(Machine("ActiveState=failed\nResult=signal\n"), probe(family, listening), timeout=10)
