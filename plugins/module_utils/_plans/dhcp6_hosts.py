# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The static hosts of a DHCPv6 server as the user gives them, whichever server it is: read, judged and placed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
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
# Of the hosts that a warning is about.
SHOWN = 10
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

    def address_option(self, address: IPv6Address) -> str:
        """Where the user wrote one of its addresses."""
        return f"{self.option}.addresses[{self.addresses.index(address)}]"

    def prefix_option(self, prefix: IPv6Network) -> str:
        """Where the user wrote one of its prefixes."""
        return f"{self.option}.prefixes[{self.prefixes.index(prefix)}]"

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


def refuse_relative(paths: Mapping[str, str | None]) -> None:
    """Turn down paths that a server, which has another working directory, would look for elsewhere.

    :param paths: option → what the user gave, if anything
    :raises Refusal: one is not absolute
    """
    for option, path in paths.items():
        if path and not path.startswith("/"):
            raise Refusal(option, path, "is no absolute path", f"Write where it is from the root on, as in /etc/{path}")


def refuse_foreign(
    path: str,
    state: FileState | None,
    option: str = "hosts_file",
    remedy: str = "Name another file, or move its hosts into this task and remove it",
) -> None:
    """Turn down a file of hosts, or another that is to be ours, that is not.

    :raises Refusal: it has something in it that this module did not write
    """
    if state and state.text.strip() and not state.text.startswith(HOSTS_HEADER):
        raise Refusal(option, path, "exists and was not written by this module", remedy)


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


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
    refuse_namesakes((host, "hostname", host.hostname) for host in hosts if host.hostname)
    # Each is held against each: few hosts have any.
    delegated = [host for host in hosts if host.prefixes]
    _refuse_delegated_addresses(hosts, delegated)
    for number, host in enumerate(delegated):
        _refuse_own_overlap(host)
        for other in delegated[:number]:
            _refuse_overlap(host, other)


def _refuse_delegated_addresses(hosts: Sequence[StaticHost], delegated: Sequence[StaticHost]) -> None:
    """What is delegated lies behind its router: no address on the server's links is of it."""
    if not delegated:
        return
    taken = sorted((int(address), host) for host in hosts for address in host.addresses)
    numbers = [number for number, _host in taken]
    for host in delegated:
        for number, prefix in enumerate(host.prefixes):
            at = bisect_left(numbers, int(prefix.network_address))
            if at < len(taken) and taken[at][0] <= int(prefix.broadcast_address):
                found, other = taken[at]
                problem = f"has an address of {other.option} ({other.name}) in it, {IPv6Address(found)}"
                remedy = "Delegate a prefix that is on no link of the server"
                raise Refusal(f"{host.option}.prefixes[{number}]", prefix, problem, remedy)


def refuse_namesakes(names: Iterable[tuple[StaticHost, str, str]]) -> None:
    """Two hosts that would answer to one name, which is one whatever the case of its letters (RFC 4343).

    :param names: host, the option that has the name, and the name
    :raises Refusal: one for two
    """
    seen: dict[str, StaticHost] = {}
    for host, option, name in names:
        other = seen.setdefault(name.lower(), host)
        if other is not host:
            problem = f"is also the name of {other.option} ({other.name}), and both hosts would answer to it"
            raise Refusal(f"{host.option}.{option}", name, problem, "Give each host a name of its own")


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
            raise Refusal(host.prefix_option(prefix), prefix, problem, "Delegate each prefix once")
