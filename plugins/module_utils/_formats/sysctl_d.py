# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of sysctl.d(5): ``key = value``, ``-key = value`` (a failure is ignored), ``-key`` (excepted from globs)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .._values.errors import ValueProblem
from .._values.sysctl import BLANKS, parse_key, render_key


class Setting(NamedTuple):
    """One line of a file.

    :param key: path below /proc/sys; may hold the globs ``*``, ``?``, ``[…]``
    :param value: None where the line only takes the key out of the globs
    :param optional: a failure to write it is no error
    :param line: its number, from 1
    """

    key: str
    value: str | None
    optional: bool = False
    line: int = 0


def parse(text: str) -> Iterator[Setting]:
    """The settings of a file; a line that systemd-sysctl would skip with a warning is skipped here too."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(BLANKS)
        if not line or line[0] in "#;":
            continue
        optional = line.startswith("-")
        name, sign, value = (line[1:] if optional else line).partition("=")
        if not sign and not optional:
            continue
        try:
            key = parse_key(name)
        except ValueProblem:
            continue
        yield Setting(key, " ".join(value.split()) if sign else None, optional, number)


def render(settings: Sequence[Setting], header: str = "") -> str:
    """The text of a file.

    :param header: comment lines without their ``#``
    """
    lines = ["# " + line if line else "#" for line in header.splitlines()]
    for setting in settings:
        line = ("-" if setting.optional else "") + render_key(setting.key)
        lines.append(line if setting.value is None else f"{line} = {setting.value}")
    return "".join(line + "\n" for line in lines)
