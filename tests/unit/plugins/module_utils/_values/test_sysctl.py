# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.sysctl import (
    SPREADING,
    interface_key,
    interface_of,
    is_pattern,
    order,
    parse_key,
    parse_value,
    render_key,
    spread,
    spreads_to,
)

CONF = "net/ipv6/conf/"


@pytest.mark.parametrize(
    "text",
    [
        "net.ipv6.conf.eth0/10.forwarding",
        "net/ipv6/conf/eth0.10/forwarding",
        "/net/ipv6/conf/eth0.10/forwarding",
        " net.ipv6.conf.eth0/10.forwarding\t\n",
    ],
)
def test_all_notations_of_a_key_are_one(text: str) -> None:
    assert parse_key(text) == CONF + "eth0.10/forwarding"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "forwarding", ".", "/", "net..forwarding", "net.ipv6.", ".net.ipv6", "net/../kernel/x", "net/./x"),
        *("-net.ipv6.x", "net.ipv6 .x", "net.ipv6.x=1", "net.ipv6.a\nb", "net.ipv6.a\0", "net.x.\ud800"),
        # systemd-sysctl takes these for other keys than they look like.
        *("\fnet.ipv6.x", "/net.ipv6/x"),
    ],
)
def test_key_that_cannot_be_right(text: str) -> None:
    with pytest.raises(ValueProblem, match=r"is not a sysctl key\. Write it as net\.ipv6\.conf\.all\.forwarding\."):
        parse_key(text)


@given(st.text())
def test_key_is_refused_or_survives_rendering(text: str) -> None:
    try:
        path = parse_key(text)
    except ValueProblem:
        return
    assert parse_key(render_key(path)) == path


KEY_PART = st.text(st.characters(categories=["L", "N"], include_characters="_-.:@%"), min_size=1, max_size=12)


@given(st.lists(KEY_PART.filter(lambda part: part not in (".", "..")), min_size=1, max_size=5))
def test_rendered_key_is_read_back(parts: list[str]) -> None:
    path = "/".join(["net", *parts])
    assert parse_key(render_key(path)) == path
    assert parse_key(path) == path


def test_interface_key_keeps_the_dots_of_a_name() -> None:
    assert interface_key("eth0.10", "accept_ra") == CONF + "eth0.10/accept_ra"
    assert render_key(interface_key("eth0.10", "accept_ra")) == "net.ipv6.conf.eth0/10.accept_ra"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a b", "a/b", "a=b", "eth0\n", "a\0", "sixteen-letters-", "ääääääää", "\ud800"]
)
def test_name_that_no_interface_has(name: str) -> None:
    with pytest.raises(ValueProblem, match="cannot be an interface name"):
        interface_key(name, "mtu")


@pytest.mark.parametrize("key", ["", "accept ra", "accept_ra\n", "a/b", "a.b", "ä"])
def test_key_of_an_interface_is_one_word(key: str) -> None:
    with pytest.raises(ValueProblem, match=r"is not an IPv6 parameter\. Use a name below net\.ipv6\.conf\.IFACE"):
        interface_key("eth0", key)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((True, "1"), (False, "0"), (2, "2"), (-1, "-1"), (1.5, "1.5"), ("2", "2"), (" 2\n", "2")),
        ("1024\t 65535", "1024 65535"),
    ],
)
def test_value(value: object, text: str) -> None:
    assert parse_value(value) == text


@pytest.mark.parametrize("value", ["", "  ", "1\n2", "a\0b", "\ud800"])
def test_value_is_one_line(value: str) -> None:
    with pytest.raises(ValueProblem, match=r"is not one line of text\. Write a number or a line of text\."):
        parse_value(value)


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_value_is_a_scalar(value: object) -> None:
    with pytest.raises(ValueProblem, match="is not a value of a kernel parameter"):
        parse_value(value)


def test_all_is_written_before_what_it_overwrites() -> None:
    keys = [CONF + "a/forwarding", CONF + "default/forwarding", CONF + "all/forwarding", "net/ipv4/ip_forward"]
    assert sorted([*keys, "net/ipv4/conf/a/forwarding", "kernel/x"], key=order) == [
        *("kernel/x", "net/ipv4/ip_forward", CONF + "all/forwarding", CONF + "default/forwarding"),
        *("net/ipv4/conf/a/forwarding", CONF + "a/forwarding"),
    ]


@pytest.mark.parametrize(("directory", "key"), SPREADING.values())
def test_all_spreads(directory: str, key: str) -> None:
    assert spread(f"{directory}/all/{key}") == (directory, key)
    assert spreads_to(f"{directory}/all/{key}", f"{directory}/eth0.10/{key}")
    assert spreads_to(f"{directory}/all/{key}", f"{directory}/default/{key}")
    assert not spreads_to(f"{directory}/all/{key}", f"{directory}/all/{key}")
    assert not spreads_to(f"{directory}/eth0/{key}", f"{directory}/eth1/{key}")
    assert not spreads_to(f"{directory}/all/{key}", f"{directory}/eth0/mtu")


def test_only_few_keys_spread() -> None:
    assert spread(CONF + "all/accept_ra") is None
    assert not spreads_to(CONF + "all/accept_ra", CONF + "eth0/accept_ra")
    assert not spreads_to(CONF + "all/forwarding", "kernel/x")
    assert spreads_to("net/ipv4/ip_forward", "net/ipv4/conf/eth0/forwarding")


@pytest.mark.parametrize(
    ("path", "pattern", "interface"),
    [
        ("net/ipv6/conf/eth0.10/accept_ra", False, ("eth0.10", "accept_ra")),
        ("net/ipv6/conf/*/accept_ra", True, ("*", "accept_ra")),
        ("net/ipv4/conf/eth0/forwarding", False, None),
        ("net/ipv6/route/gc_timeout", False, None),
        ("kernel/[a-c]?", True, None),
    ],
)
def test_what_a_key_is_about(path: str, pattern: bool, interface: tuple[str, str] | None) -> None:
    assert is_pattern(path) == pattern
    assert interface_of(path) == interface
