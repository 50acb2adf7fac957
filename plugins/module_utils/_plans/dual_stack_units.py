# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The units of a service whose sockets systemd opens, one for each family (systemd.socket(5), systemd.service(5)).

A socket unit cannot be started while its service runs, and a service goes on accepting on a socket whose unit was
stopped, since it has the descriptor. So the service is a part of each of its sockets (PartOf=): to stop or restart a
socket stops or restarts the service in one transaction with it, and the other sockets wait with what comes meanwhile.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats import networkd
from .._values.listener import IPV6, TCP, Address

UNIT_DIRECTORY = "/etc/systemd/system/"
# What a command may say of what is known only here.
PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z]+)\}")
ENDPOINT = "{endpoint}"
# Each socket keeps up to 4096 connections waiting (net.core.somaxconn) while its service restarts, and then all of them
# arrive at once. With systemd's usual 1024 files, Twisted accepts some of the others only to close them again.
FILES = "16384:524288"
# The domains of Twisted's systemd endpoints, as the socket module names them.
_DOMAINS = {"ipv4": "INET", "ipv6": "INET6"}

SANDBOX = (
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("SystemCallArchitectures", "native"),
    ("UMask", "0077"),
)


class Socket(NamedTuple):
    """One socket of a service.

    :param descriptor: the name under which the service finds it (FileDescriptorName=)
    :param address: None for all of the family
    :param started: whether anybody listens there
    :param enabled: whether so at every start of the machine
    """

    service: str
    descriptor: str
    family: str
    protocol: str
    port: int
    address: Address | None
    started: bool
    enabled: bool
    firewall: bool

    @property
    def where(self) -> str:
        host = str(self.address) if self.address else "::" if self.family == IPV6 else "0.0.0.0"  # noqa: S104
        return f"[{host}]:{self.port}" if self.family == IPV6 else f"{host}:{self.port}"


class Service(NamedTuple):
    """The service behind the sockets.

    :param command: its words, all placeholders but the endpoint filled in
    :param each: whether each socket has a process of its own
    :param user: empty for one that systemd makes up at each start
    :param settings: more of [Service], which counts before what stands there already
    """

    name: str
    description: str
    command: tuple[str, ...]
    each: bool
    user: str
    sandbox: bool
    settings: tuple[tuple[str, str], ...]

    @property
    def mark(self) -> str:
        """The first line of each unit, by which those of an earlier run are known."""
        role = "homelab.ipv6.dual_stack_service"
        return f"# Written by the Ansible role {role} for {self.name}; what is changed here is lost at its next run."


def socket_unit(service: Service, socket: Socket) -> str:
    return f"{service.name}-{socket.descriptor}.socket"


def service_unit(service: Service, socket: Socket) -> str:
    return f"{service.name}-{socket.descriptor}.service" if service.each else f"{service.name}.service"


def render(service: Service, sockets: Sequence[Socket]) -> dict[str, str]:
    """Path → text of all units."""
    files: dict[str, str] = {}
    behind: dict[str, list[Socket]] = {}
    for socket in sockets:
        files[UNIT_DIRECTORY + socket_unit(service, socket)] = _socket_text(service, socket)
        behind.setdefault(service_unit(service, socket), []).append(socket)
    for unit, its in behind.items():
        files[UNIT_DIRECTORY + unit] = _service_text(service, unit, its)
    return files


def _text(service: Service, *sections: networkd.Section) -> str:
    return service.mark + "\n" + networkd.render(networkd.Unit(sections))


def _socket_text(service: Service, socket: Socket) -> str:
    unit = service_unit(service, socket)
    listen = "ListenStream" if socket.protocol == TCP else "ListenDatagram"
    settings = [(listen, socket.where)]
    if socket.family == IPV6:
        # Whatever net.ipv6.bindv6only says: IPv4 has a socket of its own.
        settings.append(("BindIPv6Only", "ipv6-only"))
    if socket.address:
        # Sockets are opened before the network is up.
        settings.append(("FreeBind", "yes"))
    settings += [("FileDescriptorName", socket.descriptor), ("Service", unit)]
    description = f"{service.description} ({socket.family}, {socket.protocol} port {socket.port})"
    return _text(
        service,
        networkd.section("Unit", [("Description", _plain(description)), ("Wants", unit)]),
        networkd.section("Socket", settings),
        networkd.section("Install", [("WantedBy", "sockets.target")]),
    )


def _service_text(service: Service, unit: str, sockets: Sequence[Socket]) -> str:
    parts = " ".join(socket_unit(service, socket) for socket in sockets)
    state = unit.rpartition(".")[0]
    settings = [
        ("Type", "exec"),
        ("ExecStart", _exec_line(command_words(service, sockets))),
        ("Restart", "on-failure"),
        ("RestartSec", "1"),
        ("LimitNOFILE", FILES),
        *([("User", service.user)] if service.user else [("DynamicUser", "yes")]),
        ("StateDirectory", state),
        ("WorkingDirectory", f"%S/{state}"),
        *(SANDBOX if service.sandbox else ()),
        *service.settings,
    ]
    return _text(
        service,
        networkd.section(
            "Unit",
            [
                ("Description", _plain(service.description)),
                ("After", "network.target"),
                ("PartOf", parts),
                # One that gives up takes its sockets along; these go on, and what comes waits.
                ("StartLimitIntervalSec", "0"),
            ],
        ),
        networkd.section("Service", settings),
    )


def endpoint(socket: Socket, named: bool) -> str:
    """Twisted's for this socket; by number only where there is no other."""
    which = f"name={socket.descriptor}" if named else "index=0"
    return f"systemd:domain={_DOMAINS[socket.family]}:{which}"


def command_words(service: Service, sockets: Sequence[Socket]) -> list[str]:
    """The command of a service with these sockets.

    Where it has several, which of them are there is known only when it starts: one may have been stopped. A shell then
    looks for their names among those that systemd passed, and becomes the command.
    """
    words = service.command
    if not any(ENDPOINT in word for word in words):
        return list(words)
    if len(sockets) == 1:
        # By number there is no doubt, whatever Twisted it is.
        return [word.replace(ENDPOINT, endpoint(sockets[0], named=False)) for word in words]
    script = ["set --"]
    for word in words:
        if ENDPOINT not in word:
            script[-1] += f" {shlex.quote(word)}"
            continue
        for socket in sockets:
            one = shlex.quote(word.replace(ENDPOINT, endpoint(socket, named=True)))
            script.append(f'case ":$LISTEN_FDNAMES:" in *:{socket.descriptor}:*) set -- "$@" {one};; esac')
        script.append('set -- "$@"')
    return ["/bin/sh", "-c", "; ".join([*script, 'exec "$@"'])]


def _exec_line(words: Sequence[str]) -> str:
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    """systemd.service(5), "Command lines": quotes, specifiers and variables mean something there."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[A-Za-z0-9_@%+=:,./{}$-]+", word) else f'"{escaped}"'


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def module_row(service: Service, socket: Socket) -> dict[str, Any]:
    """What socket_service gets of it."""
    return {
        "unit": socket_unit(service, socket),
        "service": service_unit(service, socket),
        "descriptor": socket.descriptor,
        "family": socket.family,
        "protocol": socket.protocol,
        "address": str(socket.address) if socket.address else "",
        "port": socket.port,
        "started": socket.started,
        "enabled": socket.enabled,
    }


def setting_pairs(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A key may have several values."""
    pairs = []
    for key, value in settings.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(str(key), _word(each)) for each in values]
    return tuple(pairs)


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
