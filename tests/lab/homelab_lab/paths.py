# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie: in the checkout, in the cache (kept) and in the run directory (gone after a reboot)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
ENTER = LAB / "enter"
GUEST = LAB / "guest"


def cache() -> Path:
    named = os.environ.get("HOMELAB_IPV6_CACHE")
    path = Path(named) if named else Path.home() / ".cache" / "homelab-ipv6"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def run_directory() -> Path:
    """Sockets and locks. Apart from the cache: socket paths must be short, and `enter` uses the same name."""
    key = hashlib.sha256(str(cache()).encode()).hexdigest()[:8]
    path = Path("/run/homelab-ipv6") / key
    path.mkdir(parents=True, exist_ok=True)
    return path
