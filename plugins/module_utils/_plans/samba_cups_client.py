# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options of the role samba_cups_client mean: what is mounted, where it is printed, and what is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from .._values.cifs import bracketed, parse_cups_host
from .._values.printer import parse_printer_uri, parse_queue
from .._values.samba import IPP_PORT, parse_line
from . import cifs_mounts
from .cifs_mounts import Share
from .options import OptionReader

EVERYWHERE = "everywhere"
# Where CUPS's clients find the server's queues, as in ipp://nas.home.example:631/printers/laser.
QUEUES = "/printers/"


def plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options.

    :param options: the role's, by name without its prefix
    """
    reader = OptionReader("samba_cups_client_")
    shares = cifs_mounts.read(reader, "shares", options["shares"])
    queues = _queues(reader, options["printers"])
    server = _cups_server(reader, options["cups_server"])
    default = _default(reader, options, queues, server)
    if reader.problems:
        return {"problems": reader.problems}
    return {
        "problems": [],
        "shares": [_asked(share) for share in shares],
        "queues": queues,
        "default": default,
        "client_conf": f"ServerName {bracketed(server[0])}:{server[1]}" if server else "",
        "verify": {
            "units": [cifs_mounts.TARGET] if shares else [],
            "shares": [_looked_into(share) for share in shares],
            "printers": _looked_at(queues, server, default),
        },
    }


def _asked(share: Share) -> dict[str, Any]:
    """As the module cifs_mounts is told of it."""
    return {key: list(value) if key == "options" else value for key, value in share._asdict().items()}


def _looked_into(share: Share) -> dict[str, Any]:
    asked: dict[str, Any] = {"server": share.server, "share": share.share, "user": share.user, "path": share.path}
    return {**asked, "credentials": share.credentials} if share.user else asked


def _queues(reader: OptionReader, raw: object) -> list[dict[str, Any]]:
    queues: list[dict[str, Any]] = []
    for number, entry in enumerate(reader.listed("printers", raw)):
        at = f"printers[{number}]."
        name = reader.one(at + "name", entry.get("name"), parse_queue) or ""
        if name and name.lower() in [queue["name"].lower() for queue in queues]:
            reader.refuse(at + "name", name, "is there twice", "Give each queue a name of its own")
        queues.append(
            {
                "name": name,
                "uri": reader.one(at + "uri", entry.get("uri"), parse_printer_uri) or "",
                "driver": reader.one(at + "driver", entry.get("driver") or EVERYWHERE, parse_line) or "",
                "description": reader.one(at + "description", entry.get("description") or "", parse_line) or "",
                "location": reader.one(at + "location", entry.get("location") or "", parse_line) or "",
                # This machine prints; it is nobody's print server.
                "shared": False,
            }
        )
    return queues


def _cups_server(reader: OptionReader, raw: object) -> tuple[str, int] | None:
    return reader.one("cups_server", raw, parse_cups_host) if raw else None


def _default(
    reader: OptionReader, options: Mapping[str, Any], queues: Sequence[Mapping[str, Any]], server: object
) -> str:
    default = (
        reader.one("default_printer", options["default_printer"], parse_queue) if options["default_printer"] else ""
    )
    names = [queue["name"] for queue in queues]
    if options["cups_server"] and queues:
        remedy = (
            "Leave the printers out where the server's queues are used, or cups_server where this machine has its own"
        )
        reader.refuse("printers", ", ".join(names), "are not used beside samba_cups_client_cups_server", remedy)
    elif default and not server and default not in names:
        remedy = f"Name one of {', '.join(names) or 'none'}, or samba_cups_client_cups_server"
        reader.refuse("default_printer", default, "is not among samba_cups_client_printers", remedy)
    return default or ""


def _looked_at(
    queues: Sequence[Mapping[str, Any]], server: tuple[str, int] | None, default: str
) -> list[dict[str, Any]]:
    """The CUPS servers, and their queues."""
    if server:
        return [{"server": server[0], "port": server[1], "queue": default}]
    found: list[dict[str, Any]] = []
    for queue in queues:
        uri = urlsplit(queue["uri"])
        if uri.scheme in ("ipp", "ipps") and uri.hostname and "+" not in uri.hostname:
            name = uri.path[len(QUEUES) :] if uri.path.startswith(QUEUES) else ""
            found.append({"server": uri.hostname, "port": uri.port or IPP_PORT, "queue": name})
    return found
