# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""fstab(5): what is mounted where."""

from __future__ import annotations

import re

# The manual knows blank, tab, line feed and backslash, libmount any three octal digits.
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")


def mount_points(text: str) -> list[str]:
    """The directories that something is mounted at, without a slash at their ends; swap has none."""
    found: list[str] = []
    for line in text.split("\n"):
        fields = line.split()
        if len(fields) > 1 and not line.lstrip().startswith("#") and fields[1].startswith("/"):
            found.append(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[1]).rstrip("/") or "/")
    return found
