# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which DUID and IAID an interface has asked for addresses so far, for whoever asks for them from now on.

A server knows a client by these alone, over IPv4 (RFC 4361) as over IPv6 (RFC 8415): another DUID or IAID is another
client, and gets another address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._formats.client_identity import networkd_iaid_shown
from .._values.client_duid import NETWORKD_TYPES
from .._values.duid import Duid
from .identity import DHCLIENT, Identity
from .link_owners import Settings

_TYPE_NAMES = {number: name for name, number in NETWORKD_TYPES.items()}
# RFC 4361: type 255, an IAID of four octets, a DUID.
_CLIENT_ID = re.compile(r"ff([0-9a-f]{8})[0-9a-f]+", re.IGNORECASE)


@dataclass(frozen=True)
class AsksAs:
    """What a client has told servers of itself; None where it has not, or networkd tells the same by itself.

    :param iaid4: with which it has asked over IPv4, and ``iaid6`` over IPv6
    """

    duid: Duid | None = None
    iaid4: int | None = None
    iaid6: int | None = None

    def settings(self) -> Settings:
        """The sections by which networkd tells the same."""
        duid: list[tuple[str, str]] = []
        # 252 ignores a type without a name; no client that is handed over makes one.
        if self.duid and self.duid.type in _TYPE_NAMES:
            raw = self.duid.octets[2:].hex(":")
            duid = [("DUIDType", _TYPE_NAMES[self.duid.type]), ("DUIDRawData", raw)]
        by_duid = [("ClientIdentifier", "duid")] if duid else []
        found: Settings = []
        if self.iaid4 is not None:
            found.append(("DHCPv4", [*by_duid, ("IAID", str(self.iaid4)), *duid]))
        if self.iaid6 is not None:
            found.append(("DHCPv6", [("IAID", str(self.iaid6)), *duid]))
        return found


def of_dhclient(identities: Iterable[Identity], interface: str, mac: str) -> AsksAs:
    """As ifupdown starts dhclient: ``-i`` has it ask over IPv4 under the DUID, with the end of the MAC for an IAID."""
    mine = [one for one in identities if one.client == DHCLIENT and one.interface == interface]
    running = [one for one in mine if one.running] or mine
    if not running:
        return AsksAs()
    iaid6 = next((one.iaid for one in running if one.iaid is not None), None)
    return AsksAs(running[0].duid, int(mac.replace(":", "")[-8:], 16), iaid6)


def of_networkd(state: Mapping[str, str], lease: Mapping[str, str]) -> AsksAs:
    """The DUID goes by the host, or by the card's MAC, which the bridge has too.

    :param state: networkd's own file on a link, and ``lease`` that on its DHCPv4 lease
    """
    client_id = _CLIENT_ID.fullmatch(lease.get("CLIENTID", ""))
    iaid4 = int(client_id.group(1), 16) if client_id else None
    return AsksAs(None, iaid4, networkd_iaid_shown(state.get("DHCP6_CLIENT_IAID", "")))
