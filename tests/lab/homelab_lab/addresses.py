# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's addresses, read from the one file that has them."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from . import paths

FILE = paths.LAB / "addresses.json"


def load() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FILE.read_text())
    return data


def host(interface: str) -> str:
    """`2001:db8::1/64` → `2001:db8::1`."""
    return str(ipaddress.ip_interface(interface).ip)
