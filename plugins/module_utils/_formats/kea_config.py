# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The subnets and host reservations in a configuration of kea-dhcp6.

A reservation that is ours says so in its user context, which Kea keeps and otherwise ignores:
``"user-context": { "managed-by": "homelab.ipv6", "host": "nas" }``. Every other reservation is its user's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from typing import Any, NamedTuple, TypeVar

from .._values.duid import Duid
from .._values.duid_notation import CANONICAL
from .._values.errors import ValueProblem
from .._values.ipv6 import address_text, read_address
from .kea_edit import child_indentation, render, revise
from .kea_json import Container, Include, Scalar, parse
from .syntax import Edit, SyntaxProblem, apply_edits, begins_line, indentation, position

MANAGED_BY = "homelab.ipv6"
IDENTIFIERS = ("duid", "hw-address", "flex-id", "client-id", "circuit-id")
T = TypeVar("T")
SECRETS = ("password", "secret", "basic-auth-password", "key-file-password")
_SECRETS = re.compile("|".join(SECRETS))


class Reservation(NamedTuple):
    """A host as Kea knows it within one subnet.

    :param kind: of identifier, as Kea names it
    :param identifier: in its canonical form
    :param host: our name for it; None for a reservation that is not ours
    """

    kind: str
    identifier: str
    addresses: tuple[IPv6Address, ...] = ()
    prefixes: tuple[IPv6Network, ...] = ()
    hostname: str | None = None
    host: str | None = None

    def members(self) -> dict[str, object]:
        """What is written of it, in order; a member without content is left out."""
        found: dict[str, object] = {
            self.kind: self.identifier,
            "ip-addresses": [address_text(address) for address in self.addresses],
            "prefixes": [str(prefix) for prefix in self.prefixes],
            "hostname": self.hostname,
            "user-context": {"managed-by": MANAGED_BY, "host": self.host} if self.host else None,
        }
        return {key: value for key, value in found.items() if value}


class Place(NamedTuple):
    """A reservation where it stands in the text.

    :param number: its position among the elements of its list
    """

    reservation: Reservation
    node: Container
    number: int
    line: int


@dataclass(frozen=True)
class Subnet:
    """A subnet that the server serves, and the reservations in it."""

    prefix: IPv6Network
    node: Container
    places: tuple[Place, ...]
    includes: tuple[Include, ...]


@dataclass(frozen=True)
class Revision:
    """What is to become of the reservations of one subnet.

    :param update: position in the list → what it shall say
    :param remove: positions
    """

    subnet: Subnet
    update: Mapping[int, Reservation] = field(default_factory=dict)
    remove: Sequence[int] = ()
    add: Sequence[Reservation] = ()


@dataclass(frozen=True)
class KeaConfig:
    """A configuration of kea-dhcp6.

    :param dhcp6: its one member
    :param subnets: also those of shared networks
    :param everywhere: reservations that belong to no subnet
    """

    text: str
    dhcp6: Container
    subnets: tuple[Subnet, ...]
    everywhere: tuple[Place, ...]

    @classmethod
    def parse(cls, text: str) -> KeaConfig:
        """Read a configuration.

        :raises SyntaxProblem: it cannot be read, or is none of kea-dhcp6
        """
        root = parse(text)
        dhcp6 = root.get_map("Dhcp6")
        if dhcp6 is None:
            raise SyntaxProblem('this configuration has no "Dhcp6"', *position(text, root.start))
        subnets = tuple(_subnet(text, node) for node in _subnet_nodes(dhcp6))
        return cls(text, dhcp6, subnets, tuple(_places(text, dhcp6)))

    @property
    def control_socket(self) -> str | None:
        """The path of the UNIX socket on which the server takes commands, as it is written."""
        single = self.dhcp6.get_map("control-socket")
        several = self.dhcp6.get_list("control-sockets")
        for socket in [*([single] if single else []), *(several.maps() if several else [])]:
            if socket.get_text("socket-type") == "unix":
                return socket.get_text("socket-name")
        return None

    @property
    def included_subnets(self) -> list[Include]:
        """Includes in whose place subnets may stand that are not seen here."""
        lists = [self.dhcp6.get("subnet6"), self.dhcp6.get("shared-networks")]
        found = [include for item in lists if isinstance(item, Container) for include in item.includes()]
        return self.dhcp6.includes() + [item for item in lists if isinstance(item, Include)] + found

    def secrets(self) -> list[str]:
        """Passwords of databases and the like, which must not be shown."""
        return [value for value in _secrets(self.dhcp6) if value]

    def revised(self, revisions: Sequence[Revision]) -> str:
        """The text with other reservations; every byte beside them stays."""
        return apply_edits(self.text, [edit for revision in revisions for edit in _revise(self.text, revision)])


def secrets_of(text: str | None) -> list[str]:
    """The passwords in what may be a configuration."""
    try:
        return KeaConfig.parse(text or "").secrets()
    except SyntaxProblem:
        return []


def _subnet_nodes(dhcp6: Container) -> Iterator[Container]:
    networks = dhcp6.get_list("shared-networks")
    for owner in [dhcp6, *(networks.maps() if networks else [])]:
        subnets = owner.get_list("subnet6")
        yield from subnets.maps() if subnets else []


def _subnet(text: str, node: Container) -> Subnet:
    prefix = node.get_text("subnet")
    try:
        # Kea takes a prefix with bits set behind its length, too.
        network = IPv6Network(prefix or "", strict=False)
    except ValueError:
        raise SyntaxProblem(f"a subnet6 has {prefix!r} as its subnet", *position(text, node.start)) from None
    written = node.get("reservations")
    includes = [written] if isinstance(written, Include) else []
    includes += written.includes() if isinstance(written, Container) else []
    return Subnet(network, node, tuple(_places(text, node)), tuple(includes))


def _places(text: str, owner: Container) -> Iterator[Place]:
    reservations = owner.get_list("reservations")
    line, counted = 1, 0
    for number, element in enumerate(reservations.elements if reservations else ()):
        if isinstance(element.value, Container) and element.value.is_map:
            # Counted on from the one before: there may be thousands of them.
            line, counted = line + text.count("\n", counted, element.start), element.start
            yield Place(read_reservation(element.value), element.value, number, line)


def read_reservation(node: Container) -> Reservation:
    """A reservation as written; what Kea would refuse in it is left out."""
    found: dict[str, Any] = node.data()
    kind = next((name for name in IDENTIFIERS if isinstance(found.get(name), str)), "")
    context, hostname = found.get("user-context"), found.get("hostname")
    host = context.get("host") if isinstance(context, dict) and context.get("managed-by") == MANAGED_BY else None
    return Reservation(
        kind,
        _identifier(kind, found.get(kind, "")),
        tuple(_read(read_address, found.get("ip-addresses"))),
        tuple(_read(IPv6Network, found.get("prefixes"))),
        hostname if hostname and isinstance(hostname, str) else None,
        host if isinstance(host, str) else None,
    )


def _identifier(kind: str, text: str) -> str:
    if kind != "duid" or CANONICAL.fullmatch(text):
        return text.lower()
    try:
        return str(Duid.parse(text))
    except ValueProblem:
        return text.lower()


def _read(kind: Callable[[str], T], texts: object) -> Iterator[T]:
    for text in texts if isinstance(texts, list) else ():
        if isinstance(text, str):
            with contextlib.suppress(ValueError):
                yield kind(text)


def _secrets(node: Container) -> Iterator[str]:
    for element in node.elements:
        if isinstance(element.value, Container):
            if element.value.mentions(_SECRETS):
                yield from _secrets(element.value)
        elif element.key in SECRETS and isinstance(element.value, Scalar):
            yield str(element.value.value or "")


def _revise(text: str, revision: Revision) -> list[Edit]:
    subnet = revision.subnet
    reservations = subnet.node.get_list("reservations")
    if reservations is None:
        if not revision.add:
            return []
        indent = child_indentation(text, subnet.node)
        members = [reservation.members() for reservation in revision.add]
        return revise(text, subnet.node, (), ['"reservations": ' + render(members, indent)])
    indent = child_indentation(text, reservations)
    new = [render(reservation.members(), indent) for reservation in revision.add]
    edits = revise(text, reservations, revision.remove, new)
    places = {place.number: place for place in subnet.places}
    for number, reservation in revision.update.items():
        if places[number].reservation != reservation:
            edits += _update(text, places[number], reservation)
    return edits


def _update(text: str, place: Place, wanted: Reservation) -> list[Edit]:
    """Change the members that differ; what else the user wrote into a reservation stays."""
    node = place.node
    before, after = place.reservation.members(), wanted.members()
    context = node.get_map("user-context")
    if context is not None and "user-context" in after and before.get("user-context") != after["user-context"]:
        edits = _set_members(text, context, {}, wanted.members()["user-context"])
        before["user-context"] = after["user-context"]
    else:
        edits = []
    return edits + _set_members(text, node, before, after)


def _set_members(text: str, node: Container, before: Mapping[str, object], after: object) -> list[Edit]:
    wanted: Mapping[str, object] = after if isinstance(after, Mapping) else {}
    present = {element.key: number for number, element in enumerate(node.elements)}
    edits: list[Edit] = []
    for key, value in wanted.items():
        if key in present and before.get(key) != value:
            old = node.elements[present[key]].value
            edits.append(Edit(old.start, old.end, render(value, indentation(text, old.start))))
    gone = [present[key] for key in before if key not in wanted and key in present]
    one_line = not any(begins_line(text, element.start) for element in node.elements)
    if one_line and not gone and node.elements:
        missing = [f" {json.dumps(key)}: {render(wanted[key])}" for key in wanted if key not in present]
        end = node.elements[-1].end
        return edits + ([Edit(end, end, "," + ",".join(missing))] if missing else [])
    indent = child_indentation(text, node)
    missing = [f"{json.dumps(key)}: {render(wanted[key], indent)}" for key in wanted if key not in present]
    return edits + revise(text, node, gone, missing)
