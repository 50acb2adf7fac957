# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the kernel can show files with other owners than they have, as a container needs that has its own users.

Which file systems can depends on the kernel, and no list of them stays true: it is asked (mount_setattr(2)), with a
mount that is attached nowhere and gone at the end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterable, Iterator

# The same on all architectures that Debian has.
OPEN_TREE, MOUNT_SETATTR = 428, 442
OPEN_TREE_CLONE = 1
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
MOUNT_ATTR_IDMAP = 0x00100000


class _MountAttributes(ctypes.Structure):
    """struct mount_attr."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def unmappable(paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths, which are there, that a container cannot be shown under owners of its own."""
    listed = list(paths)
    if not listed:
        return frozenset()
    with _users() as users:
        # Where nobody can have users of their own the container cannot either, and systemd-nspawn says so.
        return frozenset(path for path in listed if users is not None and not _maps(path, users))


@contextlib.contextmanager
def _users() -> Iterator[int | None]:
    """A user namespace, for as long as it is needed."""
    argv = ["unshare", "--user", "--map-root-user", "cat"]
    try:
        # It has to live on while others are in its namespace.
        child = subprocess.Popen(  # pylint: disable=ansible-bad-function
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        yield None
        return
    with child:
        descriptor = None
        if child.stdin is not None and child.stdout is not None:
            with contextlib.suppress(OSError):
                child.stdin.write(b"\n")
                child.stdin.flush()
                # The namespace is there once it answers.
                if child.stdout.read(1):
                    descriptor = os.open(f"/proc/{child.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _maps(path: str, users: int) -> bool:
    call = ctypes.CDLL(None, use_errno=True).syscall
    tree = call(OPEN_TREE, AT_FDCWD, os.fsencode(path), OPEN_TREE_CLONE | os.O_CLOEXEC)
    if tree < 0:
        return False
    wanted = _MountAttributes(attr_set=MOUNT_ATTR_IDMAP, userns_fd=users)
    try:
        return bool(call(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, ctypes.byref(wanted), ctypes.sizeof(wanted)) == 0)
    finally:
        os.close(tree)
