# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the vocabulary of networkd's files, plugins/module_utils/_formats/networkd_keys.py, from systemd's sources.

It fetches the source packages of the Debian releases (networkd_sources.py). A key that the older one lacks carries the
release in which the manual page of the newer one says that it came in. Whether real daemons agree is shown by the unit
tests, from what networkd_record.sh has recorded of them.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from networkd_sources import Choice, Key, Release, fetch, read

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "plugins/module_utils/_formats/networkd_keys.py"
SUITES = ("bookworm", "trixie")
FILES = ("network", "netdev", "link")
WIDTH = 116

# What is to be written instead of old names where the sources do not lead to it; ! is for the opposite value.
SUCCESSORS = {
    ("DHCP", "UseDomainName"): ["DHCPv4.UseDomains", "DHCPv6.UseDomains"],
    ("DHCPv4", "CriticalConnection"): ["Network.KeepConfiguration"],
    ("DHCP", "CriticalConnection"): ["Network.KeepConfiguration"],
    ("Address", "PrefixRoute"): ["!Address.AddPrefixRoute"],
}
Keys = dict[str, dict[str, Key]]


def since(releases: list[Release], file: str, section: str, key: str) -> int:
    """The release that a key came in with; 0 where that is not known and the oldest has it."""
    *older, newest = releases
    lacking = [each.version for each in older if key not in each.keys[file].get(section, {})]
    having = [each.version for each in releases if key in each.keys[file].get(section, {})]
    found = newest.keys[file].get(section, {}).get(key)
    said = found.since or 0 if found else 0
    if lacking:
        return said if said > max(lacking) else having[0]
    # A later release than one that has it is that of the text.
    return said if said <= having[0] else 0


def current(key: Key) -> bool:
    return key.since is not None and not key.marked and not key.dead


def same_target(keys: Keys, section: str, old: Key) -> list[str]:
    """Section.Key of what is stored where an old name is; of several in one section the one spelled most alike."""
    others = [(where, key) for where in keys for key in keys[where].values() if current(key)]
    same = [(where, key.name) for where, key in others if key.target == old.target]
    if not old.marked:
        # A section may be documented as being like another one.
        same = [(where, name) for where, name in same if where == section]
    names = [name for _where, name in same]
    closest = [old.name] if old.name in names else difflib.get_close_matches(old.name, names, n=1, cutoff=0)
    return [f"{where}.{name}" for where, name in same if name in closest]


def successors(keys: Keys, section: str, old: Key) -> list[str]:
    """What is the name of a thing now, as Section.Key."""
    if known := SUCCESSORS.get((section, old.name)) or same_target(keys, section, old):
        return known
    if not old.marked and not old.dead:
        return []
    others = [(where, key) for where in keys for key in keys[where].values() if current(key)]
    # Where the other keys of its section went.
    neighbours = [name for key in keys[section].values() if key.marked for name in same_target(keys, section, key)]
    places = {_split(name)[0] for name in neighbours} - {section}
    moved = [f"{where}.{old.name}" for where, key in others if key.name == old.name and where in places]
    parsed = [f"{where}.{key.name}" for where, key in others if (key.name, key.target[0]) == (old.name, old.target[0])]
    said = [f"{section}.{name}" for name in old.instead if name in keys[section] and current(keys[section][name])]
    joined = [f"{where}.{key.name}" for where, key in others if where + key.name == old.name]
    return said or moved or parsed or joined


def old_names(releases: list[Release], file: str) -> dict[str, str]:
    """Section.Key → what has become of it: renamed, moved or ignored, since which release, and what to write."""
    keys = releases[-1].keys[file]
    found: dict[str, str] = {}
    for section, key in [(where, key) for where in keys for key in keys[where].values() if not current(key)]:
        new = successors(keys, section, key)
        if not new and not key.marked and not key.dead:
            continue
        word = "ignored" if key.dead else "renamed" if _only_name(releases, file, section, key.name, new) else "moved"
        version = max((since(releases, file, *_split(name.lstrip("!"))) for name in new), default=0)
        if key.dead and not new:
            alive = [each for each in releases if not each.keys[file].get(section, {}).get(key.name, key).dead]
            version = releases[-1].version if alive else 0
        found[f"{section}.{key.name}"] = " ".join([word, str(version), *new])
    return dict(sorted(found.items()))


def _only_name(releases: list[Release], file: str, section: str, old: str, new: list[str]) -> bool:
    """Whether all releases do the same with two names of one section, so that one can be written for the other."""
    if len(new) != 1 or _split(new[0])[0] != section:
        return False
    sections = [each.keys[file].get(section, {}) for each in releases]
    pairs = [(keys[old], keys[_split(new[0])[1]]) for keys in sections if {old, _split(new[0])[1]} <= keys.keys()]
    # One function for several keys of a section tells them apart by their names.
    targets = [key.target for keys in sections for key in keys.values() if current(key)]
    return all(
        one.target == other.target and not one.by_name and targets.count(one.target) <= len(pairs)
        for one, other in pairs
    )


def values(releases: list[Release], file: str) -> dict[str, tuple[list[str], str]]:
    """Section.Key → the words that it takes and what is between them, of keys that take nothing else.

    word@257 is known to no older release than that, word@-252 to no newer one.
    """
    found: dict[str, tuple[list[str], str]] = {}
    for section, key in all_names(releases, file):
        having = [each.keys[file].get(section, {}).get(key) for each in releases]
        # A key that is only read to be complained about takes no words.
        alive = {each.version: it.choice for each, it in zip(releases, having, strict=True) if it and not it.dead}
        known = [choice for choice in alive.values() if choice]
        if known and len(known) == len(alive):
            words = dict.fromkeys(word for choice in known for word in choice.words)
            found[f"{section}.{key}"] = ([_dated(word, alive) for word in words], known[0].between)
    return found


def _dated(word: str, choices: dict[int, Choice | None]) -> str:
    """A word with the release that it is known to have come in with, or to have been there last."""
    having = [version for version, choice in choices.items() if choice and word in choice.words]
    if having[0] > min(choices):
        return f"{word}@{having[0]}"
    return word if having[-1] == max(choices) else f"{word}@-{having[-1]}"


def all_names(releases: list[Release], file: str) -> list[tuple[str, str]]:
    return sorted({(s, k) for each in releases for s, keys in each.keys[file].items() for k in keys})


def _split(name: str) -> tuple[str, str]:
    section, _dot, key = name.partition(".")
    return section, key


def kinds(releases: list[Release]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for release in releases:
        found.update(release.kinds)
    return dict(sorted(found.items()))


def _words(words: list[str], indent: str) -> Iterator[str]:
    """Words as one string, over as many lines as it takes."""
    line = ""
    for word in words:
        if len(indent) + len(line) + len(word) > WIDTH:
            yield f'{indent}"{line} "'
            line = ""
        line += (" " if line else "") + word
    yield f'{indent}"{line}"'


def _entry(name: str, words: list[str]) -> Iterator[str]:
    line = f'        "{name}": "{" ".join(words)}",'
    if len(line) <= WIDTH:
        yield line
    else:
        yield f'        "{name}": ('
        yield from _words(words, " " * 12)
        yield "        ),"


def _pair(first: list[str], second: list[str]) -> Iterator[str]:
    line = f'        ("{" ".join(first)}", "{" ".join(second)}"),'
    if len(line) <= WIDTH:
        yield line
    else:
        yield "        ("
        for words in (first, second):
            part = list(_words(words, " " * 16))
            yield from [part[0][4:] + ","] if len(part) == 1 else ["            (", *part, "            ),"]
        yield "        ),"


def _by_release(names: dict[str, int]) -> list[str]:
    """Names with the release that they came in with in front of the first of them."""
    words: list[str] = []
    last = 0
    for name, version in sorted(names.items(), key=lambda pair: (pair[1], pair[0])):
        words += [name] if version == last else [str(version), name]
        last = version
    return words


def render(releases: list[Release]) -> str:
    packages = " and ".join(each.package for each in releases)
    lines = [
        "# SPDX-License-Identifier: GPL-3.0-or-later",
        "# Copyright: Contributors to homelab.ipv6",
        "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)",
        "# Generated by tools/networkd_vocabulary.py from the Debian source packages of systemd",
        f"# {packages}",
        "# fmt: off",
        '"""The sections, keys and words that systemd-networkd and udev know."""',
        "",
        "from __future__ import annotations",
        "",
        f"OLDEST, NEWEST = {releases[0].version}, {releases[-1].version}",
        "",
        "# In front of keys stands the release of systemd that they came in with, where it is known.",
        *_by_file("KEYS: dict[str, dict[str, str]]", "{}", {file: _key_lines(releases, file) for file in FILES}),
        "# Keys that are not to be written any more: what has become of them, as of which release, and what to write.",
        *_by_file("OLD: dict[str, dict[str, str]]", "{}", {file: _old_lines(releases, file) for file in FILES}),
        "# Words and the keys that take one of them and nothing else. word@257 is not known to the older release, and",
        "# word@-252 is not known to the newer one.",
        *_by_file(
            "VALUES: dict[str, tuple[tuple[str, str], ...]]",
            "()",
            {file: _value_lines(releases, file) for file in FILES},
        ),
        "# What is between the words of keys that take more than one.",
        *_by_file("BETWEEN: dict[str, dict[str, str]]", "{}", {file: _between_lines(releases, file) for file in FILES}),
        "# The sections that a .netdev file of each Kind= may have.",
        "KINDS: dict[str, str] = {",
        *(f'    "{kind}": "{" ".join(sections)}",' for kind, sections in kinds(releases).items()),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _by_file(name: str, brackets: str, parts: dict[str, list[str]]) -> Iterator[str]:
    yield f"{name} = {{"
    for file, lines in parts.items():
        yield from (
            [f'    "{file}": {brackets[0]}', *lines, f"    {brackets[1]},"] if lines else [f'    "{file}": {brackets},']
        )
    yield "}"
    yield ""


def _key_lines(releases: list[Release], file: str) -> list[str]:
    sections: dict[str, dict[str, int]] = {}
    for section, key in all_names(releases, file):
        sections.setdefault(section, {})[key] = since(releases, file, section, key)
    return [line for section, names in sections.items() for line in _entry(section, _by_release(names))]


def _old_lines(releases: list[Release], file: str) -> list[str]:
    return [f'        "{name}": "{fate}",' for name, fate in old_names(releases, file).items()]


def _value_lines(releases: list[Release], file: str) -> list[str]:
    by_words: dict[tuple[str, ...], list[str]] = {}
    for name, (words, _between) in values(releases, file).items():
        by_words.setdefault(tuple(words), []).append(name)
    return [line for words, names in by_words.items() for line in _pair(list(words), names)]


def _between_lines(releases: list[Release], file: str) -> list[str]:
    pairs = [(name, between) for name, (_words, between) in values(releases, file).items() if between]
    return [f'        "{name}": "{between}",' for name, between in pairs]


def questions() -> dict[str, list[list[str]]]:
    """What networkd_probe.py asks about beyond what it finds in the daemons: [file, kind, section, key, word]."""
    # The link that tools/venv.sh makes: this checkout as a collection.
    sys.path.insert(0, str(ROOT / ".cache/collections"))
    from ansible_collections.homelab.ipv6.plugins.module_utils._formats import networkd_keys, networkd_vocabulary

    kind_of: dict[str, str] = {}
    for kind, sections in networkd_keys.KINDS.items():
        for section in sections.split():
            kind_of.setdefault(section, kind)
    table = networkd_vocabulary.table
    return {
        "names": [[file, section, key] for file in FILES for section in table(file) for key in table(file)[section]],
        "words": [
            [file, kind_of.get(section, "dummy"), section, key, word]
            for file, section, key in networkd_vocabulary.limited_keys()
            for word in networkd_vocabulary.choices(file, section, key)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the table is stale")
    parser.add_argument("--questions", action="store_true", help="print what to ask real daemons, as JSON")
    arguments = parser.parse_args()
    if arguments.questions:
        json.dump(questions(), sys.stdout)
        return
    text = render([read(*fetch(suite)) for suite in SUITES])
    if arguments.check:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET} is stale: run tools/networkd_vocabulary.py")
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
