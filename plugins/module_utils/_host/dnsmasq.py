# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dnsmasq on the host: whether it is there and runs, and all that its configuration reads."""

from __future__ import annotations

import os
import re

from .._formats import dnsmasq
from .._formats.dnsmasq import Directive
from .._formats.syntax import SyntaxProblem
from .._plans.dhcp6_hosts import DHCP6_PORT, Options
from .._plans.dhcp6_hosts_dnsmasq import CONFIG_FILE, TOOL, Found, drop_in
from .host import Host
from .service import is_active, listens_udp6

# Debian's service puts this directory on the server's command line.
DEFAULTS = "/etc/default/dnsmasq"
CONFIG_DIR = re.compile(r"(?m)^\s*CONFIG_DIR=[\"']?([^\s\"'#]+)")


def find(host: Host, options: Options) -> Found:
    """What a plan for dnsmasq has to know of the host."""
    config = host.read_file(options.config_file)
    text = options.config_content
    if text is None:
        text = config.text if config else ""
    directory = _directory(host) if options.config_file == CONFIG_FILE else ""
    included, listed = _included(host, text, directory, options)
    addition = drop_in(text, directory, options)
    return Found(
        config=config,
        hosts=host.read_file(options.hosts_file),
        drop_in=host.read_file(addition) if addition else None,
        directory=directory,
        installed=host.which(TOOL) is not None,
        active=is_active(host, options.service),
        listening=listens_udp6(host, DHCP6_PORT),
        included=included,
        listed=listed,
    )


def _directory(host: Host) -> str:
    match = CONFIG_DIR.search(host.read_text(DEFAULTS) or "")
    directory = match.group(1) if match else ""
    return directory if os.path.isdir(directory.partition(",")[0]) else ""


def _included(host: Host, text: str, directory: str, options: Options) -> tuple[dict[str, str], dict[str, str]]:
    """The configurations that are read along, and the other files of hosts."""
    included: dict[str, str] = {}
    listed: dict[str, str] = {}
    waiting = [(text, directory)]
    while waiting:
        content, more = waiting.pop(0)
        directives = _directives(content)
        directories = [*dnsmasq.included_directories(directives), *([more] if more else [])]
        paths = dnsmasq.included_files(directives)
        for value in directories:
            paths += dnsmasq.chosen(value, host.list_names(value.partition(",")[0]))
        for path in paths:
            found = host.read_text(path) if path not in (options.config_file, *included) else None
            if found is not None:
                included[path] = found
                waiting.append((found, ""))
        for path in dnsmasq.hosts_paths(directives):
            names = host.list_names(path) if os.path.isdir(path) else []
            for one in dnsmasq.chosen(path, names) or [path]:
                found = host.read_text(one) if one != options.hosts_file else None
                if found is not None:
                    listed[one] = found
    return included, listed


def _directives(text: str) -> tuple[Directive, ...]:
    try:
        return dnsmasq.parse(text)
    except SyntaxProblem:
        # The plan says where.
        return ()
