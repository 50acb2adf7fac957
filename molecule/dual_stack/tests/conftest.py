# SPDX-License-Identifier: GPL-3.0-or-later
"""The two machines of the scenario."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.dual_stack.server import Server


@pytest.fixture
def server(host: Host, machine: Callable[[str], Host]) -> Server:
    number = host.check_output("hostname")[-2:]
    other = {"12": "13", "13": "12"}[number]
    return Server(host, number, machine(f"service{other}"), other)
