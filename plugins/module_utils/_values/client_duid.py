# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DUIDs and IAIDs that DHCPv6 clients compute instead of keeping: known before the client first runs.

Each rule was compared with what Kea saw from the client itself, systemd 252 and 257, NetworkManager 1.42 and 1.52.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from .duid import SYSTEMD_KEY, Duid, machine_id_octets
from .duid_types import EN, EPOCH, ETHERNET, LL, LLT, UUID
from .siphash import siphash24

# systemd's dhcp-identifier.c: under which networkd derives a UUID from the machine-id.
SYSTEMD_APPLICATION = bytes.fromhex("a50ad112bf604577a2fb741ab1955b03")

NETWORKD_TYPES = {"link-layer-time": LLT, "vendor": EN, "link-layer": LL, "uuid": UUID}


def networkd_uuid_duid(machine_id: object) -> Duid:
    """The DUID of a networkd with ``DUIDType=uuid`` on a machine whose firmware has no UUID.

    The machine-id as sd_id128_get_machine_app_specific(3) hides it: an HMAC, made to look like a UUID of version 4.

    :raises ValueProblem: it is not a machine-id
    """
    digest = hmac.new(machine_id_octets(machine_id), SYSTEMD_APPLICATION, hashlib.sha256).digest()
    octets = bytearray(digest[:16])
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    return uuid_duid(bytes(octets))


def network_manager_duid(machine_id: object) -> Duid:
    """The DUID of NetworkManager's own DHCPv6 client where no lease and no setting says another.

    :raises ValueProblem: it is not a machine-id
    """
    return uuid_duid(hashlib.sha256(machine_id_octets(machine_id)).digest()[:16])


def uuid_duid(octets: bytes) -> Duid:
    """A DUID-UUID (RFC 6355)."""
    return Duid(_two(UUID) + octets)


def link_layer_duid(address: bytes) -> Duid:
    """A DUID-LL of an Ethernet address (RFC 8415, section 11.4)."""
    return Duid(_two(LL) + _two(ETHERNET) + address)


def networkd_link_layer_time_duid(address: bytes, time: dt.datetime | None) -> Duid:
    """The DUID-LLT of a networkd with ``DUIDType=link-layer-time``.

    Of the time, networkd (252 and 257) keeps the lower 16 bits alone: under ``2020-01-02 03:04:05 UTC``, which is
    25:a0:1a:25, Kea saw it ask with 00:00:1a:25.
    """
    seconds = int((time - EPOCH).total_seconds()) if time else 0
    return Duid(_two(LLT) + _two(ETHERNET) + (max(seconds, 0) & 0xFFFF).to_bytes(4, "big") + address)


def hashed_iaid(text: bytes) -> int:
    """The IAID that systemd and NetworkManager make of a link's name or address (systemd's dhcp-identifier.c).

    networkd takes the name that udev has for the link, and the link-layer address where udev has none; NetworkManager
    takes the interface's name.
    """
    hashed = siphash24(SYSTEMD_KEY, text)
    return (hashed ^ hashed >> 32) & 0xFFFFFFFF


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")
