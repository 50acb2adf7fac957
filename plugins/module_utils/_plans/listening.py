# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a machine that begins to forward listening to router advertisements, where its kernel listens now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

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
