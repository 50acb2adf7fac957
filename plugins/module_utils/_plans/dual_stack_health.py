# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does each socket of a dual-stack service listen and does somebody take what arrives, and if not, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from .._formats import ss
from .._values.listener import IPV4, IPV6, Address, Listener, Process, in_the_way
from .health import Check

_ROOT = "Run this as root (become: true)"
_NONE = "Have a playbook with the role dual_stack_service set one up, or take the host out of this group"


class _Socket(NamedTuple):
    """A socket unit that the role wrote.

    :param unit: what systemctl shows of it
    :param service: what systemctl shows of the service behind it
    """

    name: str
    protocol: str
    address: Address
    port: int
    unit: Mapping[str, str]
    service: Mapping[str, str]

    @property
    def family(self) -> str:
        return IPV4 if self.address.version == 4 else IPV6

    @property
    def what(self) -> str:
        where = f"{self.address}:{self.port}" if self.family == IPV4 else f"[{self.address}]:{self.port}"
        return f"{self.name} ({self.family}, {self.protocol} {where})"


def health(shown: str, rows: Sequence[Mapping[str, Any]], root: bool = True) -> list[dict[str, Any]]:
    """One line for each socket: `ok`, and a `line` for people.

    :param shown: of `systemctl show`, the units that the role wrote, a paragraph each
    :param rows: what listen_info returns
    :param root: whether root has looked; others see sockets, but not whose they are
    """
    listeners = [_listener(row) for row in rows]
    checks = [_check(socket, listeners) for socket in _sockets(shown)] if root else []
    if not root:
        checks = [Check("services", "whose sockets are whose is shown to root alone", _ROOT)]
    elif not checks:
        checks = [Check("services", "the role dual_stack_service has set up none here", _NONE)]
    return [{"ok": check.ok, "line": check.line()} for check in checks]


def _sockets(shown: str) -> list[_Socket]:
    paragraphs = [dict(line.partition("=")[::2] for line in text.splitlines()) for text in shown.split("\n\n")]
    units = {values.get("Id", ""): values for values in paragraphs}
    return [
        _Socket(name, protocol, address, port, units[name], units.get(units[name].get("Triggers", ""), {}))
        for name, protocol, address, port in ss.parse_socket_units(shown, closed=True)
    ]


def _listener(row: Mapping[str, Any]) -> Listener:
    return Listener(
        row["protocol"],
        ip_address(row["address"]),
        row["port"],
        v6only=row["v6only"],
        processes=tuple(Process(**process) for process in row["processes"]),
        socket_unit=row["socket_unit"],
    )


def _check(socket: _Socket, listeners: Sequence[Listener]) -> Check:
    for listener in listeners:
        if listener.socket_unit == socket.name:
            return _served(socket, listener)
    if socket.unit.get("ActiveState") != "failed" and socket.unit.get("UnitFileState") != "enabled":
        return Check(socket.what, "stopped, and not to be opened at the next start")
    again = f"`systemctl restart {socket.name}`"
    for listener in listeners:
        same = (listener.protocol, listener.port) == (socket.protocol, socket.port)
        if same and in_the_way(listener, socket.family, socket.address):
            both = ", for IPv4 and IPv6 at once" if listener.mapped else ""
            seen = f"does not listen: {listener.whose()} has the port, on {listener.where()}{both}"
            return Check(socket.what, seen, f"Stop that, then {again}; or give this service another port")
    if socket.unit.get("ActiveState") == "inactive" and socket.unit.get("Result") == "success":
        # It had not failed when it was closed.
        return Check(socket.what, f"stopped until the next start; {again} opens it now")
    seen = f"does not listen, and nobody else does: its unit is {socket.unit.get('ActiveState')}"
    return Check(socket.what, seen, f"{again} opens it; `journalctl -u {socket.name}` says why it was closed")


def _served(socket: _Socket, listener: Listener) -> Check:
    service = socket.service.get("Id") or socket.unit.get("Triggers", "its service")
    state = socket.service.get("ActiveState", "")
    tries = socket.service.get("SubState") == "auto-restart"
    if listener.served_by and not tries:
        return Check(socket.what, f"taken by {listener.whose()}")
    if state == "inactive":
        return Check(socket.what, f"held open by systemd; whoever comes first starts {service}")
    seen = f"held open by systemd, but {service} {_fate(socket.service, tries)}: whoever comes waits"
    return Check(socket.what, seen, f"See `journalctl -u {service}`, then `systemctl restart {service}`")


def _fate(service: Mapping[str, str], tries: bool) -> str:
    if tries:
        return f"ends over and over ({service.get('NRestarts')} times by now)"
    if service.get("ActiveState") == "failed":
        return f"has failed ({service.get('Result')})"
    return "does not have it open"
