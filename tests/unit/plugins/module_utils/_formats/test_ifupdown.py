# SPDX-License-Identifier: GPL-3.0-or-later
"""interfaces(5) as ifupdown 0.8.41 and 0.8.44 read it (asked with ifup --no-act and ifquery).

The files netcfg-* were written by the code of Debian's installer, the others are ifupdown's own examples.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.ifupdown import (
    HANDED_OVER,
    KEYWORDS,
    Stanza,
    brings_up_as_another,
    is_list,
    is_read,
    parse,
    render_stanza,
    sources,
    without_interface,
    without_state,
)

DATA = Path(__file__).parent / "data/interfaces"
FILES = sorted(path.name for path in DATA.iterdir())


def test_file_of_the_installer() -> None:
    assert parse((DATA / "netcfg-static4").read_text()) == [
        Stanza(("source", "/etc/network/interfaces.d/*"), (), 4, 4),
        Stanza(("auto", "lo"), (), 7, 7),
        Stanza(("iface", "lo", "inet", "loopback"), (), 8, 8),
        Stanza(("auto", "enp1s0"), (), 11, 11),
        Stanza(("iface", "enp1s0", "inet", "static"), (("address", "192.0.2.10/24"), ("gateway", "192.0.2.1")), 12, 14),
    ]


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        ("iface d0 inet static\n\taddress\t192.0.2.1/24 \n", "iface d0 inet static", [("address", "192.0.2.1/24")]),
        ("iface d0 inet \\\n static\n", "iface d0 inet static", []),
        ("# x \\\niface d0 inet static\n", "iface d0 inet static", []),
        ("iface d0 inet static\n # x \\\n mtu 1400\n", "iface d0 inet static", [("mtu", "1400")]),
        ("iface d0 inet static\n up a \\\n # b\n", "iface d0 inet static", [("up", "a  # b")]),
        ("iface d0 inet static\r\n mtu 1400\r\n", "iface d0 inet static", [("mtu", "1400")]),
        ("iface d0 inet static\n up echo a  b\n", "iface d0 inet static", [("up", "echo a  b")]),
        ("iface d0 inet static\n rfc1918\n", "iface d0 inet static", [("rfc1918", "")]),
        ("auto d0 \\", "auto d0 \\", []),
        ("auto d0", "auto d0", []),
        ("words without a stanza\n", "words without a stanza", []),
    ],
)
def test_stanza(text: str, words: str, options: list[tuple[str, str]]) -> None:
    (stanza,) = parse(text)
    assert (" ".join(stanza.words), list(stanza.options)) == (words, options)


@pytest.mark.parametrize(
    ("line", "interface", "named"),
    [
        *(("iface eth0 inet dhcp", "eth0", True), ("iface eth0 inet dhcp", "eth", False)),
        *(("iface eth0.10 inet dhcp", "eth0", False), ("iface eth0:1 inet dhcp", "eth0", True)),
        *(("iface", "eth0", False), ("iface home inet dhcp inherits eth0", "eth0", False)),
        *(("auto lo eth0", "eth0", True), ("auto lo eth0:1", "eth0", True), ("auto eth0=home", "eth0", True)),
        *(("allow-hotplug eth0", "eth0", True), ("no-auto-down eth0", "eth0", True)),
        *(("source eth0", "eth0", False), ("mapping eth0", "eth0", False)),
    ],
)
def test_stanza_names_an_interface(line: str, interface: str, named: bool) -> None:
    assert parse(line)[0].names(interface) is named


@pytest.mark.parametrize(
    ("word", "another"),
    [
        *(("eth0=home", True), ("/eth*/=home", True), ("/eth*/1/=home", True), ("/wl*/=home", False)),
        *(("eth0", False), ("/eth*", False), ("eth00=home", False), ("mac/02:00:00:00:00:01/=home", False)),
    ],
)
def test_interface_is_up_as_another(word: str, another: bool) -> None:
    assert brings_up_as_another(word, "eth0") is another


def test_sources_start_at_the_directory_of_the_file() -> None:
    stanzas = parse("source interfaces.d/* /x/y\nsource-directory d\nauto lo\n")
    assert sources(stanzas) == [
        *(("/etc/network/interfaces.d/*", False), ("/x/y", False), ("/etc/network/d", True)),
    ]
    assert sources(stanzas, "/b")[2] == ("/b/d", True)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        *(("source d.d/*", "a b.cfg"), ("source /n/d.d/*", "a b.cfg"), ("source-directory d.d", "a")),
        *(("source-directory /n/d.d/ /n/x", "a y1 z2"), ("source /n/d.d/a /n/x/y1", "a y1")),
        *(("source /n/x/[yz]?", "y1 z2"), ("source /n/*/y1", "y1"), ("source-directory /n/*", "a y1 z2")),
        *(("source /n/*", ""), ("auto /n/d.d/a", ""), ("source /n/d.d/.*", "")),
    ],
)
def test_which_files_are_read(line: str, read: str) -> None:
    paths = ("/n/d.d/a", "/n/d.d/b.cfg", "/n/d.d/.hid", "/n/x/y1", "/n/x/z2")
    found = [path for path in paths if is_read(path, parse(line), "/n")]
    assert [path.rsplit("/", 1)[1] for path in found] == read.split()


def test_interface_is_taken_out_of_a_file_of_the_installer() -> None:
    text = (DATA / "netcfg-dhcp-slaac").read_text()
    assert without_interface(text, "ens18") == text.replace(
        "allow-hotplug ens18\niface ens18 inet dhcp\n"
        "# This is an autoconfigured IPv6 interface\niface ens18 inet6 auto\n",
        "#homelab.ipv6# allow-hotplug ens18\n#homelab.ipv6# iface ens18 inet dhcp\n"
        "# This is an autoconfigured IPv6 interface\n#homelab.ipv6# iface ens18 inet6 auto\n",
    )


def test_other_interfaces_of_a_list_stay() -> None:
    text = "auto lo eth0 \\\n  eth1\niface eth0 inet static\n    # why\n\n    up a \\\n  b\niface eth1 inet dhcp"
    assert without_interface(text, "eth0") == (
        "#homelab.ipv6# auto lo eth0 \\\n#homelab.ipv6#   eth1\nauto lo eth1\n"
        "#homelab.ipv6# iface eth0 inet static\n#homelab.ipv6#     # why\n\n"
        "#homelab.ipv6#     up a \\\n#homelab.ipv6#   b\niface eth1 inet dhcp"
    )


def test_labels_go_with_their_interface() -> None:
    text = "auto eth0:1\niface eth0:1 inet static\n address 192.0.2.1/24\nauto eth1\n"
    assert parse(without_interface(text, "eth0")) == [Stanza(("auto", "eth1"), (), 4, 4)]


WORD = st.sampled_from(["eth0", "eth1", "lo", "eth0:1", "inet", "inet6", "static", "mtu", "1400", "#", "\\", "up", "é"])
KEYWORD = st.sampled_from(["iface", "auto", "allow-hotplug", "source", "mapping", "address", "#", ""])
LINE = st.tuples(KEYWORD, st.lists(WORD, max_size=4), st.sampled_from(["", " ", "\t", " \\", "\r", "\\"])).map(
    lambda parts: " ".join([parts[0], *parts[1]]) + parts[2]
)
LIKE_A_FILE = st.lists(LINE | st.text(max_size=8), max_size=12).map("\n".join)


def unmarked(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line.removeprefix(HANDED_OVER) for line in lines)


@given(LIKE_A_FILE)
@example("auto eth0 \\ \niface eth0")
@example("allow-hotplug\\\niface eth0 eth1")
def test_interface_is_out_and_every_other_byte_stays(text: str) -> None:
    out = without_interface(text, "eth0")
    assert not any(stanza.names("eth0") for stanza in parse(out))
    assert without_interface(out, "eth0") == out
    # Line by line: as it was, or the same behind the mark; and the shortened lists, which are new.
    old, new = text.split("\n"), out.split("\n")
    shortened = 0
    while new:
        line = new.pop(0)
        if old and line in (old[0], HANDED_OVER + old[0]):
            old.pop(0)
        else:
            shortened += 1
            assert is_list(line.split()[0])
    assert old == []
    if not shortened:
        assert unmarked(out) == text


@given(LIKE_A_FILE)
def test_other_stanzas_say_the_same(text: str) -> None:
    def others(found: str) -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
        # Lists apart: one may be shorter now, and ifup takes no options below one.
        return [
            (stanza.words, stanza.options)
            for stanza in parse(found)
            if not stanza.names("eth0") and not is_list(stanza.keyword)
        ]

    assert others(without_interface(text, "eth0")) == others(text)


@given(st.text())
def test_no_text_ends_in_an_error(text: str) -> None:
    stanzas = parse(text)
    sources(stanzas)
    without_interface(text, "eth0")


@pytest.mark.parametrize("name", FILES)
def test_real_files_come_back_when_the_marks_are_taken_away(name: str) -> None:
    text = (DATA / name).read_text()
    for interface in ("enp1s0", "ens18", "br0", "eth0"):
        assert unmarked(without_interface(text, interface)) == text


NAME = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\#"), min_size=1, max_size=8)
VALUE = st.lists(NAME, min_size=1, max_size=3).map(" ".join)
STANZAS = st.tuples(
    st.tuples(st.sampled_from(["iface", "auto", "allow-auto", "mapping"]), NAME, NAME),
    st.lists(
        st.tuples(NAME.filter(lambda name: name not in KEYWORDS and not name.startswith("allow-")), VALUE), max_size=3
    ),
)


@given(st.lists(STANZAS, max_size=4))
def test_what_is_rendered_is_read_back(stanzas: list[tuple[tuple[str, ...], list[tuple[str, str]]]]) -> None:
    text = "".join(render_stanza(words, options) for words, options in stanzas)
    assert [(stanza.words, list(stanza.options)) for stanza in parse(text)] == stanzas


def test_what_is_up_by_ifupdown_without_an_interface() -> None:
    assert without_state("lo=lo\neth0=eth0\neth01=home\n", "eth0") == "lo=lo\neth01=home\n"
    assert without_state("lo=lo\neth0=eth0", "eth0") == "lo=lo\n"
    assert without_state("", "eth0") == ""
