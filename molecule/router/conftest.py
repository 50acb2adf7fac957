# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from testinfra.host import Host


@pytest.fixture
def number(host: Host) -> str:
    """12 or 13: Debian's release, and what tells the two networks apart."""
    return host.backend.name[-2:]


@pytest.fixture
def client(number: str, machine: Callable[[str], Host]) -> Host:
    return machine(f"client{number}")


@pytest.fixture
def outside(machine: Callable[[str], Host]) -> Host:
    return machine("outside")


@pytest.fixture
def link_local(host: Host) -> str:
    """The router's address on its LAN that hosts see as their gateway."""
    found = re.search(r"inet6 (fe80:[^/]+)/64", host.check_output("ip -6 address show dev lan0 scope link"))
    assert found
    return found.group(1)
