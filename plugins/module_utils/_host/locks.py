# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator

# Not in /run/lock: it is everybody's, and what an ordinary user has put there root cannot open (fs.protected_regular).
DIRECTORY = "/run"
INTERVAL = 0.1


@contextlib.contextmanager
def locked(path: str, patience: float, given_up: Exception) -> Iterator[None]:
    """Hold the lock of a file; the kernel gives it back whatever ends this process (flock(2)).

    :param patience: seconds to wait for another who holds it
    :param given_up: raised when they are over
    """
    with open(path, "a", encoding="ascii") as stream:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise given_up from None
                time.sleep(INTERVAL)
        yield
