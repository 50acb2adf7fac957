# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What networkd would ignore with a line in its log: names and values that it does not know.

The sections, keys and booleans come from :mod:`.networkd_keys`, which real daemons have dictated. The words that a key
with a fixed choice takes are below; a key that is in neither table takes any value here and is left to networkd.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .._values.errors import ValueProblem
from .networkd_keys import BOOLEANS, KEYS, KINDS, NEWEST, OLDEST

TRUE = ("1", "yes", "y", "true", "t", "on")
FALSE = ("0", "no", "n", "false", "f", "off")

_STATES = "missing off no-carrier dormant degraded-carrier carrier degraded enslaved routable"
_BOOLEAN_OR = {
    "network": {
        "Network.DHCP": "ipv4 ipv6",
        "Network.DNSOverTLS": "opportunistic",
        "Network.DNSSEC": "allow-downgrade",
        "Network.EmitLLDP": "nearest-bridge non-tpmr-bridge customer-bridge",
        "Network.IPForward": "ipv4 ipv6",
        "Network.IPMasquerade": "ipv4 ipv6 both",
        "Network.IPv6PrivacyExtensions": "prefer-public kernel",
        "Network.KeepConfiguration": "static dhcp dhcp-on-stop",
        "Network.LLDP": "routers-only",
        "Network.LLMNR": "resolve",
        "Network.LinkLocalAddressing": "ipv4 ipv6",
        "Network.MulticastDNS": "resolve",
        "Network.UseDomains": "route",
        "DHCPv4.UseDomains": "route",
        "DHCPv6.UseDomains": "route",
        "IPv6AcceptRA.DHCPv6Client": "always",
        "IPv6AcceptRA.UseDomains": "route",
        # A range of them is written with a colon.
        "Link.RequiredForOnline": _STATES,
    },
    "netdev": {},
    "link": {},
}
_ONE_OF = {
    "network": {
        "Network.IPv6LinkLocalAddressGenerationMode": "eui64 none stable-privacy random",
        "Address.DuplicateAddressDetection": "ipv4 ipv6 both none",
        "Bridge.MulticastRouter": "no query permanent temporary",
        "DHCPv4.ClientIdentifier": "mac duid",
        "DHCPv6.WithoutRA": "no solicit information-request",
        "IPv6SendRA.RouterPreference": "high medium low normal default",
        "Link.ActivationPolicy": "up always-up manual always-down down bound",
        "Link.RequiredFamilyForOnline": "ipv4 ipv6 both any",
        "Route.Type": "unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve",
        "RoutingPolicyRule.Family": "ipv4 ipv6 both",
    },
    "netdev": {
        "NetDev.Kind": " ".join(KINDS),
        "Bond.Mode": "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb",
        "Bridge.VLANProtocol": "802.1q 802.1ad",
        "IPVLAN.Mode": "L2 L3 L3S",
        "IPVLAN.Flags": "bridge private vepa",
        "MACVLAN.Mode": "private vepa bridge passthru source",
        "MACVTAP.Mode": "private vepa bridge passthru source",
        "Tunnel.Mode": "any ip6ip6 ipip6",
        "VLAN.Protocol": "802.1q 802.1ad",
    },
    "link": {
        "Link.MACAddressPolicy": "persistent random none",
    },
}
# What systemd still reads under an old name, and since when the new one is the name.
_RENAMED = {
    ("network", "Network", "IPv6AcceptRouterAdvertisements"): (231, "IPv6AcceptRA"),
    ("network", "Network", "IPv6PrefixDelegation"): (247, "IPv6SendRA"),
    ("network", "Network", "DHCPv6PrefixDelegation"): (250, "DHCPPrefixDelegation"),
    ("network", "Network", "IPForward"): (256, "IPv4Forwarding and IPv6Forwarding"),
}
# What a whole file must say to be more than ignored.
REQUIRED = {"network": (("Match", ()),), "link": (("Match", ()),), "netdev": (("NetDev", ("Name", "Kind")),)}

MANUAL = {"network": "systemd.network(5)", "netdev": "systemd.netdev(5)", "link": "systemd.link(5)"}


def _nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was meant: the same but for its case, or else the most alike."""
    by_lower = {each.lower(): each for each in words}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def _remedy(meant: str | None, file: str) -> str:
    return f"Write it as {meant}" if meant else f"See {MANUAL[file]} for those that there are"


def is_boolean(value: str) -> bool:
    """Whether systemd takes it for a boolean; the case of its letters does not matter."""
    return value.lower() in TRUE + FALSE


def spelled(value: object) -> str:
    """A value from YAML as systemd reads it: YAML has made a boolean out of yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def choices(file: str, section: str, key: str) -> tuple[str, ...]:
    """The words that a key takes, yes and no among them where it takes booleans; empty where it takes others."""
    name = f"{section}.{key}"
    if name in BOOLEANS[file].split():
        return ("yes", "no")
    if name in _BOOLEAN_OR[file]:
        return ("yes", "no", *_BOOLEAN_OR[file][name].split())
    return tuple(_ONE_OF[file].get(name, "").split())


def limited_keys() -> list[tuple[str, str, str]]:
    """(file, section, key) of those that take one of a few words."""
    names = ((file, name) for table in (_BOOLEAN_OR, _ONE_OF) for file in table for name in table[file])
    return [(file, *_split(name)) for file, name in names]


def _split(name: str) -> tuple[str, str]:
    section, _dot, key = name.partition(".")
    return section, key


class Vocabulary:
    """What the networkd of one host knows.

    :param version: its systemd; None where that is not known, then that of the newest release in the tables
    """

    def __init__(self, version: int | None = None) -> None:
        self._version = NEWEST if version is None else version

    def _keys(self, file: str, section: str) -> dict[str, int]:
        pairs = (word.partition("@") for word in KEYS[file][section].split())
        return {key: int(since or OLDEST) for key, _at, since in pairs}

    def section(self, file: str, name: str, kind: str | None = None) -> None:
        """Refuse a section that a file of this sort does not have.

        :param file: network, netdev or link
        :param kind: Kind= of a .netdev file, where it says one
        :raises ValueProblem: with the right spelling or the right file
        """
        shown = f"[{name}]"
        if name not in KEYS[file]:
            meant = _nearest(name, KEYS[file])
            others = [other for other in KEYS if name in KEYS[other]]
            if meant and meant.lower() == name.lower():
                raise ValueProblem(shown, f"is no section of a .{file} file", f"Write it as [{meant}]")
            if others:
                problem = f"is no section of a .{file} file"
                raise ValueProblem(shown, problem, f"Write it into a .{others[0]} file of its own")
            remedy = _remedy(f"[{meant}]" if meant else None, file)
            raise ValueProblem(shown, f"is no section of a .{file} file", remedy)
        if file == "netdev" and kind in KINDS and name not in KINDS[kind].split():
            fitting = ", ".join(f"[{each}]" for each in KINDS[kind].split())
            raise ValueProblem(shown, f"means nothing for Kind={kind}", f"Leave it out; there are {fitting}")

    def key(self, file: str, section: str, key: str) -> str | None:
        """Refuse a key that this networkd does not know in this section.

        :return: a warning about an old name that it still knows
        :raises ValueProblem: with the right spelling, the right section, or the release that it came in with
        """
        keys = self._keys(file, section)
        if key not in keys:
            if self._version > NEWEST and _nearest(key, keys) is None:
                return f"{key}= in [{section}] is not known up to systemd {NEWEST}; this host's may know it."
            raise self._unknown_key(file, section, key, keys)
        if keys[key] > self._version:
            problem = f"came in with systemd {keys[key]}; this host has {self._version}"
            remedy = f"Leave it out, or see systemd {self._version}'s {MANUAL[file]} for what does the same"
            old = [old for (where, inside, old), (since, new) in _RENAMED.items() if key in new.split(" and ")]
            raise ValueProblem(f"{key}= in [{section}]", problem, f"Write it as {old[0]}" if old else remedy)
        since, new = _RENAMED.get((file, section, key), (0, ""))
        if new and since <= self._version:
            return f"{key}= in [{section}] is the name from before systemd {since}: write {new}."
        return None

    def _unknown_key(self, file: str, section: str, key: str, keys: Iterable[str]) -> ValueProblem:
        shown = f"{key}="
        meant = _nearest(key, keys)
        elsewhere = [other for other in KEYS[file] if key in self._keys(file, other)]
        if elsewhere and not (meant and meant.lower() == key.lower()):
            remedy = "Move it to " + " or ".join(f"[{other}]" for other in elsewhere)
        else:
            remedy = _remedy(f"{meant}=" if meant else None, file)
        return ValueProblem(shown, f"is no key of [{section}] in a .{file} file", remedy)

    def value(self, file: str, section: str, key: str, value: str) -> None:
        """Refuse a word that a key with a fixed choice does not take.

        :raises ValueProblem: with the right spelling, or all that there are
        """
        words = choices(file, section, key)
        # An empty value takes back what other files have said.
        if not words or not value:
            return
        if "yes" in words and is_boolean(value):
            return
        # RequiredForOnline=carrier:routable is a range.
        parts = value.split(":") if key == "RequiredForOnline" else [value]
        wrong = [part for part in parts if part not in words]
        if wrong:
            meant = _nearest(wrong[0], words)
            remedy = f"Write it as {meant}" if meant else "Write one of " + ", ".join(words)
            raise ValueProblem(f"{key}={value}", "is not a value that systemd knows here (case counts)", remedy)
