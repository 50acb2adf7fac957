# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a bare `pytest tests/unit` find this checkout as ansible_collections.homelab.ipv6."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache/collections"


def pytest_configure() -> None:
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
