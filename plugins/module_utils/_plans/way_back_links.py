# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way back of network interfaces: snapshot, present → acts."""

from __future__ import annotations

from collections.abc import Iterable

from .._formats.way_back import LinkState
from .way_back import Act, Lost, Mend

# Made by configuration, and so unmade by taking it back. A veth or tun belongs to a program that runs.
MADE = frozenset("bridge vlan sit dummy bond macvlan ipvlan vxlan wireguard gre gretap ip6gre ip6tnl ipip vrf".split())
# Made by the kernel as soon as it has loaded what they need; nobody can delete them.
FALLBACK = frozenset("sit0 tunl0 gre0 gretap0 erspan0 ip6tnl0 ip6gre0 ip_vti0 ip6_vti0".split())


def links(before: Iterable[LinkState], now: Iterable[LinkState]) -> list[Mend]:
    """Interfaces that appeared go, those that are gone come back, and the rest is as it was."""
    had = {link.name: link for link in before}
    have = {link.name: link for link in now}
    mends: list[Mend] = [
        Act(("ip", "link", "delete", "dev", name), f"delete the interface {name}")
        for name, link in have.items()
        if link.kind in MADE and name not in FALLBACK and (name not in had or _another(had[name], link))
    ]
    for name, link in had.items():
        if name not in have or _another(link, have[name]):
            mends += _make(link)
    for name, link in had.items():
        if name in have and not _another(link, have[name]):
            mends += _settle(link, have[name])
    return mends


def _another(before: LinkState, now: LinkState) -> bool:
    """What nobody can change without making it anew."""
    if before.kind != now.kind or before.parent != now.parent:
        return True
    return before.kind in ("vlan", "sit") and before.data != now.data


def _make(link: LinkState) -> list[Mend]:
    words: tuple[str, ...]
    if link.kind == "bridge":
        words = ("name", link.name, "type", "bridge", *_pairs(link))
    elif link.kind == "vlan":
        words = ("link", link.parent, "name", link.name, "type", "vlan", *_pairs(link))
    elif link.kind == "sit":
        # What ip shows as proto it takes as mode.
        ends = [("mode" if key == "proto" else key, value) for key, value in link.data if value]
        words = ("name", link.name, "type", "sit", *(word for pair in ends for word in pair))
    elif link.kind == "dummy":
        words = ("name", link.name, "type", "dummy")
    else:
        return [] if link.name in FALLBACK else [Lost(f"interface {link.name} is gone")]
    return [Act(("ip", "link", "add", *words), f"make the interface {link.name} again")]


def _pairs(link: LinkState) -> tuple[str, ...]:
    return tuple(word for pair in link.data for word in pair)


def _settle(before: LinkState, now: LinkState) -> list[Mend]:
    mends: list[Mend] = []
    if before.data != now.data and before.kind == "bridge":
        # One at a time: in one go the kernel would hold the delay against the STP that is about to change.
        for pair in before.data:
            argv = ("ip", "link", "set", "dev", before.name, "type", "bridge", *pair)
            mends.extend(
                [Act(argv, f"set {pair[0]} of the bridge {before.name} again")] if pair not in now.data else []
            )
    if before.master != now.master:
        where = ("master", before.master) if before.master else ("nomaster",)
        said = f"plug {before.name} into {before.master} again" if before.master else f"unplug {before.name}"
        mends.append(_set(before, *where, why=said))
    # A bridge takes the address of one of its ports.
    if before.mac != now.mac and before.kind != "bridge":
        mends.append(_set(before, "address", before.mac, why=f"give {before.name} its hardware address again"))
    if before.mtu != now.mtu:
        mends.append(_set(before, "mtu", str(before.mtu), why=f"set the MTU of {before.name} to {before.mtu} again"))
    if before.up != now.up:
        state = "up" if before.up else "down"
        mends.append(_set(before, state, why=f"set {before.name} {state} again"))
    if before.master == now.master and before.vlans != now.vlans:
        mends += _vlans(before, now)
    return mends


def _set(link: LinkState, *words: str, why: str) -> Act:
    return Act(("ip", "link", "set", "dev", link.name, *words), why)


def _vlans(before: LinkState, now: LinkState) -> list[Mend]:
    had, have = dict(before.vlans), dict(now.vlans)
    # A bridge has VLANs of its own, a port those of its master.
    whose = ("self",) if before.kind == "bridge" else ()
    mends: list[Mend] = []
    for number in have:
        if number not in had:
            argv = ("bridge", "vlan", "delete", "dev", before.name, "vid", str(number), *whose)
            mends.append(Act(argv, f"take {before.name} out of VLAN {number}"))
    for number, flags in had.items():
        if have.get(number) != flags:
            words = [word for flag, word in (("PVID", "pvid"), ("Egress Untagged", "untagged")) if flag in flags]
            argv = ("bridge", "vlan", "add", "dev", before.name, "vid", str(number), *words, *whose)
            mends.append(Act(argv, f"put {before.name} into VLAN {number} again"))
    return mends
