# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `ss` of iproute2 prints about sockets that listen, and what tells whose they are.

ss(8) with --no-header --listening --numeric --tcp --udp --processes --extended: one socket a line. It asks the kernel
by sock_diag(7), the only place where IPV6_V6ONLY of somebody else's socket can be read; /proc/net/tcp6 does not have
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from .._values.listener import TCP, UDP, Listener, Process

PROTOCOLS = (TCP, UDP)
# The name of a process may hold anything, quotes and parentheses too.
_PROCESS = re.compile(r'\("(.*?)",pid=([0-9]+),fd=[0-9]+\)')
_V6ONLY = re.compile(r" v6only:([01])(?: |$)")
_SOCKET_UNIT_LISTEN = re.compile(
    r"(?:\[(?P<v6>[^]%]+)(?:%[^]]+)?\]|(?P<v4>[0-9.]+)):(?P<port>[0-9]+) \((?P<kind>\w+)\)"
)
_KINDS = {"Stream": TCP, "Datagram": UDP}
_UNIT = re.compile(r"[^/]+\.(?:service|scope|socket|mount|swap)")


def parse(text: str, port: int | None = None, protocols: tuple[str, ...] = PROTOCOLS) -> list[Listener]:
    """The sockets: TCP before UDP, then by port and address, since ss has an order of its own.

    :param port: only those on this one
    """
    found = [_listener(line) for line in text.splitlines() if line.startswith(protocols)]
    return sorted((listener for listener in found if port in (None, listener.port)), key=_order)


def _order(listener: Listener) -> tuple[str, int, int, int]:
    return listener.protocol, listener.port, listener.address.version, int(listener.address)


def _listener(line: str) -> Listener:
    protocol, _state, waiting, _backlog, local, _peer, *_more = line.split(None, 6)
    host, _colon, port = local.rpartition(":")
    address, interface = _address(host)
    v6only = _V6ONLY.search(line)
    return Listener(
        protocol=protocol,
        address=address,
        port=int(port),
        interface=interface,
        v6only=v6only[1] == "1" if v6only else None,
        waiting=int(waiting),
        processes=tuple(sorted(_processes(line), key=lambda process: process.pid)),
    )


def _address(text: str) -> tuple[IPv4Address | IPv6Address, str]:
    """ss writes * for all addresses of both families, and the zone behind the brackets."""
    host, _percent, zone = text.partition("%")
    return ip_address("::" if host == "*" else host.strip("[]")), zone


def _processes(line: str) -> set[Process]:
    """A process may have a socket open under several descriptors."""
    return {Process(name, int(pid)) for name, pid in _PROCESS.findall(line)}


def parse_socket_units(text: str, closed: bool = False) -> Iterator[tuple[str, str, IPv4Address | IPv6Address, int]]:
    """(unit, protocol, address, port) of what active socket units listen on.

    :param text: of `systemctl show --property=Id,ActiveState,Listen`, a paragraph a unit
    :param closed: also of those that are not active, on what they would
    """
    for paragraph in text.split("\n\n"):
        pairs = [line.partition("=")[::2] for line in paragraph.splitlines()]
        values = dict(pairs)
        if values.get("ActiveState") != "active" and not closed:
            continue
        for match in (_SOCKET_UNIT_LISTEN.fullmatch(value) for key, value in pairs if key == "Listen"):
            if match and match["kind"] in _KINDS:
                yield values["Id"], _KINDS[match["kind"]], ip_address(match["v6"] or match["v4"]), int(match["port"])


def parse_unit(cgroup: str) -> str:
    """The systemd unit of a process, from its /proc/PID/cgroup (cgroups(7)); empty where it runs in none.

    systemd keeps units in slices; what a unit makes of its own group below is its own affair.
    """
    for line in cgroup.splitlines():
        _number, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd"):
            first = next((part for part in path.split("/") if part and not part.endswith(".slice")), "")
            if _UNIT.fullmatch(first):
                return first
    return ""
