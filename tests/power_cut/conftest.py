# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose power can be cut: what it was told to have on its disk is there, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from homelab_lab import lifecycle
from homelab_lab.vm import VirtualMachine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("power cut").addoption("--cuts", type=int, default=10, help="how often to cut the power")


@pytest.fixture(scope="session")
def machine() -> Iterator[VirtualMachine]:
    name = lifecycle.checked_name(None) + "-pc"
    try:
        made = lifecycle.up(name, wanted="vm", system=os.environ.get("HOMELAB_LAB_SYSTEM", "debian12"), durable=True)
        assert isinstance(made, VirtualMachine)
        yield made
    finally:
        lifecycle.down(name)
