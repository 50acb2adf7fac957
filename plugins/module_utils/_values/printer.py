# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues of CUPS: their names, and where their printers are."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from .errors import ValueProblem

LONGEST_QUEUE = 127
LAST_PORT = 65535
# cupsd takes no blanks, slashes, number signs, quotes and question marks; the rest are what shells and URIs read.
_QUEUE = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_QUEUE}}}")
_URI = re.compile(r"([a-z][a-z0-9+.-]*):(/\S*)")
_NETWORK = ("ipp", "ipps", "http", "https", "socket", "lpd")
_NETWORK_URI = re.compile(r"//(?:[^@/]*@)?(?:\[([^\]]*)\]|([^/\[\]]*?))(?::([0-9]{1,5}))?(?:/\S*)?")
# CUPS writes the zone of a link-local address so, after RFC 6874's draft: [v1.fe80::1+eth0].
_ZONED = re.compile(r"(?:v1\.)?([0-9A-Fa-f:.]+)(?:[+][A-Za-z0-9_.-]+)?")


def parse_queue(value: object) -> str:
    """The name of a queue.

    :raises ValueProblem: cupsd, a shell or a URI would not take it
    """
    name = str(value)
    if not _QUEUE.fullmatch(name):
        remedy = f"Write up to {LONGEST_QUEUE} letters, digits, dashes, dots or underscores, as in laser"
        raise ValueProblem(repr(name), "cannot be the name of a queue", remedy)
    return name


def parse_printer_uri(value: object) -> str:
    """Where a printer is, as CUPS writes it.

    :raises ValueProblem: it is no URI, or names no host
    """
    text = str(value)
    found = _URI.fullmatch(text)
    if not found:
        remedy = "Write it as ipp://printer.home.example/ipp/print or ipp://[2001:db8::9]/ipp/print"
        raise ValueProblem(repr(text), "is not the URI of a printer", remedy)
    if found[1] in _NETWORK:
        _check_host(text, found[2])
    return text


def _check_host(text: str, rest: str) -> None:
    found = _NETWORK_URI.fullmatch(rest)
    bracketed, name = (found[1], found[2]) if found else (None, "")
    if found and found[3] and not 0 < int(found[3]) <= LAST_PORT:
        raise ValueProblem(
            text, f"has the port {found[3]}, which none has", "Leave the port out where it is the usual one"
        )
    if bracketed is None:
        if not name or ":" in name:
            remedy = "Write the host behind //, and an IPv6 address in brackets, as in ipp://[2001:db8::9]/ipp/print"
            raise ValueProblem(text, "names no host that can be read", remedy)
        return
    zoned = _ZONED.fullmatch(bracketed)
    try:
        IPv6Address(zoned[1] if zoned else bracketed)
    except ValueError:
        remedy = "Write one as in ipp://[2001:db8::9]/ipp/print"
        raise ValueProblem(text, "has something else than an IPv6 address in brackets", remedy) from None
