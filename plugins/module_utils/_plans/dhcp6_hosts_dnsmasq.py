# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts of dnsmasq: a file of their own, which the server reads anew at a signal."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Network

from .._formats import dnsmasq
from .._formats.dnsmasq import Directive, HostEntry
from .._formats.syntax import SyntaxProblem, append
from .._values.errors import Refusal
from .conditions import Require
from .dhcp6_hosts import (
    DUID,
    HOSTNAME,
    Options,
    StaticHost,
    merge,
    refuse_foreign,
    refuse_namesakes,
    some,
    unlisted,
    unreadable,
)
from .dhcp6_hosts_places import Placement, Stranger, place, refuse_strangers
from .dhcp6_hosts_reading import Config, file_with, read_config
from .dhcp6_hosts_writing import not_yet, restart, written
from .plan import FileChange, FileState, Plan
from .steps import Check, Serve, Step, UnitState

CONFIG_FILE = "/etc/dnsmasq.conf"
# No configuration is read from this directory, and the profile that Debian has for AppArmor lets dnsmasq read in it.
HOSTS_FILE = "/etc/dnsmasq.d-available/homelab-ipv6-hosts6.conf"
DROP_IN = "homelab-ipv6.conf"
SERVICE = "dnsmasq"
TOOL, PACKAGE = "dnsmasq", "dnsmasq"
# The lines of dnsmasq --test that say what is wrong.
TELLING = r"(?m)^dnsmasq: [^\n]*"
ANYWHERE = IPv6Network("::/0")


@dataclass(frozen=True)
class Found:
    """The host as it is.

    :param config: the configuration file
    :param hosts: the file of hosts
    :param drop_in: the file that :func:`drop_in` names
    :param directory: of further configurations, on the server's command line, as a value of ``conf-dir``
    :param installed: the server is
    :param active: the service runs
    :param listening: it has a DHCPv6 socket
    :param included: the other files that the configuration reads along: path → text
    :param listed: the other files of hosts: path → text
    """

    config: FileState | None
    hosts: FileState | None
    drop_in: FileState | None
    directory: str
    installed: bool
    active: bool
    listening: bool
    included: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)


def plan(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    """Make the file of hosts hold these, and the configuration name it.

    :raises Refusal: a file cannot be read or is not ours, or a host cannot be among them
    """
    refuse_foreign(options.hosts_file, found.hosts)
    wanted = list(hosts) if options.purge else merge(hosts, unlisted(hosts, present(options, found)))
    for host in wanted:
        _refuse_unfit(host)
    refuse_namesakes((host, *_dns_name(host)) for host in wanted)
    content = dnsmasq.render_hosts([_entry(host) for host in wanted])
    hosts_change = FileChange(options.hosts_file, found.hosts, FileState(content))
    if options.config_content is None and found.config is None and not found.directory:
        return not_yet(wanted, options, found.installed, Require(TOOL, PACKAGE), hosts_change)
    config = read_config(options, found.config, found.included, dnsmasq.parse)
    ranges = dnsmasq.ranges(config.everything())
    placements, warnings = _place(wanted, ranges, options.config_file)
    _refuse_seconds(placements)
    strangers = _strangers(config, found)
    _refuse_conflicts(placements, strangers)
    text, named, unnamed = _naming(config, options, found)
    changes = [FileChange(options.config_file, found.config, file_with(found.config, text)), *named]
    return Plan(
        steps=written(
            [*changes, hosts_change],
            _check(hosts_change, text, options, found),
            Require(TOOL, PACKAGE),
            options,
            found,
            _serve(changes, options, found),
        ),
        warnings=(*warnings, *unnamed),
        result={
            "hosts": [host.result() for host in wanted],
            "unmanaged": [{"name": entry.hostname, "file": path, "line": entry.line} for path, entry in strangers],
        },
    )


def present(options: Options, found: Found) -> list[StaticHost]:
    """The hosts in our file as it is.

    :raises Refusal: it cannot be read
    """
    if found.hosts is None:
        return []
    path = options.hosts_file
    try:
        entries = dnsmasq.parse_hosts(found.hosts.text)
    except SyntaxProblem as problem:
        raise unreadable("hosts_file", path, problem) from None
    hosts: list[StaticHost] = []
    for entry in entries:
        if entry.identifiers:
            kind, identifier = entry.identifiers[0]
            name = entry.name or entry.hostname or ""
            hostname = None if entry.hostname == name else entry.hostname
            hosts.append(StaticHost(f"{name} in {path}", name, kind, identifier, entry.addresses, (), hostname))
    return hosts


def drop_in(config: str, directory: str, options: Options) -> str | None:
    """A file of our own that the server reads along with a configuration, None where it reads no directory.

    :param directory: as in :class:`Found`
    """
    if options.config_content is not None:
        # The caller's text is the whole of it.
        return None
    try:
        directories = dnsmasq.included_directories(dnsmasq.parse(config))
    except SyntaxProblem:
        return None
    for value in ([directory] if directory else []) + directories:
        for path in dnsmasq.chosen(value, [DROP_IN]):
            return path
    return None


def _refuse_unfit(host: StaticHost) -> None:
    if host.prefixes:
        prefix = host.prefixes[0]
        remedy = "Leave it out, or let Kea or dhcpd serve: they can"
        raise Refusal(host.prefix_option(prefix), prefix, "cannot be delegated: dnsmasq delegates none", remedy)
    option, name = _dns_name(host)
    if dnsmasq.taken_for_something_else(name):
        problem = "is no host name to dnsmasq, which takes it for a lease time, an address or a word of its own"
        raise Refusal(f"{host.option}.{option}", name, problem, "Give it another name, or a hostname beside this one")
    if not HOSTNAME.fullmatch(name):
        problem = "is no host name, and dnsmasq makes it one in DNS"
        remedy = "Use letters, digits and dashes, or give it a hostname beside this one"
        raise Refusal(f"{host.option}.{option}", name, problem, remedy)


def _dns_name(host: StaticHost) -> tuple[str, str]:
    """The name that dnsmasq makes a host's in DNS, behind the option that has it."""
    return ("hostname", host.hostname) if host.hostname else ("name", host.name)


def _entry(host: StaticHost) -> HostEntry:
    return HostEntry(((host.kind, host.identifier),), host.addresses, _dns_name(host)[1], host.name)


def _place(hosts: Sequence[StaticHost], ranges: dnsmasq.Ranges, where: str) -> tuple[list[Placement], list[str]]:
    """Hosts whose subnets are known are judged as for every server; no other can be."""
    known: list[StaticHost] = []
    placements: list[Placement] = []
    doubtful: list[str] = []
    for host in hosts:
        outside = [address for address in host.addresses if not any(address in prefix for prefix in ranges.prefixes)]
        if (outside and ranges.unknown) or not (host.addresses or host.subnet):
            placements.append(Placement(host, ANYWHERE, host.addresses, ()))
            doubtful += [f"{host.name} ({address})" for address in outside]
        else:
            known.append(host)
    warnings: list[str] = []
    if doubtful:
        warnings.append(
            f"Whether these addresses lie in a subnet of the server cannot be known before it runs, since dhcp-range="
            f"{ranges.unknown[0]} takes its prefix from an interface: {some(doubtful)}."
        )
    return placements + place(known, ranges.prefixes, where), warnings


def _strangers(config: Config[Directive], found: Found) -> list[tuple[str, HostEntry]]:
    strangers = [(part.path, entry) for part in config.parts for entry in dnsmasq.hosts(part.statements)]
    for path, text in found.listed.items():
        try:
            strangers += [(path, entry) for entry in dnsmasq.parse_hosts(text)]
        except SyntaxProblem as problem:
            raise unreadable("config_file", path, problem) from None
    # A host has one line for each family, as often as not, and they share name and MAC address.
    return [(path, entry) for path, entry in strangers if not entry.only_ipv4]


def _refuse_seconds(placements: Sequence[Placement]) -> None:
    """Of several addresses in a subnet dnsmasq gives a DUID one, and none to its other interfaces.

    A MAC address may come with several DUIDs, as where a machine boots over the network: each gets one of them.
    """
    for placement in placements:
        host = placement.host
        if host.kind == DUID and placement.subnet != ANYWHERE and len(placement.addresses) > 1:
            problem = f"is a second address of {host.name} in {placement.subnet}, and dnsmasq gives a DUID one a subnet"
            second = placement.addresses[1]
            raise Refusal(host.address_option(second), second, problem, "Leave one of them out")


def _refuse_conflicts(placements: Sequence[Placement], strangers: Sequence[tuple[str, HostEntry]]) -> None:
    by_name = {_dns_name(placement.host)[1].lower(): placement.host for placement in placements}
    by_identifier = {(placement.host.kind, placement.host.identifier): placement.host for placement in placements}
    remedy = "Remove it there, or leave it out here"
    for path, entry in strangers:
        where = f"the dhcp-host in {path} line {entry.line}, which this task does not manage"
        host = by_name.get((entry.hostname or "").lower())
        if host:
            option, name = _dns_name(host)
            raise Refusal(f"{host.option}.{option}", name, f"is also the name of {where}", remedy)
        for identifier in entry.identifiers:
            host = by_identifier.get(identifier)
            if host:
                raise Refusal(host.identifier_option, host.identifier, f"is also that of {where}", remedy)
    refuse_strangers(
        placements,
        [Stranger(f"the dhcp-host in {path} line {entry.line}", entry.addresses) for path, entry in strangers],
    )


def _naming(config: Config[Directive], options: Options, found: Found) -> tuple[str, list[FileChange], list[str]]:
    """The configuration, a file beside it and a warning, where the file of hosts has yet to be named."""
    path = options.hosts_file
    if any(one in (path, posixpath.dirname(path)) for one in dnsmasq.hosts_paths(config.everything())):
        return config.text, [], []
    line = f"dhcp-hostsfile={path}\n"
    addition = drop_in(config.text, found.directory, options)
    if not options.ensure_include:
        where = addition or options.config_file
        return config.text, [], [f"The server does not see these hosts: add the line {line.strip()} to {where}."]
    if addition:
        refuse_foreign(addition, found.drop_in, "ensure_include", "Move what is in it elsewhere and remove it")
        return config.text, [FileChange(addition, found.drop_in, FileState(dnsmasq.MANAGED + line))], []
    return append(config.text, line), [], []


def _serve(changes: Sequence[FileChange], options: Options, found: Found) -> Step:
    if any(change.differs for change in changes):
        # dnsmasq reads its configuration once.
        return restart(options, found)
    # What the service does at every start is no concern of ours.
    return Serve(options.service, "reload", None, UnitState(active=True, enabled=False))


def _check(hosts: FileChange, config: str, options: Options, found: Found) -> Check:
    """dnsmasq looks into a configuration only: so one is made of the whole, the hosts included."""
    text = dnsmasq.as_directives(hosts.after.text if hosts.after else "")
    gap = "" if config.endswith("\n") or not config else "\n"
    further = f"conf-dir={found.directory}\n" if found.directory else ""
    whole = f"{config}{gap}{further}conf-file={{staged:{options.hosts_file}}}\n"
    argv = (TOOL, "--test", "-C", f"{{staged:{options.config_file}}}")
    return Check(argv, scratch={options.config_file: whole, options.hosts_file: text}, telling=TELLING)
