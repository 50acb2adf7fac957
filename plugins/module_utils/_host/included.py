# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server whose configuration includes the file of hosts: whether it is there and runs, and all that it reads."""

from __future__ import annotations

from typing import Callable

from .._formats.syntax import SyntaxProblem
from .._plans.dhcp6_hosts import DHCP6_PORT, Options
from .._plans.dhcp6_hosts_writing import Including
from .host import Host
from .service import is_active, listens_udp6


def find(host: Host, options: Options, tool: str, includes: Callable[[str], list[str]]) -> Including:
    """What a plan for such a server has to know of the host.

    :param tool: the server's command
    :param includes: the paths that stand in a text; where that raises SyntaxProblem, the plan says so
    """
    config = host.read_file(options.config_file)
    text = options.config_content
    if text is None:
        text = config.text if config else ""
    return Including(
        config=config,
        hosts=host.read_file(options.hosts_file),
        installed=host.which(tool) is not None,
        active=is_active(host, options.service),
        listening=listens_udp6(host, DHCP6_PORT),
        included=included(host, text, options.hosts_file, includes),
    )


def included(host: Host, text: str, hosts_file: str, includes: Callable[[str], list[str]]) -> dict[str, str]:
    """The files that a configuration includes, and those that they include, but for the file of hosts: path → text.

    :param includes: the paths that stand in a text
    """
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        try:
            paths = includes(waiting.pop())
        except SyntaxProblem:
            continue
        for path in paths:
            content = host.read_text(path) if path != hosts_file and path not in found else None
            if content is not None:
                found[path] = content
                waiting.append(content)
    return found
