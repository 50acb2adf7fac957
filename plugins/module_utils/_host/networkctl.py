# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The systemd-networkd of the host: which release, whether it runs, and the files that it reads."""

from __future__ import annotations

import os
import re

from .host import Host

# In the order in which a file of one name replaces that of another directory (systemd.network(5)).
DIRECTORIES = tuple(f"{root}/systemd/network" for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib"))
SERVICE = "systemd-networkd.service"
WAIT_ONLINE = "systemd-networkd-wait-online.service"
ENDINGS = (".network", ".netdev", ".link")


def systemd_version(host: Host) -> int | None:
    """The release of systemd, None where it cannot be told."""
    if host.which("systemctl") is None:
        return None
    match = re.match(r"systemd (\d+)", host.run(["systemctl", "--version"]).out)
    return int(match.group(1)) if match else None


def is_active(host: Host) -> bool:
    """Whether networkd runs now."""
    return host.which("networkctl") is not None and host.run(["systemctl", "is-active", "--quiet", SERVICE]).rc == 0


def is_enabled(host: Host) -> bool:
    """Whether networkd will run after the next boot."""
    return host.which("networkctl") is not None and host.run(["systemctl", "is-enabled", "--quiet", SERVICE]).rc == 0


def waits_online(host: Host) -> bool:
    """Whether the boot waits for networkd's links."""
    return (
        host.which("networkctl") is not None and host.run(["systemctl", "is-enabled", "--quiet", WAIT_ONLINE]).rc == 0
    )


def unit_files(host: Host, ending: str = "") -> list[tuple[str, str]]:
    """(path, text) of the files that networkd and udev read, without drop-ins, in the order of their names.

    :param ending: of the names, such as ".netdev"; all three kinds where empty
    """
    paths: dict[str, str] = {}
    for directory in reversed(DIRECTORIES):
        for name in host.list_names(directory):
            if name.endswith(ending or ENDINGS):
                paths[name] = os.path.join(directory, name)
    texts = ((paths[name], host.read_text(paths[name])) for name in sorted(paths))
    # An empty file of a name masks that name in the directories behind it.
    return [(path, text) for path, text in texts if text]
