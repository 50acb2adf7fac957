# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts of ISC's dhcpd: a file of their own, which the configuration includes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from .._formats import dhcpd
from .._formats.dhcpd import HostDeclaration, Statement
from .._formats.syntax import SyntaxProblem
from .._values.errors import Refusal
from .conditions import Require
from .dhcp6_hosts import DUID, Options, StaticHost, merge, refuse_foreign, unlisted, unreadable
from .dhcp6_hosts_places import Placement, Stranger, place, refuse_strangers
from .dhcp6_hosts_writing import Including, not_yet, restart, with_include, written
from .plan import FileChange, FileState, Plan
from .steps import Check

CONFIG_FILE = "/etc/dhcp/dhcpd6.conf"
HOSTS_FILE = "/etc/dhcp/homelab-ipv6-hosts6.conf"
SERVICE = "isc-dhcp-server"
TOOL, PACKAGE = "dhcpd", "isc-dhcp-server"
# What to do about a host that another declaration has.
OTHERS = "Remove it there, or leave it out here"
# The lines of dhcpd -t that say what is wrong.
# Below its complaint dhcpd shows the line and, under it, how far it came.
TELLING = r"(?m)^(?:\S+ line \d+: [^\n]*(?:\n[^\n]+(?=\n *\^))?|Can't open [^\n]*)"

# No more than any server has whose configuration includes the file of hosts.
Found = Including


@dataclass(frozen=True)
class _Config:
    """The configuration with all that it includes, but for the file of hosts."""

    text: str
    statements: tuple[Statement, ...]
    others: tuple[tuple[str, str, tuple[Statement, ...]], ...]

    def everything(self) -> list[Statement]:
        return [*self.statements, *(one for _path, _text, statements in self.others for one in statements)]


def plan(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    """Make the file of hosts hold these, and the configuration include it.

    :raises Refusal: a file cannot be read or is not ours, or a host cannot be among them
    """
    refuse_foreign(options.hosts_file, found.hosts)
    wanted = list(hosts) if options.purge else merge(hosts, unlisted(hosts, present(options, found)))
    if options.config_content is None and found.config is None:
        return _not_yet(wanted, options, found)
    config = _read(options, found)
    placements = place(wanted, dhcpd.served(config.everything()), options.config_file)
    strangers = _strangers(config, options)
    _refuse_conflicts(placements, strangers)
    line = dhcpd.render_include(options.hosts_file)
    text, warnings = with_include(config.text, dhcpd.includes(config.everything()), line, options)
    before = {options.config_file: found.config, options.hosts_file: found.hosts}
    after = {options.config_file: text, options.hosts_file: dhcpd.render(_declarations(placements))}
    changes = [FileChange(path, state, _file(state, after[path])) for path, state in before.items()]
    return Plan(
        steps=written(changes, _check(text, options), Require(TOOL, PACKAGE), options, found, restart(options, found)),
        warnings=(*warnings, *_quoted(strangers)),
        result={
            "hosts": [host.result() for host in wanted],
            "unmanaged": [{"name": host.name, "file": path, "line": host.line} for path, host in strangers],
        },
    )


def present(options: Options, found: Found) -> list[StaticHost]:
    """The hosts in our file as it is.

    :raises Refusal: it cannot be read
    """
    if found.hosts is None:
        return []
    try:
        declared = dhcpd.hosts(found.hosts.text, dhcpd.parse(found.hosts.text))
    except SyntaxProblem as problem:
        raise unreadable("hosts_file", options.hosts_file, problem) from None
    hosts: dict[str, StaticHost] = {}
    for one in declared:
        repeated = dhcpd.REPEATED.match(one.name)
        name = repeated.group(1) if repeated else one.name
        before = hosts.get(name)
        hosts[name] = StaticHost(
            f"{name} in {options.hosts_file}",
            name,
            one.kind,
            one.identifier,
            (before.addresses if before else ()) + one.addresses,
            (before.prefixes if before else ()) + one.prefixes,
            one.hostname,
        )
    return list(hosts.values())


def _file(before: FileState | None, text: str) -> FileState:
    return before.with_text(text) if before else FileState(text)


def _read(options: Options, found: Found) -> _Config:
    text = options.config_content
    option = "config_content" if text is not None else "config_file"
    if text is None:
        text = found.config.text if found.config else ""
    try:
        statements = dhcpd.parse(text)
    except SyntaxProblem as problem:
        raise unreadable(option, "its" if option == "config_content" else options.config_file, problem) from None
    others: list[tuple[str, str, tuple[Statement, ...]]] = []
    for path, other in found.included.items():
        try:
            others.append((path, other, dhcpd.parse(other)))
        except SyntaxProblem as problem:
            raise unreadable("config_file", path, problem) from None
    return _Config(text, statements, tuple(others))


def _strangers(config: _Config, options: Options) -> list[tuple[str, HostDeclaration]]:
    main = [(options.config_file, host) for host in dhcpd.hosts(config.text, config.statements)]
    return main + [(path, host) for path, text, other in config.others for host in dhcpd.hosts(text, other)]


def _refuse_conflicts(placements: Sequence[Placement], strangers: Sequence[tuple[str, HostDeclaration]]) -> None:
    by_name = {other.name: (path, other) for path, other in reversed(strangers)}
    by_identifier = {other.identifier: (path, other) for path, other in reversed(strangers)}
    for placement in placements:
        host = placement.host
        if len(placement.addresses) > 1:
            problem = f"is a second address of {host.name} in {placement.subnet}, and dhcpd gives a client one a subnet"
            raise Refusal(host.option + ".addresses", placement.addresses[1], problem, "Leave one of them out")
        if host.name in by_name:
            problem = "is also the name of " + _where(*by_name[host.name])
            raise Refusal(host.option + ".name", host.name, problem, OTHERS)
        if host.identifier in by_identifier:
            problem = "is also that of " + _where(*by_identifier[host.identifier])
            raise Refusal(host.identifier_option, host.identifier, problem, OTHERS)
    refuse_strangers(
        placements,
        [
            Stranger(f"the host {other.name} in {path} line {other.line}", other.addresses, other.prefixes)
            for path, other in strangers
        ],
    )


def _where(path: str, other: HostDeclaration) -> str:
    return f"the host {other.name} in {path} line {other.line}, which this task does not manage"


def _quoted(strangers: Sequence[tuple[str, HostDeclaration]]) -> list[str]:
    return [
        f"{path} line {host.line}: the DUID of host {host.name} stands in quotes, so dhcpd takes it for text "
        "and it never matches. Take the quotes away."
        for path, host in strangers
        if host.quoted and ":" in host.identifier
    ]


def _declarations(placements: Sequence[Placement]) -> list[HostDeclaration]:
    found: list[HostDeclaration] = []
    declared: dict[str, int] = {}
    for placement in placements:
        host = placement.host
        nth = declared[host.name] = declared.get(host.name, 0) + 1
        name = host.name if nth == 1 else f"{host.name}--{nth}"
        found.append(_declaration(host, name, placement.addresses, placement.prefixes))
    return found


def _check(config: str, options: Options) -> Check:
    """dhcpd looks at a copy of the configuration that includes the new hosts from where they lie aside."""
    staged = config.replace(f'"{options.hosts_file}"', f'"{{staged:{options.hosts_file}}}"')
    argv = (TOOL, "-6", "-t", "-cf", f"{{staged:{options.config_file}}}")
    return Check(argv, scratch={options.config_file: staged}, telling=TELLING)


def _not_yet(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    text = dhcpd.render([_declaration(host, host.name, host.addresses, host.prefixes) for host in hosts])
    change = FileChange(options.hosts_file, found.hosts, _file(found.hosts, text))
    return not_yet(hosts, options, found.installed, Require(TOOL, PACKAGE), change)


def _declaration(
    host: StaticHost, name: str, addresses: tuple[IPv6Address, ...], prefixes: tuple[IPv6Network, ...]
) -> HostDeclaration:
    kind = dhcpd.DUID if host.kind == DUID else dhcpd.HARDWARE
    return HostDeclaration(name, kind, host.identifier, addresses, prefixes, host.hostname)
