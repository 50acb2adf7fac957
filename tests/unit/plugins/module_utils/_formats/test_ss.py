# SPDX-License-Identifier: GPL-3.0-or-later
"""The data are what ss and systemctl printed on Debian 12 (iproute2 6.1, systemd 252) and Debian 13 (6.15, 257).

A service there has three sockets of systemd's on port 8000, and the unit of the IPv6 one was stopped afterwards.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import ss
from ansible_collections.homelab.ipv6.plugins.module_utils._values.listener import Listener, Process

DATA = Path(__file__).parent / "data/ss"
each_version = pytest.mark.parametrize("version", ["iproute2-6.1", "iproute2-6.15"])


def recorded(*parts: str) -> str:
    return DATA.joinpath(*parts).read_text()


@each_version
def test_every_socket_is_told_from_its_neighbours(version: str) -> None:
    found = [
        (one.protocol, one.where(), one.v6only, one.mapped, "+".join(one.families), one.interface)
        for one in ss.parse(recorded(version, "sockets.txt"))
    ]
    link_local = {"iproute2-6.1": "fe80::3472:96ff:fec0:37d2", "iproute2-6.15": "fe80::cc26:49ff:feb1:98f7"}[version]
    assert found == [
        ("tcp", "0.0.0.0:22", None, False, "ipv4", ""),
        ("tcp", "[::]:22", True, False, "ipv6", ""),
        ("tcp", "0.0.0.0:8000", None, False, "ipv4", ""),
        ("tcp", "[::]:8000", True, False, "ipv6", ""),
        ("tcp", "[::]:8001", False, True, "ipv4+ipv6", ""),
        ("tcp", "127.0.0.1:8002", None, False, "ipv4", ""),
        ("tcp", "[::1]:8002", True, False, "ipv6", ""),
        ("tcp", f"[{link_local}%d0]:8004", True, False, "ipv6", "d0"),
        ("udp", "[::]:8000", True, False, "ipv6", ""),
    ]


@each_version
def test_processes_are_told_by_number(version: str) -> None:
    found = ss.parse(recorded(version, "sockets.txt"), port=8000)
    service = {"iproute2-6.1": 93, "iproute2-6.15": 129}[version]
    both = (Process("systemd", 1), Process("python3", service))
    # systemd let go of the IPv6 socket; the service goes on with it.
    assert [one.processes for one in found] == [both, both[1:], both]


@each_version
def test_socket_units_are_told_with_what_they_listen_on(version: str) -> None:
    found = ss.parse_socket_units(recorded(version, "socket_units.txt"))
    assert sorted((unit, protocol, str(address), port) for unit, protocol, address, port in found) == [
        ("both.socket", "tcp", "::", 8001),
        ("hello-ipv4.socket", "tcp", "0.0.0.0", 8000),
        ("hello-udp.socket", "udp", "::", 8000),
        ("local.socket", "tcp", "127.0.0.1", 8002),
        ("local.socket", "tcp", "::1", 8002),
    ]


def test_a_socket_unit_that_is_not_active_listens_on_nothing() -> None:
    text = recorded("iproute2-6.1", "socket_units.txt").replace("ActiveState=active", "ActiveState=failed")
    assert list(ss.parse_socket_units(text)) == []
    assert len(list(ss.parse_socket_units(text, closed=True))) == 5


def test_others_than_root_see_no_processes() -> None:
    found = ss.parse(recorded("iproute2-6.1", "not_root.txt"))
    assert len(found) == 5
    assert {one.processes for one in found} == {()}
    assert {one.whose() for one in found} == {"a process that cannot be seen"}


def test_a_process_may_have_any_name() -> None:
    text = recorded("iproute2-6.1", "sockets.txt").replace('"sshd",pid=56', '"a b",("x",pid=56')
    (first, *_more) = ss.parse(text, port=22)
    assert [process.pid for process in first.processes] == [56]


def test_the_unit_is_that_of_systemd_s_own_hierarchy() -> None:
    assert ss.parse_unit(recorded("cgroup_hybrid.txt")) == "hello.service"


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/ssh.service", "ssh.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
        ("/user.slice/user-0.slice/session-3.scope", "session-3.scope"),
        ("/user.slice/user-0.slice/user@0.service/app.slice/x.service", "user@0.service"),
        ("/system.slice/x.service/payload", "x.service"),
        ("/init.scope", "init.scope"),
        ("/", ""),
        ("/kubepods/x", ""),
    ],
)
def test_the_unit_of_a_process(path: str, unit: str) -> None:
    assert ss.parse_unit(f"0::{path}\n") == unit


def test_what_waits_is_connections_or_bytes() -> None:
    line = "{} {} 3 4096 0.0.0.0:80 0.0.0.0:* ino:1 sk:1 <->"
    assert ss.parse(line.format("tcp", "LISTEN")) == [Listener("tcp", ip_address("0.0.0.0"), 80, waiting=3)]
    assert ss.parse(line.format("udp", "UNCONN"))[0].waiting == 3
