# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a tunnel hangs on the host: who runs it, from which address, and what stands in its way."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._formats import ifupdown
from .._formats.iproute import Ipv4Address
from .._formats.networkd import parse
from .._values.errors import Refusal, ValueProblem
from .link_owners import Owner, said
from .plan import FileState
from .sit_tunnel import ANY, AUTO, DHCP4, Request, Route
from .sit_tunnel_config import IFUPDOWN, NETWORKD, RUNTIME, Uplink, ifupdown_routes, is_ours, networkd_routes, paths
from .sit_tunnel_kernel import Kernel

# Before it networkd takes the address at the tunnel's making and forgets to follow (systemd issue 34957).
FOLLOWS_DHCP = 257


@dataclass(frozen=True)
class Networkd:
    """The host's systemd-networkd.

    :param expected: whether it may run by the time it is needed: in check mode an earlier task has started nothing
    :param netdevs: (path, text) of all .netdev files
    """

    installed: bool = False
    active: bool = False
    enabled: bool = False
    expected: bool = False
    version: int | None = None
    netdevs: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Found:
    """The host as it is.

    :param files: path → file, of all places where a tunnel of this name may have configuration of ours
    :param stanzas: path → text of all that ifupdown reads; empty where it is not installed
    :param owners: what else configures an interface of this name
    :param links: names of all links
    :param ipv4: all IPv4 addresses of the host
    :param way: link and source address of the way to the tunnel's remote end, empty where there is none
    :param uplink_file: networkd's file for the uplink, empty where networkd does not run it
    :param extended: whether somebody's drop-in adds to our .network file
    :param no_sit: why the kernel cannot make a tunnel; None where it can
    """

    kernel: Kernel
    files: Mapping[str, FileState] = field(default_factory=dict)
    stanzas: Mapping[str, str] = field(default_factory=dict)
    owners: Sequence[Owner] = ()
    networkd: Networkd = Networkd()
    links: Sequence[str] = ()
    ipv4: Sequence[Ipv4Address] = ()
    way: tuple[str, str] = ("", "")
    uplink_file: str = ""
    extended: bool = False
    no_sit: str | None = None

    @property
    def ours(self) -> dict[str, FileState]:
        return {path: state for path, state in self.files.items() if is_ours(state.text)}


@dataclass(frozen=True)
class Local:
    """The tunnel's own end.

    :param written: as the configuration says it: any, dhcp4 or an address
    :param kernel: as the kernel shows it
    """

    written: str
    kernel: str


def former_routes(name: str, found: Found) -> list[Route]:
    """The routes of our configuration so far."""
    _netdev, network, stanza = paths(name)
    ours = found.ours
    routes = networkd_routes(ours[network].text) if network in ours else []
    return routes + (ifupdown_routes(ours[stanza].text) if stanza in ours else [])


def choose_provider(request: Request, wanted: str, found: Found, activate: bool) -> str:
    """Who brings the tunnel up at boot.

    :raises Refusal: who was asked for cannot
    """
    networkd = found.networkd
    if wanted == AUTO:
        if networkd.active or networkd.enabled or (networkd.installed and not found.stanzas):
            provider = NETWORKD
        else:
            provider = IFUPDOWN if found.stanzas else RUNTIME
    else:
        provider = wanted
    if provider == NETWORKD:
        _refuse_networkd(wanted, networkd, activate)
    elif provider == IFUPDOWN:
        _refuse_ifupdown(request, wanted, found)
    return provider


def _refuse_networkd(wanted: str, networkd: Networkd, activate: bool) -> None:
    if not networkd.installed:
        problem = "is not possible: systemd-networkd is not installed"
        raise Refusal("provider", wanted, problem, "Install it, or write ifupdown or runtime")
    if activate and not networkd.active and not networkd.expected:
        problem = "means systemd-networkd, which does not run on this host"
        remedy = "Run `systemctl enable --now systemd-networkd`, or write ifupdown or runtime, or activate: false"
        raise Refusal("provider", wanted, problem, remedy)


def _refuse_ifupdown(request: Request, wanted: str, found: Found) -> None:
    if not found.stanzas:
        problem = "is not possible: ifupdown is not installed"
        raise Refusal("provider", wanted, problem, "Install it, or write networkd or runtime")
    stanza = paths(request.name)[2]
    read = (
        ifupdown.is_read(stanza, ifupdown.parse(text), os.path.dirname(path)) for path, text in found.stanzas.items()
    )
    if not any(read):
        problem = f"is not possible: /etc/network/interfaces does not read {stanza}"
        raise Refusal("provider", wanted, problem, "Add to it the line: source /etc/network/interfaces.d/*")
    if not request.addresses:
        problem = "is empty, and ifupdown wants an address of a tunnel"
        raise Refusal("addresses", "[]", problem, "Write the client IPv6 address, such as 2001:db8::2/64")


def foreign_owner(name: str, found: Found, provider: str | None) -> str | None:
    """What, other than this module, describes an interface of this name; in words."""
    for path, text in found.stanzas.items():
        for stanza in () if is_ours(text) else ifupdown.parse(text):
            if stanza.keyword == "iface" and stanza.names(name):
                return f"ifupdown ({path} line {stanza.first})"
    for path, text in found.networkd.netdevs:
        if not is_ours(text) and _device_name(text) == name:
            return f"systemd-networkd ({path})"
    if found.owners:
        return said(found.owners[0])
    for path, state in found.files.items():
        if not is_ours(state.text) and (provider is None or path in paths(name)):
            return f"the file {path}"
    return None


def _device_name(text: str) -> str | None:
    try:
        return parse(text).get("NetDev", "Name")
    except ValueProblem:
        return None


def refuse_obstacles(request: Request, found: Found, provider: str) -> None:
    """Refuse what would have two masters, or is not what its name says.

    :raises Refusal: nothing of it may be touched
    """
    owner = foreign_owner(request.name, found, provider)
    if owner:
        problem = f"is already described by {owner}, which this module has not written"
        raise Refusal("name", request.name, problem, "Remove that description, or give the tunnel another name")
    link = found.kernel.link
    if link is not None and link.kind != "sit":
        problem = f"is an interface that exists and is no 6in4 tunnel but {link.kind or 'a network card'}"
        other = "he-ipv6" if request.name != "he-ipv6" else "he-tunnel"
        raise Refusal("name", request.name, problem, f"Give the tunnel another name, such as {other}")
    if request.uplink and request.uplink not in found.links:
        there = ", ".join(name for name in found.links if name not in ("lo", "sit0"))
        problem = "is no interface of this host"
        raise Refusal("uplink", request.uplink, problem, f"Write one of {there}, or leave it out")
    if str(request.remote) in [address.address for address in found.ipv4]:
        problem = "is an address of this host itself"
        raise Refusal("remote", request.remote, problem, "Write the broker's end, Server IPv4 Address on its page")


def choose_uplink(request: Request, found: Found, provider: str) -> Uplink | None:
    """The link whose file shall name the tunnel; None where the tunnel stands on its own."""
    if provider == NETWORKD and request.uplink and found.uplink_file:
        return Uplink(request.uplink, found.uplink_file)
    return None


def choose_local(request: Request, found: Found, uplink: Uplink | None) -> Local:
    """The address that packets to the broker come from.

    :raises Refusal: an address that the host does not have, or dhcp4 where nothing would follow it
    """
    version = found.networkd.version
    follows = uplink is not None and version is not None and version >= FOLLOWS_DHCP
    if request.local == ANY:
        return Local(ANY, ANY)
    if request.local == DHCP4:
        return _dhcp4(request, found, uplink, follows)
    if request.local != AUTO:
        if request.local not in [address.address for address in found.ipv4]:
            there = ", ".join(address.address for address in found.ipv4 if address.link != "lo") or "none"
            problem = f"is not an address of this host, which has {there}"
            remedy = "Behind NAT write the private address; auto finds it, and any leaves it to the route"
            raise Refusal("local", request.local, problem, remedy)
        return Local(request.local, request.local)
    here = _towards_broker(request, found)
    if here is None:
        return Local(ANY, ANY)
    if here.dynamic:
        return Local(DHCP4, here.address) if follows else Local(ANY, ANY)
    return Local(here.address, here.address)


def _dhcp4(request: Request, found: Found, uplink: Uplink | None, follows: bool) -> Local:
    if uplink is None:
        problem = "needs an uplink that systemd-networkd runs, since it is that link's DHCP client that is followed"
        raise Refusal("local", DHCP4, problem, "Name it in uplink, or write any, which follows every change too")
    if not follows:
        problem = f"is not followed by systemd {found.networkd.version} when the address changes; {FOLLOWS_DHCP} does"
        raise Refusal("local", DHCP4, problem, "Write any, which follows every change too")
    leased = [address.address for address in found.ipv4 if address.link == request.uplink and address.dynamic]
    link = found.kernel.link
    # Without a lease at the moment there is nothing that the kernel should show.
    return Local(DHCP4, leased[0] if leased else link.local if link else ANY)


def _towards_broker(request: Request, found: Found) -> Ipv4Address | None:
    link, source = found.way
    if request.uplink and link != request.uplink:
        of_uplink = [address for address in found.ipv4 if address.link == request.uplink]
        return of_uplink[0] if of_uplink else None
    return next((address for address in found.ipv4 if address.address == source), None)
