# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DUIDs that may be right and look wrong: a mistyped one never matches, and no server says so.

Two that differ in one octet, or in nothing but the time of a DUID-LLT, are as often one machine written down twice as
they are two. A DUID-LLT without a time was probably made up from a MAC address. One of a type that no RFC describes has
probably lost its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Callable, NamedTuple

from .._values.duid_types import EN, FIXED_PART, HIGHEST_LIKELY, LLT, SYSTEMD_ENTERPRISE, SYSTEMD_LENGTH, type_of
from .dhcp6_hosts import DUID, StaticHost

# The octets of a DUID-LLT that hold its time, and how it begins.
TIME = range(4, FIXED_PART[LLT])
BEGINNING = LLT.to_bytes(2, "big")
# How the DUIDs of systemd-networkd begin.
SYSTEMD = EN.to_bytes(2, "big") + SYSTEMD_ENTERPRISE.to_bytes(4, "big")
# Groups that a warning names, and hosts of a group.
MOST_GROUPS, MOST_HOSTS = 5, 4


class Named(NamedTuple):
    """A host by its name, and the octets of its DUID."""

    name: str
    octets: bytes


class Group(NamedTuple):
    """Hosts whose DUIDs are the same but for these octets."""

    hosts: list[Named]
    octets: range


def doubts(hosts: Sequence[StaticHost]) -> list[str]:
    """Warnings about the DUIDs of a set, no two of which are the same."""
    known: list[Named] = []
    typed: list[Named] = []
    for host in hosts:
        octets = host.duid()
        if octets is not None:
            named = Named(host.name, octets)
            known.append(named)
            # One that was seen or computed is what it is.
            if host.given == DUID:
                typed.append(named)
    return [*_alike(known), *_timeless(typed), *_unlikely(typed)]


def _alike(hosts: Sequence[Named]) -> list[str]:
    found: list[str] = []
    by_time = list(_apart_by_time(hosts))
    if by_time:
        found.append(
            f"These DUIDs differ in nothing but the time at which they were made: {_listed(by_time)}. A client makes "
            "its DUID once: if they are meant for one machine, keep the one under which it asks now."
        )
    by_octet = [group for group in _apart_by_one_octet(hosts) if not _in_the_time(group)]
    if by_octet:
        found.append(
            f"These DUIDs differ in one octet: {_listed(by_octet)}. If they are meant for one machine, one of them is "
            "mistyped, and no client will ever match it."
        )
    return found


def _timeless(hosts: Sequence[Named]) -> list[str]:
    names = [host.name for host in hosts if _is_llt(host) and not any(host.octets[_part(TIME)])]
    if not names:
        return []
    warning = (
        f"The DUID-LLT of {_names(names)} has the time 0 (octets 5 to 8), as if it was computed from a MAC "
        "address. A real one has the seconds from 2000 to the day on which it was made there, as in "
        "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56, and often the address of another adapter; only a "
        "systemd-networkd with DUIDType=link-layer-time sends zeros. Read it from the machine (by "
        "dhcp6_identity_info, or with ipconfig /all on Windows) or from the server's leases (dhcp6_leases_info)."
    )
    return [warning]


def _unlikely(hosts: Sequence[Named]) -> list[str]:
    """Those that begin as no DUID is known to, or that have lost an octet where nothing else tells."""
    found: list[str] = []
    names = [host.name for host in hosts if not 0 < type_of(host.octets) <= HIGHEST_LIKELY]
    if names:
        found.append(
            f"The DUID of {_names(names)} has a type that no client is known to use: a DUID begins with 00:01, 00:02, "
            "00:03 or 00:04. If octets are missing or too many at its beginning, or YAML read it as a number because "
            "it is not in quotes, no client will ever match it."
        )
    names = [host.name for host in hosts if host.octets.startswith(SYSTEMD) and len(host.octets) != SYSTEMD_LENGTH]
    if names:
        found.append(
            f"The DUID of {_names(names)} has systemd's enterprise number, and not the {SYSTEMD_LENGTH} octets that "
            "systemd's have: compare it with what networkctl status shows on the client, or give its machine_id."
        )
    return found


def _is_llt(host: Named) -> bool:
    return host.octets.startswith(BEGINNING)


def _in_the_time(group: Group) -> bool:
    return _is_llt(group.hosts[0]) and group.octets.start in TIME


def _buckets(hosts: Sequence[Named], key: Callable[[bytes], object]) -> Iterator[list[Named]]:
    """The hosts that have a key in common with others."""
    found: dict[object, list[Named]] = {}
    for host in hosts:
        found.setdefault(key(host.octets), []).append(host)
    return (bucket for bucket in found.values() if len(bucket) > 1)


def _apart_by_time(hosts: Sequence[Named]) -> Iterator[Group]:
    found = [host for host in hosts if _is_llt(host)]
    for bucket in _buckets(found, lambda octets: octets[: TIME.start] + octets[TIME.stop :]):
        yield Group(bucket, TIME)


def _apart_by_one_octet(hosts: Sequence[Named]) -> list[Group]:
    """Those that are in one bucket when one octet is masked.

    First one half of the DUID is masked, then half of that half and so on, and only for those that are still in a
    bucket with others: most are alone at once, and the work is a few times that of one look at each.
    """
    found: list[Group] = []
    waiting = [Group(bucket, range(len(bucket[0].octets))) for bucket in _buckets(hosts, len)]
    while waiting:
        group = waiting.pop()
        if len(group.octets) == 1:
            found.append(group)
            continue
        middle = len(group.octets) // 2
        first, second = group.octets[:middle], group.octets[middle:]
        waiting += [Group(bucket, first) for bucket in _buckets(group.hosts, itemgetter(_part(second)))]
        waiting += [Group(bucket, second) for bucket in _buckets(group.hosts, itemgetter(_part(first)))]
    return found


def _part(octets: range) -> slice:
    return slice(octets.start, octets.stop)


def _listed(groups: Sequence[Group]) -> str:
    """Pairs first: a longer series was made by a machine, not by a slip of the hand."""
    ordered = sorted(groups, key=lambda group: (len(group.hosts), group.hosts[0].name, group.octets.start))
    said = [_told(group) for group in ordered[:MOST_GROUPS]]
    more = len(ordered) - len(said)
    return "; ".join(said) + (f"; and {more} more such groups" if more else "")


def _told(group: Group) -> str:
    names = _names([host.name for host in group.hosts])
    if len(group.octets) > 1 or len(group.hosts) > 2:
        return names if len(group.octets) > 1 else f"{names} (octet {group.octets.start + 1})"
    one, other = (f"{host.octets[group.octets.start]:02x}" for host in group.hosts)
    return f"{names} (octet {group.octets.start + 1}: {one} and {other})"


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_HOSTS
    if more > 0:
        return ", ".join(names[:MOST_HOSTS]) + f" and {more} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
