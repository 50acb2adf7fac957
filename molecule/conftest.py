# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of all scenarios use. Machines are reached as containers, by testinfra's podman backend."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import testinfra
from testinfra.host import Host


@pytest.fixture(scope="session")
def machine() -> Callable[[str], Host]:
    """Another machine of the scenario, by the name of its platform."""
    prefix = f"{os.environ['HOMELAB_KEY']}-{os.environ['MOLECULE_SCENARIO_NAME']}"
    return lambda name: testinfra.get_host(f"podman://{prefix}-{name}")
