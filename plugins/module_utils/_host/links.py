# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The links of the host, what configures each, and the way on which Ansible came in."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from ipaddress import ip_address

from .._formats import ifupdown, iproute
from .._plans.link_owners import Owner, ifupdown_owner, netplan_owner, network_manager_owner
from .._plans.listening import DROPIN
from .host import Host
from .networkd import link_state, runs_by_networkd

INTERFACES = "/etc/network/interfaces"
PROFILES = ("/etc/NetworkManager/system-connections", "/run/NetworkManager/system-connections")
RESOLVER_FILES = ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf")
SYS_CLASS_NET = "/sys/class/net"


@dataclass(frozen=True)
class Link:
    """A network interface as it is.

    :param kind: bridge, vlan, wlan, …; empty for what is Ethernet to the kernel, a card or one end of a veth pair
    :param master: the bridge or bond that it is a port of, empty where none
    :param accept_ra: the running value, None where the interface has no IPv6
    :param network_file: the .network file that networkd applies to it, empty where none
    :param says_accept_ra: whether that file says IPv6AcceptRA= outright
    :param addresses: of both families, with the lengths of their prefixes
    :param networks: that are reached over it without a router
    :param ra_default: whether a router advertisement has set a default route over it
    """

    name: str
    kind: str
    master: str
    mac: str
    mtu: int
    operstate: str
    accept_ra: int | None
    by_networkd: bool
    network_file: str
    says_accept_ra: bool
    addresses: tuple[str, ...]
    networks: tuple[str, ...]
    ra_default: bool


@dataclass(frozen=True)
class Reach:
    """By link, what iproute2 tells of all of them at once."""

    addresses: dict[str, list[str]]
    networks: dict[str, list[str]]
    ra_defaults: list[str]


def links(host: Host) -> list[Link]:
    """All links but loopback, by name."""
    reach = _reach(host)
    return [_link(host, name, reach) for name in host.list_names(SYS_CLASS_NET) if name != "lo" and _is_link(name)]


def _reach(host: Host) -> Reach:
    texts = []
    for words in (("address",), ("-4", "route"), ("-6", "route")):
        outcome = host.run(["ip", "-json", *words, "show"])
        # A kernel without IPv6 has no routes of it.
        texts.append(outcome.out if outcome.rc == 0 else "")
    addresses, routes4, routes6 = texts
    return Reach(
        addresses=iproute.parse_addresses(addresses),
        networks=iproute.parse_networks(addresses, routes4, routes6),
        ra_defaults=iproute.parse_ra_defaults(routes6),
    )


def _is_link(name: str) -> bool:
    # Beside links there are files such as bonding_masters.
    return os.path.isdir(os.path.join(SYS_CLASS_NET, name))


def _link(host: Host, name: str, reach: Reach) -> Link:
    def attribute(key: str) -> str:
        return (host.read_text(f"{SYS_CLASS_NET}/{name}/{key}") or "").strip()

    accept_ra = host.read_text(f"/proc/sys/net/ipv6/conf/{name}/accept_ra")
    network_file = link_state(host, name).get("NETWORK_FILE", "")
    return Link(
        name=name,
        kind=_kind(attribute("uevent")),
        master=master(name),
        mac=attribute("address"),
        mtu=int(attribute("mtu") or 0),
        operstate=attribute("operstate"),
        accept_ra=int(accept_ra) if accept_ra else None,
        by_networkd=runs_by_networkd(host, name),
        network_file=network_file,
        says_accept_ra=says_accept_ra(host, network_file),
        addresses=tuple(reach.addresses.get(name, [])),
        networks=tuple(reach.networks.get(name, [])),
        ra_default=name in reach.ra_defaults,
    )


def _kind(uevent: str) -> str:
    """DEVTYPE, by which the kernel tells udev what is no plain Ethernet."""
    match = re.search(r"^DEVTYPE=(\S+)", uevent, re.MULTILINE)
    return match.group(1) if match else ""


def master(name: str) -> str:
    """The bridge or bond of which a link is a port, empty where none."""
    try:
        return os.path.basename(os.readlink(f"{SYS_CLASS_NET}/{name}/master"))
    except OSError:
        # It is nobody's port.
        return ""


def ifupdown_files(host: Host) -> dict[str, str]:
    """Path → text of /etc/network/interfaces and all that it reads in; empty where ifupdown is not installed."""
    if host.which("ifup") is None:
        return {}
    files: dict[str, str] = {}
    waiting = [INTERFACES]
    while waiting:
        path = waiting.pop(0)
        text = None if path in files else host.read_text(path)
        if text is None:
            continue
        files[path] = text
        for pattern, is_directory in ifupdown.sources(ifupdown.parse(text), os.path.dirname(path)):
            names = sorted(glob.glob(os.path.join(pattern, "*") if is_directory else pattern))
            entry = ifupdown.DIRECTORY_ENTRY
            waiting.extend(name for name in names if not is_directory or entry.match(os.path.basename(name)))
    return files


def is_on(host: Host, unit: str) -> bool:
    """Whether a unit runs, or will after the next boot."""
    return any(host.run(["systemctl", verb, "--quiet", unit]).rc == 0 for verb in ("is-active", "is-enabled"))


def owners(host: Host, interface: str) -> list[Owner]:
    """What, beside systemd-networkd, configures an interface."""
    found = [
        ifupdown_owner(interface, ifupdown_files(host)),
        _network_manager(host, interface),
        netplan_owner(link_state(host, interface).get("NETWORK_FILE", "")),
    ]
    return [owner for owner in found if owner]


def _network_manager(host: Host, interface: str) -> Owner | None:
    if host.which("NetworkManager") is None:
        return None
    index = (host.read_text(f"{SYS_CLASS_NET}/{interface}/ifindex") or "").strip()
    state = host.read_text(f"/run/NetworkManager/devices/{index}") if index else None
    paths = [os.path.join(folder, name) for folder in PROFILES for name in host.list_names(folder)]
    profiles = {path: host.read_text(path) or "" for path in paths}
    return network_manager_owner(interface, state or "", profiles, is_on(host, "NetworkManager.service"))


def kernel_has(host: Host, module: str) -> bool:
    """Whether the kernel has a module, loaded, built in or to be loaded; it is not loaded to find out."""
    if os.path.isdir(f"/sys/module/{module}"):
        return True
    return host.which("modprobe") is not None and host.run(["modprobe", "-n", "-q", module]).rc == 0


def says_accept_ra(host: Host, network_file: str) -> bool:
    """Whether a .network file, or a drop-in to it that is not ours, says IPv6AcceptRA=.

    Where none does, networkd listens unless it is told that it forwards: by IPForward= in this file, from systemd 256
    on by IPv6Forwarding= there or in networkd.conf. The running value of the kernel's forwarding is nothing to it.
    """
    name = os.path.basename(network_file)
    folders = [
        f"{base}/{name}.d" for base in ("/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network")
    ]
    dropins = [f"{folder}/{entry}" for folder in folders for entry in host.list_names(folder) if entry != DROPIN]
    texts = [host.read_text(path) or "" for path in [network_file, *dropins] if path]
    return any(re.search(r"^\s*IPv6AcceptRA\s*=", text, re.MULTILINE) for text in texts)


def loopback_file(host: Host) -> str:
    """The .network file that networkd applies to the loopback interface, empty where none."""
    return link_state(host, "lo").get("NETWORK_FILE", "")


def name_servers(host: Host) -> list[str]:
    """Whom the host asks, but for those on itself and on its links; systemd-resolved says whom it asks in turn."""
    for path in RESOLVER_FILES:
        lines = [line.split() for line in (host.read_text(path) or "").splitlines()]
        found = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
        others = [text for text in dict.fromkeys(found) if _is_elsewhere(text)]
        if others:
            return others
    return []


def _is_elsewhere(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        # With a link behind it, it is link-local.
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def default_link(host: Host) -> str:
    """The interface of the IPv4 default route, empty where there is none (proc_net(5))."""
    rows = [line.split() for line in (host.read_text("/proc/net/route") or "").splitlines()[1:]]
    # An unreachable default route is listed too, with a star for its interface.
    defaults = [(int(row[6]), row[0]) for row in rows if row[1] == row[7] == "00000000" and row[0] != "*"]
    return min(defaults)[1] if defaults else ""


def ssh_connection(host: Host) -> dict[str, str]:
    """client, client_port, server and port of the ssh connection that this process came in on.

    sshd tells its children in SSH_CONNECTION (ssh(1)); sudo takes that out of the environment, so the processes above
    this one are asked until one has it. Empty for a connection that is not ssh.
    """
    process = os.getpid()
    while process > 1:
        environment = _environment(host, process)
        match = re.search(r"(?:^|\0)SSH_CONNECTION=(\S+) (\d+) (\S+) (\d+)", environment)
        if match:
            return dict(zip(("client", "client_port", "server", "port"), match.groups()))
        status = re.search(r"^PPid:\s*(\d+)", host.read_text(f"/proc/{process}/status") or "", re.MULTILINE)
        process = int(status.group(1)) if status else 0
    return {}


def _environment(host: Host, process: int) -> str:
    try:
        return host.read_text(f"/proc/{process}/environ") or ""
    except (PermissionError, ProcessLookupError):
        # Not this user's, or just ended.
        return ""
