# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps by which a service comes to its sockets and leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import NamedTuple

from .._values.listener import IPV4, IPV6, Address
from .plan import NOTHING
from .steps import UnitState


class Probe(NamedTuple):
    """Where a service has to take what arrives.

    :param descriptor: the name under which systemd passes it the socket
    :param address: all zeros for all of the family
    """

    service: str
    descriptor: str
    protocol: str
    address: Address
    port: int

    @property
    def family(self) -> str:
        return IPV6 if isinstance(self.address, IPv6Address) else IPV4

    @property
    def target(self) -> str:
        """Where this host itself reaches it."""
        loopback = {IPV4: "127.0.0.1", IPV6: "::1"}[self.family]
        return loopback if self.address.is_unspecified else str(self.address)

    def where(self) -> str:
        return f"[{self.address}]:{self.port}" if self.family == IPV6 else f"{self.address}:{self.port}"


class Leave(NamedTuple):
    """Stop units whose files are about to go, and have none of them start again."""

    units: tuple[str, ...]
    was: Mapping[str, UnitState]

    def describe(self) -> str:
        return "stop and disable " + ", ".join(self.units)


class Take(NamedTuple):
    """Have systemd open sockets and a service take them; one that does not is taken back.

    :param open: sockets to open anew; their services restart with them
    :param start: these services, where they did not run
    :param restart: other services
    :param was: of every unit before
    :param probes: where something has to be taken in the end
    :param timeout: seconds until it has to be
    """

    reread: bool
    stop: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    was: Mapping[str, UnitState] = NOTHING
    probes: tuple[Probe, ...] = ()
    timeout: float = 20.0

    def describe(self) -> str:
        parts = (("enable", self.enable), ("disable", self.disable), ("stop", self.stop), ("open", self.open))
        more = (("start", self.start), ("restart", self.restart))
        said = [f"{verb} {', '.join(units)}" for verb, units in (*parts, *more) if units]
        return "; ".join(said) or "have systemd read its files again"
