# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines that we make ourselves: names, machine-ids and hardware addresses that are known before they first boot."""

from __future__ import annotations

import hashlib
import re

from .duid import machine_id_octets
from .errors import ValueProblem

# systemd-machined takes what can be a host name; the longest label of DNS has 63 characters (RFC 1035, 2.3.4).
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CAPABILITY = re.compile(r"CAP_[A-Z][A-Z_]*")


def parse_machine_name(text: object) -> str:
    """The name of a container, which is its host name too.

    :raises ValueProblem: it cannot be one
    """
    name = str(text)
    if not _NAME.fullmatch(name):
        remedy = "Write at most 63 lower-case letters, digits and dashes, as in web-1"
        raise ValueProblem(repr(name), "cannot be the name of a container", remedy)
    return name


def parse_machine_id(text: object) -> str:
    """A machine-id in its canonical form, 32 lower-case hexadecimal digits (machine-id(5)).

    :raises ValueProblem: it is none
    """
    return machine_id_octets(text).hex()


def derived_machine_id(seed: str, name: str) -> str:
    """A machine-id that depends on two words alone, so that the DUID of a container is known before it exists.

    Made to look like a UUID of version 4, as systemd makes its own (machine-id(5)).
    """
    octets = bytearray(hashlib.sha256(f"homelab.ipv6/machine-id/{seed}/{name}".encode()).digest()[:16])
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    return octets.hex()


def derived_hardware_address(machine_id: str) -> str:
    """An Ethernet address for the machine with this id: unicast, locally administered (IEEE 802, 8.2.2)."""
    octets = bytearray(hashlib.sha256(f"homelab.ipv6/hardware-address/{machine_id}".encode()).digest()[:6])
    octets[0] = octets[0] & 0xFC | 0x02
    return octets.hex(":")


def parse_capability(text: object) -> str:
    """The name of a capability of the kernel (capabilities(7)).

    :raises ValueProblem: it looks like none
    """
    name = str(text)
    if not _CAPABILITY.fullmatch(name):
        raise ValueProblem(name, "is no name of a capability", "Write it as in capabilities(7), such as CAP_NET_ADMIN")
    return name


def parse_absolute_path(text: object) -> str:
    """A path that begins with / and has nothing that systemd's files give a meaning to.

    :raises ValueProblem: it is none
    """
    path = str(text)
    remedy = "Write a whole path without colons, quotes, backslashes, % and line ends, as in /srv/data"
    if not path.startswith("/"):
        raise ValueProblem(repr(path), "is not absolute", remedy)
    if not path.isprintable() or any(mark in path for mark in ":\"'\\%") or "/../" in f"{path}/":
        raise ValueProblem(repr(path), "has something in it that a path of a container cannot have", remedy)
    return path
