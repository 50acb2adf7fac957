# SPDX-License-Identifier: GPL-3.0-or-later
"""One host for the whole session, and the table of how long it took to come back."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from homelab_lab import lifecycle
from homelab_wayback.host import Host

TIMES: list[tuple[str, str]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("way back")
    group.addoption("--host", metavar="NAME", help="a lab that is up; it stays up")
    group.addoption("--moments", type=int, default=20, help="how often to kill at a random moment")


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    in_use = request.config.getoption("--host")
    if in_use:
        found = Host(lifecycle.get(in_use), tmp_path_factory.mktemp("controller"))
        found.set_up()
        yield found
        return
    name = lifecycle.checked_name(None) + "-wb"
    machine = lifecycle.up(name, wanted="container", system=os.environ.get("HOMELAB_LAB_SYSTEM", "debian12"))
    try:
        found = Host(machine, tmp_path_factory.mktemp("controller"))
        found.set_up()
        yield found
    finally:
        lifecycle.down(name)


@pytest.fixture
def times() -> list[tuple[str, str]]:
    return TIMES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TIMES:
        terminalreporter.section("back by themselves, in seconds after their time was up")
        for name, time in TIMES:
            terminalreporter.write_line(f"{name:<48} {time:>8}")
