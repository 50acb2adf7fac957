# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and values of kernel parameters, as sysctl.d(5) and sysctl(8) write them.

Strings are taken apart by hand here: compiling a dozen regular expressions in every run of a module takes longer than
reading 48 parameters from the kernel.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import ValueProblem

# What systemd takes for white space; Python's own idea of it is wider.
BLANKS = " \t\r\n"
# Two names of one value.
ALIASES = {"net/ipv4/ip_forward": "net/ipv4/conf/all/forwarding"}
_CONF = (["net", "ipv4", "conf"], ["net", "ipv6", "conf"])
_SWAP = str.maketrans("./", "/.")
_NO_NAMES = {"", ".", ".."}


class Spread(NamedTuple):
    """Where a value is written to beside its own place: ``directory/IFACE/key`` of every interface."""

    directory: str
    key: str


# Writing these under conf/all writes them to default and to every interface as well (Linux, net/ipv6/addrconf.c and
# net/ipv4/devinet.c).
SPREADING = {
    f"{place.directory}/all/{place.key}": place
    for place in (
        Spread("net/ipv4/conf", "forwarding"),
        Spread("net/ipv6/conf", "addr_gen_mode"),
        Spread("net/ipv6/conf", "disable_ipv6"),
        Spread("net/ipv6/conf", "force_forwarding"),
        Spread("net/ipv6/conf", "forwarding"),
        Spread("net/ipv6/conf", "ignore_routes_with_linkdown"),
    )
}


def parse_key(text: str) -> str:
    """One canonical form of a key: the path below /proc/sys.

    sysctl.d(5): where the first separator is a slash the rest is left as it is; where it is a dot, dots and slashes
    change places. So ``net.ipv6.conf.eth0/10.forwarding`` and ``net/ipv6/conf/eth0.10/forwarding`` are one key. A
    leading slash means nothing to systemd-sysctl.

    :raises ValueProblem: not the name of a parameter
    """
    text = text.strip(BLANKS)
    dot, slash = text.find("."), text.find("/")
    path = text.translate(_SWAP) if dot >= 0 and not 0 <= slash < dot else text.lstrip("/")
    parts = path.split("/")
    strange = not _is_plain(path) or path.startswith("-") or "." in parts[0]
    if strange or len(parts) < 2 or not _NO_NAMES.isdisjoint(parts):
        raise ValueProblem(repr(text), "is not a sysctl key", "Write it as net.ipv6.conf.all.forwarding")
    return path


def _is_plain(text: str) -> bool:
    """Whether a text is one word that can stand before an equals sign."""
    return text.isprintable() and " " not in text and "=" not in text


def is_pattern(path: str) -> bool:
    """Whether a key holds a wildcard of glob(7)."""
    return any(char in path for char in "*?[")


def interface_of(path: str) -> tuple[str, str] | None:
    """(interface, key) of an IPv6 parameter of an interface, None for other keys."""
    parts = path.split("/")
    return (parts[3], parts[4]) if len(parts) == 5 and parts[:3] == _CONF[1] else None


def render_key(path: str) -> str:
    """The usual notation: dots, and slashes only where an interface name holds a dot."""
    return path.translate(_SWAP)


def interface_key(interface: str, key: str) -> str:
    """The path of an IPv6 parameter of one interface.

    :raises ValueProblem: the name cannot be that of a network interface (1 to 15 bytes, no slash, no space), or
        cannot stand in a file of sysctl.d(5) (an equals sign)
    """
    if (
        not _is_plain(interface)
        or "/" in interface
        or interface in (".", "..")
        or not 1 <= len(interface.encode()) <= 15
    ):
        raise ValueProblem(repr(interface), "cannot be an interface name", "Use a name that `ip link` shows")
    if not key.isascii() or not key.replace("_", "x").isalnum():
        raise ValueProblem(repr(key), "is not an IPv6 parameter", "Use a name below net.ipv6.conf.IFACE, as accept_ra")
    return f"net/ipv6/conf/{interface}/{key}"


def parse_value(value: object) -> str:
    """One canonical form of a value: words with one space between them, and 1 or 0 for a truth value.

    :raises ValueProblem: a list, a mapping, several lines or nothing at all
    """
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, (str, int, float)):
        raise ValueProblem(repr(value), "is not a value of a kernel parameter", "Write a number or a line of text")
    text = " ".join(word for word in str(value).strip(BLANKS).replace("\t", " ").split(" ") if word)
    if not text or not text.isprintable():
        raise ValueProblem(repr(value), "is not one line of text", "Write a number or a line of text")
    return text


def order(path: str) -> tuple[int, str]:
    """Sort key: ``all`` and ``default`` first, since writing ``all`` may write the interfaces too."""
    parts = ALIASES.get(path, path).split("/")
    rank = {"all": 0, "default": 1}.get(parts[3], 2) if len(parts) == 5 and parts[:3] in _CONF else 0
    return rank, path


def spread(path: str) -> Spread | None:
    """Where writing ``path`` writes beside it, None for most."""
    return SPREADING.get(ALIASES.get(path, path))


def spreads_to(path: str, other: str) -> bool:
    """Whether writing ``path`` sets ``other`` too."""
    where = spread(path)
    parts = other.rsplit("/", 2)
    return where is not None and len(parts) == 3 and (parts[0], parts[2]) == where and parts[1] != "all"
