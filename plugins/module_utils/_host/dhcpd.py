# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ISC's dhcpd on the host: whether it is there and runs, and all that its configuration reads."""

from __future__ import annotations

from .._formats import dhcpd
from .._formats.syntax import SyntaxProblem
from .._plans.dhcp6_hosts import DHCP6_PORT, Options
from .._plans.dhcp6_hosts_dhcpd import TOOL, Found
from .host import Host
from .included import included
from .service import is_active, listens_udp6


def find(host: Host, options: Options) -> Found:
    """What a plan for dhcpd has to know of the host."""
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
    )


def _includes(text: str) -> list[str]:
    try:
        return dhcpd.includes(dhcpd.parse(text))
    except SyntaxProblem:
        # The plan says where.
        return []
