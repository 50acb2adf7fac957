# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sockets of the host that listen, and whose they are. The one place that runs ss."""

from __future__ import annotations

from collections.abc import Mapping

from .._formats import ss
from .._values.errors import Fault
from .._values.listener import SYSTEMD, Address, Listener
from .host import Host

# Always both protocols: asked for one alone, ss does not say which it is.
_COMMAND = ("ss", "--no-header", "--listening", "--numeric", "--tcp", "--udp", "--processes", "--extended")
_SOCKET_UNITS = ("systemctl", "show", "*.socket", "--property=Id,ActiveState,Listen")


def listeners(host: Host, port: int | None = None, protocols: tuple[str, ...] = ss.PROTOCOLS) -> list[Listener]:
    """What listens, on one port or on all.

    :raises Fault: ss is not installed, or fails
    """
    outcome = host.run(_COMMAND)
    if outcome.rc != 0:
        raise Fault("list the sockets that listen", outcome.said)
    found = ss.parse(outcome.out, port, protocols)
    held = any(process.pid == SYSTEMD for listener in found for process in listener.processes)
    units = _socket_units(host) if held else {}
    return [_told(host, listener, units) for listener in found]


def units_of(host: Host, command: str, port: int) -> list[str]:
    """The systemd units in which processes of a command have this UDP port open; none where ss cannot tell."""
    try:
        found = listeners(host, port, ("udp",))
    except Fault:
        return []
    processes = [process for listener in found for process in listener.processes]
    return [process.unit for process in processes if process.unit and process.name == command]


def _socket_units(host: Host) -> dict[tuple[str, Address, int], str]:
    if host.which("systemctl") is None:
        return {}
    found = ss.parse_socket_units(host.run(_SOCKET_UNITS).out)
    return {(protocol, address, port): unit for unit, protocol, address, port in found}


def _told(host: Host, listener: Listener, units: Mapping[tuple[str, Address, int], str]) -> Listener:
    held = any(process.pid == SYSTEMD for process in listener.processes)
    unit = units.get((listener.protocol, listener.address, listener.port), "") if held else ""
    processes = tuple(process._replace(unit=unit_of(host, process.pid)) for process in listener.processes)
    return listener._replace(processes=processes, socket_unit=unit)


def unit_of(host: Host, pid: int) -> str:
    """The systemd unit that a process runs in, empty where it runs in none or has just ended."""
    try:
        return ss.parse_unit(host.read_text(f"/proc/{pid}/cgroup") or "")
    except ProcessLookupError:
        return ""
