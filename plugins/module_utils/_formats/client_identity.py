# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where DHCPv6 clients keep their DUID and the IAIDs of their interfaces, each in a format of its own.

What a client wrote is read leniently: lines of no interest are passed over, only what cannot be a DUID is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .._values.duid import Duid
from .._values.duid_notation import networkd_octets
from .._values.errors import ValueProblem

# RFC 8415, section 21: option codes, and what stands before the options of a message between client and server.
CLIENT_ID, IA_NA, IA_PD = 1, 3, 25
MESSAGE_HEADER = 4
OPTION_HEADER = 4

INTACT = "Remove the file and restart the client, and it makes a new DUID"


class Association(NamedTuple):
    """Under which IAID a client asks on an interface; empty or None where that is not told."""

    interface: str
    iaid: int | None


_DEFAULT_DUID = re.compile(r"^\s*default-duid\s+(.*?);\s*$", re.MULTILINE)
_LEASE = re.compile(r"^lease6 \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_LEASE_INTERFACE = re.compile(r'^\s*interface "([^"\n]+)";', re.MULTILINE)
_IA = re.compile(r"^\s*ia-(?:na|pd) ([0-9a-f]{2}(?::[0-9a-f]{2}){3}) \{", re.MULTILINE)


def dhclient(text: str) -> tuple[Duid | None, list[Association]]:
    """A lease file of dhclient (dhclient.leases(5)); of several DUIDs and leases the last counts.

    :raises ValueProblem: the DUID cannot be one
    """
    found = _DEFAULT_DUID.findall(text)
    duid = Duid.parse(found[-1]) if found else None
    last: dict[str, list[Association]] = {}
    for lease in _LEASE.findall(text):
        interface = _LEASE_INTERFACE.search(lease)
        if interface:
            name = interface.group(1)
            iaids = dict.fromkeys(_from_hex(digits) for digits in _IA.findall(lease))
            last[name] = [Association(name, iaid) for iaid in iaids]
    return duid, [each for associations in last.values() for each in associations]


def _from_hex(pairs: str) -> int:
    return int(pairs.replace(":", ""), 16)


def dhcp6c_duid(octets: bytes, byteorder: str) -> Duid:
    """The file of WIDE's dhcp6c: a length of two octets in the byte order of the machine, then the DUID.

    :param byteorder: ``little`` or ``big``
    :raises ValueProblem: the length is another than what follows, or it is no DUID
    """
    length = int.from_bytes(octets[:2], "little" if byteorder == "little" else "big")
    rest = octets[2:]
    if len(octets) < 2 or length != len(rest):
        problem = f"has {len(rest)} octets after a length of {length}"
        raise ValueProblem(octets.hex() or "nothing", problem, INTACT)
    return Duid(rest)


_BLOCK = re.compile(r"\binterface\s+(\S+)\s*\{([^{}]*)\}")
_SEND_IA = re.compile(r"\bia-(?:na|pd)\s+([0-9]{1,10})\b")


def dhcp6c_conf(text: str) -> list[Association]:
    """What each ``interface`` of dhcp6c.conf(5) sends: ``send ia-na 7, ia-pd 9;``."""
    bare = re.sub(r"#[^\n]*", "", text)
    return [
        Association(interface, iaid)
        for interface, block in _BLOCK.findall(bare)
        for iaid in dict.fromkeys(map(int, _SEND_IA.findall(block)))
    ]


def dhcpcd_lease(octets: bytes) -> tuple[Duid | None, list[int]]:
    """DUID and IAIDs in a ``.lease6`` file of dhcpcd: the server's Reply as it came in (RFC 8415, section 8).

    :raises ValueProblem: it breaks off, or holds a DUID that cannot be one
    """
    duid: Duid | None = None
    iaids: list[int] = []
    for code, value in _options(octets):
        if code == CLIENT_ID:
            duid = Duid(value)
        elif code in (IA_NA, IA_PD) and len(value) >= 4:
            iaids.append(int.from_bytes(value[:4], "big"))
    return duid, list(dict.fromkeys(iaids))


def _options(octets: bytes) -> Iterator[tuple[int, bytes]]:
    position = MESSAGE_HEADER
    while position < len(octets):
        code = int.from_bytes(octets[position : position + 2], "big")
        length = int.from_bytes(octets[position + 2 : position + OPTION_HEADER], "big")
        start = position + OPTION_HEADER
        position = start + length
        if position > len(octets):
            raise ValueProblem(f"option {code}", "breaks off", "Have the client ask again, and it writes the file anew")
        yield code, octets[start:position]


class DhcpcdConf(NamedTuple):
    """What dhcpcd.conf says outright."""

    duid: Duid | None
    associations: tuple[Association, ...]


def dhcpcd_conf(text: str) -> DhcpcdConf:
    """``duid VALUE``, and ``iaid`` of each ``interface`` (dhcpcd.conf(5)).

    ``duid`` without a value, or with a kind such as ``ll``, says how a DUID is made, not which it is.

    :raises ValueProblem: the value of ``duid`` cannot be one
    """
    duid: Duid | None = None
    interface = ""
    iaids: dict[str, int] = {}
    for raw in text.split("\n"):
        words = raw.split("#")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "interface":
            interface = words[1]
        elif words[0] == "duid" and re.search(r"[:\-]", words[1]):
            duid = Duid.parse(words[1])
        elif words[0] == "iaid" and interface:
            iaid = _dhcpcd_iaid(words[1])
            if iaid is not None:
                iaids[interface] = iaid
    return DhcpcdConf(duid, tuple(Association(name, iaid) for name, iaid in iaids.items()))


def _dhcpcd_iaid(word: str) -> int | None:
    """A number; a name of four characters or escapes is one too, but none that people write."""
    return int(word) if re.fullmatch(r"[0-9]{1,10}", word) and int(word) <= 0xFFFFFFFF else None


_DIBBLER_IA = re.compile(r"<Addr(?:IA|PD)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def dibbler_leases(text: str) -> list[Association]:
    """``client-AddrMgr.xml`` of dibbler-client: its IAs with their interfaces."""
    found: dict[Association, None] = {}
    for attributes in map(dict, map(_ATTRIBUTE.findall, _DIBBLER_IA.findall(text))):
        iaid, interface = attributes.get("IAID", ""), attributes.get("ifacename", "")
        if re.fullmatch(r"[0-9]{1,10}", iaid) and interface:
            found[Association(interface, int(iaid))] = None
    return list(found)


def networkd_duid_shown(text: str) -> Duid:
    """A DUID as networkd shows it: ``DUID-EN/Vendor:0000ab11…``.

    :raises ValueProblem: it is no DUID, or of a type without a name
    """
    octets = networkd_octets(text)
    if octets is None:
        raise ValueProblem(text, "is no DUID of a type that networkd names", "Look into the server's leases instead")
    return Duid(octets)


def networkd_iaid_shown(text: str) -> int | None:
    """``0x12758b45``."""
    return int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", text) else None


class NmDevice(NamedTuple):
    """What NetworkManager shows of a device that has asked by DHCPv6."""

    interface: str
    profile: str
    duid: str
    iaid: int | None


_NM_OPTION = re.compile(r"DHCP6\.OPTION\[\d+\]:(\w+) = (.*)")


def nmcli_devices(text: str) -> list[NmDevice]:
    """``nmcli -t -f GENERAL.DEVICE,GENERAL.CON-UUID,DHCP6 device show``: the devices with a DHCPv6 client id."""
    devices: list[NmDevice] = []
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            option = _NM_OPTION.fullmatch(line.strip())
            key, _colon, value = option.expand(r"\1:\2").partition(":") if option else line.strip().partition(":")
            fields[key] = value.strip()
        name, duid = fields.get("GENERAL.DEVICE", ""), fields.get("dhcp6_client_id", "")
        if name and duid:
            # Its own client calls it iaid, dhclient under it dhcp6_iaid.
            iaid = nm_iaid(fields.get("iaid", "") or fields.get("dhcp6_iaid", ""))
            devices.append(NmDevice(name, fields.get("GENERAL.CON-UUID", ""), duid, iaid))
    return devices


def nm_iaid(text: str) -> int | None:
    """An IAID as NetworkManager writes it, four pairs or a number; None for how one is made, such as ``mac``."""
    if re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){3}", text):
        return _from_hex(text)
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= 0xFFFFFFFF else None
