# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of a host, and the machines that they are to reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

# What can be seen of the network from the router: the client and the Internet are namespaces there.
ELSEWHERE = {
    "client": {"6": "2001:db8:d:407::c", "4": "192.0.2.200"},
    "internet": {"6": "2001:db8:ffff::2", "4": "198.51.100.2"},
}


class Container:
    """One of a host's containers, seen from the host: none of what is used has to be installed in it."""

    def __init__(self, host: Host, name: str) -> None:
        self.host, self.name = host, name

    @property
    def leader(self) -> str:
        return self.host.check_output(f"machinectl show --property=Leader --value {self.name}")

    def net(self, command: str) -> Any:
        """In its network, with the host's programs."""
        return self.host.run(f"nsenter --target {self.leader} --net {command}")

    def run(self, command: str) -> str:
        """As a command of its own."""
        return self.host.check_output(
            "systemd-run --machine=%s --quiet --pipe --wait --collect /bin/sh -c %s", self.name, command
        )

    def pings(self, address: str) -> None:
        wait_until(lambda: self.net(f"ping -n -c 1 -W 2 {address}"), lambda done: done.rc == 0, patience=20)

    def addresses(self) -> list[dict[str, Any]]:
        """Of its link, those that can be used."""
        found = json.loads(self.net("ip --json address show dev host0").stdout or "[]")
        return [one for link in found for one in link.get("addr_info", []) if not one.get("tentative")]

    def address(self, family: str) -> str:
        """One by which others reach it."""
        wanted = {"family": "inet6" if family == "6" else "inet", "scope": "global"}
        found = wait_until(lambda: [one["local"] for one in self.addresses() if wanted.items() <= one.items()])
        return str(found[0])


@pytest.fixture
def number(host: Host) -> str:
    return host.check_output("hostname")[-2:]


@pytest.fixture
def container(host: Host) -> Callable[[str], Container]:
    return lambda name: Container(host, name)


@pytest.fixture
def router(machine: Callable[[str], Host]) -> Host:
    return machine("router")
