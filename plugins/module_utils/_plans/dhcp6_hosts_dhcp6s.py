# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts of WIDE's dhcp6s: a file of their own, which the configuration includes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from .._formats import dhcp6s
from .._formats.dhcp6s import FOREVER, LONGEST_DUID, HostStatement, Lifetimes, Pool, Statement
from .._formats.syntax import SyntaxProblem
from .._values.errors import Refusal
from .conditions import Require
from .dhcp6_hosts import DUID, HWADDR, Options, StaticHost, merge, refuse_foreign, some, unlisted, unreadable
from .dhcp6_hosts_places import refuse_links
from .dhcp6_hosts_reading import Config, file_with, read_config
from .dhcp6_hosts_writing import Including, restart, with_include, written
from .plan import FileChange, Plan
from .steps import Check

CONFIG_FILE = "/etc/wide-dhcpv6/dhcp6s.conf"
HOSTS_FILE = "/etc/wide-dhcpv6/homelab-ipv6-hosts6.conf"
SERVICE = "wide-dhcpv6-server"
# Debian's service has the interfaces from here, and a server for each.
DEFAULTS = "/etc/default/wide-dhcpv6-server"
TOOL, PACKAGE = "dhcp6s", "wide-dhcpv6-server"

# dhcp6s has no mode that only checks. But it reads the whole configuration first, and with name servers both in it and
# on its command line it then ends, with these words, before it opens a socket. It is told no pid file that it could
# write: it would remove it at its end, whatever it is. The name server is one that no configuration has, since it takes
# none twice: an address to which packets are discarded (RFC 6666).
ON_COMMAND_LINE = "100::547"
IN_CONFIG = f"option domain-name-servers {ON_COMMAND_LINE}; "
PASSED = "do not specify DNS servers both by command line and by configuration file"
# Behind the time; a line that counts the lines before it tells nothing.
TELLING = r"(?m)(?<=\d\d:\d\d:\d\d: )(?!main: |[^\n]*exiting \()[^\n]*"

_REMEDY = "Remove it there, or leave it out here"


@dataclass(frozen=True)
class Found(Including):
    """The host as it is.

    :param links: the prefixes of the interfaces that it serves, where they can be known
    """

    links: tuple[IPv6Network, ...] = ()


def plan(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    """Make the file of hosts hold these, and the configuration include it.

    A configuration that is not there yet is begun: dhcp6s needs no more than its hosts.

    :raises Refusal: a file cannot be read or is not ours, or a host cannot be among them
    """
    refuse_foreign(options.hosts_file, found.hosts)
    _refuse_lifetimes(options.preferred_lifetime, options.valid_lifetime)
    for host in hosts:
        _refuse_unfit(host)
        refuse_links(host, found.links, f"on the interfaces of {DEFAULTS}")
    wanted = list(hosts) if options.purge else merge(hosts, unlisted(hosts, present(options, found)))
    config = read_config(options, found.config, found.included, dhcp6s.parse)
    _refuse_pooled(wanted, dhcp6s.pools(config.everything()), options.config_file)
    strangers = [(part.path, host) for part in config.parts for host in dhcp6s.hosts(part.statements)]
    _refuse_conflicts(wanted, strangers)
    line = dhcp6s.render_include(options.hosts_file)
    text, unnamed = with_include(config.text, dhcp6s.includes(config.everything()), line, options)
    listed = dhcp6s.render_hosts(_statements(hosts, wanted, options, found))
    hide = tuple(dhcp6s.secrets(config.everything()))
    changes = [
        FileChange(options.config_file, found.config, file_with(found.config, text, private=bool(hide)), hide=hide),
        FileChange(options.hosts_file, found.hosts, file_with(found.hosts, listed)),
    ]
    # It would read its configuration anew over a control socket, which Debian does not have it open, and runs into
    # undefined behaviour where that includes a file. A hangup ends it.
    serve = restart(options, found)
    return Plan(
        steps=written(changes, _check(text, options), Require(TOOL, PACKAGE), options, found, serve),
        warnings=(*unnamed, *_missing(config, options, found), *_nameless(hosts), *_elsewhere(wanted, found.links)),
        result={
            "hosts": [host.result() for host in wanted],
            "unmanaged": [{"name": host.name, "file": path, "line": host.line} for path, host in strangers],
        },
    )


def _refuse_lifetimes(preferred: int, valid: int) -> None:
    if not 0 < valid <= FOREVER:
        raise Refusal("valid_lifetime", valid, f"does not lie between 1 and {FOREVER}", "Write seconds")
    if not 0 < preferred <= valid:
        problem = f"does not lie between 1 and the valid lifetime of {valid}"
        raise Refusal("preferred_lifetime", preferred, problem, "An address is preferred while it is valid")


def _refuse_unfit(host: StaticHost) -> None:
    if host.kind == HWADDR:
        problem = "is nothing that dhcp6s looks for: it knows hosts by their DUID alone"
        remedy = "Give its duid or machine_id; dhcp6_identity_info reads the DUID on the host"
        raise Refusal(host.identifier_option, host.identifier, problem, remedy)
    octets = len(host.identifier.split(":"))
    if octets > LONGEST_DUID:
        problem = f"has {octets} octets, and dhcp6s takes no more than {LONGEST_DUID}"
        remedy = "Have another server serve it, or make it shorter"
        raise Refusal(host.identifier_option, host.identifier, problem, remedy)
    if not (host.addresses or host.prefixes):
        problem = f"is all that {host.name} gets, and dhcp6s knows no names"
        raise Refusal(host.option + ".hostname", host.hostname, problem, "Give it addresses or prefixes")
    for number, address in enumerate(host.addresses):
        if host.subnet and address not in host.subnet:
            problem = f"lies outside its subnet {host.subnet}"
            raise Refusal(f"{host.option}.addresses[{number}]", address, problem, "Correct one of the two")


def _statements(
    hosts: Sequence[StaticHost], wanted: Sequence[StaticHost], options: Options, found: Found
) -> list[HostStatement]:
    """A host that stays although the set does not name it stays as it is, lifetimes and all."""
    lifetimes = Lifetimes(options.preferred_lifetime, options.valid_lifetime)
    new = [HostStatement(host.name, host.identifier, host.addresses, host.prefixes, lifetimes) for host in hosts]
    staying = {host.name for host in wanted[len(hosts) :]}
    return new + ([one for one in _own(options, found) if one.name in staying] if staying else [])


def present(options: Options, found: Found) -> list[StaticHost]:
    """The hosts in our file as it is.

    :raises Refusal: it cannot be read
    """
    where = options.hosts_file
    return [
        StaticHost(f"{one.name} in {where}", one.name, DUID, one.duid, one.addresses, one.prefixes)
        for one in _own(options, found)
    ]


def _own(options: Options, found: Found) -> list[HostStatement]:
    try:
        return dhcp6s.hosts(dhcp6s.parse(found.hosts.text)) if found.hosts else []
    except SyntaxProblem as problem:
        raise unreadable("hosts_file", options.hosts_file, problem) from None


def _refuse_pooled(hosts: Iterable[StaticHost], pools: Sequence[Pool], where: str) -> None:
    """Of a pool dhcp6s gives any client any address, whether or not it is a host's, too."""
    for host in hosts:
        for number, address in enumerate(host.addresses):
            for pool in pools:
                if pool.first <= address <= pool.last:
                    problem = f"lies in the pool {pool.name} of {where}, and dhcp6s gives what is in a pool to anybody"
                    remedy = f"Choose one that is not from {pool.first} to {pool.last}, or make the pool smaller"
                    raise Refusal(f"{host.option}.addresses[{number}]", address, problem, remedy)


def _refuse_conflicts(hosts: Iterable[StaticHost], strangers: Sequence[tuple[str, HostStatement]]) -> None:
    if not strangers:
        return
    names = {other.name: (path, other) for path, other in strangers}
    duids = {other.duid: (path, other) for path, other in strangers if other.duid}
    addresses = {address: (path, other) for path, other in strangers for address in other.addresses}
    delegated = [(prefix, path, other) for path, other in strangers for prefix in other.prefixes]
    for host in hosts:
        _refuse_taken(host.option + ".name", host.name, "name", names)
        _refuse_taken(host.identifier_option, host.identifier, "DUID", duids)
        for number, address in enumerate(host.addresses):
            _refuse_taken(f"{host.option}.addresses[{number}]", address, "address", addresses)
        for number, prefix in enumerate(host.prefixes):
            for taken, path, other in delegated:
                if prefix.overlaps(taken):
                    problem = f"overlaps a prefix of {_where(path, other)}"
                    raise Refusal(f"{host.option}.prefixes[{number}]", prefix, problem, _REMEDY)


def _refuse_taken(
    option: str, value: str | IPv6Address, what: str, taken: Mapping[Any, tuple[str, HostStatement]]
) -> None:
    if value in taken:
        raise Refusal(option, value, f"is also the {what} of {_where(*taken[value])}", _REMEDY)


def _where(path: str, host: HostStatement) -> str:
    return f"the host {host.name} in {path} line {host.line}, which this task does not manage"


def _missing(config: Config[Statement], options: Options, found: Found) -> list[str]:
    """dhcp6s goes on without a file that it cannot open, and says so in its log alone."""
    return [
        f"{part.path} line {line} includes {path}, which is no file: dhcp6s goes on without it. Correct the path there."
        for part in config.parts
        for line, path in dhcp6s.include_lines(part.statements)
        if path != options.hosts_file and path not in found.included
    ]


def _nameless(hosts: Iterable[StaticHost]) -> list[str]:
    named = [host.name for host in hosts if host.hostname]
    if not named:
        return []
    return [f"dhcp6s knows no names: the hostname of {some(named)} is left out. Give it to the DNS server."]


def _elsewhere(hosts: Iterable[StaticHost], links: Sequence[IPv6Network]) -> list[str]:
    """dhcp6s has no subnets: it gives out what it is told."""
    doubtful = [
        f"{host.name} ({address})"
        for host in hosts
        for address in host.addresses
        if links and not any(address in prefix for prefix in links)
    ]
    if not doubtful:
        return []
    has = ", ".join(str(prefix) for prefix in links)
    problem = f"lie in no prefix of an interface that dhcp6s serves ({has}), and so are right behind a relay alone"
    return [f"These addresses {problem}: {some(doubtful)}."]


def _check(config: str, options: Options) -> Check:
    """dhcp6s looks at a copy of the configuration that includes the new hosts from where they lie aside."""
    staged = config.replace(f'"{options.hosts_file}"', f'"{{staged:{options.hosts_file}}}"')
    argv = (TOOL, "-d", "-f", "-c", f"{{staged:{options.config_file}}}", "-k", "/dev/null")
    # On the first line, so that all lines keep their numbers.
    scratch = {options.config_file: IN_CONFIG + staged}
    no_pid = ("-P", f"{options.config_file}/no-pid")
    return Check((*argv, *no_pid, "-n", ON_COMMAND_LINE, "lo"), scratch, telling=TELLING, passed=PASSED)
