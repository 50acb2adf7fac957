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
        included=_included(host, text, options.hosts_file),
    )


def _included(host: Host, text: str, hosts_file: str) -> dict[str, str]:
    """The files that a configuration includes, and those that they include, but for the file of hosts."""
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for path in _includes(waiting.pop()):
            content = host.read_text(path) if path != hosts_file and path not in found else None
            if content is not None:
                found[path] = content
                waiting.append(content)
    return found


def _includes(text: str) -> list[str]:
    try:
        return dhcpd.includes(dhcpd.parse(text))
    except SyntaxProblem:
        # The plan says where.
        return []
