# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""6in4 tunnels of the host: the kernel's state, and all that has a say in it."""

from __future__ import annotations

import os
from ipaddress import IPv4Address

from .._formats import iproute
from .._plans.link_owners import NETWORK_MANAGER
from .._plans.plan import FileState
from .._plans.sit_tunnel_config import UNITS, dropin_name, is_ours, paths
from .._plans.sit_tunnel_host import Found, Networkd
from .._plans.sit_tunnel_kernel import Kernel
from .host import Host
from .links import ifupdown_files, owners
from .networkctl import DIRECTORIES, is_active, is_enabled, systemd_version, unit_files
from .networkd import link_state, runs_by_networkd

SYS_CLASS_NET = "/sys/class/net"


def _ip(host: Host, *words: str) -> str:
    """What `ip -json` prints; nothing where it fails, as it does for a link that does not exist."""
    outcome = host.run(["ip", "-json", *words])
    return outcome.out if outcome.rc == 0 else ""


def kernel_state(host: Host, name: str) -> Kernel:
    """What the kernel has of a tunnel."""
    routes = tuple(iproute.parse_routes(_ip(host, "-6", "route", "show", "table", "all")))
    if not host.exists(f"{SYS_CLASS_NET}/{name}"):
        return Kernel(None, (), routes)
    link = iproute.parse_link(_ip(host, "-details", "link", "show", "dev", name))
    addresses = iproute.parse_global_addresses(_ip(host, "-6", "address", "show", "dev", name))
    return Kernel(link, addresses, routes)


def why_no_sit(host: Host, check_mode: bool) -> str | None:
    """Why the kernel cannot make a 6in4 tunnel; None where it can.

    A real run tries it in a network namespace that goes at once. In check mode it may only look, since trying loads the
    module.
    """
    if host.exists("/sys/module/sit"):
        return None
    if check_mode:
        if host.which("modprobe") and host.run(["modprobe", "--dry-run", "--quiet", "sit"]).rc == 0:
            return None
        return "the module sit is neither loaded nor installed"
    probe = ["ip", "link", "add", "probe", "type", "sit", "remote", "192.0.2.1"]
    outcome = host.run(["unshare", "--net", *probe])
    return None if outcome.rc == 0 else outcome.said


def _files(host: Host, name: str) -> dict[str, FileState]:
    """Every file that may be a configuration of ours for a tunnel of this name."""
    dropins = [
        f"{UNITS}{folder}/{dropin_name(name)}" for folder in host.list_names(UNITS) if folder.endswith(".network.d")
    ]
    states = {path: host.read_file(path) for path in (*paths(name), *dropins)}
    return {path: state for path, state in states.items() if state}


def _is_extended(host: Host, name: str) -> bool:
    folder = os.path.basename(paths(name)[1]) + ".d"
    dropins = (
        os.path.join(directory, folder, dropin)
        for directory in DIRECTORIES
        for dropin in host.list_names(os.path.join(directory, folder))
    )
    return any(path.endswith(".conf") and not is_ours(host.read_text(path) or "") for path in dropins)


def look(host: Host, name: str, remote: IPv4Address | None, uplink: str | None, check_mode: bool) -> Found:
    """All that a plan for a tunnel needs to know."""
    networkd = Networkd(
        installed=host.which("networkctl") is not None,
        active=is_active(host),
        enabled=is_enabled(host),
        expected=check_mode,
        version=systemd_version(host),
        netdevs=unit_files(host, ".netdev"),
    )
    kernel = kernel_state(host, name)
    by_networkd = uplink is not None and runs_by_networkd(host, uplink)
    return Found(
        kernel=kernel,
        files=_files(host, name),
        stanzas=ifupdown_files(host),
        owners=[owner for owner in owners(host, name) if owner.manager == NETWORK_MANAGER],
        networkd=networkd,
        links=host.list_names(SYS_CLASS_NET),
        ipv4=iproute.parse_ipv4_addresses(_ip(host, "-4", "address", "show")),
        way=iproute.parse_route_to(_ip(host, "route", "get", str(remote))) if remote else ("", ""),
        uplink_file=link_state(host, uplink).get("NETWORK_FILE", "") if uplink and by_networkd else "",
        extended=_is_extended(host, name),
        no_sit=why_no_sit(host, check_mode) if kernel.link is None else None,
    )
