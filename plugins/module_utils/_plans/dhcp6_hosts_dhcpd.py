# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Static hosts of ISC's dhcpd: a file of their own, which the configuration includes."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network

from .._formats import dhcpd
from .._formats.dhcpd import HostDeclaration
from .._formats.syntax import SyntaxProblem
from .._values.duid import Duid
from .._values.errors import Refusal, ValueProblem
from .conditions import Require
from .dhcp6_hosts import DUID, HWADDR, Options, StaticHost, merge, refuse_foreign, some, unlisted, unreadable
from .dhcp6_hosts_places import Placement, Stranger, place, refuse_strangers
from .dhcp6_hosts_reading import file_with, read_config
from .dhcp6_hosts_writing import Including, not_yet, restart, with_include, written
from .plan import FileChange, Plan
from .steps import Check

CONFIG_FILE = "/etc/dhcp/dhcpd6.conf"
HOSTS_FILE = "/etc/dhcp/homelab-ipv6-hosts6.conf"
SERVICE = "isc-dhcp-server"
TOOL, PACKAGE = "dhcpd", "isc-dhcp-server"
# The hardware type inside a DUID (RFC 8415, section 11.4).
ETHERNET = 1
# What to do about a host that another declaration has.
OTHERS = "Remove it there, or leave it out here"
# What dhcpd -t says is wrong. Below its complaint it shows the line and, under it, how far it came.
TELLING = r"(?m)^(?:\S+ line \d+: [^\n]*(?:\n[^\n]+(?=\n *\^))?|Can't open [^\n]*)"

# No more than any server has whose configuration includes the file of hosts.
Found = Including


def plan(hosts: Sequence[StaticHost], options: Options, found: Found) -> Plan:
    """Make the file of hosts hold these, and the configuration include it.

    :raises Refusal: a file cannot be read or is not ours, or a host cannot be among them
    """
    refuse_foreign(options.hosts_file, found.hosts)
    wanted = list(hosts) if options.purge else merge(hosts, unlisted(hosts, present(options, found)))
    if options.config_content is None and found.config is None:
        unseen = _not_yet(wanted, options, found)
        return unseen._replace(warnings=(*unseen.warnings, *_by_hardware(hosts)))
    config = read_config(options, found.config, found.included, dhcpd.parse)
    placements = place(wanted, dhcpd.served(config.everything()), options.config_file)
    strangers = [(part.path, host) for part in config.parts for host in dhcpd.hosts(part.text, part.statements)]
    _refuse_twins(wanted)
    _refuse_conflicts(placements, strangers)
    line = dhcpd.render_include(options.hosts_file)
    text, warnings = with_include(config.text, dhcpd.includes(config.everything()), line, options)
    listed = dhcpd.render(_declarations(placements))
    hide = tuple(dhcpd.secrets(config.everything()))
    changes = [
        FileChange(options.config_file, found.config, file_with(found.config, text, private=bool(hide)), hide=hide),
        FileChange(options.hosts_file, found.hosts, file_with(found.hosts, listed)),
    ]
    return Plan(
        steps=written(changes, _check(text, options), Require(TOOL, PACKAGE), options, found, restart(options, found)),
        warnings=(*warnings, *_quoted(strangers), *_by_hardware(hosts)),
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


def _refuse_twins(hosts: Sequence[StaticHost]) -> None:
    """dhcpd looks for a client's DUID first, and then for the address inside it."""
    by_duid = {_ethernet(host.kind, host.identifier): host for host in hosts if host.kind == DUID}
    for host in hosts:
        other = by_duid.get(host.identifier) if host.kind == HWADDR else None
        if other:
            problem = f"is also inside the DUID of {other.option} ({other.name}), by which dhcpd finds the client first"
            raise Refusal(host.identifier_option, host.identifier, problem, "A client has one entry: leave one out")


def _refuse_conflicts(placements: Sequence[Placement], strangers: Sequence[tuple[str, HostDeclaration]]) -> None:
    by_name = {other.name: (path, other) for path, other in reversed(strangers)}
    by_identifier = {other.identifier: (path, other) for path, other in reversed(strangers)}
    # One that has an IPv4 address only is for a dhcpd that reads the same file and serves IPv4.
    by_ethernet = {
        (other.kind, _ethernet(other.kind, other.identifier)): (path, other)
        for path, other in reversed(strangers)
        if not other.only_ipv4
    }
    for placement in placements:
        host = placement.host
        if len(placement.addresses) > 1:
            second = placement.addresses[1]
            problem = f"is a second address of {host.name} in {placement.subnet}, and dhcpd gives a client one a subnet"
            raise Refusal(host.address_option(second), second, problem, "Leave one of them out")
        if host.name in by_name:
            problem = "is also the name of " + _where(*by_name[host.name])
            raise Refusal(host.option + ".name", host.name, problem, OTHERS)
        if host.identifier in by_identifier:
            problem = "is also that of " + _where(*by_identifier[host.identifier])
            raise Refusal(host.identifier_option, host.identifier, problem, OTHERS)
        ethernet = _ethernet(host.kind, host.identifier)
        same = by_ethernet.get((dhcpd.HARDWARE if host.kind == DUID else dhcpd.DUID, ethernet)) if ethernet else None
        if same:
            problem = f"has the address {ethernet}, as does " if host.kind == DUID else "is also inside the DUID of "
            raise Refusal(host.identifier_option, host.identifier, problem + _where(*same), OTHERS)
    refuse_strangers(
        placements,
        [
            Stranger(f"the host {other.name} in {path} line {other.line}", other.addresses, other.prefixes)
            for path, other in strangers
        ],
    )


def _ethernet(kind: str, identifier: str) -> str:
    """The Ethernet address by which dhcpd may find a host, empty where there is none."""
    if kind != DUID:
        return identifier
    try:
        duid = Duid.parse(identifier)
    except ValueProblem:
        return ""
    return (duid.link_layer_address or "") if duid.hardware_type == ETHERNET else ""


def _by_hardware(hosts: Sequence[StaticHost]) -> list[str]:
    named = [host.name for host in hosts if host.kind == HWADDR]
    if not named:
        return []
    problem = "dhcpd sees a client's hwaddr only inside a DUID-LL or DUID-LLT, where it need not be that of the link"
    return [f"{problem}: {some(named)} may get nothing. Give the duid instead, which no client changes."]


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
    change = FileChange(options.hosts_file, found.hosts, file_with(found.hosts, text))
    return not_yet(hosts, options, found.installed, Require(TOOL, PACKAGE), change)


def _declaration(
    host: StaticHost, name: str, addresses: tuple[IPv6Address, ...], prefixes: tuple[IPv6Network, ...]
) -> HostDeclaration:
    kind = dhcpd.DUID if host.kind == DUID else dhcpd.HARDWARE
    return HostDeclaration(name, kind, host.identifier, addresses, prefixes, host.hostname)
