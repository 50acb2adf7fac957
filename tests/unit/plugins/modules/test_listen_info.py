# SPDX-License-Identifier: GPL-3.0-or-later
"""listen_info as Ansible runs it, about real sockets in a namespace of the test's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

# ((family, kind, address, IPV6_V6ONLY or None), …) on port 8000, in a process with an awkward name.
SOCKETS = """\
import socket, sys
names = dict(tcp=socket.SOCK_STREAM, udp=socket.SOCK_DGRAM)
kept = []
for kind, address, v6only in (
    ("tcp", "0.0.0.0", None), ("tcp", "::", 1), ("udp", "::", 0), ("tcp", "::ffff:127.0.0.1", 0),
):
    port = 8001 if "ffff" in address else 8000
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, names[kind])
    if v6only is not None:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    one.bind((address, port))
    if kind == "tcp":
        one.listen()
    kept.append(one)
open("/proc/self/comm", "w").write('a ",(b')
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(island: Any) -> Iterator[int]:
    """The number of a process that has sockets open on the island."""
    island.run("ip", "link", "set", "lo", "up")
    argv = island.argv([sys.executable, "-c", SOCKETS])
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        process.communicate()


def test_it_tells_families_and_owner_and_changes_nothing(island: Any, owner: int) -> None:
    told = [island.module("listen_info", port=8000, check_mode=check_mode) for check_mode in (True, False)]
    assert told[0] == told[1]
    assert told[0]["changed"] is False
    rows = told[0]["listeners"]
    assert [(row["protocol"], row["address"], row["families"], row["v6only"], row["mapped"]) for row in rows] == [
        ("tcp", "0.0.0.0", ["ipv4"], None, False),
        ("tcp", "::", ["ipv6"], True, False),
        ("udp", "::", ["ipv4", "ipv6"], False, True),
    ]
    assert [[(each["name"], each["pid"]) for each in row["processes"]] for row in rows] == [[('a ",(b', owner)]] * 3


@pytest.mark.usefixtures("owner")
def test_it_tells_of_one_protocol_or_of_all_ports(island: Any) -> None:
    assert [row["protocol"] for row in island.module("listen_info", protocol="udp")["listeners"]] == ["udp"]
    everything = island.module("listen_info")["listeners"]
    assert [row["port"] for row in everything] == [8000, 8000, 8001, 8000]
    mapped = everything[2]
    assert (mapped["address"], mapped["families"], mapped["mapped"]) == ("::ffff:127.0.0.1", ["ipv4"], True)


def test_nothing_listens(island: Any) -> None:
    assert island.module("listen_info", port=1)["listeners"] == []


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_cannot_be_is_refused(island: Any, port: int) -> None:
    said = island.module("listen_info", port=port)
    assert said["failed"]
    assert f"port: {port} is not between 1 and 65535. Write a port, or leave it out for all." in said["msg"]
