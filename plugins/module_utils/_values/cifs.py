# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shares of another machine's: where they are, where they are mounted, and who asks for them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Union

from .errors import ValueProblem
from .samba import parse_password

Address = Union[IPv4Address, IPv6Address]

# What Windows writes for an IPv6 address where no colon can stand ([MS-DTYP], 2.2.57).
LITERAL = ".ipv6-literal.net"
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
LAST_PORT = 65535
# systemd.unit(5): what an escaped path keeps as it is.
_KEPT = re.compile(r"[A-Za-z0-9:_.]")
# A mount over one of these, and the machine does not start any more, or is not to be logged in to, or its services lose
# what they have.
_NEEDED = frozenset("/ /bin /boot /home /lib /lib64 /opt /root /run /sbin /tmp /var".split())
_NEEDED |= frozenset(f"/var/{name}" for name in "backups cache lib local log mail opt spool tmp".split())
_NEEDED_TREES = ("/dev", "/etc", "/proc", "/sys", "/usr")
# Bytes that a file system lets a name have, and those that a file of the longest unit's needs until it is moved there.
_LONGEST_NAME, _ASIDE = 255, len("..4194304-9999.staged")
_LONGEST_STEM = _LONGEST_NAME - _ASIDE - len(".automount")
_USER = re.compile(r"[^\s%,\\/:\"\[\]|<>+=;?*@]+(@[A-Za-z0-9.-]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(=[^\s,\"]+)?")
_OWNER = re.compile(r"[0-9]+|[a-z_][a-z0-9_.-]*")
_MODE = re.compile(r"0?[0-7]{3,4}")
# These follow from other options.
_OURS = "credentials cred user username ip addr uid gid file_mode dir_mode ro rw port guest".split()
# Likewise: pass, password, password2.
_SEEN_BY_ALL = ("pass",)


def parse_server(value: object) -> str:
    """A server: a name, or an address without brackets.

    :raises ValueProblem: it is neither, or an address that no unit file can name
    """
    text = str(value).strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if bare.lower().endswith(LITERAL):
        bare = bare[: -len(LITERAL)].replace("-", ":").replace("s", "%")
    try:
        address = ip_address(bare)
    except ValueError:
        # With the dot it is the same name, and SMB knows none that has it.
        bare = bare[:-1] if bare.endswith(".") else bare
        if ":" in bare or not _NAME.fullmatch(bare) or _PORT.fullmatch(bare):
            remedy = "Write a name or an address alone, as in nas.home.example or 2001:db8::10"
            raise ValueProblem(repr(text), "is no server", remedy) from None
        return bare.lower()
    if "%" in bare or address.is_link_local:
        remedy = "Write its name, or its address of the network, as in 2001:db8::10"
        raise ValueProblem(text, "is link-local: it means nothing without an interface", remedy)
    if address.is_multicast or address.is_unspecified:
        raise ValueProblem(text, "is not the address of one host", "Write one as in 2001:db8::10")
    return str(address)


def address_of(server: str) -> Address | None:
    """The address that a server was written as, None for a name."""
    try:
        return ip_address(server)
    except ValueError:
        return None


def unc_host(server: str) -> str:
    """The server as it stands in //SERVER/share."""
    address = address_of(server)
    return server.replace(":", "-") + LITERAL if isinstance(address, IPv6Address) else server


def bracketed(server: str) -> str:
    """The server as it stands before a port."""
    return f"[{server}]" if isinstance(address_of(server), IPv6Address) else server


def parse_cups_host(value: object) -> tuple[str, int]:
    """A CUPS server and its port.

    :raises ValueProblem: it is none
    """
    text = str(value).strip()
    host, port = text, "631"
    if text.startswith("[") and "]:" in text:
        host, _between, port = text.rpartition(":")
    elif text.count(":") == 1:
        host, _colon, port = text.partition(":")
    if not _PORT.fullmatch(port) or not 0 < int(port) <= LAST_PORT:
        raise ValueProblem(text, "has no port that can be", "Write it as nas.home.example:631 or [2001:db8::10]:631")
    return parse_server(host), int(port)


def parse_mount_point(value: object) -> str:
    """A directory of this machine's where a share is seen.

    :raises ValueProblem: it is none, or one that this machine itself needs
    """
    text = str(value)
    parts = text.rstrip("/").split("/")
    if not text.startswith("/") or not text.isprintable() or any(one in ("", ".", "..") for one in parts[1:]):
        remedy = "Write it from / on, without . and .. and without a second /, as in /srv/photos"
        raise ValueProblem(repr(text), "is no directory for a mount", remedy)
    path = "/".join(parts) or "/"
    if path in _NEEDED or any((path + "/").startswith(tree + "/") for tree in _NEEDED_TREES):
        remedy = "Choose one below it, or below /srv or /mnt" if path == "/home" else "Choose one below /srv or /mnt"
        raise ValueProblem(path, "is a directory that this machine needs itself", remedy)
    if path != path.strip() or path.endswith("\\"):
        raise ValueProblem(repr(path), "ends in a way that systemd would not read back", "Choose another name")
    if len(escaped(path)) > _LONGEST_STEM:
        problem = f"makes a unit's name of {len(escaped(path))} bytes, more than {_LONGEST_STEM}"
        remedy = "Choose a shorter one: a letter that is not in ASCII takes eight, a blank and a dash four"
        raise ValueProblem(path, problem, remedy)
    return path


def escaped(path: str) -> str:
    """The name that units for a path have, as `systemd-escape --path` writes it."""
    letters: list[str] = []
    for letter in path.strip("/"):
        if letter == "/":
            letters.append("-")
        elif _KEPT.fullmatch(letter) and (letters or letter != "."):
            letters.append(letter)
        else:
            letters += [f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape")]
    return "".join(letters) or "-"


def parse_user(value: object) -> str:
    """A user of the server's, empty for a guest.

    :raises ValueProblem: no server has such a one
    """
    text = "" if value is None else str(value)
    if text and not _USER.fullmatch(text):
        raise ValueProblem(repr(text), "cannot be a user of a server", "Write the name alone, and the domain as domain")
    return text


def parse_sent_password(value: object) -> str:
    """A password as a client writes it into its file of credentials.

    :raises ValueProblem: there is none, or a program would read another
    """
    password = parse_password(value)
    if password != password.strip():
        problem = "begins or ends with a blank, which smbclient and mount.cifs drop"
        raise ValueProblem("(hidden)", problem, "Give the user another password")
    return password


def parse_owner(value: object) -> str:
    """A user or group of this machine's, by name or number.

    :raises ValueProblem: it is none
    """
    text = str(value)
    if not _OWNER.fullmatch(text):
        raise ValueProblem(repr(text), "is no user or group", "Write a name or a number, as in anna or 1000")
    return text


def parse_mode(value: object) -> str:
    """Permission bits.

    :raises ValueProblem: they are none
    """
    text = str(value)
    if isinstance(value, int) or not _MODE.fullmatch(text):
        raise ValueProblem(repr(value), "is no mode", 'Write it in octal and in quotes, as "0664"')
    return text if text.startswith("0") else "0" + text


def parse_mount_option(value: object) -> str:
    """A further option of mount.cifs(8).

    :raises ValueProblem: it is none, or one that other options decide about
    """
    text = str(value)
    remedy = "Say it by user, password, owner, group, file_mode, directory_mode, writable or server"
    # First, since all other messages show what stands behind the equals sign. Others would be behind a comma.
    for name in (part.partition("=")[0].strip() for part in text.split(",")):
        if name.lower().startswith(_SEEN_BY_ALL) or name.lower() in _OURS:
            raise ValueProblem(name, "follows from other options", remedy)
    if not _WORD.fullmatch(text):
        raise ValueProblem(repr(text), "is no option of mount.cifs", "Write one an item, as in vers=3.1.1")
    return text
