# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a way back remembers of a host, as values and as the JSON that is kept until the change is confirmed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

VERSION = 1


class Entry(NamedTuple):
    """A name in the file system as it was. Its bytes lie in a file beside the manifest.

    :param kind: file, link, directory, absent, or other (a socket, a device: seen, never touched)
    :param mode: permission bits
    :param attributes: extended attributes, access lists among them: name → value in hexadecimal
    :param target: of a symbolic link
    :param offset: where in the file of contents its bytes begin
    :param digest: of its bytes, SHA-256
    """

    path: str
    kind: str
    mode: int = 0
    uid: int = 0
    gid: int = 0
    attributes: tuple[tuple[str, str], ...] = ()
    target: str = ""
    offset: int = 0
    size: int = 0
    digest: str = ""

    @property
    def shape(self) -> tuple[object, ...]:
        """All that makes two entries the same, wherever their bytes are kept."""
        return (self.path, self.kind, self.mode, self.uid, self.gid, self.attributes, self.target, self.digest)


class LinkState(NamedTuple):
    """A network interface.

    :param kind: bridge, vlan, sit, veth, …; empty for a physical one
    :param parent: the interface that a VLAN or a tunnel lies on
    :param data: what makes one of its kind: a VLAN's number, a tunnel's ends
    :param vlans: of a bridge's port: number and flags
    """

    name: str
    kind: str
    up: bool
    mtu: int
    master: str = ""
    parent: str = ""
    mac: str = ""
    data: tuple[tuple[str, str], ...] = ()
    vlans: tuple[tuple[int, tuple[str, ...]], ...] = ()


class AddressState(NamedTuple):
    """An address of an interface.

    :param preferred: seconds, and so is ``valid``; -1 for one without end
    :param protocol: who made it, where iproute2 knows: kernel_ll, kernel_ra, …
    :param metric: of the route to its network, 0 for the kernel's own
    """

    link: str
    family: str
    local: str
    length: int
    peer: str = ""
    broadcast: str = ""
    label: str = ""
    scope: str = "global"
    prefix_route: bool = True
    nodad: bool = False
    valid: int = -1
    preferred: int = -1
    protocol: str = ""
    metric: int = 0

    @property
    def identity(self) -> tuple[object, ...]:
        """Lifetimes run down, and who made it cannot be seen from an address that works."""
        return self[:9]


class RouteState(NamedTuple):
    """A route in the words that `ip route add` takes.

    :param expires: seconds; -1 for one without end
    """

    family: str
    words: tuple[str, ...]
    expires: int = -1

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.family, self.words)


class RuleState(NamedTuple):
    """A routing rule in the words that `ip rule add` takes."""

    family: str
    words: tuple[str, ...]


class NeighbourState(NamedTuple):
    """A neighbour that somebody entered by hand."""

    address: str
    link: str
    mac: str


class UnitState(NamedTuple):
    """A unit of systemd.

    :param active: it is on: active, reloading or being started
    :param ends: it does its work and ends: a oneshot service that does not remain
    :param file_state: enabled, disabled, static, generated, …; empty where there is no file
    """

    name: str
    active: bool
    ends: bool = False
    file_state: str = ""
    transient: bool = False


class Running(NamedTuple):
    """What is in effect.

    :param interfaces: those that ifupdown believes to be up
    :param values: kernel parameter (path below /proc/sys) → value
    :param tables: nftables table ("inet filter") → its text without counters; None where there is no nft
    """

    links: tuple[LinkState, ...] = ()
    addresses: tuple[AddressState, ...] = ()
    routes: tuple[RouteState, ...] = ()
    rules: tuple[RuleState, ...] = ()
    neighbours: tuple[NeighbourState, ...] = ()
    interfaces: tuple[str, ...] = ()
    values: Mapping[str, str] = {}
    tables: Mapping[str, str] = {}
    units: tuple[UnitState, ...] = ()


class Terms(NamedTuple):
    """Whose change it is, and until when it has to be confirmed.

    :param id: of the play
    :param who: for people
    :param armed: seconds since 1970, by the host's clock: for people alone, and so is ``until``
    :param timeout: seconds
    :param paths: what the user named beside what is always remembered
    :param services: to be restarted where one of ``paths`` is taken back
    """

    id: str
    who: str
    armed: float
    until: float
    timeout: int
    paths: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Snapshot(NamedTuple):
    """A host as it was.

    :param taken: by the clock that nobody can set, and that begins anew with each boot
    """

    terms: Terms
    roots: tuple[str, ...]
    entries: tuple[Entry, ...]
    running: Running
    taken: float = 0.0


class Outcome(NamedTuple):
    """How the last change ended: the only thing that stays.

    :param result: confirmed or reverted
    :param why: of one that was taken back: timeout, reboot, request
    :param ended: seconds since 1970
    :param took: seconds from arming to confirming
    :param done: what was taken back, in words
    :param lost: what could not be, in words
    :param told: somebody has been told
    """

    result: str
    why: str
    terms: Terms
    ended: float
    took: float = 0.0
    detail: str = ""
    done: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    told: bool = False


class NotAManifest(ValueError):
    """A text that is none of ours, or of another release."""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _fields(data: Any) -> dict[str, Any]:
    return {name: _frozen(value) for name, value in data.items()}


def render_snapshot(snapshot: Snapshot) -> str:
    return json.dumps({"version": VERSION, "snapshot": _plain(snapshot)}, separators=(",", ":")) + "\n"


def parse_snapshot(text: str) -> Snapshot:
    """:raises NotAManifest: cut short, or of another release"""
    try:
        data = _versioned(text)["snapshot"]
        running = data["running"]
        return Snapshot(
            terms=Terms(**_fields(data["terms"])),
            roots=tuple(data["roots"]),
            entries=tuple(Entry(**_fields(entry)) for entry in data["entries"]),
            running=Running(
                links=tuple(LinkState(**_fields(link)) for link in running["links"]),
                addresses=tuple(AddressState(**_fields(address)) for address in running["addresses"]),
                routes=tuple(RouteState(**_fields(route)) for route in running["routes"]),
                rules=tuple(RuleState(**_fields(rule)) for rule in running["rules"]),
                neighbours=tuple(NeighbourState(**_fields(entry)) for entry in running["neighbours"]),
                interfaces=tuple(running["interfaces"]),
                values=running["values"],
                tables=running["tables"],
                units=tuple(UnitState(**_fields(unit)) for unit in running["units"]),
            ),
            taken=data["taken"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAManifest(str(error)) from error


def render_outcome(outcome: Outcome) -> str:
    return json.dumps({"version": VERSION, "outcome": _plain(outcome)}, indent=1) + "\n"


def parse_outcome(text: str) -> Outcome:
    """:raises NotAManifest: cut short, or of another release"""
    try:
        data = _versioned(text)["outcome"]
        return Outcome(**{**_fields(data), "terms": Terms(**_fields(data["terms"]))})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAManifest(str(error)) from error


def _versioned(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if data["version"] != VERSION:
        raise NotAManifest(f"release {data['version']} of the format")
    return dict(data)
