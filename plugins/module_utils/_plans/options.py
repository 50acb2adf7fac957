# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the options of a role and collects all that is wrong with them, so that a user mends it in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .._formats.networkd_vocabulary import TRUE, is_boolean
from .._values.errors import Refusal, ValueProblem

T = TypeVar("T")


class OptionReader:
    """Turns raw values into typed ones; what cannot be turned is left out and remembered.

    :param prefix: what the names of the options begin with in the user's eyes, as in "firewall_"
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.refusals: list[Refusal] = []

    @property
    def problems(self) -> list[str]:
        """All that is wrong, a sentence or two each."""
        return [str(refusal) for refusal in self.refusals]

    def named(self, option: str) -> str:
        """An option as its user writes it."""
        return self._prefix + option

    def refuse(self, option: str, value: object, problem: str, remedy: str) -> None:
        refusal = Refusal(self.named(option), value, problem, remedy)
        if str(refusal) not in self.problems:
            self.refusals.append(refusal)

    def one(self, option: str, value: object, parse: Callable[[object], T]) -> T | None:
        """The value as `parse` reads it, or None where it refused."""
        try:
            return parse(value)
        except ValueProblem as problem:
            self.refuse(option, problem.value, problem.problem, problem.remedy)
            return None

    def many(self, option: str, values: object, parse: Callable[[object], T]) -> tuple[T, ...]:
        """Those of a list of values that `parse` takes, each once."""
        found: list[T] = []
        for value in self.listed(option, values):
            read = self.one(option, value, parse)
            if read is not None and read not in found:
                found.append(read)
        return tuple(found)

    def listed(self, option: str, values: object) -> list[Any]:
        """A list, where nothing at all is an empty one."""
        if values is None:
            return []
        if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
            self.refuse(option, values, "is not a list", "Write a list, one item a line, each after a dash")
            return []
        return list(values)

    def whole(self, option: str, value: object, lowest: int, highest: int, remedy: str) -> int:
        """A whole number within bounds; the lowest stands in for one that is refused."""
        text = "" if isinstance(value, bool) else str(value).strip()
        number = int(text) if text.lstrip("-").isdecimal() else None
        if number is None:
            self.refuse(option, value, "is not a whole number", remedy)
        elif not lowest <= number <= highest:
            self.refuse(option, value, f"is not between {lowest} and {highest}", remedy)
        else:
            return number
        return lowest

    def truth(self, option: str, value: object) -> bool:
        """A truth value, also where a template has made a word of it."""
        if not is_boolean(str(value)):
            self.refuse(option, value, "is neither true nor false", "Write true or false, without quotes")
        return str(value).lower() in TRUE

    def choice(self, option: str, value: object, choices: tuple[str, ...]) -> str:
        """One of several words; the first stands in for one that is refused."""
        if value in choices:
            return str(value)
        self.refuse(option, value, "is not known here", "Write one of: " + ", ".join(choices))
        return choices[0]
