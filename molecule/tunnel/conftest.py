# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab that create.yml brought up, and its addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/wayback"))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests/lab"))

from homelab_lab import addresses, lifecycle
from homelab_lab.machine import Machine


@pytest.fixture(scope="session")
def lab() -> Machine:
    return lifecycle.get(f"{os.environ['HOMELAB_KEY']}-tunnel")


@pytest.fixture(scope="session")
def data() -> dict[str, Any]:
    return addresses.load()


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Print what was seen, into the run's own output: real packets are the point of this scenario."""

    def write(*what: str) -> None:
        with capsys.disabled():
            sys.stdout.write("\n" + "\n".join(what).rstrip() + "\n")

    return write
