# SPDX-License-Identifier: GPL-3.0-or-later
"""One table for all tests, printed at the end."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.molecule.dhcp6_clients.table import Table

TABLE = Table()


@pytest.fixture(scope="session")
def table() -> Table:
    return TABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("what each client had of each server, before and after restarts")
    for line in TABLE.lines():
        terminalreporter.write_line(line)
