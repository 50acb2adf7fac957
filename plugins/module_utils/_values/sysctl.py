# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and values of kernel parameters, as sysctl.d(5) and sysctl(8) write them."""

from __future__ import annotations

import re

from .errors import ValueProblem

GLOB = re.compile(r"[*?\[]")
INTERFACE_KEY = re.compile(r"^net/ipv6/conf/([^/]+)/([^/]+)$")
# Writing these under conf/all writes them to every interface as well (Linux, net/ipv6/addrconf.c).
SPREADING = ("forwarding", "disable_ipv6")


def parse_key(text: str) -> str:
    """One canonical form of a key: the path below /proc/sys.

    sysctl.d(5): where the first separator is a slash the rest is left as it is; where it is a dot, dots and slashes
    change places. So ``net.ipv6.conf.eth0/10.forwarding`` and ``net/ipv6/conf/eth0.10/forwarding`` are one key.

    :raises ValueProblem: not the name of a parameter
    """
    text = text.strip()
    first = re.search(r"[./]", text)
    path = text
    if first and first.group() == ".":
        path = text.translate(str.maketrans("./", "/."))
    parts = path.split("/")
    if len(parts) < 2 or any(part in ("", ".", "..") for part in parts) or re.search(r"[\s=]", path):
        raise ValueProblem(repr(text), "is not a sysctl key", "Write it as net.ipv6.conf.all.forwarding")
    return path


def render_key(path: str) -> str:
    """The usual notation: dots, and slashes only where an interface name holds a dot."""
    return path.translate(str.maketrans("./", "/."))


def interface_key(interface: str, key: str) -> str:
    """The path of an IPv6 parameter of one interface.

    :raises ValueProblem: the name cannot be that of a network interface (1 to 15 bytes, no slash, no space)
    """
    if not re.match(r"^[^\s/]{1,15}$", interface) or interface in (".", ".."):
        raise ValueProblem(repr(interface), "cannot be an interface name", "Use a name that `ip link` shows")
    if not re.match(r"^\w+$", key):
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
    text = str(value)
    if "\n" in text.strip() or not text.strip():
        raise ValueProblem(repr(value), "is not one line of text", "Write a number or a line of text")
    return " ".join(text.split())


def order(path: str) -> tuple[int, str]:
    """Sort key: ``all`` and ``default`` first, since writing ``all`` may write the interfaces too."""
    match = INTERFACE_KEY.match(path)
    rank = {"all": 0, "default": 1}.get(match.group(1), 2) if match else 0
    return rank, path


def spreads_to(path: str, other: str) -> bool:
    """Whether writing ``path`` sets ``other`` too."""
    mine, its = INTERFACE_KEY.match(path), INTERFACE_KEY.match(other)
    if not mine or not its or mine.group(1) != "all" or its.group(1) == "all":
        return False
    return mine.group(2) == its.group(2) and mine.group(2) in SPREADING
