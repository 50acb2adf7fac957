# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `tunnel` mean for sit_tunnel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Interface
from typing import Any

from .._values.ipv6 import parse_prefix
from .._values.link import parse_broker
from .._values.prefix import parse_ipv6_interface
from .options import OptionReader
from .sit_tunnel import UNREACHABLE


@dataclass(frozen=True)
class TunnelPlan:
    """Options of sit_tunnel.

    :param problems: a sentence for each thing that is wrong; where there is one, the others are empty
    """

    addresses: list[str] = field(default_factory=list)
    routes: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def plan(options: Mapping[str, Any]) -> TunnelPlan:
    """Read the role's options, named without the prefix ``tunnel_``."""
    reader = OptionReader("tunnel_")
    reader.one("server_ipv4", options["server_ipv4"], parse_broker)
    client = reader.one("client_ipv6", options["client_ipv6"], parse_ipv6_interface)
    routed = _routed(reader, options["routed_prefixes"], client)
    if client is None or reader.problems:
        return TunnelPlan(problems=reader.problems)
    default = [{"destination": "::/0"}] if options["default_route"] else []
    # RFC 7084: what no LAN uses of a routed prefix must not go back to the broker, which has sent it here.
    return TunnelPlan([str(client)], [*default, *({"destination": each, "type": UNREACHABLE} for each in routed)])


def _routed(reader: OptionReader, values: object, client: IPv6Interface | None) -> list[str]:
    routed: list[str] = []
    for number, value in enumerate(reader.listed("routed_prefixes", values)):
        option = f"routed_prefixes[{number}]"
        prefix = reader.one(option, value, parse_prefix)
        if prefix is None:
            continue
        if client and prefix.overlaps(client.network):
            relation = "is" if prefix == client.network else f"overlaps {client.network},"
            problem = f"{relation} the tunnel's own network, which is not routed to your LANs"
            remedy = "Write 'Routed /64' or 'Routed /48' of the tunnel's page; they look alike and are other networks"
            reader.refuse(option, prefix, problem, remedy)
        if str(prefix) in routed:
            reader.refuse(option, prefix, "is there twice", "Keep one of the two")
        routed.append(str(prefix))
    return routed
