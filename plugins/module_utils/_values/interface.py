# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of network interfaces."""

from __future__ import annotations

import re

from .errors import ValueProblem

# IFNAMSIZ without the closing zero.
LONGEST = 15
_PLAIN = re.compile(r"[A-Za-z0-9_.@+-]+")


def parse_interface(value: object) -> str:
    """An interface name that the kernel and networkd take.

    :raises ValueProblem: it cannot be one
    """
    name = str(value)
    remedy = f"Write at most {LONGEST} letters, digits, dots, dashes or underscores, such as he-ipv6"
    if not name or len(name.encode("utf-8")) > LONGEST:
        problem = "is empty" if not name else f"has {len(name.encode('utf-8'))} bytes, more than {LONGEST}"
        raise ValueProblem(repr(name), problem, remedy)
    if any(mark in name for mark in "/:%") or any(not char.isprintable() or char.isspace() for char in name):
        raise ValueProblem(repr(name), "has a character that no interface name can have", remedy)
    if not name.isascii() or name in (".", "..", "all", "default") or name.isdigit():
        raise ValueProblem(repr(name), "cannot be the name of an interface", remedy)
    return name


def parse_plain_interface(text: object) -> str:
    """The name of an interface, present or not, that stands in any configuration file as it is.

    :raises ValueProblem: it cannot be one, or has a character that means something there
    """
    name = parse_interface(text)
    if not _PLAIN.fullmatch(name):
        remedy = "Give the interface a name of letters, digits and . _ @ + -"
        raise ValueProblem(repr(name), "has a character that would need quoting", remedy)
    return name
