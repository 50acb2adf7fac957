# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ISC's dhcpd on the host: whether it is there and runs, and all that its configuration reads."""

from __future__ import annotations

from .._formats import dhcpd
from .._plans.dhcp6_hosts import Options
from .._plans.dhcp6_hosts_dhcpd import TOOL, Found
from . import included
from .host import Host


def find(host: Host, options: Options) -> Found:
    """What a plan for dhcpd has to know of the host."""
    return included.find(host, options, TOOL, lambda text: dhcpd.includes(dhcpd.parse(text)))
