# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another network than this machine's own, with the programs of this machine."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

# linux/sched.h. Python has os.setns from 3.12 on.
CLONE_NEWNET = 0x40000000


def network_of(process: int) -> contextlib.AbstractContextManager[None]:
    """That of another process, as `network_at` is in it.

    :raises OSError: the process has ended
    """
    return network_at(f"/proc/{process}/ns/net")


@contextlib.contextmanager
def network_at(path: str) -> Iterator[None]:
    """The calling thread is in a network, and so is what it starts meanwhile; no other thread is.

    :param path: a file that stands for it (network_namespaces(7), ip-netns(8))
    :raises OSError: there is none
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
