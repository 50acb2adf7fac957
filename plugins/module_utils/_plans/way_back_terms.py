# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose change it is and how long it may stay unconfirmed: options → terms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._formats.way_back import Outcome, Terms
from .._values.errors import Refusal

SHORTEST, LONGEST = 10, 86_400
NOBODY = "an Ansible run of unknown origin"


def terms(params: Mapping[str, Any], option: str) -> Terms:
    """:param option: how the user knows what is refused
    :raises Refusal: a time in which nothing can be confirmed, or a path that means nothing
    """
    timeout = params["timeout"]
    if not SHORTEST <= timeout <= LONGEST:
        remedy = f"Give it {SHORTEST} to {LONGEST} seconds"
        raise Refusal(option, timeout, "is no time in which a change can be made and confirmed", remedy)
    paths = tuple(params.get("paths") or ())
    for path in paths:
        if not os.path.isabs(path) or os.path.normpath(path) == "/":
            raise Refusal("paths", path, "is not what can be remembered", "Name a file or a directory, from / on")
        if (os.path.normpath(path) + "/").startswith(("/proc/", "/sys/", "/dev/")):
            raise Refusal("paths", path, "is no file that is kept", "Leave it out; kernel parameters are remembered")
    return Terms(
        id=params.get("id") or NOBODY,
        who=params.get("who") or NOBODY,
        armed=0.0,
        until=0.0,
        timeout=timeout,
        paths=tuple(os.path.normpath(path) for path in paths),
        services=tuple(params.get("services") or ()),
    )


def too_short(last: Outcome | None, timeout: int) -> str:
    """A warning where the last change that was kept would not have fitted in."""
    if last is None or last.result != "confirmed" or last.took < timeout:
        return ""
    return (
        f"timeout: {timeout} s is less than the {last.took:.0f} s that the last change took until it was confirmed. "
        "This one will probably be taken back before it is through; give it more."
    )
