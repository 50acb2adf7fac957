# SPDX-License-Identifier: GPL-3.0-or-later
"""Each line as systemd-sysctl 252 (Debian 12) and 257 (Debian 13) took it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.sysctl_d import Setting, parse, render

KEY = "net/ipv6/conf/eth0.10/accept_ra"


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("net.ipv6.conf.eth0/10.accept_ra = 2", Setting(KEY, "2")),
        ("net/ipv6/conf/eth0.10/accept_ra=2", Setting(KEY, "2")),
        ("/net/ipv6/conf/eth0.10/accept_ra=2", Setting(KEY, "2")),
        ("\t net.ipv6.conf.eth0/10.accept_ra  =\t2 \r", Setting(KEY, "2")),
        ("-net.ipv6.conf.eth0/10.accept_ra = 2", Setting(KEY, "2", optional=True)),
        ("- net.ipv6.conf.eth0/10.accept_ra = 2", Setting(KEY, "2", optional=True)),
        ("-net.ipv6.conf.eth0/10.accept_ra", Setting(KEY, None, optional=True)),
        ("net.ipv6.conf.eth0/10.accept_ra =", Setting(KEY, "")),
        ("net.ipv6.conf.*.accept_ra = 1", Setting("net/ipv6/conf/*/accept_ra", "1")),
        ("net.ipv4.ip_local_port_range = 1024\t65535", Setting("net/ipv4/ip_local_port_range", "1024 65535")),
        ("kernel.core_pattern = |/bin/x a=b # c", Setting("kernel/core_pattern", "|/bin/x a=b # c")),
    ],
)
def test_line(line: str, setting: Setting) -> None:
    found = list(parse(line))
    assert [(item.key, item.value, item.optional) for item in found] == [(setting.key, setting.value, setting.optional)]


@pytest.mark.parametrize(
    "line",
    [
        *("", "  ", "# net.ipv6.x = 1", " ; net.ipv6.x = 1", "net.ipv6.x", "= 2", "--net.ipv6.x = 1"),
        *("net.ipv6.conf.eth0.accept_ra \\", "\fnet.ipv6.x = 2", "nodots = 1", "net.ipv6..x = 1"),
    ],
)
def test_line_that_sets_nothing(line: str) -> None:
    assert list(parse(line)) == []


def test_lines_are_counted() -> None:
    assert [item.line for item in parse("# head\n\na.b = 1\n  c.d=2\n")] == [3, 4]


def test_rendered() -> None:
    settings = [Setting(KEY, "2"), Setting("kernel/x", None, optional=True), Setting("kernel/y", "1 2", optional=True)]
    assert render(settings, "Two\n\nlines") == (
        "# Two\n#\n# lines\nnet.ipv6.conf.eth0/10.accept_ra = 2\n-kernel.x\n-kernel.y = 1 2\n"
    )
    assert render([]) == ""


PART = st.text(st.characters(categories=["L", "N"], include_characters="_-.:@%*?"), min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..")
)
KEYS = st.lists(PART, min_size=1, max_size=4).map(lambda parts: "/".join(["net", *parts]))
WORDS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=6), max_size=3)
SETTINGS = st.one_of(
    st.builds(Setting, key=KEYS, value=WORDS.map(" ".join), optional=st.booleans(), line=st.just(0)),
    st.builds(Setting, key=KEYS, value=st.none(), optional=st.just(True), line=st.just(0)),
)


@given(st.lists(SETTINGS, max_size=5), st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_what_is_rendered_is_read_back(settings: list[Setting], header: str) -> None:
    found = [Setting(item.key, item.value, item.optional) for item in parse(render(settings, header))]
    assert found == settings


@given(st.text())
def test_no_text_ends_in_an_error(text: str) -> None:
    # What was read can be written, and is the same again.
    found = [Setting(item.key, item.value, item.optional) for item in parse(text)]
    assert [Setting(item.key, item.value, item.optional) for item in parse(render(found))] == found
