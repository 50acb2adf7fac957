# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

OTHER = {"12": "13", "13": "12"}
LEASES = "/run/test.leases"
ASK = f"timeout 30 dhclient -6 -1 -cf /dev/null -lf {LEASES} -pf /run/test.pid -sf /bin/true lan0"
# It comes back before its child has written down its number; who is not ended now asks for ever.
KNOWN = "timeout 5 sh -c 'until [ -s /run/test.pid ]; do sleep 0.1; done'"
STOP = "dhclient -6 -x -pf /run/test.pid lan0"
GUEST = "ip netns exec guest "


@pytest.fixture(scope="session")
def answers() -> dict[tuple[str, str], str]:
    """What each machine's clients were given: all tests of one verification look at the same server."""
    return {}


@pytest.fixture
def ask(host: Host, answers: dict[tuple[str, str], str]) -> Callable[[str, str], str]:
    """Have a client ask, once, as `how` says, from the network namespace to which a prefix of commands leads."""

    def answer(how: str, where: str) -> str:
        key = (host.backend.name, where + how)
        if key not in answers:
            host.run_test("rm -f %s", LEASES)
            host.run_expect([0], f"{where}{ASK} {how}")
            host.run_test(KNOWN)
            host.run_test(where + STOP)
            answers[key] = host.file(LEASES).content_string
        return answers[key]

    return answer


@pytest.fixture
def lease(ask: Callable[[str, str], str]) -> str:
    """What a real client is given by the machine at the other end of the link, as it writes it down."""
    return ask("-D LL", "")


@pytest.fixture
def guest(ask: Callable[[str, str], str]) -> str:
    """What a client that no configuration lists is given by this machine."""
    return ask("-D LLT", GUEST)


@pytest.fixture
def delegated(ask: Callable[[str, str], str]) -> str:
    """What a router that no configuration lists is given by this machine."""
    return ask("-P -D LLT", GUEST)


@pytest.fixture
def leases_of(listening: str) -> Callable[[Host], dict[str, Any]]:
    """What dhcp6_leases_info tells on a machine."""
    provider = next(name for name in ("kea", "dhcpd", "dnsmasq") if f'"{name}' in listening)

    def tell(server: Host) -> dict[str, Any]:
        argv = ["ansible", "--inventory", f"{server.backend.name},", "--connection", "containers.podman.podman", "all"]
        argv += ["--module-name", "homelab.ipv6.dhcp6_leases_info", "--args", f"provider={provider}"]
        environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        return told

    return tell


@pytest.fixture
def neighbour(host: Host) -> str:
    return OTHER[host.backend.name[-2:]]


@pytest.fixture
def server(neighbour: str, machine: Callable[[str], Host]) -> Host:
    return machine(f"server{neighbour}")


@pytest.fixture
def listening(server: Host) -> str:
    return server.check_output("ss --no-header --listening --udp --numeric --processes 'sport = :547'")
