# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role dhcp6_server mean: the configuration of its server, but for the static hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._values.errors import Refusal
from . import dhcp6_server_dhcp6s, dhcp6_server_dhcpd, dhcp6_server_dnsmasq, dhcp6_server_kea
from .dhcp6_hosts import read_hosts
from .dhcp6_hosts_places import place
from .dhcp6_server_options import read

# What writes the configuration.
RENDER = {
    "kea": dhcp6_server_kea.render,
    "dhcpd": dhcp6_server_dhcpd.render,
    "dnsmasq": dhcp6_server_dnsmasq.render,
    "dhcp6s": dhcp6_server_dhcp6s.render,
}
# What turns down that which a server cannot do.
REFUSE = {"dnsmasq": dhcp6_server_dnsmasq.refuse_unfit, "dhcp6s": dhcp6_server_dhcp6s.refuse_unfit}


def plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options, and write the server's configuration.

    :param options: the role's, by name without its prefix
    """
    try:
        server = read(options)
        if options["provider"] in REFUSE:
            REFUSE[options["provider"]](server)
        place(read_hosts(options["hosts"]), [subnet.prefix for subnet in server.subnets], "dhcp6_server_subnets")
    except Refusal as refusal:
        # The user knows the options by the role's names.
        return {"problems": ["dhcp6_server_" + str(refusal)], "interfaces": [], "config": ""}
    return {"problems": [], "interfaces": list(server.interfaces), "config": RENDER[options["provider"]](server)}
