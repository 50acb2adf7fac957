# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DHCP Unique Identifiers: every notation in which people meet one, and one canonical form.

    "Each DHCP client and server has a DUID. […] Clients and servers MUST treat DUIDs as opaque values and MUST only
    compare DUIDs for equality." (RFC 8415, section 11)

So a server never says that a DUID is mistyped: it just never matches. What can be known to be wrong is refused here.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass

from .duid_notation import NOTATIONS, QUOTES, is_short_number, octets_of
from .duid_types import EN, EPOCH, FIXED_PART, KINDS, LL, LLT, SYSTEMD_ENTERPRISE, UNKNOWN, UUID, check_length, type_of
from .errors import ValueProblem
from .siphash import siphash24

# systemd's sd-dhcp-duid.c: the application's key.
SYSTEMD_KEY = bytes.fromhex("80118cc2fe4a03ee3ed60c6f36391409")


@dataclass(frozen=True)
class Duid:
    """A DUID; its text is the canonical form, lower-case pairs with colons."""

    octets: bytes

    def __post_init__(self) -> None:
        check_length(self.octets)

    def __str__(self) -> str:
        return self.octets.hex(":")

    @classmethod
    def parse(cls, text: object) -> Duid:
        r"""Read a DUID in any of the notations in which programs show one.

        Windows' ``00-01-00-01-…``, colons, blanks or commas between pairs, bare digits with or without ``0x``, the C
        strings of dhclient's lease file, ``"\000\001\000\001\037k…"``, and networkctl's ``DUID-EN/Vendor:0000ab11…``;
        and the whole line in which a program shows it.

        :raises ValueProblem: it cannot be a DUID
        """
        if not isinstance(text, str):
            raise ValueProblem(text, f"is of type {type(text).__name__}, not a DUID", QUOTES)
        if not text.strip():
            raise ValueProblem(text, "is empty", NOTATIONS)
        octets = octets_of(text)
        try:
            return cls(octets)
        except ValueProblem as problem:
            # The user shall see what they wrote.
            remedy = QUOTES if is_short_number(text) else problem.remedy
            raise ValueProblem(text, problem.problem, remedy) from None

    @property
    def type(self) -> int:
        """The type code."""
        return type_of(self.octets)

    @property
    def kind(self) -> str:
        """The type's name, ``DUID-LLT`` and so on; ``unknown`` for one that no RFC describes."""
        return KINDS.get(self.type, UNKNOWN)

    @property
    def hardware_type(self) -> int | None:
        """IANA's number of the hardware type, of a DUID-LLT or DUID-LL."""
        return int.from_bytes(self.octets[2:4], "big") if self.type in (LLT, LL) else None

    @property
    def link_layer_address(self) -> str | None:
        """The address inside a DUID-LLT or DUID-LL.

        It need not belong to any interface that the client has today: the DUID is made once and kept.
        """
        if self.type not in (LLT, LL):
            return None
        return ":".join(f"{octet:02x}" for octet in self.octets[FIXED_PART[self.type] :])

    @property
    def time(self) -> dt.datetime | None:
        """When a DUID-LLT was made, by the clock that the client had then."""
        if self.type != LLT:
            return None
        return _made(self.octets)

    @property
    def enterprise(self) -> int | None:
        """The enterprise number of a DUID-EN."""
        return int.from_bytes(self.octets[2:6], "big") if self.type == EN else None

    @property
    def uuid(self) -> uuid.UUID | None:
        """The UUID of a DUID-UUID."""
        return uuid.UUID(bytes=self.octets[2:]) if self.type == UUID else None


def told_of(octets: bytes | None) -> dict[str, str | None]:
    """What every result says of a DUID: the DUID, its type, and when a DUID-LLT was made, in UTC as in ISO 8601.

    :param octets: whatever a client sent, since a server takes that, and the client is then known by it; None where
        nothing is known of the client
    """
    if octets is None:
        return {"duid": None, "duid_type": None, "duid_time": None}
    kind = type_of(octets) if len(octets) > 1 else None
    timed = kind == LLT and len(octets) > FIXED_PART[LLT]
    return {
        "duid": octets.hex(":"),
        "duid_type": UNKNOWN if kind is None else KINDS.get(kind, UNKNOWN),
        # A third of the time of strftime().
        "duid_time": _made(octets).isoformat(timespec="seconds") if timed else None,
    }


def _made(llt: bytes) -> dt.datetime:
    return EPOCH + dt.timedelta(seconds=int.from_bytes(llt[4:8], "big"))


def networkd_duid(machine_id: object) -> Duid:
    """The DUID under which systemd-networkd asks on a host with this machine-id, unless it is told another.

    A DUID-EN: systemd's enterprise number and the SipHash-2-4 of the machine-id, so that it is known before the host
    or container first boots.

    :param machine_id: what /etc/machine-id holds
    :raises ValueProblem: it is not a machine-id
    """
    # systemd writes the hash little-endian.
    hashed = siphash24(SYSTEMD_KEY, machine_id_octets(machine_id)).to_bytes(8, "little")
    return Duid(EN.to_bytes(2, "big") + SYSTEMD_ENTERPRISE.to_bytes(4, "big") + hashed)


def machine_id_octets(machine_id: object) -> bytes:
    """The 16 octets of what /etc/machine-id holds (machine-id(5)).

    :raises ValueProblem: it is not a machine-id
    """
    remedy = "Give the 32 hexadecimal digits of the host's /etc/machine-id, in quotes"
    if not isinstance(machine_id, str):
        raise ValueProblem(machine_id, f"is of type {type(machine_id).__name__}, not a machine-id", remedy)
    digits = machine_id.strip().replace("-", "")
    if re.fullmatch(r"[0-9a-fA-F]+", digits) and len(digits) != 32:
        raise ValueProblem(machine_id, f"has {len(digits)} digits, where a machine-id has 32", remedy)
    if not re.fullmatch(r"[0-9a-fA-F]{32}", digits):
        raise ValueProblem(machine_id, "is not a machine-id", remedy)
    octets = bytes.fromhex(digits)
    if not any(octets):
        raise ValueProblem(machine_id, "is a machine-id that was never set", "Have systemd-machine-id-setup make one")
    return octets
