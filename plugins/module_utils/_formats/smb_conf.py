# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""smb.conf(5): sections of ``name = value`` lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Section(NamedTuple):
    """A share, a printer, or ``global``.

    :param settings: parameter → value, in the order of the file
    """

    name: str
    settings: Mapping[str, str]


def render(sections: Sequence[Section]) -> str:
    """The text of a file, without a header.

    Names and values are those that `_values.samba` lets through: each on one line.
    """
    blocks = ["".join([f"[{one.name}]\n", *(f"   {k} = {v}\n" for k, v in one.settings.items())]) for one in sections]
    return "\n".join(blocks)


def parse(text: str) -> list[Section]:
    """The sections of a file; what stands before the first one is left out, as are lines that Samba cannot use.

    A name is compared as Samba does, without regard to case and blanks, only by Samba itself: here it stays as written.
    """
    sections: list[tuple[str, dict[str, str]]] = []
    for line in _lines(text):
        if line.startswith("[") and "]" in line:
            sections.append((line[1 : line.index("]")].strip(), {}))
            continue
        name, sign, value = line.partition("=")
        if sign and sections:
            sections[-1][1][" ".join(name.split())] = value.strip()
    return [Section(name, settings) for name, settings in sections]


def _lines(text: str) -> list[str]:
    """Lines without comments, those that end in a backslash together with the next."""
    lines: list[str] = []
    begun = ""
    for raw in text.split("\n"):
        line = begun + raw.strip()
        begun = ""
        if line.startswith(("#", ";")) or not line:
            continue
        if line.endswith("\\"):
            begun = line[:-1]
            continue
        lines.append(line)
    return [*lines, begun] if begun else lines
