# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads out of systemd's source packages what its parsers of .network, .netdev and .link files know.

Which keys there are, and which C function parses each, stands in the tables that gperf makes lookup functions from;
which words such a function takes, in the string tables of the C files; which release a key came in with, in the manual
pages of later releases ("Added in version 253."). A key that no manual page names and that is stored where another one
is, is that one's old name.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

ARCHIVE = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
GPERF = {
    "network": "src/network/networkd-network-gperf.gperf",
    "netdev": "src/network/netdev/netdev-gperf.gperf",
    "link": "src/udev/net/link-config-gperf.gperf",
}
# The files that say which sections of a table are read at all.
READERS = {"network": "src/network/networkd-network.c", "link": "src/udev/net/link-config.c"}
# Where the parsers and the string tables that they look words up in are kept. Of two of one name the later one counts.
CODE = ("src/libsystemd/", "src/libsystemd-network/", "src/basic/", "src/shared/", "src/udev/net/", "src/network/")
BOOLEAN = ("yes", "no")
# Parsers that split the value before they look its parts up, which the reading of their code does not follow:
# the string table, whether they take booleans too, and what is between the parts.
SPLITTING = {"config_parse_required_for_online": ("link_operstate", True, ":")}
# Parsers that take only some of the words that they look up; the records of real daemons show which.
NARROWED = {"config_parse_dhcp_pd_prefix_route_type": ("none", "blackhole", "prohibit", "throw", "unreachable")}
# Looked up by functions of their own: their words are those of another table.
OTHER_TABLES = {"link_local_address_family": "address_family"}


def run(*command: str, directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)


def fetch(suite: str) -> tuple[str, dict[str, str]]:
    """(version of the package, path → text) of a suite's systemd, checked against the archive's signature.

    apt keeps its lists in a scratch directory: the machine's own ones, and what they lead to, stay as they are.
    """
    with TemporaryDirectory(prefix="networkd-sources-") as name:
        scratch = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial", "download"):
            (scratch / part).mkdir(parents=True)
        # apt fetches as a user of its own.
        for directory in (scratch, scratch / "download"):
            directory.chmod(0o777)
        sources = scratch / "sources.list"
        sources.write_text(f"deb-src [signed-by={KEYRING}] {ARCHIVE} {suite} main\n")
        options = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State": scratch / "state",
            "Dir::State::Status": "/dev/null",
            "Dir::Cache": scratch / "cache",
        }
        apt = ["apt-get", "-qq", *(f"-o{option}={value}" for option, value in options.items())]
        run(*apt, "update", directory=scratch)
        run(*apt, "source", "--download-only", f"systemd/{suite}", directory=scratch / "download")
        (description,) = (scratch / "download").glob("*.dsc")
        version = re.search(r"^Version: (\S+)", description.read_text(), re.MULTILINE)
        (archive,) = (scratch / "download").glob("*.orig.tar.*")
        return version.group(1) if version else "", unpacked(archive)


def unpacked(archive: Path) -> dict[str, str]:
    """path → text of the files that are read here, without reading anything onto the disk."""
    found: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            path = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
            wanted = path in GPERF.values() or (path.startswith(CODE) and path.endswith((".c", ".h")))
            source = tar.extractfile(member) if wanted or PurePosixPath(path).match("man/*.xml") else None
            if source:
                found[path] = source.read().decode("utf-8", "replace")
    return found


@dataclass(frozen=True)
class Choice:
    """The words that a parser takes.

    :param between: what separates several of them in one value
    """

    words: tuple[str, ...]
    between: str = ""


@dataclass(frozen=True)
class Key:
    """One line of a gperf table.

    :param target: parser, type and offset: where the value goes; the same for two names of one thing
    :param marked: the table says itself that this is an old name
    :param since: what the manual page says; 0 where it names the key without a release, None where it does not name it
    :param by_name: its parser looks at the name too, so that another name may mean something else
    :param dead: the daemon reads it, and does nothing but say that it is no more
    :param instead: what its parser says to use
    """

    name: str
    target: tuple[str, str, str]
    marked: bool
    since: int | None = None
    choice: Choice | None = None
    by_name: bool = False
    dead: bool = False
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """What one release of systemd knows.

    :param package: the version of the Debian package
    :param keys: kind of file → section → key
    :param kinds: Kind= of a .netdev file → its sections
    """

    version: int
    package: str
    keys: dict[str, dict[str, dict[str, Key]]]
    kinds: dict[str, list[str]]


@dataclass
class Code:
    """The C files of a release, looked up by the names of what they define."""

    text: str
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    macros: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    parsers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text = re.sub(r"/\*.*?\*/", " ", self.text, flags=re.DOTALL)
        for name, entries in re.findall(
            r"char\s*\*\s*const (\w+)_table\[[^\]]*\] = \{(.*?)\n\};", self.text, re.DOTALL
        ):
            self.tables[name] = dict(re.findall(r'\[(\w+)\]\s*=\s*"([^"]*)"', entries))
        for name, body in re.findall(r"^(?:static )?int (config_parse_\w+)\(\n(.*?)\n\}", self.text, re.M | re.DOTALL):
            self.bodies[name] = body
        for macro, arguments in re.findall(r"^(?:static )?DEFINE_(\w+)\(([^;{()]*)\);", self.text, re.MULTILINE):
            first, *others = [each.strip() for each in arguments.split(",")]
            self.macros[macro, first] = others
        by_number = r"\[(\w+)\]\s*=\s*\{\s*\.parser = (\w+),\s*\.ltype = (\w+)"
        self.parsers = {number: (parser, other) for number, parser, other in re.findall(by_number, self.text)}

    def parser(self, name: str, number: str) -> str:
        """The function that parses a key, where one for several of them looks it up by a number."""
        while number in self.parsers:
            name, number = self.parsers[number]
        return name

    def looked_up(self, name: str) -> tuple[str, ...] | None:
        """The words that NAME_from_string() takes, where it takes nothing but words and booleans."""
        name = OTHER_TABLES.get(name, name)
        words = tuple(self.tables.get(name, {}).values())
        for scope in ("", "PRIVATE_"):
            for direction in ("", "_FROM_STRING"):
                macro = f"{scope}STRING_TABLE_LOOKUP{direction}"
                if words and (macro, name) in self.macros:
                    return words
                if words and (arguments := self.macros.get((f"{macro}_WITH_BOOLEAN", name))):
                    # The last argument is what yes means, where it means something.
                    booleans = BOOLEAN[1:] if arguments[-1].endswith("_INVALID") else BOOLEAN
                    return tuple(dict.fromkeys((*booleans, *words)))
        return None

    def choice(self, parser: str, key: str) -> Choice | None:
        """What a parser takes for a key; None where that is more than a few words."""
        if parser in ("config_parse_bool", "config_parse_tristate"):
            return Choice(BOOLEAN)
        if parser in SPLITTING:
            table, booleans, between = SPLITTING[parser]
            return Choice((*(BOOLEAN if booleans else ()), *self.tables[table].values()), between)
        if parser in NARROWED:
            return Choice(NARROWED[parser])
        for macro, between in (("ENUM", ""), ("ENUM_WITH_DEFAULT", ""), ("ENUMV", " ")):
            if arguments := self.macros.get((f"CONFIG_PARSE_{macro}", parser)):
                words = self.looked_up(arguments[0])
                return Choice(words, between) if words else None
        if arguments := self.macros.get(("CONFIG_PARSE", parser)):
            words = self.looked_up(arguments[0].removesuffix("_from_string"))
            return Choice(words) if words else None
        body = self.bodies.get(parser, "")
        # A block for one of the names that end up here.
        for name, block in re.findall(r'    if \(streq\(lvalue, "(\w+)"\)\) \{\n(.*?)\n        \}\n', body, re.DOTALL):
            if "rvalue" in block and block.endswith("\n                return 0;"):
                body = block if name == key else body.replace(block, "")
        return self._compared(body)

    def _compared(self, body: str) -> Choice | None:
        """The words that the body of a function compares its value with, where it does nothing else with it."""
        words: list[str] = []
        for function, rest in re.findall(r"(\w+)\(rvalue\b((?:[^()]|\([^()]*\))*)\)", body):
            if function in ("streq", "STR_IN_SET"):
                words += re.findall(r'"([^"]*)"', rest)
            elif function in ("parse_boolean", "parse_tristate"):
                # Where one is said to mean something else than it says, it is left out.
                words += [] if "historical reasons" in body else BOOLEAN[1:] if "is handled as" in body else BOOLEAN
            elif function.endswith("_from_string"):
                # The words of former releases are taken with a line in the log.
                if "deprecated" not in function:
                    found = self.looked_up(function.removesuffix("_from_string"))
                    if not found:
                        return None
                    words += found
            elif function not in ("isempty", "assert", "ASSERT_PTR"):
                return None
        # The value under another name, or as a later argument.
        other = re.sub(r"log_\w+\((?:[^()]|\([^()]*\))*\)", "", body)
        if re.search(r"(= |, ?&?)rvalue\b", other.split("{", 1)[-1]):
            return None
        return Choice(tuple(dict.fromkeys(filter(None, words)))) if words else None

    def complains(self, parser: str) -> bool:
        """Whether a parser does nothing with its value."""
        body = self.bodies.get(parser, "").split("{", 1)[-1]
        calls = re.findall(r"\b(\w+)\(", re.sub(r'"[^"]*"', '""', body))
        return parser == "config_parse_warn_compat" or (bool(calls) and not set(calls) - {"assert", "log_syntax"})

    def instead(self, parser: str) -> tuple[str, ...]:
        """The keys that a parser says to use."""
        said = "".join(re.findall(r'"([^"]*)"', self.bodies.get(parser, "")))
        advice = re.search(r"[Pp]lease use (.*?)(?: instead| in |\.)", said)
        return tuple(re.findall(r"\b([A-Z]\w+)=", advice.group(1))) if advice else ()


def read(package: str, files: dict[str, str]) -> Release:
    """All that is known about one release."""
    code = Code("\n".join(files[path] for part in CODE for path in files if path.startswith(part) and path[-1] in "ch"))
    keys: dict[str, dict[str, dict[str, Key]]] = {}
    for file, path in GPERF.items():
        documented = dict(manual(files, f"systemd.{file}.xml"))
        sections = keys.setdefault(file, {})
        known = sections_read(files, file, code)
        for section, line in lines(files[path]):
            parser = code.parser(*line.target[:2])
            key = replace(
                line,
                target=(parser, *line.target[1:]),
                since=documented.get((section, line.name)),
                choice=code.choice(parser, line.name),
                by_name="(lvalue," in code.bodies.get(parser, ""),
                dead=code.complains(parser),
                instead=code.instead(parser),
            )
            if section in known:
                sections.setdefault(section, {})[key.name] = key
    return Release(int(package.partition(".")[0]), package, keys, kinds(code))


def sections_read(files: dict[str, str], file: str, code: Code) -> set[str]:
    """The sections that a file may have, of which there are less than its table has."""
    if file not in READERS:
        return {section for sections in kinds(code).values() for section in sections}
    listed = re.search(r'config_parse_many\([^;]*?((?:"[\w-]+\\0"[^"]*)+)', files[READERS[file]])
    return set(re.findall(r'"([\w-]+)\\0"', listed.group(1))) if listed else set()


def lines(text: str) -> Iterator[tuple[str, Key]]:
    """(section, key) of each line of a gperf table."""
    old = False
    for line in text.partition("%%")[2].splitlines():
        old = old or "do not add new entries" in line
        if match := re.match(r"([\w-]+)\.([\w-]+),\s*(\w+),\s*(?:/\*.*?\*/)?\s*([^,]+),\s*(.*)", line):
            section, name, parser, kind, offset = match.groups()
            place, comment, _rest = offset.partition("/*")
            yield section, Key(name, (parser, kind.strip(), place.strip()), old or bool(comment))


def kinds(code: Code) -> dict[str, list[str]]:
    """Kind= of a .netdev file → the sections that it may have."""
    common = re.search(r'#define NETDEV_COMMON_SECTIONS "([^"]*)"', code.text)
    tables = dict(re.findall(r"\[(NETDEV_KIND_\w+)\]\s*=\s*&(\w+)_vtable", code.text))
    found: dict[str, list[str]] = {}
    for number, name in code.tables["netdev_kind"].items():
        body = re.search(rf"NetDevVTable {tables[number]}_vtable = \{{(.*?)\n\}};", code.text, re.DOTALL)
        sections = re.search(r'\.sections = NETDEV_COMMON_SECTIONS(?: "([^"]*)")?', body.group(1)) if body else None
        if not common or not sections:
            raise SystemExit(f"The sections of Kind={name} are not where they were in systemd 252 to 257")
        found[name] = sorted(filter(None, (common.group(1) + (sections.group(1) or "")).split("\\0")))
    return found


def manual(files: dict[str, str], page: str) -> Iterator[tuple[tuple[str, str], int]]:
    """((section, key), release that it came in with) of all that a manual page has as a heading."""
    section = ""
    for element in included(files, parsed(files[f"man/{page}"])):
        if element.tag == "title":
            title = re.search(r"\[([\w-]+)\]", element.text or "")
            section = title.group(1) if title else section
        else:
            names = [each.text or "" for each in element.findall("term/varname")]
            # Below an entry's paragraphs it is about one of its words.
            said = [each.get("xpointer") or "" for each in (*element, *element.findall("listitem/*"))]
            releases = [int(each[1:]) for each in said if re.fullmatch(r"v\d+", each)]
            yield from (((section, each.rstrip("=")), min(releases, default=0)) for each in names)


def included(files: dict[str, str], element: ET.Element) -> Iterator[ET.Element]:
    """The titles and entries of a page in order, also those that it has from another page."""
    for each in element.iter():
        if each.tag in ("title", "varlistentry"):
            yield each
        elif each.tag.endswith("}include") and (text := files.get(f"man/{each.get('href')}")):
            for found in parsed(text).iter():
                if found.get("id") == each.get("xpointer"):
                    yield from included(files, found)


def parsed(text: str) -> ET.Element:
    # Entities are defined elsewhere and stand in the running text alone.
    return ET.fromstring(  # noqa: S314 - from a package whose signature apt has checked
        re.sub(r"&(?!lt;|gt;|amp;|quot;|#)\w+;", "", text)
    )
