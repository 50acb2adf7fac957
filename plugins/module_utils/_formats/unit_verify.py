# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's own systemd says about unit files, and which settings it knows.

systemd reads a unit with a wrong line in it all the same, without that line: it says so in its log and goes on. What
it would say, `systemd-analyze verify` says beforehand.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .._values.errors import ValueProblem

Settings = Mapping[str, Iterable[str]]
# Old ways that it still goes, with a word about the new one.
_ADVICE = re.compile(r"\bplease\b|\bdeprecated\b", re.IGNORECASE)
_HEADER = re.compile(r"\[(.+)\]")


class Doubt(NamedTuple):
    """A line of a unit that systemd would leave out.

    :param unit: the name of its file
    :param number: of the line, from 1
    :param said: systemd's words
    """

    unit: str
    number: int
    said: str


def doubts(text: str, directory: str) -> list[Doubt]:
    """Of what `systemd-analyze verify` prints, what is about a line of the units in this directory."""
    found = re.findall(rf"(?m)^{re.escape(directory)}/([^/:]+):([0-9]+): (.*)$", text)
    return [Doubt(unit, int(number), said) for unit, number, said in found if not _ADVICE.search(said)]


def settings(dump: str) -> dict[str, list[str]]:
    """Section → what can be set in it, of what `systemd --dump-configuration-items` prints."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in dump.splitlines():
        header = _HEADER.fullmatch(line)
        if header:
            section = header[1]
        elif section and "=" in line:
            found.setdefault(section, []).append(line.partition("=")[0])
    return found


def explain(doubt: Doubt, content: str, known: Settings) -> ValueProblem:
    """The same in words for whoever wrote the line.

    :param content: of the unit
    """
    lines = content.splitlines()[: doubt.number]
    line = lines[-1].strip() if lines else ""
    headers = [match[1] for match in map(_HEADER.fullmatch, (each.strip() for each in lines)) if match]
    section = headers[-1] if headers else ""
    key = line.partition("=")[0].strip()
    if _HEADER.fullmatch(line):
        problem, remedy = f"is no section of {doubt.unit}", _write(_nearest(section, known), "[{}]")
    elif key in known.get(section, ()):
        problem = f"means nothing to this host's systemd ({doubt.said})"
        remedy = f"See systemd.directives(7) for the page that says what {key}= takes"
    else:
        elsewhere = [f"[{other}]" for other in known if key in known[other]]
        meant = _nearest(key, known.get(section, ()))
        problem = f"is no setting of [{section}] that this host's systemd knows"
        remedy = f"It belongs into {elsewhere[0]}" if elsewhere else _write(meant, "{}=")
    return ValueProblem(line, f"(line {doubt.number} of {doubt.unit}) {problem}", remedy)


def _nearest(word: str, words: Iterable[str]) -> str | None:
    by_lower = {each.lower(): each for each in words}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def _write(meant: str | None, form: str) -> str:
    return f"Write it as {form.format(meant)}" if meant else "See systemd.directives(7) for those that there are"
