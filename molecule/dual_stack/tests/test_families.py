# SPDX-License-Identifier: GPL-3.0-or-later
"""Two families on one port: apart, each with its own peers, each stopped without the other."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.dual_stack.server import Server
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

FAMILIES = ("ipv4", "ipv6")
# curl(1), "EXIT CODES"
REFUSED = 7
LOAD = Path(__file__).parents[2] / "shared/load.py"
# name, port, and how many processes serve it on Debian 12 and on Debian 13.
SERVICES = (
    ("peers", 8000, {"12": 1, "13": 1}),
    ("shelf", 8001, {"12": 2, "13": 1}),
    ("newer", 8002, {"12": 1, "13": 1}),
)
# Of one process and, on Debian 12, of two.
each_kind = pytest.mark.parametrize(("name", "port"), [("peers", 8000), ("shelf", 8001)])


def listeners(host: Host, port: int) -> list[str]:
    return host.check_output(f"ss -Hltne 'sport = :{port}'").splitlines()


def journal(host: Host, unit: str, since: float) -> str:
    return host.check_output(f"journalctl --unit {unit} --output cat --no-pager --since @{since:.3f}")


@pytest.mark.parametrize(("name", "port", "processes"), SERVICES)
def test_each_family_has_a_socket_of_its_own(server: Server, name: str, port: int, processes: dict[str, int]) -> None:
    found = listeners(server.host, port)
    assert sorted(re.findall(r"v6only:([01])", " ".join(found))) == ["1"], found
    assert len(found) == 2
    services = server.host.check_output(f"systemctl list-units --plain --no-legend '{name}*.service'").splitlines()
    assert len(services) == processes[server.number]


@pytest.mark.parametrize(("name", "port", "processes"), SERVICES)
def test_it_listens_where_it_was_told_to(server: Server, name: str, port: int, processes: dict[str, int]) -> None:
    bound = {"192.0.2." + server.number, f"[2001:db8::{server.number}]"} if name == "newer" else {"0.0.0.0", "[::]"}
    assert {line.split()[3].rpartition(":")[0] for line in listeners(server.host, port)} == bound
    assert processes
    loopback = server.host.run(f"curl --silent --fail --max-time 20 --output /dev/null http://127.0.0.1:{port}/")
    assert loopback.rc == (REFUSED if name == "newer" else 0)


def test_what_the_page_shows_tells_peers_apart(server: Server) -> None:
    if server.number != "13":
        pytest.skip("Debian 12's Twisted finds sockets by number alone")
    for family in FAMILIES:
        said = server.client.check_output(f"nc -w 20 {server.addresses[family]} 8003 </dev/null")
        assert said == server.peers[family]


def test_the_kernel_would_have_one_do_otherwise(server: Server) -> None:
    # On one machine IPv6 sockets take IPv4 peers unless told otherwise, on the other they do not.
    assert server.host.check_output("sysctl -n net.ipv6.bindv6only") == {"12": "0", "13": "1"}[server.number]


def test_peers_look_like_what_they_are(server: Server) -> None:
    began = time.time()
    for family in FAMILIES:
        assert server.ask(family, 8000) == (0, server.peers[family])
    said = journal(server.host, "peers.service", began)
    for family in FAMILIES:
        assert re.search(rf" 200 GET / \({re.escape(server.peers[family])}\) [0-9.]+ms$", said, re.MULTILINE)
    assert "ffff" not in said


@pytest.mark.parametrize("family", FAMILIES)
def test_datagrams_come_back(server: Server, family: str) -> None:
    began = time.time()
    flag = {"ipv4": "-4", "ipv6": "-6"}[family]
    said = server.client.check_output(f"echo hello | nc {flag} -u -w 1 {server.addresses[family]} 8000")
    assert said == "hello"
    assert f"({server.peers[family]})" in journal(server.host, "peers.service", began)


# Sends datagrams for some seconds, and counts those that came back.
DATAGRAMS = """
import socket, sys, time
port, hosts = int(sys.argv[1]), sys.argv[2:]
asked = {host: socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) for host in hosts}
for number in range(60):
    for host, sender in asked.items():
        sender.sendto(b"%d" % number, (host, port))
    time.sleep(0.05)
for host, sender in asked.items():
    sender.settimeout(20)
    print(len({sender.recv(100) for _one in range(60)}))
"""


def test_datagrams_wait_for_a_restart(server: Server) -> None:
    hosts = " ".join(server.addresses.values())
    server.client.run_test(f"cat >/root/datagrams.py <<'EOF'\n{DATAGRAMS}EOF\nrm -f /root/came")
    count = f"python3 /root/datagrams.py 8000 {hosts} >/root/came 2>&1; echo end >>/root/came"
    server.client.run_test(f"({count}) >/dev/null 2>&1 & sleep 1")
    server.host.run_test("systemctl restart peers.service")
    wait_until(lambda: "end" in server.client.file("/root/came").content_string, patience=60)
    assert server.client.file("/root/came").content_string.split() == ["60", "60", "end"]


@pytest.fixture
def both_again(server: Server, name: str) -> Iterator[None]:
    yield
    for family in FAMILIES:
        if server.host.run(f"systemctl is-active --quiet {name}-{family}.socket").rc != 0:
            server.host.run_test(f"systemctl restart {name}-{family}.socket")


@each_kind
@pytest.mark.parametrize("stopped", FAMILIES)
@pytest.mark.usefixtures("both_again")
def test_a_family_that_is_stopped_accepts_no_more_and_the_other_serves_on(
    server: Server, name: str, port: int, stopped: str
) -> None:
    (other,) = set(FAMILIES) - {stopped}
    server.host.run_test(f"systemctl stop {name}-{stopped}.socket")
    assert server.ask(stopped, port)[0] == REFUSED
    assert server.ask(other, port)[0] == 0
    assert len(listeners(server.host, port)) == 1
    # A restart does not bring it back, and does not fail for want of it.
    server.host.run_test(f"systemctl restart '{name}*.service'")
    assert server.ask(stopped, port)[0] == REFUSED
    assert server.ask(other, port)[0] == 0
    server.host.run_test(f"systemctl restart {name}-{stopped}.socket")
    assert [server.ask(family, port)[0] for family in FAMILIES] == [0, 0]


def test_what_is_being_answered_is_answered_before_a_restart(server: Server) -> None:
    before = server.host.check_output("systemctl show --property MainPID --value peers.service")
    wait = "curl --silent --max-time 20 '{}' >/root/answer.{}"
    slow = " & ".join(wait.format(server.url(family, 8000, "/?wait=2"), family) for family in FAMILIES)
    server.client.run_test(f"({slow} & wait; touch /root/answered) >/dev/null 2>&1 & sleep 1")
    server.host.run_test("systemctl restart peers.service")
    assert server.host.check_output("systemctl show --property MainPID --value peers.service") != before
    wait_until(lambda: server.client.file("/root/answered").exists)
    for family in FAMILIES:
        assert server.client.file(f"/root/answer.{family}").content_string.strip() == server.peers[family]
    server.client.run_test("rm /root/answered")


@each_kind
def test_a_restart_under_load_refuses_nobody(server: Server, name: str, port: int) -> None:
    hosts = " ".join(server.addresses.values())
    server.client.run_test(f"cat >/root/load.py <<'EOF'\n{LOAD.read_text()}\nEOF")
    server.client.run_test("rm -f /root/load.json")
    server.client.run_test(
        f"(python3 /root/load.py 100 6 {port} {hosts} >/root/load.part; mv /root/load.part /root/load.json) "
        ">/dev/null 2>&1 &"
    )
    for _restart in range(3):
        time.sleep(1)
        server.host.run_test(f"systemctl restart '{name}*.service'")
    found = json.loads(wait_until(lambda: server.client.run("cat /root/load.json").stdout, patience=60))
    assert (found["asked"], found["refused"], found["late"], found["other"]) == (600, 0, 0, {}), found
    if name == "peers":
        # It drains.
        assert found["answered"] == found["asked"], found
