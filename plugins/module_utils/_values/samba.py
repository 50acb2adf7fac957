# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names, passwords and settings that Samba takes as they are, and where it asks for printers."""

from __future__ import annotations

import datetime as dt
import re

from .errors import ValueProblem
from .ipv6 import is_address

# Where the servers listen: Samba without NetBIOS, and CUPS.
SMB_PORT, IPP_PORT = 445, 631
LONGEST_SHARE = 80
LONGEST_WORKGROUP = 15
LONGEST_HOST = 253
LONGEST_PASSWORD = 127
# smbpasswd reads a line of 255 bytes, with its end, and takes the rest of a longer one for the next.
MOST_BYTES = 254
# What YAML makes of a password without quotes. A vaulted one need not be a str.
_NO_TEXT = (int, float, list, tuple, dict, dt.date)
SOCKET = "socket"
# Sections that mean something else to Samba, and a share that it makes itself.
RESERVED = ("global", "homes", "printers", "print$", "ipc$")
# [MS-FSCC], 2.1.6: what the name of a share cannot have.
_BAD_IN_SHARE = re.compile(r'["/\\\[\]:|<>+=;,*?%\x00-\x1f\x7f]')
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_.-]{0,30}")
_SETTING = re.compile(r"[a-z0-9][a-z0-9 :_*-]*", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def parse_share(value: object) -> str:
    """The name of a share or of a printer in Samba.

    :raises ValueProblem: Samba or Windows would not take it
    """
    name = str(value)
    remedy = f"Write up to {LONGEST_SHARE} letters, digits, dashes, underscores, dots or blanks, as in photos"
    if not name.strip() or name != name.strip() or len(name) > LONGEST_SHARE or _BAD_IN_SHARE.search(name):
        raise ValueProblem(repr(name), "cannot be the name of a share", remedy)
    if name.lower() in RESERVED:
        raise ValueProblem(name, "is a name that Samba uses itself", "Give it another name")
    return name


def parse_account(value: object) -> str:
    """The name of a user.

    :raises ValueProblem: it is none that Debian would make
    """
    name = str(value)
    if not _ACCOUNT.fullmatch(name):
        remedy = "Write up to 31 small letters, digits, dashes, dots or underscores, as in anna"
        raise ValueProblem(repr(name), "cannot be the name of a user", remedy)
    return name


def parse_password(value: object, most_bytes: int = MOST_BYTES) -> str:
    """A password. No message ever shows it.

    :param most_bytes: of UTF-8
    :raises ValueProblem: there is none, YAML took it for something else, or clients could not send it
    """
    if isinstance(value, _NO_TEXT):
        # Of 0123 YAML makes 83, of yes it makes True: what the user wrote cannot be known any more.
        problem = "is no text for YAML, which may have made another of it"
        raise ValueProblem("(hidden)", problem, "Write the password in quotes")
    password = "" if value is None else str(value)
    if not password:
        raise ValueProblem("(nothing)", "is no password", "Give the user one, from a vault")
    if "\n" in password or "\r" in password or "\0" in password:
        raise ValueProblem("(hidden)", "has a line break or a zero in it", "Write the password on one line")
    if len(password) > LONGEST_PASSWORD:
        problem = f"has {len(password)} characters, more than Windows sends"
        raise ValueProblem("(hidden)", problem, f"Shorten it to {LONGEST_PASSWORD}")
    size = len(password.encode("utf-8", "surrogateescape"))
    if size > most_bytes:
        problem = f"has {size} bytes in UTF-8, more than can be handed over"
        raise ValueProblem("(hidden)", problem, f"Shorten it to {most_bytes}")
    return password


def parse_line(value: object) -> str:
    """Text that stands on one line of a configuration file.

    :raises ValueProblem: it would not end there
    """
    if isinstance(value, bool):
        # YAML's word for "yes" and "no".
        return "yes" if value else "no"
    text = str(value).strip()
    if not text.isprintable() or text.endswith("\\"):
        remedy = "Write it without line breaks, and without a \\ at its end"
        raise ValueProblem(repr(text), "does not fit on one line", remedy)
    return text


def parse_setting(value: object) -> str:
    """The name of a parameter of smb.conf(5), in small letters and with single blanks.

    :raises ValueProblem: it cannot be one
    """
    name = " ".join(str(value).split()).lower()
    if not _SETTING.fullmatch(name):
        raise ValueProblem(repr(value), "is no parameter of smb.conf", "Write it as in the manual, as in max log size")
    return name


def parse_share_path(value: object) -> str:
    """A directory of the server's.

    :raises ValueProblem: Samba could not serve it
    """
    path = parse_line(value)
    if not path.startswith("/"):
        raise ValueProblem(repr(path), "is not absolute", "Begin it with /, as in /srv/photos")
    if "%" in path:
        remedy = "Give the directory another name, or name it by path in settings, where Samba shall fill something in"
        raise ValueProblem(repr(path), "has a % in it, which stands for something else to Samba", remedy)
    return bare_directory(path)


def bare_directory(path: str) -> str:
    """Without what may stand around it: one directory, one spelling."""
    return path.strip().rstrip("/") or "/"


def parse_workgroup(value: object) -> str:
    """The name of a workgroup.

    :raises ValueProblem: Samba says so in passing and goes on, but nobody finds it
    """
    name = str(value)
    if not name or len(name) > LONGEST_WORKGROUP or " " in name or _BAD_IN_SHARE.search(name):
        remedy = f"Write up to {LONGEST_WORKGROUP} letters, digits, dashes or dots, as in WORKGROUP"
        raise ValueProblem(repr(name), "cannot be the name of a workgroup", remedy)
    return name


def parse_cups_name(value: object) -> str:
    """A name by which clients ask CUPS for something, or an address.

    :raises ValueProblem: it is more than one, or everybody's
    """
    name = str(value)
    if is_address(name):
        return name
    if not _NAME.fullmatch(name) or len(name) > LONGEST_HOST:
        remedy = "Write a name as it stands in DNS, as in nas.home.example"
        raise ValueProblem(repr(name), "is no name of a machine", remedy)
    # Clients may ask for it with the dot of DNS's root; CUPS compares without.
    return name.rstrip(".")


def parse_cups_server(value: object) -> str:
    """Where Samba asks CUPS for printers, empty for CUPS's socket.

    Samba cuts what it is told at the first colon (``source3/printing/print_cups.c``), so that it takes no IPv6 address.

    :raises ValueProblem: Samba would ask in vain
    """
    text = str(value)
    if text == SOCKET:
        return ""
    bare = text.partition("]")[0].lstrip("[")
    if is_address(bare) or is_address(text):
        remedy = f"Write {SOCKET}, or a name that leads there: ip6-localhost:631 is [::1]:631 on Debian"
        raise ValueProblem(text, "is an IPv6 address, which Samba cuts at its first colon", remedy)
    if not _HOST.fullmatch(text):
        raise ValueProblem(repr(text), "is no host", f"Write {SOCKET}, or a name and a port such as localhost:631")
    return text
