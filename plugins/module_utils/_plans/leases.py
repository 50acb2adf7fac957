# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The leases of a DHCPv6 server: where they are, which of them count, and how they are told."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable, NamedTuple

from .._formats import dhcpd_leases, dnsmasq_leases, kea_leases
from .._formats.kea_config import KeaConfig
from .._formats.lease_file import Reading
from .._formats.syntax import SyntaxProblem
from .._values.duid import told_of
from .._values.errors import Refusal
from .._values.lease import ACTIVE, PREFIX, Lease
from .plan import Plan

KEA, DHCPD, DNSMASQ, DHCP6S = "kea", "dhcpd", "dnsmasq", "dhcp6s"
# What the user knows each by.
SERVERS = {KEA: "kea-dhcp6", DHCPD: "dhcpd", DNSMASQ: "dnsmasq"}

KEA_DIRECTORY = "/var/lib/kea"
KEA_CONFIG = "/etc/kea/kea-dhcp6.conf"
# Debian's names.
LEASE_FILES = {
    KEA: KEA_DIRECTORY + "/kea-leases6.csv",
    DHCPD: "/var/lib/dhcp/dhcpd6.leases",
    DNSMASQ: "/var/lib/misc/dnsmasq.leases",
}
# Where role dhcp6_server runs the server, it is with files of its own: the unit that tells so, and what it then reads.
ROLE_UNITS = {
    KEA: "/etc/systemd/system/kea-dhcp6-server.service.d/homelab-ipv6.conf",
    DHCPD: "/etc/systemd/system/homelab-dhcpd6.service",
    DNSMASQ: "/etc/systemd/system/homelab-dnsmasq6.service",
}
ROLE_KEA_CONFIG = "/etc/kea/homelab-ipv6/kea-dhcp6.conf"
ROLE_LEASES = {
    DHCPD: "/var/lib/dhcp/dhcpd6.leases-homelab-ipv6",
    DNSMASQ: "/var/lib/misc/dnsmasq.homelab-ipv6.leases",
}

# Of one file: a file of another kind has nothing but lines that cannot be read.
MOST_WARNINGS = 20


class Found(NamedTuple):
    """What is read on the host.

    :param path: of the lease file
    :param texts: the file and, for Kea, those that lie beside it, by what their names have at the end
    :param byte_order: of the machine
    """

    path: str
    texts: Mapping[str, str]
    byte_order: str


def refuse_unwritten(provider: str) -> None:
    """Turn down a server that writes no leases.

    WIDE's dhcp6s keeps its bindings in memory alone (dhcp6s(8), FILES: its DUID, its configuration, its pid). An empty
    list would say that nobody has an address.

    :raises Refusal: it is dhcp6s
    """
    if provider == DHCP6S:
        problem = "keeps its leases in memory alone and writes them to no file"
        remedy = "Read the client's DUID on the client, or in the log of dhcp6s when it runs with -D"
        raise Refusal("provider", provider, problem, remedy)


def kea_lease_file(config: str | None) -> str:
    """Where a configuration of kea-dhcp6 has it write its leases.

    :param config: its text; None where there is none
    :raises Refusal: it has them written to no file
    """
    try:
        database = KeaConfig.parse(config).dhcp6.get_map("lease-database") if config else None
    except SyntaxProblem:
        # Kea does not run with it. Its leases are there all the same.
        database = None
    if database is None:
        return LEASE_FILES[KEA]
    kind = database.get_text("type") or "memfile"
    if kind != "memfile":
        problem = f"has its leases in a database ({kind}), not in a file"
        raise Refusal("provider", KEA, problem, "Ask the database, or name a lease_file")
    return posixpath.join(KEA_DIRECTORY, database.get_text("name") or LEASE_FILES[KEA])


def plan(provider: str, found: Found, now: float, everything: bool) -> Plan:
    """Read the leases.

    :param now: seconds since 1970
    :param everything: also those that are not active
    :raises Refusal: the files hold no leases of this server
    """
    leases, warnings = read(provider, found)
    told = [lease for lease in leases if everything or lease.state_at(now) == ACTIVE]
    told.sort(key=lambda lease: (lease.type, lease.octets))
    clients = _Clients()
    rows = [_row(lease, now, clients) for lease in told]
    return Plan(result={"leases": rows, "lease_file": found.path}, warnings=tuple(warnings))


def read(provider: str, found: Found) -> tuple[list[Lease], list[str]]:
    """The leases that count, and warnings of lines that could not be read.

    :raises Refusal: the files hold no leases of this server
    """
    if not found.texts:
        remedy = f"Name the file in which {SERVERS[provider]} keeps its leases; it makes one when it first runs"
        raise Refusal("lease_file", found.path, "is no file", remedy)
    suffixes = kea_leases.files(found.texts) if provider == KEA else tuple(found.texts)
    reader = _reader(provider, found.byte_order)
    readings: list[Reading] = []
    warnings: list[str] = []
    for suffix in suffixes:
        path = found.path + suffix
        try:
            reading = reader(found.texts[suffix])
        except SyntaxProblem as problem:
            remedy = f"Name the file in which {SERVERS[provider]} keeps its leases"
            raise Refusal("lease_file", path, f"holds no leases of it: {problem}", remedy) from None
        if reading.problems and not reading.leases and provider != KEA:
            # Kea's files say in their first line what they are. Of another one without anything that can be read, all
            # that is known is that it is none of this server's.
            remedy = f"Name the file in which {SERVERS[provider]} keeps its leases"
            raise Refusal("lease_file", path, f"holds no leases of it: {reading.problems[0]}", remedy)
        readings.append(reading)
        warnings += _warnings(path, reading.problems)
    leases = kea_leases.last(readings) if provider == KEA else readings[0].leases
    return leases, warnings


def _reader(provider: str, byte_order: str) -> Callable[[str], Reading]:
    if provider == DHCPD:
        return partial(dhcpd_leases.read, native=byte_order)
    return kea_leases.read if provider == KEA else dnsmasq_leases.read


def _warnings(path: str, problems: Sequence[SyntaxProblem]) -> list[str]:
    said = [f"{path}, {problem}. It is left out." for problem in problems[:MOST_WARNINGS]]
    more = len(problems) - len(said)
    return said + ([f"{path}: {more} more like these are left out."] if more else [])


class _Clients:
    """What is told of each client, found out once for all its leases."""

    def __init__(self) -> None:
        self._known: dict[bytes | None, dict[str, str | None]] = {}

    def __getitem__(self, octets: bytes | None) -> dict[str, str | None]:
        if octets not in self._known:
            self._known[octets] = told_of(octets)
        return self._known[octets]


def _row(lease: Lease, now: float, clients: _Clients) -> dict[str, Any]:
    is_prefix = lease.type == PREFIX
    return {
        "type": lease.type,
        "address": None if is_prefix else lease.network(),
        "prefix": lease.network() if is_prefix else None,
        "temporary": lease.temporary,
        **clients[lease.duid],
        "iaid": lease.iaid,
        "hostname": lease.hostname,
        "expires": lease.ends(),
        "state": lease.state_at(now),
        "subnet_id": lease.subnet_id,
    }
