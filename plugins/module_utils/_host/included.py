# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that a server's configuration reads along."""

from __future__ import annotations

from typing import Callable

from .host import Host


def included(host: Host, text: str, hosts_file: str, includes: Callable[[str], list[str]]) -> dict[str, str]:
    """The files that a configuration includes, and those that they include, but for the file of hosts: path → text.

    :param includes: the paths that stand in a text
    """
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for path in includes(waiting.pop()):
            content = host.read_text(path) if path != hosts_file and path not in found else None
            if content is not None:
                found[path] = content
                waiting.append(content)
    return found
