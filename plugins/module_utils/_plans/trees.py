# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that make and remove whole directory trees: an image, a container's root."""

from __future__ import annotations

import os
from typing import NamedTuple

# In an argument of a command: where the tree is made.
PLACE = "{tree}"
# Seconds: a Debian over a slow line.
PATIENCE = 3600.0


def staged(path: str) -> str:
    """Where a tree is made or kept until it is moved: on the same file system, under a name that machined ignores."""
    directory, name = os.path.split(path)
    return f"{directory}/.{name}.homelab-ipv6-new"


def fallen(path: str) -> str:
    """The name under which a tree is removed."""
    directory, name = os.path.split(path)
    return f"{directory}/.{name}.homelab-ipv6-old"


class Identity(NamedTuple):
    """What two trees from one image must not share."""

    machine_id: str
    hostname: str


class MakeTree(NamedTuple):
    """Make a directory tree aside and move it into place whole; half a tree is never seen, whatever ends the run.

    :param argv: the command that fills the directory, with PLACE where it is
    :param what: for the user
    :param identity: what is written into it before anything boots; an image has none
    :param tool: what has to be installed for it, and the package that brings it
    """

    path: str
    argv: tuple[str, ...]
    what: str
    identity: Identity | None = None
    tool: tuple[str, str] = ("", "")
    timeout: float = PATIENCE

    def describe(self) -> str:
        return self.what


class MakeLayer(NamedTuple):
    """Make a layer over a tree that stays as it is, in a directory of its own, aside and whole as MakeTree does.

    :param lower: the tree
    :param point: where both together are going to be mounted
    :param what: for the user
    :param identity: what is written into it before anything boots
    """

    path: str
    lower: str
    point: str
    what: str
    identity: Identity
    timeout: float = PATIENCE

    def describe(self) -> str:
        return self.what


class RemoveTree(NamedTuple):
    """Remove a directory tree; until the plan is through it can come back."""

    path: str

    def describe(self) -> str:
        return "remove " + self.path


class SweepTree(NamedTuple):
    """Remove what a run that was killed has left of a tree."""

    path: str

    def describe(self) -> str:
        return "remove what is left of " + self.path


class Keep(NamedTuple):
    """What was done until here stays, whatever fails later.

    :param what: has been finished, for the user
    """

    what: str

    @property
    def passive(self) -> bool:
        """Planned alone it is no change."""
        return True

    def describe(self) -> str:
        return f"keep {self.what}"
