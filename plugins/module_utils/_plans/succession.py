# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A card becomes a port of a bridge: which of its settings are the cable's and stay, and which are the host's and move.

A port has no addresses: whatever gives the host one, or tells it where the rest of the world is, belongs to the bridge
from then on (systemd.network(5)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .._formats import networkd
from .._values.errors import ValueProblem
from .link_owners import NETWORKD, Owner, Settings

# All other sections are about frames and queues.
OF_THE_HOST = frozenset(
    "Address Neighbor IPv6AddressLabel RoutingPolicyRule NextHop Route DHCPv4 DHCPv6 DHCP DHCPPrefixDelegation "
    "DHCPv6PrefixDelegation IPv6PrefixDelegation IPv6AcceptRA DHCPServer DHCPServerStaticLease IPv6SendRA IPv6Prefix "
    "IPv6RoutePrefix IPv6PREF64Prefix".split()
)
# Of another bridge than the one that there is going to be.
OF_A_PORT = frozenset("Match Bridge BridgeVLAN BridgeFDB BridgeMDB".split())
# A port is online when it is plugged in; the rest of it is asked of the bridge.
ONLINE = frozenset(("RequiredForOnline", "RequiredFamilyForOnline"))
CABLE = frozenset(("Description", "LLDP", "EmitLLDP"))
LEFT_BEHIND = frozenset(("Bridge", "ActiveSlave", "PrimarySlave", "Unmanaged"))
# Devices that lie on the card: they exist already, and would go on doing so beside the bridge.
ON_TOP = tuple("Bond VLAN MACVLAN MACVTAP IPVLAN IPVTAP VXLAN MACsec BatmanAdvanced IPoIB".split())


def split(settings: Settings) -> tuple[Settings, Settings]:
    """(of the port, of the bridge), both in order."""
    port: Settings = []
    heir: Settings = []
    for name, pairs in settings:
        moves = [pair for pair in pairs if _moves(name, pair[0])]
        stays = [pair for pair in pairs if pair not in moves]
        port.extend([(name, stays)] if stays else [])
        heir.extend([(name, moves)] if moves else [])
    return port, heir


def _moves(section: str, key: str) -> bool:
    if section == "Link":
        return key in ONLINE
    return section in OF_THE_HOST or (section == "Network" and key not in CABLE)


def networkd_owner(path: str, texts: Mapping[str, str]) -> Owner:
    """networkd itself, as the owner of a link that becomes a port.

    :param path: of the .network file in use
    :param texts: path → text of that file and, after it, its drop-ins
    """
    sections: Settings = []
    obstacles: list[str] = []
    for source, text in texts.items():
        try:
            unit = networkd.parse(text)
        except ValueProblem as problem:
            obstacles.append(f"{source}: {problem}")
            continue
        for each in unit.sections:
            obstacles.extend(f"{source}: {key}" for key in _on_top(each))
            pairs = [(one.key, one.value) for one in each.settings if one.key not in LEFT_BEHIND]
            sections.extend([(each.name, pairs)] if pairs and each.name not in OF_A_PORT else [])
    return Owner(NETWORKD, path, obstacles=tuple(obstacles), sections=tuple(sections))


def hears(accept_ra: str, forwarding: str, autoconf: str, dhcp6: bool) -> Settings:
    """The sections by which networkd does with router advertisements what the kernel has done under ifupdown.

    :param accept_ra: the card's parameters (ip-sysctl.rst), empty where it has no IPv6
    :param dhcp6: whether ifupdown has started a DHCPv6 client, which asks whether or not a router says so
    """
    found: Settings = []
    if accept_ra != "2" and (accept_ra != "1" or forwarding == "1"):
        found.append(("Network", [("IPv6AcceptRA", "no")]))
    else:
        pairs = [("UseAutonomousPrefix", "no")] if autoconf == "0" else []
        pairs += [] if dhcp6 else [("DHCPv6Client", "no")]
        found += [("IPv6AcceptRA", pairs)] if pairs else []
    return [*found, ("DHCPv6", [("WithoutRA", "solicit")])] if dhcp6 else found


def _on_top(section: networkd.Section) -> Iterable[str]:
    found = (one for one in section.settings if section.name == "Network" and one.key in ON_TOP)
    return [f"{one.key}={one.value}" for one in found]
