# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kernel parameters of the host: running values and the files that set them at boot."""

from __future__ import annotations

import os
from collections.abc import Iterable

from .._values.sysctl import spread
from .host import Host

# sysctl.d(5): a file in an earlier directory replaces one of the same name in a later one.
DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
PROC_SYS = "/proc/sys/"


def running_values(host: Host, keys: Iterable[str]) -> dict[str, str]:
    """Key → running value, with words one space apart; keys that the kernel does not have are left out."""
    found = ((key, _value(host, key)) for key in keys)
    return {key: value for key, value in found if value is not None}


def _value(host: Host, key: str) -> str | None:
    try:
        text = host.read_text(PROC_SYS + key)
    except OSError:
        # Some can only be written, and stable_secret cannot be read until it has been. For root it is that; for
        # everybody else it is the permission.
        if os.geteuid() != 0:
            raise
        return ""
    return None if text is None else " ".join(text.split())


def overwritten(host: Host, path: str) -> dict[str, str]:
    """Path → running value of what the kernel sets too when ``path`` (below /proc/sys) is written."""
    where = spread(path[len(PROC_SYS) :]) if path.startswith(PROC_SYS) else None
    if where is None:
        return {}
    names = (name for name in host.list_names(PROC_SYS + where.directory) if name != "all")
    found = running_values(host, [f"{where.directory}/{name}/{where.key}" for name in names])
    return {PROC_SYS + key: value for key, value in found.items()}


def ipv6_interfaces(host: Host) -> list[str]:
    """The interfaces that have IPv6 parameters."""
    return [name for name in host.list_names(PROC_SYS + "net/ipv6/conf") if name not in ("all", "default")]


def dropins(host: Host) -> list[tuple[str, str]]:
    """(path, text) of all drop-ins in the order in which they are read: by file name over all directories."""
    paths: dict[str, str] = {}
    for directory in reversed(DIRECTORIES):
        for name in host.list_names(directory):
            if name.endswith(".conf"):
                paths[name] = os.path.join(directory, name)
    return [(paths[name], host.read_text(paths[name]) or "") for name in sorted(paths)]
