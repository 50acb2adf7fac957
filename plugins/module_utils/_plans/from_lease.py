# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts that are known by their name in the server's leases: pinned to the DUID that is seen there once.

A client chooses the name that stands in its lease, so any client of the link can take any name. Hence the first DUID
that a name resolves to stays, as the first key of an SSH server does: what the leases show later is said, not followed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Callable

from .._values.duid import Duid
from .._values.errors import Fault, Refusal, ValueProblem
from .._values.lease import ACTIVE, Lease, same_host
from .dhcp6_hosts import StaticHost
from .leases import DHCPD, Found, read, refuse_unwritten

# Names that a refusal lists.
MOST_NAMES = 8


class LeaseNames:
    """Finds DUIDs by host name, in a server's leases and among the hosts that it has from us already.

    :param now: seconds since 1970
    :param find: reads the lease file, when first needed
    :param present: the server's hosts that are ours as they are now, by name
    """

    def __init__(
        self, provider: str, now: float, find: Callable[[], Found], present: Callable[[], Sequence[StaticHost]]
    ) -> None:
        self._provider = provider
        self._now = now
        self._find = find
        self._present = present
        self.warnings: list[str] = []

    def duid(self, option: str, name: str, wanted: str) -> str:
        """The DUID, in its canonical form, of a host that is to be found by its name in the leases.

        :param option: where the user wrote it
        :param name: of the entry: its present reservation is what it was pinned to
        :param wanted: the name in the leases
        :raises Refusal: no lease has this name, or those of several clients have
        """
        pinned = self._pinned.get(name)
        if pinned is not None:
            self._tell_of_others(option, name, wanted, pinned)
            return pinned
        try:
            found = _by_duid(_named(self._active, wanted))
        except Refusal as refusal:
            problem = f"cannot be looked up: {refusal.value} {refusal.problem}"
            raise Refusal(option, wanted, problem, refusal.remedy) from None
        if not found:
            raise self._absent(option, wanted)
        if len(found) > 1:
            problem = f"is the name of {len(found)} clients in {self._files.path}: {_clients(found)}"
            raise Refusal(option, wanted, problem, "Write the whole name, or the right one of these as duid")
        try:
            return str(Duid(next(iter(found))))
        except ValueProblem as problem:
            raise Refusal.of(option, problem) from None

    @cached_property
    def _pinned(self) -> dict[str, str]:
        return {host.name: host.identifier for host in self._present() if host.duid()}

    @cached_property
    def _files(self) -> Found:
        refuse_unwritten(self._provider)
        return self._find()

    @cached_property
    def _leases(self) -> list[Lease]:
        """Those whose client is known."""
        leases, warnings = read(self._provider, self._files)
        self.warnings += warnings
        return [lease for lease in leases if lease.duid and lease.hostname]

    @cached_property
    def _active(self) -> list[Lease]:
        return [lease for lease in self._leases if lease.state_at(self._now) == ACTIVE]

    def _tell_of_others(self, option: str, name: str, wanted: str, pinned: str) -> None:
        try:
            found = _by_duid(_named(self._active, wanted))
        except (Refusal, Fault):
            # What a host is pinned to needs no leases.
            return
        if found and bytes.fromhex(pinned.replace(":", "")) not in found:
            self.warnings.append(
                f"{option}: {wanted} is the name of another client in {self._files.path}: {_clients(found)}. "
                f"{name} stays pinned to {pinned}, also if its from_lease is a new one here; to move it to that "
                "client, write that client's DUID as its duid."
            )

    def _absent(self, option: str, wanted: str) -> Refusal:
        where = self._files.path
        ended = _by_duid(_named(self._leases, wanted))
        if ended:
            problem = f"has no lease any more in {where}, where it had: {_clients(ended)}"
            return Refusal(option, wanted, problem, "Start that machine again, or write this as duid")
        names = sorted({lease.hostname.lower() for lease in self._active if lease.hostname})
        problem = f"is the name of no client in {where}, {_listed(names, wanted)}"
        remedy = "Correct the name, have that machine ask for an address first, or give its duid"
        if self._provider == DHCPD:
            remedy += ". dhcpd notes a name only when it has updated the DNS with it"
        return Refusal(option, wanted, problem, remedy)


def _named(leases: Iterable[Lease], wanted: str) -> list[Lease]:
    """Those with a name; where one has the whole of it, another that has just its first part does not count."""
    found = [lease for lease in leases if same_host(wanted, lease.hostname or "")]
    whole = [lease for lease in found if (lease.hostname or "").lower() == wanted.rstrip(".").lower()]
    return whole if whole and "." in wanted.rstrip(".") else found


def _by_duid(leases: Iterable[Lease]) -> dict[bytes, list[Lease]]:
    found: dict[bytes, list[Lease]] = {}
    for lease in leases:
        found.setdefault(lease.duid or b"", []).append(lease)
    return found


def _clients(found: dict[bytes, list[Lease]]) -> str:
    """Each client with what it has, in order of the DUIDs."""
    return "; ".join(
        "{} ({})".format(octets.hex(":"), ", ".join(_told(lease) for lease in leases))
        for octets, leases in sorted(found.items())
    )


def _told(lease: Lease) -> str:
    ends = lease.ends()
    return f"{lease.hostname} with {lease.network()}" + (f" until {ends}" if ends else "")


def _listed(names: Sequence[str], wanted: str) -> str:
    """The names that come near, else the first of all."""
    if not names:
        return "which holds no name of a client at present"
    # A name is as near as its first part or the whole of it is.
    short = {name.partition(".")[0]: name for name in reversed(names)}
    lower = wanted.rstrip(".").lower()
    near = difflib.get_close_matches(lower, names, MOST_NAMES)
    near += [short[part] for part in difflib.get_close_matches(lower.partition(".")[0], short, MOST_NAMES)]
    if near:
        return "where the nearest are " + ", ".join(list(dict.fromkeys(near))[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return "where there are " + ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
