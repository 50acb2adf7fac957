# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease files of a DHCPv6 server that goes on writing while they are read."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from .._formats.kea_leases import SUFFIXES
from .._plans.leases import (
    DHCPD,
    DNSMASQ,
    KEA,
    KEA_CONFIG,
    LEASE_FILES,
    ROLE_KEA_CONFIG,
    ROLE_LEASES,
    ROLE_UNITS,
    Found,
    kea_lease_file,
)
from .._values.errors import Fault
from .host import Host

# A server moves its files, or writes them anew, in far less.
TRIES, PAUSE = 20, 0.05

# Which file has which name: the name's end, the file's device and number.
Names = tuple[tuple[str, int, int], ...]


def find(host: Host, provider: str, lease_file: str | None, config_file: str | None = None) -> Found:
    """Read the leases of a server.

    :param lease_file: None for the one that the server has by itself
    :param config_file: of Kea, which says where the leases are; None for the one that the server has by itself
    :raises Fault: the files did not keep still
    """
    path = lease_file or _default(host, provider, config_file)
    suffixes = SUFFIXES if provider == KEA else ("",)
    for _try in range(TRIES):
        before = _names(path, suffixes)
        texts = {suffix: host.read_text(path + suffix) for suffix in suffixes}
        found = Found(path, {suffix: text for suffix, text in texts.items() if text is not None}, sys.byteorder)
        kept_still = _names(path, suffixes) == before
        if kept_still and not _is_being_written(host, provider, found):
            return found
        time.sleep(PAUSE)
    if kept_still:
        # What never gets its end is someone's edit, or what a server left that was killed.
        return found
    raise Fault(f"read {path}", "its server moves its lease files faster than they can be read", "Try again.")


def _default(host: Host, provider: str, config_file: str | None) -> str:
    by_role = provider in ROLE_UNITS and host.exists(ROLE_UNITS[provider])
    if provider == KEA:
        return kea_lease_file(host.read_text(config_file or (ROLE_KEA_CONFIG if by_role else KEA_CONFIG)))
    return (ROLE_LEASES if by_role else LEASE_FILES)[provider]


def _names(path: str, suffixes: tuple[str, ...]) -> Names:
    """Kea's cleanup gives the current file the name .1 and begins a new one: in between, leases could go unseen."""
    found = []
    for suffix in suffixes:
        with contextlib.suppress(OSError):
            status = os.stat(path + suffix)
            found.append((suffix, status.st_dev, status.st_ino))
    return tuple(found)


def _is_being_written(host: Host, provider: str, found: Found) -> bool:
    if provider == DHCPD:
        # dhcpd first gives the old file this name, then the new one its own.
        return not found.texts and host.exists(found.path + "~")
    # dnsmasq truncates its file and writes it anew. The others write at its end, and what is there already is whole.
    return provider == DNSMASQ and any(text and not text.endswith("\n") for text in found.texts.values())
