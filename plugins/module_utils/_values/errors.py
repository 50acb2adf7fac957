# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be wrong with a value, a request or a host, in the words that its user reads."""

from __future__ import annotations

# Characters of a value that a message shows: more than any address, name or DUID has.
MOST_SHOWN = 400


def _shown(value: object) -> str:
    """A value in a sentence: in quotes where nothing would be seen of it, or where it would break the line."""
    text = str(value)
    if not text or text != text.strip() or not text.isprintable():
        text = repr(text)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} characters)"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


class ValueProblem(ValueError):
    """A value that cannot be right, whichever option it came from.

    :param value: the value as the user wrote it
    :param problem: what is wrong, as a predicate of the value ("has 13 bytes, …")
    :param remedy: what to write instead, as an imperative
    """

    def __init__(self, value: object, problem: str, remedy: str) -> None:
        self.value = value
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{_shown(value)} {problem}. {_sentence(remedy)}")


class Refusal(Exception):
    """A request that is turned down before anything on the host has changed.

    Its text names the option, the value and the remedy, since it is all that the user will see.
    """

    def __init__(self, option: str, value: object, problem: str, remedy: str) -> None:
        self.option = option
        self.value = value
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{option}: {_shown(value)} {problem}. {_sentence(remedy)}")

    @classmethod
    def of(cls, option: str, problem: ValueProblem) -> Refusal:
        """Say at which option a value problem was met."""
        return cls(option, problem.value, problem.problem, problem.remedy)


class Fault(Exception):
    """Something that went wrong on the host while a plan was carried out.

    :param what: the step that failed, in words
    :param said: what the tool or the kernel said
    :param left: the state that the host was left in
    """

    def __init__(self, what: str, said: str, left: str = "") -> None:
        self.what = what
        self.said = said.strip()
        self.left = left
        super().__init__(" ".join(part for part in (_sentence(what + ": " + self.said), left) if part))
