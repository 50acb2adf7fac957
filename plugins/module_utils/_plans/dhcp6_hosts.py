# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The static hosts of a DHCPv6 server as the user gives them, whichever server it is: read, judged and placed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Callable, NamedTuple

from .._formats.syntax import HOSTS_HEADER, SyntaxProblem
from .._values.duid import Duid, networkd_duid, told_of
from .._values.errors import Refusal, ValueProblem
from .._values.ipv6 import (
    address_text,
    parse_delegated_prefix,
    parse_hardware_address,
    parse_host_address,
    parse_prefix,
)
from .plan import FileState

DHCP6_PORT = 547
DUID, HWADDR = "duid", "hwaddr"
# Of which an entry has one.
IDENTIFIERS = ("duid", "machine_id", "from_lease", "hwaddr")
# Finds the DUID of a host by its name in the leases: of the option, the entry's name and the name in the leases.
InLeases = Callable[[str, str, str], str]
# What every server takes as the name of a host, and none for something else.
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
HOSTNAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


class StaticHost(NamedTuple):
    """A host of the set.

    :param option: where the user wrote it
    :param kind: of identifier, ``duid`` or ``hwaddr``
    :param identifier: in its canonical form
    :param subnet: the user named it
    :param given: what the user gave in place of the identifier
    """

    option: str
    name: str
    kind: str
    identifier: str
    addresses: tuple[IPv6Address, ...] = ()
    prefixes: tuple[IPv6Network, ...] = ()
    hostname: str | None = None
    subnet: IPv6Network | None = None
    given: str = ""

    @property
    def identifier_option(self) -> str:
        """Where the user wrote the identifier, or what it comes from."""
        return f"{self.option}.{self.given or self.kind}"

    def duid(self) -> bytes | None:
        """The octets of its DUID, None for a host that is not known by one."""
        try:
            return bytes.fromhex(self.identifier.replace(":", "")) if self.kind == DUID else None
        except ValueError:
            return None

    def result(self) -> dict[str, Any]:
        """What the module returns of it."""
        octets = self.duid()
        return {
            "name": self.name,
            **told_of(octets),
            # What someone wrote into an entry of ours, and is no DUID, is told all the same.
            **({"duid": self.identifier} if self.kind == DUID and octets is None else {}),
            "hwaddr": None if self.kind == DUID else self.identifier,
            "addresses": [address_text(address) for address in self.addresses],
            "prefixes": [str(prefix) for prefix in self.prefixes],
            "hostname": self.hostname,
        }


class Placement(NamedTuple):
    """The part of a host that belongs to one subnet."""

    host: StaticHost
    subnet: IPv6Network
    addresses: tuple[IPv6Address, ...]
    prefixes: tuple[IPv6Network, ...]


@dataclass(frozen=True)
class Stranger:
    """A host in the server's configuration that is not of the set.

    :param where: words for the user
    """

    where: str
    addresses: tuple[IPv6Address, ...]
    prefixes: tuple[IPv6Network, ...] = ()


@dataclass(frozen=True)
class Options:
    """The module's options beside the hosts.

    :param config_content: the whole text of config_file where it belongs to the caller
    :param control_socket: an empty one means to restart the service
    :param preferred_lifetime: of an address, in seconds, where the server has it from each host; so the next one
    """

    config_file: str
    hosts_file: str
    config_content: str | None
    ensure_include: bool
    control_socket: str | None
    purge: bool
    validate: bool
    reload: bool
    service: str
    preferred_lifetime: int = 14400
    valid_lifetime: int = 86400


def refuse_foreign(path: str, state: FileState | None) -> None:
    """Turn down a file of hosts that is not ours.

    :raises Refusal: it has something in it that this module did not write
    """
    if state and state.text.strip() and not state.text.startswith(HOSTS_HEADER):
        problem = "exists and was not written by this module"
        raise Refusal("hosts_file", path, problem, "Name another file, or move its hosts into this task and remove it")


def unreadable(option: str, path: str, problem: SyntaxProblem) -> Refusal:
    """Say where a configuration cannot be read."""
    where = f"{path} line {problem.line}, column {problem.column}"
    return Refusal(option, where, "cannot be read: " + problem.problem, "Correct it there; nothing was changed")


def not_here(_option: str, _name: str, wanted: str) -> str:
    """Where there are no leases to look into: the client is another than those of other names."""
    return f"the client {wanted} in the leases"


def read_hosts(items: Sequence[Mapping[str, Any]], in_leases: InLeases = not_here) -> list[StaticHost]:
    """The set as the user gave it.

    :raises Refusal: a host that cannot be right, or two that cannot both be
    """
    hosts = [_read_host(f"hosts[{number}]", item, in_leases) for number, item in enumerate(items)]
    _refuse_twins(hosts)
    return hosts


def _at(option: str, parse: Callable[[object], Any], value: object) -> Any:
    try:
        return parse(value)
    except ValueProblem as problem:
        raise Refusal.of(option, problem) from None


def _read_host(option: str, item: Mapping[str, Any], in_leases: InLeases) -> StaticHost:
    name = item["name"]
    if not NAME.fullmatch(name) or "--" in name:
        remedy = "Use letters, digits, dots and single dashes, and begin and end with a letter or digit"
        raise Refusal(option + ".name", repr(name), "cannot be the name of a host", remedy)
    given, identifier = _read_identifier(option, name, item, in_leases)
    hostname = item.get("hostname")
    if hostname is not None and not HOSTNAME.fullmatch(hostname):
        raise Refusal(option + ".hostname", repr(hostname), "is no host name", "Write it as nas or nas.example.org")
    subnet = item.get("subnet")
    host = StaticHost(
        option,
        name,
        HWADDR if given == HWADDR else DUID,
        identifier,
        tuple(
            _at(f"{option}.addresses[{number}]", parse_host_address, value)
            for number, value in enumerate(item.get("addresses") or ())
        ),
        tuple(
            _at(f"{option}.prefixes[{number}]", parse_delegated_prefix, value)
            for number, value in enumerate(item.get("prefixes") or ())
        ),
        hostname,
        None if subnet is None else _at(option + ".subnet", parse_prefix, subnet),
        given,
    )
    if not (host.addresses or host.prefixes or host.hostname):
        raise Refusal(option, name, "gets nothing from the server", "Give it addresses, prefixes or a hostname")
    return host


def _read_identifier(option: str, name: str, item: Mapping[str, Any], in_leases: InLeases) -> tuple[str, str]:
    given = [key for key in IDENTIFIERS if item.get(key) is not None]
    if len(given) != 1:
        problem = "is known by {}, where one identifier belongs".format(" and ".join(given) or "no identifier")
        raise Refusal(option, name, problem, "Give exactly one of " + ", ".join(IDENTIFIERS))
    key = given[0]
    where = f"{option}.{key}"
    if key == HWADDR:
        return key, _at(where, parse_hardware_address, item[key])
    if key == "from_lease":
        if not item[key].strip(". "):
            raise Refusal(where, repr(item[key]), "is no name", "Write the name that the host has in the leases")
        return key, in_leases(where, name, item[key])
    return key, str(_at(where, Duid.parse if key == "duid" else networkd_duid, item[key]))


def unlisted(hosts: Sequence[StaticHost], present: Sequence[StaticHost]) -> list[StaticHost]:
    """Those of our hosts in the server's configuration that a set does not name."""
    names = {host.name for host in hosts}
    identifiers = {host.identifier for host in hosts}
    return [host for host in present if host.name not in names and host.identifier not in identifiers]


def merge(hosts: Sequence[StaticHost], kept: Sequence[StaticHost]) -> list[StaticHost]:
    """The set, and behind it the hosts that stay although it does not name them.

    :raises Refusal: one of them has what a host of the set is to get
    """
    _refuse_twins([*kept, *hosts])
    return [*hosts, *kept]


def _refuse_twins(hosts: Sequence[StaticHost]) -> None:
    seen: dict[object, StaticHost] = {}

    def claim(host: StaticHost, key: object, option: str, what: str, remedy: str) -> None:
        other = seen.setdefault(key, host)
        if other is not host:
            raise Refusal(option, key, f"is also the {what} of {other.option} ({other.name})", remedy)

    for host in hosts:
        claim(host, host.name, host.option + ".name", "name", "Give each host a name of its own")
        remedy = "A client has one entry; several addresses of it go into the one"
        if host.kind == DUID:
            remedy += ". If these are two machines, one is a clone: give it a machine-id of its own"
        claim(host, host.identifier, host.identifier_option, host.kind, remedy)
        for number, address in enumerate(host.addresses):
            if address in host.addresses[:number]:
                raise Refusal(f"{host.option}.addresses[{number}]", address, "is given twice", "Leave one out")
            claim(
                host, address, f"{host.option}.addresses[{number}]", "address", "Give each host an address of its own"
            )
    # Each is held against each: few hosts have any.
    delegated = [host for host in hosts if host.prefixes]
    for number, host in enumerate(delegated):
        _refuse_own_overlap(host)
        for other in delegated[:number]:
            _refuse_overlap(host, other)


def _refuse_own_overlap(host: StaticHost) -> None:
    for number, prefix in enumerate(host.prefixes):
        for other in host.prefixes[:number]:
            if prefix.overlaps(other):
                problem = "is given twice" if prefix == other else f"overlaps {other}, which this host gets as well"
                raise Refusal(f"{host.option}.prefixes[{number}]", prefix, problem, "Leave one out")


def _refuse_overlap(host: StaticHost, other: StaticHost) -> None:
    for prefix in host.prefixes:
        if any(prefix.overlaps(taken) for taken in other.prefixes):
            problem = f"overlaps a prefix of {other.option} ({other.name})"
            raise Refusal(host.option + ".prefixes", prefix, problem, "Delegate each prefix once")


class _Served:
    """The subnets that a server has, the longest first that has an address."""

    def __init__(self, prefixes: Sequence[IPv6Network]) -> None:
        by_length: dict[int, dict[int, IPv6Network]] = {}
        for prefix in prefixes:
            shift = prefix.max_prefixlen - prefix.prefixlen
            by_length.setdefault(shift, {}).setdefault(int(prefix.network_address) >> shift, prefix)
        self._by_length = sorted(by_length.items())

    def of(self, address: IPv6Address, asked: IPv6Network | None) -> IPv6Network | None:
        number = int(address)
        for shift, prefixes in self._by_length:
            found = prefixes.get(number >> shift)
            if found is not None and asked in (None, found):
                return found
        return None


def place(hosts: Sequence[StaticHost], served: Sequence[IPv6Network], where: str) -> list[Placement]:
    """Find each host's subnets.

    :param served: the subnets that the server has
    :param where: the file that says so
    :raises Refusal: an address outside every served subnet, or a host that could be in several
    """
    found: list[Placement] = []
    known = set(served)
    subnets = _Served(served)
    for host in hosts:
        if host.subnet and host.subnet not in known:
            problem = f"is no subnet of the server (in {where}: {_listed(served)})"
            raise Refusal(host.option + ".subnet", host.subnet, problem, "Name one of these")
        by_subnet: dict[IPv6Network, list[IPv6Address]] = {}
        for number, address in enumerate(host.addresses):
            subnet = subnets.of(address, host.subnet)
            if subnet is None:
                raise _outside(f"{host.option}.addresses[{number}]", address, host.subnet, served, where)
            by_subnet.setdefault(subnet, []).append(address)
        home = next(iter(by_subnet), None) or _only_subnet(host, served, where)
        by_subnet.setdefault(home, [])
        found += [
            Placement(host, subnet, tuple(addresses), host.prefixes if subnet is home else ())
            for subnet, addresses in by_subnet.items()
        ]
    return found


def _listed(served: Sequence[IPv6Network]) -> str:
    return ", ".join(str(prefix) for prefix in served) or "none"


def _outside(
    option: str, address: IPv6Address, subnet: IPv6Network | None, served: Sequence[IPv6Network], where: str
) -> Refusal:
    asked = f"the subnet {subnet}" if subnet else "every subnet that the server has"
    problem = f"lies outside {asked} (in {where}: {_listed(served)})"
    return Refusal(option, address, problem, "Correct the address, or add its subnet to the server's configuration")


def _only_subnet(host: StaticHost, served: Sequence[IPv6Network], where: str) -> IPv6Network:
    fitting = [prefix for prefix in served if host.subnet in (None, prefix)]
    if len(fitting) != 1:
        problem = f"has no address that tells its subnet (in {where}: {_listed(served)})"
        raise Refusal(host.option, host.name, problem, "Name its subnet")
    return fitting[0]


def refuse_strangers(placements: Sequence[Placement], strangers: Sequence[Stranger]) -> None:
    """Refuse what another host in the server's configuration has already.

    :raises Refusal: one address or prefix for two
    """
    # Of either there may be thousands; but few have prefixes, which are held against each other.
    owners = {address: stranger for stranger in reversed(strangers) for address in stranger.addresses}
    delegated = [(prefix, stranger) for stranger in strangers for prefix in stranger.prefixes]
    remedy = "Remove it there or change it here"
    for placement in placements:
        for address in placement.addresses if owners else ():
            if address in owners:
                problem = f"is also the address of {owners[address].where}"
                raise Refusal(placement.host.option + ".addresses", address, problem, remedy)
        for prefix in placement.prefixes:
            for other, stranger in delegated:
                if prefix.overlaps(other):
                    problem = f"overlaps a prefix of {stranger.where}"
                    raise Refusal(placement.host.option + ".prefixes", prefix, problem, remedy)
