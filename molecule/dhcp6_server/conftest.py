# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

OTHER = {"12": "13", "13": "12"}
LEASES = "/run/test.leases"
ASK = f"timeout 30 dhclient -6 -1 -D LL -cf /dev/null -lf {LEASES} -pf /run/test.pid -sf /bin/true lan0"


@pytest.fixture
def lease(host: Host) -> str:
    """What a real client is given by the machine at the other end of the link, as it writes it down."""
    host.run_test("rm -f %s", LEASES)
    host.run_expect([0], ASK)
    host.run_test("dhclient -6 -x -pf /run/test.pid lan0")
    return host.file(LEASES).content_string


@pytest.fixture
def neighbour(host: Host) -> str:
    return OTHER[host.backend.name[-2:]]


@pytest.fixture
def server(neighbour: str, machine: Callable[[str], Host]) -> Host:
    return machine(f"server{neighbour}")


@pytest.fixture
def listening(server: Host) -> str:
    return server.check_output("ss --no-header --listening --udp --numeric --processes 'sport = :547'")
