# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a machine that begins to forward listening to router advertisements."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from typing import Any

# What profiles add to a .network file that is not their own; link_info does not take it for the user's word.
DROPIN = "50-homelab-ipv6.conf"
KERNEL_LISTENS = (1, 2)


def accept_ra(network: Mapping[str, Any], others: Collection[str]) -> dict[str, dict[str, int]]:
    """For sysctl_set: forwarding would end accept_ra=1, and 2 keeps every interface as it was.

    :param network: what link_info returned
    :param others: interfaces that shall not listen
    """
    return {
        name: {"accept_ra": 2}
        for name, link in network["links"].items()
        if name not in others and link["accept_ra"] in KERNEL_LISTENS and not link["networkd"]
    }


def uplink_units(network: Mapping[str, Any], uplinks: Collection[str]) -> list[dict[str, Any]]:
    """For networkd_units: where no file says IPv6AcceptRA=, networkd's own settings of forwarding would decide.

    The kernel's do not: networkd listens by itself, whatever that does.
    """
    found = []
    for name in uplinks:
        link = network["links"].get(name)
        if link and link["networkd"] and link["network_file"] and not link["says_accept_ra"]:
            unit = f"{posixpath.basename(link['network_file'])}.d/{DROPIN}"
            found.append({"name": unit, "sections": [{"name": "Network", "settings": {"IPv6AcceptRA": "yes"}}]})
    return found
