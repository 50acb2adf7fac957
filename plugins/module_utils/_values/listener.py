# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A socket that listens: on what, for which family, and whose it is."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NamedTuple, Union

TCP, UDP = "tcp", "udp"
IPV4, IPV6 = "ipv4", "ipv6"
# Beside each service that has a socket of a socket unit, systemd itself holds it, too.
SYSTEMD = 1
# Of either family.
Address = Union[IPv4Address, IPv6Address]


class Process(NamedTuple):
    """A process that has a socket open.

    :param unit: the systemd unit that it runs in, empty where it runs in none
    """

    name: str
    pid: int
    unit: str = ""


class Listener(NamedTuple):
    """A TCP socket that listens, or a UDP socket that is connected to nobody.

    :param address: the local one, without a zone; all zeros for all addresses
    :param interface: the zone of the address, or the device that the socket is bound to; empty for none
    :param v6only: of an IPv6 socket, whether it leaves IPv4 to others (IPV6_V6ONLY, ipv6(7)); None for one of IPv4
    :param waiting: TCP connections that nobody has accepted yet, or bytes of UDP that nobody has read, with what the
        kernel needs to keep them
    :param processes: by number; empty where they are not this user's to see
    :param socket_unit: the systemd socket unit that holds it open, empty for none
    """

    protocol: str
    address: IPv4Address | IPv6Address
    port: int
    interface: str = ""
    v6only: bool | None = None
    waiting: int = 0
    processes: tuple[Process, ...] = ()
    socket_unit: str = ""

    @property
    def mapped(self) -> bool:
        """IPv4 peers reach this IPv6 socket, and look like ::ffff:192.0.2.1 there (RFC 4291, section 2.5.5.2)."""
        address = self.address
        if isinstance(address, IPv4Address):
            return False
        return address.ipv4_mapped is not None or (address.is_unspecified and not self.v6only)

    @property
    def families(self) -> tuple[str, ...]:
        """Whose packets arrive here."""
        if isinstance(self.address, IPv4Address) or self.address.ipv4_mapped:
            return (IPV4,)
        return (IPV4, IPV6) if self.mapped else (IPV6,)

    @property
    def served_by(self) -> tuple[Process, ...]:
        """Who takes what arrives: not systemd, which only holds the socket until somebody does."""
        others = tuple(process for process in self.processes if process.pid != SYSTEMD)
        return others if self.socket_unit else self.processes

    @property
    def unit(self) -> str:
        """The unit of the first process that serves it."""
        return next((process.unit for process in self.served_by), "")

    def whose(self) -> str:
        """Who has the port, in a few words for a message."""
        served = self.served_by
        if served:
            first = served[0]
            return f"{first.name} (process {first.pid}" + (f", {first.unit})" if first.unit else ")")
        return f"systemd ({self.socket_unit})" if self.socket_unit else "a process that cannot be seen"

    @property
    def text(self) -> str:
        """The address; Python before 3.13 writes a mapped one in hexadecimal digits."""
        mapped = getattr(self.address, "ipv4_mapped", None)
        return f"::ffff:{mapped}" if mapped else str(self.address)

    def where(self) -> str:
        """The address and port, as they are written in configuration files."""
        shown = self.text + (f"%{self.interface}" if self.interface else "")
        return f"[{shown}]:{self.port}" if isinstance(self.address, IPv6Address) else f"{shown}:{self.port}"

    def row(self) -> dict[str, Any]:
        """What listen_info returns of it."""
        return {
            "protocol": self.protocol,
            "address": self.text,
            "port": self.port,
            "interface": self.interface,
            "families": list(self.families),
            "v6only": self.v6only,
            "mapped": self.mapped,
            "unit": self.unit,
            "socket_unit": self.socket_unit,
            "processes": [process._asdict() for process in self.processes],
        }


def covers(address: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address) -> bool:
    """Whether two sockets with these addresses, on one port and of one family, are in each other's way."""
    return address.is_unspecified or other.is_unspecified or address == other


def in_the_way(listener: Listener, family: str, address: IPv4Address | IPv6Address) -> bool:
    """Whether nobody else can listen there for this family alone, on the port of the listener."""
    if family not in listener.families:
        return False
    taken = listener.address
    if isinstance(taken, IPv6Address) and family == IPV4:
        taken = taken.ipv4_mapped or ip_address("0.0.0.0")  # noqa: S104 # compared, not bound to
    return covers(taken, address)
