# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T], good: Callable[[T], bool] = bool, patience: float = 30) -> T:
    """Look until what is seen is good, and return it; after `patience` seconds fail with what was seen last."""
    deadline = time.monotonic() + patience
    while True:
        seen = look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"not so after {patience:g} s; last seen: {seen!r}"
        time.sleep(0.3)
