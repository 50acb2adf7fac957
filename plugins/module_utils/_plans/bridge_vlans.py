# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What networkd leaves undone until systemd 257 when files of a bridge change that exists, and the kernel can do.

It puts ports into VLANs and takes none out; so what the file does not name any more would pass until the next boot. And
it does not change the bridge, which would not begin to look at VLANs before then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._formats.networkd import Unit
from .._formats.networkd_vocabulary import FALSE, TRUE
from .steps import Run

_SECTION = "BridgeVLAN"
_KEYS = ("VLAN", "PVID", "EgressUntagged")


def taken_out(name: str, before: Unit | None, after: Unit | None, dropins: Iterable[Unit]) -> Iterator[Run]:
    """Out of which VLANs an interface goes, as its .network file has changed.

    A file that says nothing of VLANs leaves them as they are.

    :param dropins: of that file, which may name them as well
    """
    if before is None or after is None or not after.named(_SECTION):
        return
    named = _numbers(after).union(*map(_numbers, dropins))
    # A port has the VLANs of its master, a bridge those of its own.
    whose = () if after.get("Network", "Bridge") else ("self",)
    for vlans in _ranges(_numbers(before) - named):
        argv = ("bridge", "vlan", "delete", "dev", name, "vid", vlans, *whose)
        yield Run(argv, f"take {name} out of VLAN {vlans}")


def looks_at_vlans(name: str, before: Unit | None, after: Unit | None) -> Iterator[Run]:
    """Have a bridge look at VLANs, or not any more, as its .netdev file has changed."""
    had, wanted = _filters(before), _filters(after)
    if before is None or wanted is None or wanted == bool(had):
        return
    switch = ("ip", "link", "set", "dev", name, "type", "bridge", "vlan_filtering")
    said = "look at VLANs" if wanted else "pass all VLANs"
    yield Run((*switch, str(int(wanted))), f"have {name} {said}", undo=(*switch, str(int(not wanted))))


def is_all(before: Unit, after: Unit) -> bool:
    """Whether `looks_at_vlans` does all that has changed in a .netdev file."""
    return _filters(after) is not None and _rest(before) == _rest(after)


def _rest(unit: Unit) -> list[tuple[str, str, str]]:
    each = ((section.name, one.key, one.value) for section in unit.sections for one in section.settings)
    return [one for one in each if one[:2] != ("Bridge", "VLANFiltering")]


def _filters(unit: Unit | None) -> bool | None:
    value = (unit.get("Bridge", "VLANFiltering") or "").lower() if unit else ""
    return value in TRUE if value in TRUE + FALSE else None


def _numbers(unit: Unit) -> set[int]:
    found: set[int] = set()
    for section in unit.named(_SECTION):
        for key in _KEYS:
            for value in section.all(key):
                first, _dash, last = value.partition("-")
                # PVID=no names none.
                if first.isdecimal() and (last or first).isdecimal():
                    found.update(range(int(first), int(last or first) + 1))
    return found


def _ranges(numbers: set[int]) -> Iterator[str]:
    """As few as there can be, in order."""
    first: int | None = None
    for number in sorted(numbers):
        first = number if first is None else first
        if number + 1 not in numbers:
            yield str(first) if first == number else f"{first}-{number}"
            first = None
