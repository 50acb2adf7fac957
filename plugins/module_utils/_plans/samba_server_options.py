# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role samba_server mean: what is shared with whom, and where it is listened for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from .._values.interface import parse_plain_interface
from .._values.lan import Network, parse_lan_prefix
from .._values.printer import parse_printer_uri, parse_queue
from .._values.samba import (
    bare_directory,
    parse_account,
    parse_cups_name,
    parse_cups_server,
    parse_line,
    parse_password,
    parse_setting,
    parse_share,
    parse_share_path,
    parse_workgroup,
)
from .options import OptionReader

EVERYWHERE = "everywhere"


class Share(NamedTuple):
    """A directory that is shared.

    :param users: who may come in; empty is every user of the role's
    :param settings: further parameters of smb.conf(5)
    """

    name: str
    path: str
    comment: str
    writable: bool
    guest: bool
    browseable: bool
    users: tuple[str, ...]
    settings: Mapping[str, str]


class Printer(NamedTuple):
    """A queue of CUPS, and whether Samba shows it too."""

    name: str
    uri: str
    driver: str
    description: str
    location: str
    samba: bool


class Server(NamedTuple):
    """All that is asked for.

    :param lans: interface → the prefixes of the LAN there, those behind its routers included
    :param prefixes: all of these
    :param addresses: this machine's own, at the interfaces and in their prefixes
    """

    lans: Mapping[str, tuple[Network, ...]]
    prefixes: tuple[Network, ...]
    addresses: tuple[str, ...]
    workgroup: str
    description: str
    names: tuple[str, ...]
    users: tuple[str, ...]
    shares: tuple[Share, ...]
    printers: tuple[Printer, ...]
    cups: bool
    cups_server: str
    settings: Mapping[str, str]
    announce: tuple[str, ...]


def read(options: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Server | None, list[str]]:
    """The options, or all that is wrong with them.

    :param options: the role's, by name without its prefix
    :param found: ``addresses`` as ``ip -json address`` prints them, ``missing`` the directories that are not there,
        ``unknown`` the users that the machine does not have
    """
    reader = OptionReader("samba_server_")
    interfaces = _interfaces(reader, options, found)
    prefixes = reader.many("prefixes", options["prefixes"], parse_lan_prefix)
    if not prefixes:
        reader.refuse("prefixes", "[]", "serves nobody", "Name the prefixes of the LAN, as in 2001:db8:0:1::/64")
    own = {name: _own_addresses(found, name) for name in interfaces}
    lans = _lans(reader, prefixes, own)
    routed = reader.many("routed_prefixes", options["routed_prefixes"], parse_lan_prefix)
    users = _users(reader, options["users"], found.get("unknown") or ())
    shares = _shares(reader, options["shares"], users, found)
    printers = _printers(reader, options)
    _check_names(reader, shares, printers)
    server = Server(
        # Which of them a router is at does not matter where several lead to what it is the way to.
        lans={name: (*lan, *(routed if name == interfaces[0] else ())) for name, lan in lans.items()},
        prefixes=tuple(dict.fromkeys([*prefixes, *routed])),
        addresses=tuple(
            one for name, lan in lans.items() for one in own[name] if any(ip_address(one) in net for net in lan)
        ),
        workgroup=reader.one("workgroup", options["workgroup"], parse_workgroup) or "",
        description=reader.one("description", options["description"], parse_line) or "",
        names=reader.many("names", options["names"], parse_cups_name),
        users=users,
        shares=shares,
        printers=printers,
        cups=reader.truth("cups", options["cups"]),
        cups_server=reader.one("cups_server", options["cups_server"], parse_cups_server) or "",
        settings=_settings(reader, "settings", options["settings"]),
        announce=tuple(options["announce"]),
    )
    return (None if reader.problems else server), reader.problems


def _interfaces(reader: OptionReader, options: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    interfaces = reader.many("interfaces", options["interfaces"], parse_plain_interface)
    there = [link["ifname"] for link in found["addresses"] if link.get("ifname", "lo") != "lo"]
    if not interfaces:
        remedy = f"Name the interface of the LAN: this machine has {', '.join(there) or 'none'}"
        reader.refuse("interfaces", "[]", "serves nobody", remedy)
    for name in interfaces:
        if name == "lo":
            reader.refuse("interfaces", name, "is loopback, which is always served", "Name the interface of the LAN")
        elif name not in there:
            remedy = f"Name one that is there: {', '.join(there) or 'none'}"
            reader.refuse("interfaces", name, "is no interface of this machine", remedy)
    return interfaces


def _lans(
    reader: OptionReader, prefixes: Sequence[Network], own: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Network, ...]]:
    """Interface → the prefixes in which it has an address."""
    lans = {name: tuple(net for net in prefixes if any(ip_address(one) in net for one in own[name])) for name in own}
    for prefix in prefixes if own else ():
        if not any(prefix in lan for lan in lans.values()):
            at = ", ".join(own)
            remedy = f"Name a prefix of {at}, or put one that lies behind a router into samba_server_routed_prefixes"
            reader.refuse("prefixes", prefix, f"holds no address of this machine's at {at}", remedy)
    return lans


def _own_addresses(found: Mapping[str, Any], interface: str) -> tuple[str, ...]:
    """Those that stay: no temporary ones (RFC 8981), none on its way out, none that another machine has, too."""
    return tuple(
        entry["local"]
        for link in found["addresses"]
        for entry in link.get("addr_info", [])
        if link.get("ifname") == interface
        and entry.get("scope") == "global"
        and not any(entry.get(flag) for flag in ("temporary", "deprecated", "dadfailed"))
    )


def _users(reader: OptionReader, raw: object, unknown: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for number, entry in enumerate(reader.listed("users", raw)):
        name = reader.one(f"users[{number}].name", entry.get("name"), parse_account)
        reader.one(f"users[{number}].password", entry.get("password"), parse_password)
        if name in unknown and not reader.truth(f"users[{number}].create", entry.get("create", True)):
            remedy = "Add the user to the machine, or say create: true"
            reader.refuse(f"users[{number}].name", name, "is no user of this machine", remedy)
        if name in names:
            reader.refuse(f"users[{number}].name", name, "is there twice", "Put all of a user into one entry")
        names += [name] if name else []
    return tuple(names)


def _shares(reader: OptionReader, raw: object, users: Sequence[str], found: Mapping[str, Any]) -> tuple[Share, ...]:
    shares: list[Share] = []
    missing = [bare_directory(path) for path in found["missing"]]
    for number, entry in enumerate(reader.listed("shares", raw)):
        at = f"shares[{number}]."
        path = reader.one(at + "path", entry.get("path"), parse_share_path) or ""
        if path and path in missing:
            remedy = "Make it, and mount what belongs there, or correct the path"
            reader.refuse(at + "path", path, "is no directory of this machine's", remedy)
        allowed = reader.many(at + "users", entry.get("users"), parse_account)
        for name in allowed:
            if name not in users:
                remedy = f"Add the user there, or name one of {', '.join(users) or 'none'}"
                reader.refuse(at + "users", name, "is not among samba_server_users", remedy)
        guest = reader.truth(at + "guest", entry.get("guest", False))
        if guest and allowed:
            remedy = "Leave guest or users out"
            reader.refuse(at + "guest", "true", "lets everybody in, and users does not", remedy)
        if not guest and not users:
            remedy = "Add one to samba_server_users, or say guest: true where everybody on the LAN may come in"
            reader.refuse(at + "users", "[]", "is nobody: there are no users at all", remedy)
        shares.append(
            Share(
                name=reader.one(at + "name", entry.get("name"), parse_share) or "",
                path=path,
                comment=reader.one(at + "comment", entry.get("comment") or "", parse_line) or "",
                writable=reader.truth(at + "writable", entry.get("writable", False)),
                guest=guest,
                browseable=reader.truth(at + "browseable", entry.get("browseable", True)),
                users=allowed,
                settings=_settings(reader, at + "settings", entry.get("settings")),
            )
        )
    return tuple(shares)


def _settings(reader: OptionReader, option: str, raw: object) -> dict[str, str]:
    if raw is not None and not isinstance(raw, Mapping):
        remedy = "Write a parameter and its value a line, as in max log size: 50"
        reader.refuse(option, raw, "is not a dictionary", remedy)
        return {}
    settings: dict[str, str] = {}
    for key, value in (raw or {}).items():
        name = reader.one(option, key, parse_setting)
        text = reader.one(f"{option}.{key}", value, parse_line)
        if name and text is not None:
            settings[name] = text
    return settings


def _printers(reader: OptionReader, options: Mapping[str, Any]) -> tuple[Printer, ...]:
    printers: list[Printer] = []
    for number, entry in enumerate(reader.listed("printers", options["printers"])):
        at = f"printers[{number}]."
        printers.append(
            Printer(
                name=reader.one(at + "name", entry.get("name"), parse_queue) or "",
                uri=reader.one(at + "uri", entry.get("uri"), parse_printer_uri) or "",
                driver=reader.one(at + "driver", entry.get("driver") or EVERYWHERE, parse_line) or "",
                description=reader.one(at + "description", entry.get("description") or "", parse_line) or "",
                location=reader.one(at + "location", entry.get("location") or "", parse_line) or "",
                samba=reader.truth(at + "samba", entry.get("samba", True)),
            )
        )
    default = options["default_printer"]
    names = [printer.name for printer in printers]
    if default and default not in names:
        remedy = f"Name one of {', '.join(names) or 'none'}"
        reader.refuse("default_printer", default, "is not among samba_server_printers", remedy)
    if printers and not options["cups"]:
        remedy = "Leave samba_server_cups at true, or the printers out"
        reader.refuse("printers", ", ".join(names), "need CUPS, which is turned off", remedy)
    return tuple(printers)


def _check_names(reader: OptionReader, shares: Sequence[Share], printers: Sequence[Printer]) -> None:
    """Samba and CUPS both take PHOTOS for photos."""
    lists = (("shares", [one.name for one in shares]), ("printers", [one.name for one in printers]))
    seen: dict[str, str] = {}
    for option, names in lists:
        for number, name in enumerate(names):
            where = f"{option}[{number}].name"
            first = seen.setdefault(name.lower(), where)
            if first != where and name:
                reader.refuse(where, name, f"is the name of {first} already", "Give each share and printer its own")
