# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of every sort for the tests of sit_tunnel."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Network

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.iproute import Ipv4Address, KernelRoute, Link
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel import Request
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_config import (
    ifupdown_files,
    networkd_files,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_host import Found, Networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_kernel import Kernel
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_plan import present
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run

from .test_sit_tunnel import request

REQUEST = request()
STATIC = [Ipv4Address("lo", "127.0.0.1", False), Ipv4Address("wan0", "198.51.100.2", False)]
LEASED = [Ipv4Address("wan0", "192.0.2.2", True)]
DEBIAN = {"/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n"}
RUNNING = Networkd(installed=True, active=True, enabled=True, version=257)
LINK = Link("he-ipv6", "sit", 1480, True, "198.51.100.1", "198.51.100.2", 255)
DEFAULT = KernelRoute(IPv6Network("::/0"), "unicast", "he-ipv6", None, None, 1024, 254, "static")
LOOPED = KernelRoute(IPv6Network("2001:db8:4070::/48"), "unreachable", "lo", None, None, 1024, 254, "static")
KERNEL = Kernel(LINK, REQUEST.addresses, (DEFAULT, LOOPED))
NONE = Kernel(None)
# Stock Debian, networkd there and off.
BARE = Found(
    NONE,
    stanzas=DEBIAN,
    networkd=Networkd(installed=True, version=252),
    links=("eth1", "lo", "sit0", "wan0"),
    ipv4=STATIC,
    way=("wan0", "198.51.100.2"),
)
BY_NETWORKD = replace(BARE, networkd=RUNNING)


def planned(
    found: Found, provider: str = "auto", wanted: Request = REQUEST, activate: bool = True, timeout: float = 5
) -> Plan:
    return present(wanted, provider, activate, timeout, found)


def commands(plan: Plan) -> list[str]:
    return [" ".join(step.argv) for step in plan.steps if isinstance(step, Run)]


def states(texts: dict[str, str]) -> dict[str, FileState]:
    return {path: FileState(text) for path, text in texts.items()}


NETWORKD_FILES = states(networkd_files(REQUEST, "198.51.100.2", None))
STANZA = states(ifupdown_files(REQUEST, "198.51.100.2"))
IFUPDOWN_STANZAS = {**DEBIAN, **{path: state.text for path, state in STANZA.items()}}
CONVERGED = {
    "runtime": replace(BARE, kernel=KERNEL),
    "ifupdown": replace(BARE, kernel=KERNEL, files=STANZA, stanzas=IFUPDOWN_STANZAS),
    "networkd": replace(BY_NETWORKD, kernel=KERNEL, files=NETWORKD_FILES),
}
