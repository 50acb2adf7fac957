# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samba's accounts in the notation of smbpasswd(5), which ``pdbedit -L -w`` prints and ``pdbedit -i`` reads.

``name:uid:LM hash:NT hash:[flags]:LCT-time:``
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Bytes of an account's name are anything but a colon.
_LINE = re.compile(r"([^:\n]+):(\d+):[^:]*:([0-9A-Fa-f]{32}|[X*N].{31}):\[([A-Z ]*)\]:.*")


class Account(NamedTuple):
    """An account of Samba's.

    :param nt_hash: what is kept of its password, empty where there is none
    :param disabled: nobody can come in by it
    :param line: all of it, as it was printed
    """

    name: str
    nt_hash: str
    disabled: bool
    line: str


def parse(text: str) -> dict[str, Account]:
    """The accounts by name; lines that are none, such as messages, are left out."""
    found = (match for match in map(_LINE.fullmatch, text.splitlines()) if match)
    return {match[1]: _account(match) for match in found}


def _account(match: re.Match[str]) -> Account:
    known = "" if match[3][0] in "X*N" else match[3].upper()
    return Account(match[1], "" if "N" in match[4] else known, "D" in match[4], match[0])
