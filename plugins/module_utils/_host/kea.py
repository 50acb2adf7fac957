# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kea-dhcp6 on the host: whether it is there, runs, and takes commands."""

from __future__ import annotations

import pwd
import re

from .._plans.dhcp6_hosts import DHCP6_PORT, Options
from .._plans.dhcp6_hosts_kea import DONE, TOOL, USER, Found, socket_path
from .._values.errors import Fault
from .host import Host
from .service import is_active, listens_udp6
from .unix_socket import ask

PATIENCE = 5.0


def answers(path: str) -> bool:
    """A Kea server takes commands on this socket."""
    try:
        return bool(re.search(DONE, ask(path, '{ "command": "version-get" }', PATIENCE)))
    except Fault:
        return False


def find(host: Host, options: Options) -> Found:
    """What a plan for kea-dhcp6 has to know of the host."""
    config = host.read_file(options.config_file)
    active = is_active(host, options.service)
    path = socket_path(options.control_socket, config) if active else None
    return Found(
        config=config,
        installed=host.which(TOOL) is not None,
        has_user=any(entry.pw_name == USER for entry in pwd.getpwall()),
        active=active,
        listening=listens_udp6(host, DHCP6_PORT),
        socket=path if path and answers(path) else None,
    )
