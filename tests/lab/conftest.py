# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for the whole session, taken down whatever ends it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from homelab_lab import addresses, lifecycle
from homelab_lab.machine import Machine


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lab")
    group.addoption("--lab-machine", choices=("auto", *lifecycle.KINDS), default="auto")
    group.addoption("--lab-cold", action="store_true", help="boot the machine from the start")
    group.addoption("--lab-use", metavar="NAME", help="use a lab that is up, and leave it up: for work on tests")


def _terminate(number: int, _frame: FrameType | None) -> None:
    # pytest tears fixtures down on an exit that is an exception; a signal's default is to end without a word.
    pytest.exit(f"signal {number}", returncode=128 + number)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Machine]:
    in_use = request.config.getoption("--lab-use")
    if in_use:
        yield lifecycle.get(in_use)
        return
    signal.signal(signal.SIGTERM, _terminate)
    name = lifecycle.checked_name(None) + "-t"
    machine = lifecycle.up(
        name, wanted=request.config.getoption("--lab-machine"), cold=request.config.getoption("--lab-cold")
    )
    try:
        yield machine
    finally:
        lifecycle.down(name)


@pytest.fixture(scope="session")
def data() -> dict[str, Any]:
    return addresses.load()
