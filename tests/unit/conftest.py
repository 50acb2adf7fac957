# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all unit tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache/collections"


def pytest_configure() -> None:
    # A bare `pytest tests/unit` finds this checkout as ansible_collections.homelab.ipv6, too.
    link = COLLECTIONS / "ansible_collections/homelab/ipv6"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        # The same link as tools/venv.sh makes.
        link.symlink_to("../../../..")
    # A busy machine is no fault of the code's.
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
    # pytest enters `pythonpath` before this ran; a path that did not exist then is remembered as empty.
    sys.path_importer_cache.pop(str(COLLECTIONS), None)


@pytest.fixture(autouse=True)
def _garbage() -> Generator[None]:
    """A module ends its process soon and leaves garbage to that; all tests are one process."""
    yield
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # `make test` installs every tool that tests want; there none is left out in silence.
    if os.environ.get("HOMELAB_ALL_TOOLS") and report.skipped and "is not installed" in str(report.longrepr):
        report.outcome = "failed"
    return report
