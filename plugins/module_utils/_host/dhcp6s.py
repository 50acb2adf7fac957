# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WIDE's dhcp6s on the host: whether it is there and runs, where it serves, and all that its configuration reads."""

from __future__ import annotations

import re
from ipaddress import IPv6Network

from .._formats import dhcp6s, iproute
from .._formats.syntax import SyntaxProblem
from .._plans.dhcp6_hosts import DHCP6_PORT, Options
from .._plans.dhcp6_hosts_dhcp6s import SERVICE, TOOL, Found
from .host import Host
from .included import included
from .service import is_active, listens_udp6

# Debian's service has the interfaces from here, and a server for each.
DEFAULTS = "/etc/default/wide-dhcpv6-server"
INTERFACES = re.compile(r"(?m)^\s*INTERFACES=[\"']?([^\"'#\n]*)")
WHOLE_ADDRESS = 128


def find(host: Host, options: Options) -> Found:
    """What a plan for dhcp6s has to know of the host."""
    config = host.read_file(options.config_file)
    text = options.config_content
    if text is None:
        text = config.text if config else ""
    return Found(
        config=config,
        hosts=host.read_file(options.hosts_file),
        installed=host.which(TOOL) is not None,
        active=is_active(host, options.service),
        listening=listens_udp6(host, DHCP6_PORT),
        included=included(host, text, options.hosts_file, _includes),
        links=_links(host) if options.service == SERVICE else (),
    )


def _includes(text: str) -> list[str]:
    try:
        return dhcp6s.includes(dhcp6s.parse(text))
    except SyntaxProblem:
        # The plan says where.
        return []


def _links(host: Host) -> tuple[IPv6Network, ...]:
    """The prefixes of the interfaces that Debian's service serves."""
    match = INTERFACES.search(host.read_text(DEFAULTS) or "")
    found: list[IPv6Network] = []
    for name in match.group(1).split() if match else ():
        outcome = host.run(["ip", "-json", "-6", "address", "show", "dev", name])
        addresses = iproute.parse_global_addresses(outcome.out) if outcome.rc == 0 else ()
        found += [address.network for address in addresses if address.network.prefixlen < WHOLE_ADDRESS]
    return tuple(found)
