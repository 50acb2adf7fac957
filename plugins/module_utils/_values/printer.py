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
# From the first colon to the last @: whoever cannot write a URI may have a / or a blank in the password.
_BEFORE_HOST = re.compile(r":.*@", re.DOTALL)
# smbspool takes all before the last @ for user and password, others no more than there is before the first slash.
_PASSWORD = re.compile(r"//[^/]*:[^/@]*@|^smb:.*:.*@", re.DOTALL)


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
    """Where a printer is, as CUPS writes it. No message ever shows a password.

    :raises ValueProblem: it is no URI, names no host, or has a password in it
    """
    text = str(value)
    if has_password(text):
        # It would stand on lpadmin's command line, which every user of the machine reads.
        remedy = "Leave it out, and have the printer or its server take jobs from this machine without one"
        raise ValueProblem(without_user(text), "has a password in it", remedy)
    found = _URI.fullmatch(text)
    if not found:
        remedy = "Write it as ipp://printer.home.example/ipp/print or ipp://[2001:db8::9]/ipp/print"
        raise ValueProblem(repr(without_user(text)), "is not the URI of a printer", remedy)
    if found[1] in _NETWORK:
        _check_host(without_user(text), found[2])
    return text


def has_password(uri: str) -> bool:
    """Whether there is one before the host."""
    return _PASSWORD.search(uri) is not None


def without_user(uri: str) -> str:
    """As much of a URI as anybody may read."""
    return _BEFORE_HOST.sub("://(hidden)@", uri)


def _check_host(shown: str, rest: str) -> None:
    found = _NETWORK_URI.fullmatch(rest)
    bracketed, name = (found[1], found[2]) if found else (None, "")
    if found and found[3] and not 0 < int(found[3]) <= LAST_PORT:
        raise ValueProblem(
            shown, f"has the port {found[3]}, which none has", "Leave the port out where it is the usual one"
        )
    if bracketed is None:
        if not name or ":" in name:
            remedy = "Write the host behind //, and an IPv6 address in brackets, as in ipp://[2001:db8::9]/ipp/print"
            raise ValueProblem(shown, "names no host that can be read", remedy)
        return
    zoned = _ZONED.fullmatch(bracketed)
    try:
        IPv6Address(zoned[1] if zoned else bracketed)
    except ValueError:
        remedy = "Write one as in ipp://[2001:db8::9]/ipp/print"
        raise ValueProblem(shown, "has something else than an IPv6 address in brackets", remedy) from None
