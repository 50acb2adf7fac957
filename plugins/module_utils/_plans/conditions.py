# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that change nothing by themselves: what has to be there before, and what has to come of it.

Many modules never plan one, and what a module does not need costs every run of it: so they stand apart from the plan.
"""

from __future__ import annotations

from typing import NamedTuple


class Require(NamedTuple):
    """A tool has to be there. Check mode says what will come on a host that does not have it yet."""

    tool: str
    package: str

    @property
    def passive(self) -> bool:
        """Planned alone it is no change."""
        return True

    def describe(self) -> str:
        return f"require {self.tool}"


class Await(NamedTuple):
    """Wait until a command prints what is expected; a plan whose waiting fails is taken back.

    :param pattern: regular expression searched in standard output
    :param timeout: seconds
    :param remedy: what to do when it does not come
    :param soft: go on all the same when the time is up
    """

    argv: tuple[str, ...]
    why: str
    pattern: str
    timeout: float
    remedy: str = ""
    soft: bool = False

    @property
    def passive(self) -> bool:
        """Planned alone it is no change."""
        return True

    def describe(self) -> str:
        return "wait: " + self.why
