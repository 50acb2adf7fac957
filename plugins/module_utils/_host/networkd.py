# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs the links of the host: systemd-networkd's own state files."""

from __future__ import annotations

from .host import Host

NETIF_LINKS = "/run/systemd/netif/links"
SYS_CLASS_NET = "/sys/class/net"


def link_state(host: Host, interface: str) -> dict[str, str]:
    """networkd's state of a link (ADMIN_STATE, NETWORK_FILE, …), empty where networkd does not run or know it.

    The files are no documented interface, but sd-network(3) reads them, and unlike `networkctl --json` they are the
    same in 252 and 257.
    """
    index = host.read_text(f"{SYS_CLASS_NET}/{interface}/ifindex")
    return pairs(host.read_text(f"{NETIF_LINKS}/{index.strip()}") or "") if index else {}


def pairs(text: str) -> dict[str, str]:
    """Key and value of each line of a file of networkd's own below /run."""
    found = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {key: value for key, sign, value in found if sign}


def runs_by_networkd(host: Host, interface: str) -> bool:
    """Whether networkd has a .network file for the link and so runs its RA client (systemd issue 13061)."""
    state = link_state(host, interface)
    return bool(state.get("NETWORK_FILE")) and state.get("ADMIN_STATE") not in ("unmanaged", None)
