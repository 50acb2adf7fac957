# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is found in a server's lease file, whichever server wrote it."""

from __future__ import annotations

from typing import NamedTuple

from .._values.lease import Lease
from .syntax import SyntaxProblem


class Reading(NamedTuple):
    """The leases, in the order in which they were written, and what could not be read."""

    leases: list[Lease]
    problems: list[SyntaxProblem]


# Characters of a text that a message shows.
MOST_SHOWN = 60


def shown(text: str) -> str:
    """A text in a message: a file of another kind may have very long lines."""
    return repr(text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…")


def complete_lines(text: str) -> list[str]:
    """The lines of a file without a last one that has no end: the server is still writing it."""
    return text.split("\n")[:-1]
