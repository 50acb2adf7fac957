# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server of files and printers tells the LAN that it is there: WS-Discovery and mDNS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

AVAHI, WSDD = "avahi", "wsdd"
MDNS_PORT, WSD_PORT = 5353, 3702
OF_AVAHI = "/etc/avahi/homelab-ipv6.conf"

_WSDD = """\
[Service]
ExecStart=
ExecStart=/usr/sbin/wsdd2 -w{only}
"""
_AVAHI = f"""\
[Service]
ExecStart=
ExecStart=/usr/sbin/avahi-daemon --syslog --file={OF_AVAHI}
"""
# Samba and CUPS tell it themselves what there is.
_AVAHI_CONF = """\
[server]
allow-interfaces={interfaces}
use-ipv4=yes
use-ipv6=yes
ratelimit-interval-usec=1000000
ratelimit-burst=1000

[publish]
publish-hinfo=no
publish-workstation=no
"""


def files(interfaces: Sequence[str]) -> dict[str, str]:
    """The drop-ins and configurations, each under its name in the plan."""
    # It takes one interface, or all.
    only = f" -i {interfaces[0]}" if len(interfaces) == 1 else ""
    return {
        "wsdd_dropin": _WSDD.format(only=only),
        "avahi_dropin": _AVAHI,
        "avahi_conf": _AVAHI_CONF.format(interfaces=",".join(interfaces)),
    }


def holes(announce: Iterable[str], interfaces: Sequence[str], sources: Sequence[str]) -> list[dict[str, Any]]:
    """What the firewall lets in for it.

    :param sources: who may ask: the LAN, and link-local addresses, which mDNS and WS-Discovery have
    """
    wanted = [*announce]
    udp = [str(port) for way, port in ((AVAHI, MDNS_PORT), (WSDD, WSD_PORT)) if way in wanted]
    who = {"interfaces": list(interfaces), "sources": list(sources)}
    found: list[dict[str, Any]] = []
    if udp:
        found.append({"name": "to be found", "protocol": "udp", "ports": udp, **who})
    if WSDD in wanted:
        found.append({"name": "to tell what it is", "protocol": "tcp", "ports": [str(WSD_PORT)], **who})
    return found
