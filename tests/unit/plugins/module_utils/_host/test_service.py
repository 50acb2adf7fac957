# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import service
from ansible_collections.homelab.ipv6.plugins.module_utils._host.apply import apply
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault

# /proc/net/udp6 of a namespace before and after kea-dhcp6 2.2.0 opened its sockets; 0223 is port 547.
UDP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when \
retrnsmt   uid  timeout inode ref pointer drops
"""
KEA = (
    UDP6
    + """\
 9581: 000080FE00000000FF6247543EF1D1FE:0223 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 \
00000000     0        0 280111 2 000000003ce94a3c 0
 9581: 000002FF000000000000000002000100:0223 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 \
00000000     0        0 280114 2 00000000138b1048 0
"""
)


class FakeHost(Host):
    """A systemd that plays a service: what each `systemctl` call says, and what listens."""

    def __init__(self, active: Sequence[bool] = (True,), pids: Sequence[str] = ("7",), restart: int = 0) -> None:
        self.active = list(active)
        self.pids = list(pids)
        self.restart = restart
        self.udp6 = KEA
        self.calls: list[str] = []
        self.since = ""

    def which(self, tool: str) -> str | None:
        return "/usr/bin/" + tool

    def read_text(self, path: str) -> str | None:
        assert path == "/proc/net/udp6"
        return self.udp6

    def run(self, argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        self.calls.append(" ".join(argv[:2]))
        if argv[0] == "journalctl":
            self.since = argv[-1]
            return Outcome(0, "x INFO y\nfirst line\n\nsecond line\n-- No entries --\n", "")
        if argv[1] == "restart":
            return Outcome(self.restart, "", "Job failed." if self.restart else "")
        if argv[1] == "is-active":
            return Outcome(0 if self._next(self.active) else 3, "", "")
        return Outcome(0, f"{self._next(self.pids)}\n", "")

    @staticmethod
    def _next(values: list) -> object:  # type: ignore[type-arg]  # of either kind
        return values.pop(0) if len(values) > 1 else values[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLING", 0.05)
    monkeypatch.setattr(service, "INTERVAL", 0.01)


def test_a_service_that_stays_up() -> None:
    host = FakeHost()
    service.restart(host, "kea", 547, timeout=1)
    assert host.calls[0] == "systemctl restart"
    assert "journalctl --unit" not in host.calls


@pytest.mark.parametrize(
    ("host", "says"),
    [
        (FakeHost(restart=1), "restart kea: first line | second line"),
        (FakeHost(active=[True, True, False]), "it did not stay up: first line | second line"),
        (FakeHost(pids=["7", "7", "8"]), "it did not stay up"),
    ],
)
def test_a_service_that_does_not_and_its_last_words(host: FakeHost, says: str) -> None:
    with pytest.raises(Fault) as raised:
        service.restart(host, "kea", 547, timeout=1)
    assert says in str(raised.value)


def test_words_of_the_second_in_which_it_began_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.time, "time", lambda: 1795700669.827438)
    host = FakeHost(restart=1)
    with pytest.raises(Fault):
        service.restart(host, "kea", 547, timeout=1)
    assert host.since == "--since=@1795700669.827438"


def test_a_service_that_is_up_and_deaf() -> None:
    host = FakeHost()
    host.udp6 = UDP6
    service.restart(host, "kea", None, timeout=0.1)
    with pytest.raises(Fault, match=r"nothing listens on UDP port 547 after 0\.1 s: first line"):
        service.restart(host, "kea", 547, timeout=0.1)


def test_a_restart_that_fails_is_followed_by_another_with_the_old_files() -> None:
    host = FakeHost(active=[True, False, True])
    with pytest.raises(Fault, match=r"it did not stay up.*Everything is as it was before\."):
        apply(host, [Restart("kea", 547)])
    assert host.calls.count("systemctl restart") == 2


def test_a_host_without_systemd() -> None:
    host = FakeHost()
    host.which = lambda _tool: None  # type: ignore[method-assign]  # as if it had none
    assert not service.is_active(host, "kea")


def test_a_real_socket_is_seen() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listening:
        listening.bind(("::1", 0))
        port = listening.getsockname()[1]
        assert service.listens_udp6(Host(), port)
    assert not service.listens_udp6(Host(), port)
