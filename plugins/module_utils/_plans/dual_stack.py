# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role `dual_stack_service` mean: units, files, packages, and the holes in the firewall."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from .._formats import networkd
from .._values.errors import ValueProblem
from .._values.link import HIGHEST_PORT
from .._values.listener import IPV4, IPV6, TCP, UDP, Address, covers
from .._values.prefix import parse_ipv4, parse_ipv6
from . import dual_stack_units as units
from .dual_stack_python import ENVIRONMENTS, Python, read_python
from .dual_stack_units import ENDPOINT, PLACEHOLDER, Service, Socket
from .options import OptionReader
from .service_files import MODE

DIRECTORY = "/usr/local/lib/homelab-ipv6/"
FIREWALL_DIRECTORY = "/etc/homelab-ipv6-firewall.d/"
# Twisted's endpoint systemd:…:name= (its release notes of 22.10).
NAMES_SINCE = (22, 10)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_DESCRIPTOR = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_NAMED_ENDPOINT = re.compile(r"systemd:[^ ]*?\bname=([^: ]*)")
_NUMBERED_ENDPOINT = re.compile(r"systemd:[^ ]*?\bindex=[0-9]*")
_PLACEHOLDERS = ("endpoint", "files", "python", "twist", "twistd")

_ANY: dict[str, Address] = {IPV4: IPv4Address(0), IPV6: IPv6Address(0)}


def plan(options: Mapping[str, Any], debian_twisted: str = "", debian_python: str = "") -> dict[str, Any]:
    """Read the options, named without the role's prefix.

    :param debian_twisted: version of Debian's python3-twisted, installed or as the host's package lists know it; empty
        for none
    :param debian_python: first two numbers of the version of the host's Python
    :returns: all that the role's tasks need, or `problems` alone
    """
    reader = OptionReader("dual_stack_service_")
    name = _matching(reader, "name", options["name"], _NAME, "Write lower-case letters, digits and dashes, as in peers")
    if options["state"] == "absent":
        return {"problems": reader.problems} if reader.problems else _absent(name)
    python = read_python(reader, name, options["requirements"], options["command"], debian_python)
    sockets = _sockets(reader, name, options)
    words = _command(reader, options, python)
    files = _files(reader, options["files"])
    twisted = python.version if python.environment else debian_twisted
    each = _each(reader, options, words, sockets, twisted)
    service = Service(
        name=name,
        description=_line(reader, "description", options["description"] or name),
        command=tuple(words),
        each=each,
        user=_user(reader, options["user"]),
        sandbox=reader.truth("sandbox", options["sandbox"]),
        settings=_settings(reader, options["settings"]),
    )
    _check_names(reader, service, sockets)
    if reader.problems:
        return {"problems": reader.problems}
    written = [{"path": path, "content": text, "mode": "0644"} for path, text in units.render(service, sockets).items()]
    own = [{"path": f"{DIRECTORY}{name}/{at}", "content": text, "mode": mode} for at, (text, mode) in files.items()]
    return {
        "problems": [],
        **_common(name),
        "sockets": [units.module_row(service, socket) for socket in sockets],
        "files": written + own,
        "packages": [*python.packages, *_words(options["packages"])],
        "environment": python.environment,
        "requirements": python.requirements,
        "holes": _holes(service, sockets),
    }


def _common(name: str) -> dict[str, Any]:
    return {
        "mark": Service(name, "", (), False, "", False, ()).mark,
        "directory": DIRECTORY + name,
        "environments": f"{ENVIRONMENTS}{name}",
        "holes_path": f"{FIREWALL_DIRECTORY}{name}.nft",
    }


def _absent(name: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"packages": [], "environment": "", "requirements": "", "holes": ""}
    return {"problems": [], **_common(name), "sockets": [], "files": [], **nothing}


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, (list, tuple)) else []


def _matching(reader: OptionReader, option: str, value: object, pattern: re.Pattern[str], remedy: str) -> str:
    text = str(value)
    if not pattern.fullmatch(text):
        reader.refuse(option, text, "cannot be the name of units and files", remedy)
    return text


def _line(reader: OptionReader, option: str, value: object) -> str:
    text = str(value).strip()
    if not text.isprintable() or text.endswith("\\"):
        reader.refuse(option, text, "is not one line of text", "Write a few words on one line")
    return text


def _user(reader: OptionReader, value: object) -> str:
    """Empty for one that systemd makes up."""
    text = str(value)
    if text and not _USER.fullmatch(text):
        reader.refuse("user", text, "cannot be the name of a user", "Write a user of the host, or leave it out")
    return text


def _settings(reader: OptionReader, value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        remedy = "Write keys of [Service] and their values, as in MemoryMax: 200M"
        reader.refuse("settings", value, "is not a dictionary", remedy)
        return ()
    pairs = units.setting_pairs(value)
    try:
        networkd.section("Service", pairs)
    except ValueProblem as problem:
        reader.refuse("settings", problem.value, problem.problem, problem.remedy)
    for key, _value in pairs:
        if key in ("ExecStart", "Type", "Sockets"):
            reader.refuse("settings", key, "is what this role writes itself", "Leave it out")
    return pairs


def _files(reader: OptionReader, value: object) -> dict[str, tuple[str, str]]:
    """Name → content and mode."""
    found: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(reader.listed("files", value)):
        name = str(entry["name"])
        if not _FILE_NAME.fullmatch(name):
            remedy = "Write a name without a directory, as in peers.tac"
            reader.refuse(f"files[{number}].name", name, "cannot be the name of a file here", remedy)
        elif name in found:
            reader.refuse(f"files[{number}].name", name, "is there twice", "Leave one out")
        found[name] = (str(entry["content"]), _mode(reader, f"files[{number}].mode", entry.get("mode")))
    return found


def _mode(reader: OptionReader, option: str, value: object) -> str:
    if value is None:
        return "0644"
    remedy = 'Write it in octal and in quotes, as "0644"'
    if isinstance(value, int):
        # YAML reads 0644 as an octal number, and nobody can tell it from one that was meant to be 420.
        reader.refuse(option, value, "is a number, and may not be what was written", remedy)
    elif not MODE.fullmatch(str(value)):
        reader.refuse(option, value, "is no mode", remedy)
    return str(value)


def _sockets(reader: OptionReader, name: str, options: Mapping[str, Any]) -> list[Socket]:
    entries = reader.listed("sockets", options["sockets"])
    sockets = [_socket(reader, name, f"sockets[{n}].", entry, options["port"]) for n, entry in enumerate(entries)]
    if not entries:
        remedy = "Name one a family, as in {family: ipv6}; dual_stack_service_state: absent takes the service away"
        reader.refuse("sockets", "[]", "leaves the service without any", remedy)
    for number, socket in enumerate(sockets):
        for other in sockets[:number]:
            if socket.descriptor == other.descriptor:
                remedy = "Give each socket a descriptor of its own: the service tells them apart by it"
                reader.refuse(f"sockets[{number}].descriptor", socket.descriptor, "is there twice", remedy)
            if _same_place(socket, other):
                remedy = "Two sockets cannot listen there: leave one out, or give it another address or port"
                problem = f"meets the socket {other.descriptor}, which listens on {other.where}"
                reader.refuse(f"sockets[{number}]", f"{socket.protocol} {socket.where}", problem, remedy)
    return sockets


def _same_place(one: Socket, other: Socket) -> bool:
    if (one.family, one.protocol, one.port) != (other.family, other.protocol, other.port):
        return False
    return covers(one.address or _ANY[one.family], other.address or _ANY[one.family])


def _socket(reader: OptionReader, name: str, at: str, entry: Mapping[str, Any], port: object) -> Socket:
    family = reader.choice(at + "family", entry.get("family"), (IPV4, IPV6))
    protocol = reader.choice(at + "protocol", entry.get("protocol") or TCP, (TCP, UDP))
    its_own = entry.get("port")
    option, value = ("port", port) if its_own is None else (at + "port", its_own)
    remedy = "Write the port on which the service is reached, as in 8000"
    if value is None:
        reader.refuse(option, "it", "is missing", remedy)
    descriptor = str(entry.get("descriptor") or (family if protocol == TCP else f"{family}-{protocol}"))
    if not _DESCRIPTOR.fullmatch(descriptor):
        remedy = "Write lower-case letters, digits and dashes, as in ipv6"
        reader.refuse(at + "descriptor", descriptor, "cannot be the name of a descriptor here", remedy)
    started = str(entry.get("state") or "started") == "started"
    enabled = entry.get("enabled")
    return Socket(
        service=name,
        descriptor=descriptor,
        family=family,
        protocol=protocol,
        port=1 if value is None else reader.whole(option, value, 1, HIGHEST_PORT, remedy),
        address=_address(reader, at + "address", family, entry.get("address")),
        started=started,
        enabled=started if enabled is None else reader.truth(at + "enabled", enabled),
        firewall=reader.truth(at + "firewall", entry.get("firewall", True)),
    )


def _address(reader: OptionReader, option: str, family: str, value: object) -> Address | None:
    if not value or str(value) == str(_ANY[family]):
        return None
    if family == IPV4:
        return reader.one(option, value, parse_ipv4)
    address = reader.one(option, value, parse_ipv6)
    if address is not None and address.is_link_local:
        remedy = "Leave the address out, and say who may come in by the firewall"
        reader.refuse(option, value, "means something only together with an interface", remedy)
    if address is not None and address.ipv4_mapped:
        remedy = f"Write {address.ipv4_mapped} at a socket of family ipv4"
        reader.refuse(option, value, "is an IPv4 address in the clothes of an IPv6 one", remedy)
    return address


def _command(reader: OptionReader, options: Mapping[str, Any], python: Python) -> list[str]:
    words = [str(word) for word in reader.listed("command", options["command"])]
    if not words or not words[0].strip():
        remedy = "Write it word by word, as in ['{twist}', web, '--listen={endpoint}']"
        reader.refuse("command", words, "starts nothing", remedy)
        return []
    known = {"files": f"{DIRECTORY}{options['name']}", **python.programs}
    for word in words:
        if any(mark in word for mark in "\n\r\0"):
            reader.refuse("command", word, "has more than one line", "Put a script into dual_stack_service_files")
        for found in PLACEHOLDER.findall(word):
            # Other braces are the program's own affair.
            if found not in _PLACEHOLDERS and get_close_matches(found.lower(), _PLACEHOLDERS, cutoff=0.75):
                remedy = "Write one of: " + ", ".join(f"{{{each}}}" for each in _PLACEHOLDERS)
                reader.refuse("command", f"{{{found}}}", "stands for nothing here", remedy)
    filled = [PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), word) for word in words]
    if not filled[0].startswith("/"):
        remedy = "Begin the command with an absolute path, {python}, {twist} or {twistd}"
        reader.refuse("command", filled[0], "is not absolute, and a service has no path to look in", remedy)
    return filled


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", text)[:2])


def _each(
    reader: OptionReader, options: Mapping[str, Any], words: Sequence[str], sockets: Sequence[Socket], twisted: str
) -> bool:
    """Whether each socket gets a process of its own.

    Where it depends on a version that nobody knows, the next run might see it otherwise; so it is not guessed at.

    A Twisted that knows sockets by their number alone can be given but one: of several nobody knows the order.
    """
    choice = reader.choice("processes", options["processes"], ("auto", "one", "each"))
    if not any(ENDPOINT in word for word in words):
        return choice == "each"
    for number, socket in enumerate(sockets):
        if socket.protocol == UDP:
            remedy = "Leave {endpoint} out of the command and have the application adopt its sockets by name"
            reader.refuse(f"sockets[{number}].protocol", UDP, "is nothing for an endpoint of Twisted", remedy)
    if choice == "each" or len(sockets) < 2:
        return choice == "each"
    if not twisted and options["requirements"]:
        problem = "depends on the version of Twisted, and dual_stack_service_requirements names none"
        # What was refused may have been the line that names it.
        if not any(refusal.option == "dual_stack_service_requirements" for refusal in reader.refusals):
            reader.refuse("processes", choice, problem, "Pin Twisted there, or write each")
    elif not twisted:
        problem = "depends on the version of python3-twisted, and that is not known"
        reader.refuse("processes", choice, problem, "Run apt update on the host, or write each")
    old = bool(twisted) and _version(twisted) < NAMES_SINCE
    if choice == "one" and old:
        remedy = "Write auto or each, or a newer Twisted into dual_stack_service_requirements"
        problem = f"does not go with Twisted {twisted}, which finds sockets by number alone"
        reader.refuse("processes", "one", problem, remedy)
    return old


def _check_names(reader: OptionReader, service: Service, sockets: Sequence[Socket]) -> None:
    """What the command says of descriptors by itself."""
    known = [socket.descriptor for socket in sockets]
    for word in service.command:
        for name in _NAMED_ENDPOINT.findall(word):
            if name not in known and name != ENDPOINT:
                remedy = f"Write {ENDPOINT}, or one of the names of its sockets: {', '.join(known)}"
                reader.refuse("command", word, f"asks for the descriptor {name}, which no socket has", remedy)
        if len(known) > 1 and not service.each and _NUMBERED_ENDPOINT.search(word):
            problem = "counts on an order of the sockets, and there is none"
            reader.refuse("command", word, problem, f"Write {ENDPOINT} in its place")


def _holes(service: Service, sockets: Sequence[Socket]) -> str:
    """Rules for the chain of what comes in; it sees IPv6 alone."""
    lines = [service.mark]
    for socket in sockets:
        if socket.firewall and socket.started and socket.family == IPV6:
            where = f"ip6 daddr {socket.address} " if socket.address else ""
            comment = f"{service.name} {socket.descriptor}"
            lines.append(f'{where}{socket.protocol} dport {socket.port} counter accept comment "{comment}"')
    return "\n".join(lines) + "\n"
