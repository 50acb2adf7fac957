# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What networkd would ignore with a line in its log: names and values that it does not know.

All that is known about them comes from :mod:`.networkd_keys`, which a program has read out of systemd's sources. A key
that takes more than a few words takes any value here and is left to networkd.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._values.errors import ValueProblem
from .networkd_keys import BETWEEN, KEYS, KINDS, NEWEST, OLD, OLDEST, VALUES

TRUE = ("1", "yes", "y", "true", "t", "on")
FALSE = ("0", "no", "n", "false", "f", "off")

# What a whole file must say to be more than ignored.
REQUIRED = {"network": (("Match", ()),), "link": (("Match", ()),), "netdev": (("NetDev", ("Name", "Kind")),)}

MANUAL = {"network": "systemd.network(5)", "netdev": "systemd.netdev(5)", "link": "systemd.link(5)"}


def _nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was meant: the same but for its case, or else the most alike."""
    by_lower = {each.lower(): each for each in words}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def _remedy(meant: str | None, file: str) -> str:
    return f"Write it as {meant}" if meant else f"See {MANUAL[file]} for those that there are"


def is_boolean(value: str) -> bool:
    """Whether systemd takes it for a boolean; the case of its letters does not matter."""
    return value.lower() in TRUE + FALSE


def spelled(value: object) -> str:
    """A value from YAML as systemd reads it: YAML has made a boolean out of yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def choices(file: str, section: str, key: str, version: int | None = None) -> tuple[str, ...]:
    """The words that a key takes, yes and no among them where it takes booleans; empty where it takes others.

    :param version: only those that this systemd may know; None for all
    """
    name = f"{section}.{key}"
    words = next((words for words, names in VALUES[file] if name in names.split()), "")
    return tuple(word.partition("@")[0] for word in words.split() if version is None or _may_know(version, word))


def _may_know(version: int, word: str) -> bool:
    """Whether a release may know a word; between the two that were read nobody knows which do."""
    _word, _at, mark = word.partition("@")
    if mark.startswith("-"):
        return version < NEWEST
    return not mark or version > OLDEST


def limited_keys() -> list[tuple[str, str, str]]:
    """(file, section, key) of those that take one of a few words."""
    return [(file, *_split(name)) for file in VALUES for _words, names in VALUES[file] for name in names.split()]


def table(file: str) -> dict[str, dict[str, int]]:
    """Section → key → the release that it came in with, 0 for those of which that is not known."""
    return {section: _keys(file, section) for section in KEYS[file]}


def _keys(file: str, section: str) -> dict[str, int]:
    found: dict[str, int] = {}
    since = 0
    for word in KEYS[file][section].split():
        if word.isdigit():
            since = int(word)
        else:
            found[word] = since
    return found


def _split(name: str) -> tuple[str, str]:
    section, _dot, key = name.partition(".")
    return section, key


@dataclass(frozen=True)
class _Old:
    """What has become of a key.

    :param fate: renamed (the same under another name), moved (something like it elsewhere) or ignored
    :param since: the release that this came with, 0 for those before any that is known
    :param new: what is to be written, as Section.Key, with ! where the opposite is
    """

    fate: str
    since: int
    new: tuple[str, ...]

    def written(self, section: str, joint: str) -> str:
        """The new names as a user writes them."""
        return joint.join(self._name(name, section) for name in self.new)

    @staticmethod
    def _name(name: str, section: str) -> str:
        where, key = _split(name.lstrip("!"))
        opposite = " with the opposite value" if name.startswith("!") else ""
        return f"{key}=" + (f" in [{where}]" if where != section else "") + opposite


def _old(file: str, section: str, key: str, version: int) -> _Old | None:
    """What has become of a key as far as a release is concerned."""
    entry = OLD[file].get(f"{section}.{key}", "").split()
    return _Old(entry[0], int(entry[1]), tuple(entry[2:])) if entry and int(entry[1]) <= version else None


@dataclass(frozen=True)
class Spelling:
    """How a key is to be written.

    :param warning: what its user should know
    :param known: whether the vocabulary has it, and so its values
    """

    name: str
    warning: str | None = None
    known: bool = True


class Vocabulary:
    """What the networkd of one host knows.

    :param version: its systemd; None where that is not known, then that of the newest release in the tables
    """

    def __init__(self, version: int | None = None) -> None:
        self._version = NEWEST if version is None else version

    def section(self, file: str, name: str, kind: str | None = None) -> None:
        """Refuse a section that a file of this sort does not have.

        :param file: network, netdev or link
        :param kind: Kind= of a .netdev file, where it says one
        :raises ValueProblem: with the right spelling or the right file
        """
        shown = f"[{name}]"
        if name not in KEYS[file]:
            # Not [DHCP], of which all keys are old names.
            meant = _nearest(name, [each for each in KEYS[file] if self._writable(file, each)])
            others = [other for other in KEYS if name in KEYS[other]]
            if meant and meant.lower() == name.lower():
                raise ValueProblem(shown, f"is no section of a .{file} file", f"Write it as [{meant}]")
            if others:
                problem = f"is no section of a .{file} file"
                raise ValueProblem(shown, problem, f"Write it into a .{others[0]} file of its own")
            remedy = _remedy(f"[{meant}]" if meant else None, file)
            raise ValueProblem(shown, f"is no section of a .{file} file", remedy)
        if file == "netdev" and kind in KINDS and name not in KINDS[kind].split():
            fitting = ", ".join(f"[{each}]" for each in KINDS[kind].split())
            raise ValueProblem(shown, f"means nothing for Kind={kind}", f"Leave it out; there are {fitting}")

    def key(self, file: str, section: str, key: str) -> Spelling:
        """Refuse a key that this networkd does not know in this section, or knows as an old name for something else.

        :return: its name, or the new one where it is only that
        :raises ValueProblem: with the right spelling, the right section, or the release that it came in with
        """
        keys = _keys(file, section)
        if key not in keys:
            if self._version > NEWEST and _nearest(key, keys) is None:
                warning = f"{key}= in [{section}] is not known up to systemd {NEWEST}; this host's may know it."
                return Spelling(key, warning, known=False)
            raise self._unknown_key(file, section, key, keys)
        if keys[key] > self._version:
            raise self._too_new(file, section, key, keys[key])
        old = _old(file, section, key, self._version)
        if old and old.fate == "renamed":
            (new,) = old.new
            name = _split(new)[1]
            before = f"{key}= in [{section}] is the name from before systemd {old.since}"
            return Spelling(name, f"{before}: {name}= is written, write that.")
        if old:
            raise self._gone(section, key, old)
        return Spelling(key)

    def _too_new(self, file: str, section: str, key: str, since: int) -> ValueProblem:
        problem = f"needs systemd {since}; this host has {self._version}"
        before = [_split(old) for old, fate in OLD[file].items() if f"{section}.{key}" in fate.split()]
        known = [old for where, old in before if where == section]
        remedy = f"Leave it out, or see systemd {self._version}'s {MANUAL[file]} for what does the same"
        return ValueProblem(f"{key}= in [{section}]", problem, f"Write it as {known[0]}=" if known else remedy)

    @staticmethod
    def _gone(section: str, key: str, old: _Old) -> ValueProblem:
        if old.fate == "ignored":
            problem = f"is read and ignored by systemd {max(old.since, OLDEST)} and later"
        else:
            problem = f"is a name from before systemd {old.since}" if old.since else "is an old name"
        new = old.written(section, " and " if old.fate == "ignored" else " or ")
        return ValueProblem(f"{key}= in [{section}]", problem, f"Write {new} in its place" if new else "Leave it out")

    def _unknown_key(self, file: str, section: str, key: str, keys: dict[str, int]) -> ValueProblem:
        shown = f"{key}="
        # The same but for its case, or else the most alike of those that can be written here.
        exact = [each for each in keys if each.lower() == key.lower()]
        meant = exact[0] if exact else _nearest(key, self._writable(file, section)) or self._renamed(file, section, key)
        elsewhere = [other for other in KEYS[file] if key in self._writable(file, other)]
        if elsewhere and not exact:
            remedy = "Move it to " + " or ".join(f"[{other}]" for other in elsewhere)
        else:
            remedy = _remedy(f"{meant}=" if meant else None, file)
        return ValueProblem(shown, f"is no key of [{section}] in a .{file} file", remedy)

    def _renamed(self, file: str, section: str, key: str) -> str | None:
        """Today's name of the old one that was meant, as IPv6AcceptRA for IPv6AcceptRouterAdvertisments."""
        old = {each: _old(file, section, each, self._version) for each in _keys(file, section)}
        names = {each: fate.new[0] for each, fate in old.items() if fate and fate.fate == "renamed"}
        meant = _nearest(key, names)
        return _split(names[meant])[1] if meant else None

    def _writable(self, file: str, section: str) -> list[str]:
        """Keys of a section that this systemd knows and that are no old names to it."""
        fitting = (key for key, since in _keys(file, section).items() if since <= self._version)
        return [key for key in fitting if _old(file, section, key, self._version) is None]

    def value(self, file: str, section: str, key: str, value: str) -> None:
        """Refuse a word that a key with a fixed choice does not take.

        :raises ValueProblem: with the right spelling, or all that there are
        """
        words = choices(file, section, key, self._version)
        # An empty value takes back what other files have said.
        if not words or not value:
            return
        if "yes" in words and is_boolean(value):
            return
        between = BETWEEN[file].get(f"{section}.{key}")
        parts = [part for part in value.split(between) if part] if between else [value]
        for part in parts:
            if part not in words:
                raise self._wrong_word(f"{key}={value}", part, words, choices(file, section, key))

    def _wrong_word(self, shown: str, word: str, words: Sequence[str], ever: Sequence[str]) -> ValueProblem:
        if word in ever:
            other = NEWEST if self._version <= OLDEST else OLDEST
            problem = f"is a value that systemd {other} knows; this host has {self._version}"
            return ValueProblem(shown, problem, "Write one of " + ", ".join(words))
        meant = _nearest(word, words)
        remedy = f"Write it as {meant}" if meant else "Write one of " + ", ".join(words)
        return ValueProblem(shown, "is not a value that systemd knows here (case counts)", remedy)
