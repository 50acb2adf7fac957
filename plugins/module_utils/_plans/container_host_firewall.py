# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The firewall before routed containers: of those that are asked for, and of those that run on without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_interface
from typing import Any

from . import nspawn
from .options import OptionReader

OURS, THEIRS = "guard ours", "guard theirs"


def inside(
    reader: OptionReader, plan: nspawn.NspawnPlan, containers: Sequence[Mapping[str, Any]], found: Sequence[str]
) -> list[dict[str, Any]]:
    """The links that it guards.

    :param found: as `container_host.profile` takes it
    """
    asked = [{"interface": link.interface, "prefixes": link.prefixes, "ipv4": link.ipv4} for link in plan.links]
    kept = _left(found, [str(item["name"]) for item in containers])
    for name, networks in kept.items():
        for link in plan.links:
            for network in networks:
                if network in link.prefixes + link.ipv4:
                    option = "containers[].prefix" if network in link.prefixes else "containers[].ipv4"
                    problem = f"is that of {name}, too, which runs on since it was taken out of the list"
                    reader.refuse(option, network, problem, f"Write {name} with state: absent, or another prefix")
    return asked + [
        {
            "interface": f"ve-{name}",
            "prefixes": [network for network in networks if ":" in network],
            "ipv4": [network for network in networks if ":" not in network],
        }
        for name, networks in kept.items()
    ]


def _left(found: Sequence[str], listed: Sequence[str]) -> dict[str, list[str]]:
    """Containers that earlier runs have made and that are in the list no more: name → networks."""
    kept: dict[str, list[str]] = {}
    for words in (line.split() for line in found):
        if words[0] == "end" and words[1] not in listed:
            kept.setdefault(words[1], []).append(str(ip_interface(words[2]).network))
    return kept


def refuse_theirs(reader: OptionReader, links: Sequence[Mapping[str, Any]], found: Sequence[str]) -> None:
    """Refuse to replace a table that something else has made: there is one on a machine."""
    if not links or THEIRS not in found:
        return
    shown = "; ".join(f"{link['interface']} with {', '.join([*link['prefixes'], *link['ipv4']])}" for link in links)
    problem = "would replace the firewall of another role, /etc/homelab-ipv6-firewall.nft, as on a router"
    remedy = (
        f"Write {reader.named('firewall')}: false, and have that role guard the containers: name their links in "
        f"router_inside of the role router, or in firewall_inside where the role firewall is used by itself ({shown})"
    )
    reader.refuse("firewall", "true", problem, remedy)


def wanted(firewall: Mapping[str, Any], on: bool, found: Sequence[str]) -> dict[str, Any]:
    """What the role firewall gets, and whether it takes away what it once made for this role (`leave`)."""
    nothing = not (on and firewall["inside"])
    return {
        "inside": [] if nothing else firewall["inside"],
        "forward_allow": [] if nothing else firewall["forward_allow"],
        "leave": nothing and OURS in found,
    }
