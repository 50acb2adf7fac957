# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WIDE's dhcp6s on the host: whether it is there and runs, where it serves, and all that its configuration reads."""

from __future__ import annotations

import re
from ipaddress import IPv6Network

from .._formats import dhcp6s, iproute
from .._plans.dhcp6_hosts import Options
from .._plans.dhcp6_hosts_dhcp6s import DEFAULTS, SERVICE, TOOL, Found
from . import included
from .host import Host

INTERFACES = re.compile(r"(?m)^\s*INTERFACES=[\"']?([^\"'#\n]*)")
WHOLE_ADDRESS = 128


def find(host: Host, options: Options) -> Found:
    """What a plan for dhcp6s has to know of the host."""
    found = included.find(host, options, TOOL, lambda text: dhcp6s.includes(dhcp6s.parse(text)))
    return Found(**vars(found), links=_links(host) if options.service == SERVICE else ())


def _links(host: Host) -> tuple[IPv6Network, ...]:
    """The prefixes of the interfaces that Debian's service serves."""
    match = INTERFACES.search(host.read_text(DEFAULTS) or "")
    found: list[IPv6Network] = []
    for name in match.group(1).split() if match else ():
        outcome = host.run(["ip", "-json", "-6", "address", "show", "dev", name])
        addresses = iproute.parse_global_addresses(outcome.out) if outcome.rc == 0 else ()
        found += [address.network for address in addresses if address.network.prefixlen < WHOLE_ADDRESS]
    return tuple(found)
