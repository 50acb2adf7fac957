# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a service takes what arrives at its sockets.

A process that was passed a socket has it open even if it never looks at it, so that it is there says nothing. But a
connection that somebody has accepted belongs to a process, and one that waits in the socket belongs to none (ss(8)).
UDP has no connections: an empty datagram is sent, and what has been read is no longer in the socket's queue.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

from .._plans.socket_steps import Probe
from .._values.errors import Fault
from .._values.listener import IPV6, UDP, in_the_way
from .host import Host
from .service import journal
from .sockets import listeners, unit_of

INTERVAL = 0.2
CONNECT_PATIENCE = 2.0
# A service that ends over and over does not take anything.
TRIES = 3
_OWNER = re.compile(r"pid=([0-9]+)")


class _Ending(NamedTuple):
    """How a service ended, if it did."""

    ended: bool
    how: str


class Visitor:
    """Somebody who comes to a socket.

    :param owner: the unit of whoever took it, once somebody has
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.owner = ""
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def taken(self, host: Host) -> bool:
        if self.probe.protocol == UDP:
            return self._is_read(host)
        if self._socket is None:
            try:
                self._socket = socket.create_connection((self.probe.target, self.probe.port), CONNECT_PATIENCE)
            except OSError:
                return False
            self._socket.setblocking(False)
        return self._is_accepted(host, self._socket.getsockname()[1]) or self._is_answered(self._socket)

    def _is_accepted(self, host: Host, own: int) -> bool:
        filters = f"( sport = :{self.probe.port} and dport = :{own} )"
        said = host.run(["ss", "--no-header", "--numeric", "--tcp", "--processes", "state", "connected", filters]).out
        owners = _OWNER.findall(said)
        if owners:
            self.owner = unit_of(host, int(owners[0]))
        return bool(owners)

    def _is_answered(self, connection: socket.socket) -> bool:
        """It was accepted and is closed already, or has been greeted."""
        try:
            connection.recv(1)
        except BlockingIOError:
            return False
        except OSError:
            # Whoever listened is gone. Come again.
            self.close()
            return False
        self.owner = self.probe.service
        return True

    def _is_read(self, host: Host) -> bool:
        if self._socket is None:
            family = socket.AF_INET6 if self.probe.family == IPV6 else socket.AF_INET
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self._socket.sendto(b"", (self.probe.target, self.probe.port))
            except OSError:
                self.close()
                return False
        its_own = [
            listener
            for listener in listeners(host, self.probe.port, (UDP,))
            if in_the_way(listener, self.probe.family, self.probe.address)
        ]
        if its_own and all(listener.waiting == 0 for listener in its_own):
            self.owner = its_own[0].unit
            return True
        return False


def see_taken(host: Host, probes: Sequence[Probe], timeout: float, began: float) -> None:
    """Wait until each socket's service takes what comes there.

    :param began: since when its journal is of interest, as time.time() tells
    :raises Fault: it does not, with what it wrote to the journal
    """
    visitors = [Visitor(probe) for probe in probes]
    deadline = time.monotonic() + timeout
    try:
        waiting = list(visitors)
        while waiting:
            waiting = [visitor for visitor in waiting if not visitor.taken(host)]
            if not waiting:
                break
            probe = waiting[0].probe
            ending = _ending(host, probe.service)
            if ending.ended:
                raise Fault(_aim(probe), f"{probe.service} {ending.how}. " + _last_words(host, probe, began))
            if time.monotonic() > deadline:
                raise Fault(_aim(probe), _ignored(probe, timeout) + _last_words(host, probe, began))
            time.sleep(INTERVAL)
    finally:
        for visitor in visitors:
            visitor.close()
    for visitor in visitors:
        if visitor.owner != visitor.probe.service:
            said = f"it was taken by {visitor.owner or 'a process outside all units'}"
            raise Fault(_aim(visitor.probe), said)
    for service in {probe.service: probe for probe in probes}.values():
        ending = _ending(host, service.service)
        if ending.ended:
            raise Fault(_aim(service), f"{service.service} {ending.how}. " + _last_words(host, service, began))


def _aim(probe: Probe) -> str:
    return f"have {probe.service} take what comes to {probe.protocol} {probe.where()}"


def _ignored(probe: Probe, timeout: float) -> str:
    what = "datagram was read" if probe.protocol == UDP else "connection was accepted"
    return (
        f"no {what} there within {timeout:g} s. The service has to use the socket that systemd passes to it under the "
        f"name {probe.descriptor} (sd_listen_fds(3)); one that opens a socket of its own, or looks for another name, "
        "does not get it. "
    )


def _last_words(host: Host, probe: Probe, began: float) -> str:
    return "Its last words: " + (journal(host, probe.service, began) or "none")


def _ending(host: Host, service: str) -> _Ending:
    said = host.run(["systemctl", "show", "--property=ActiveState,SubState,NRestarts,Result", service]).out
    values = dict(line.partition("=")[::2] for line in said.splitlines())
    if values.get("ActiveState") == "failed":
        return _Ending(True, f"has failed ({values.get('Result', '')})")
    # Between two tries: then it has said all that it had to say.
    ends = int(values.get("NRestarts") or 0) + 1
    if values.get("SubState") == "auto-restart" and ends >= TRIES:
        return _Ending(True, f"has ended {ends} times")
    return _Ending(False, "")
