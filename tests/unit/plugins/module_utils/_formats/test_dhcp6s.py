# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcp6s
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.dhcp6s import (
    FOREVER,
    HostStatement,
    Lifetimes,
    Pool,
    Statement,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem

HOME = (Path(__file__).parent / "data/dhcp6s-home.conf").read_text()

needs_dhcp6s = pytest.mark.skipif(shutil.which("dhcp6s") is None, reason="wide-dhcpv6-server is not installed")

seconds = st.integers(1, FOREVER)
addresses = st.lists(st.ip_addresses(v=6), max_size=2).map(tuple)
prefixes = st.lists(st.ip_addresses(v=6).map(lambda address: IPv6Network((address, 56), strict=False)), max_size=2).map(
    tuple
)
entries = st.builds(
    HostStatement,
    name=st.from_regex(r"[A-Za-z0-9._-]{1,9}", fullmatch=True),
    duid=st.binary(min_size=5, max_size=20).map(lambda tail: (b"\0\2" + tail).hex(":")),
    addresses=addresses,
    prefixes=prefixes,
    lifetimes=st.builds(Lifetimes, seconds, seconds),
)
words = st.from_regex(r"[A-Za-z0-9:._/,-]{1,9}", fullmatch=True) | st.from_regex(r'"[^"]{0,5}"', fullmatch=True)
statements = st.recursive(
    st.builds(Statement, st.lists(words, min_size=1, max_size=3).map(tuple)),
    lambda inner: st.builds(
        Statement, st.lists(words, min_size=1, max_size=2).map(tuple), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=8,
)


def tell(path: Path) -> str:
    """What dhcp6s says of a configuration. It ends before it opens a socket, since name servers are given twice."""
    argv = ["dhcp6s", "-d", "-f", "-c", path, "-k", "/dev/null", "-P", "/nonexistent/pid", "-n", "::1", "lo"]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30).stderr


@given(st.lists(statements, max_size=4).map(tuple))
def test_what_is_rendered_is_read_back(found: tuple[Statement, ...]) -> None:
    assert dhcp6s.parse(dhcp6s.render(found)) == found


@given(st.lists(entries, max_size=4))
def test_hosts_are_read_back(hosts: list[HostStatement]) -> None:
    bare = [host for host in hosts if not (host.addresses or host.prefixes)]
    found = dhcp6s.hosts(dhcp6s.parse(dhcp6s.render_hosts(hosts)))
    assert [host for host in found if host.lifetimes] == [host for host in hosts if host not in bare]
    assert [host.name for host in found] == [host.name for host in hosts]


def test_what_a_configuration_holds() -> None:
    found = dhcp6s.parse(HOME)
    assert dhcp6s.includes(found) == ["/etc/wide-dhcpv6/guests.conf"]
    assert dhcp6s.pools(found) == [Pool("guests", IPv6Address("2001:db8:0:1::1000"), IPv6Address("2001:db8:0:1::1fff"))]
    assert dhcp6s.secrets(found) == dhcp6s.secrets_of(HOME) == ["5pvW2g48OHPvkYMJSw0vZA=="]
    assert dhcp6s.secrets_of("host {") == dhcp6s.secrets_of(None) == []


def test_hosts() -> None:
    nas, console, odd = dhcp6s.hosts(dhcp6s.parse(HOME))
    assert nas.duid == "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"
    assert nas.addresses == (IPv6Address("2001:db8:0:1::10"), IPv6Address("2001:db8:0:1::11"))
    assert nas.prefixes == (IPv6Network("2001:db8:100::/56"), IPv6Network("2001:db8:200::/56"))
    assert nas.lifetimes == Lifetimes(FOREVER, FOREVER)
    assert HOME.splitlines()[nas.line - 1].startswith("host nas")
    assert (console.duid, console.addresses, console.lifetimes) == ("00:03:00:01:52:54:00:65:43:29", (), None)
    assert (odd.duid, odd.lifetimes) == ("", Lifetimes(3600, 3600))
    assert HOME.splitlines()[odd.line - 1].startswith("host odd")


def test_what_cannot_be_made_sense_of_is_left_to_dhcp6s() -> None:
    text = "pool p { range; range 2001:db8::1 to x; }; host h { address x 1; address ::1 x; prefix; prefix ::/64 x; };"
    found = dhcp6s.parse(text)
    assert dhcp6s.pools(found) == []
    assert dhcp6s.hosts(found) == [HostStatement("h", "", (IPv6Address("::1"),), (IPv6Network("::/64"),))]


def test_carriage_returns_are_blanks() -> None:
    assert dhcp6s.parse(HOME.replace("\n", "\r\n")) == dhcp6s.parse(HOME)


@needs_dhcp6s
def test_dhcp6s_accepts_the_fixture(tmp_path: Path) -> None:
    path = tmp_path / "dhcp6s.conf"
    path.write_bytes(HOME.replace("\n", "\r\n").encode())
    assert "do not specify DNS servers both" in tell(path)


@needs_dhcp6s
def test_dhcp6s_accepts_what_is_rendered(tmp_path: Path) -> None:
    address, prefix, lifetimes = IPv6Address("2001:db8::1"), IPv6Network("2001:db8:100::/56"), Lifetimes(600, FOREVER)
    hosts = [
        HostStatement("nas", "00:03:00:01:52:54:00:65:43:21", (address,), (prefix,), lifetimes),
        HostStatement("tv.attic", "01:02:03", (IPv6Address("2001:db8::2"),), (), lifetimes),
        # What are words or numbers of the language elsewhere.
        HostStatement("host", "01:02:04", (IPv6Address("::3"),), (), lifetimes),
        HostStatement("24", "01:02:05", (IPv6Address("2001:db8::4"),), (), lifetimes),
        HostStatement("longest", (b"\0\2" + bytes(dhcp6s.LONGEST_DUID - 2)).hex(":"), (), (prefix,), lifetimes),
    ]
    (tmp_path / "hosts.conf").write_text(dhcp6s.render_hosts(hosts))
    main = tmp_path / "dhcp6s.conf"
    main.write_text("option domain-name-servers ::1;\n" + dhcp6s.render_include(str(tmp_path / "hosts.conf")))
    said = tell(main)
    assert "do not specify DNS servers both" in said
    assert "ignored" not in said


@needs_dhcp6s
@pytest.mark.parametrize(
    "text",
    [
        "host a { duid 00:01;\n",
        "host a { duid 00:01; }\nhost b { };",
        "host a { duid 00:01 };",
        "option domain-name-servers 2001:db8::1",
        "host a { };\n};",
        ";",
        'option domain-name "a;',
    ],
)
def test_dhcp6s_refuses_what_is_refused_here(tmp_path: Path, text: str) -> None:
    with pytest.raises(SyntaxProblem):
        dhcp6s.parse(text)
    path = tmp_path / "dhcp6s.conf"
    path.write_text("option domain-name-servers ::1;" + text)
    assert "failed to parse configuration file" in tell(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("host a {\n", "line 1, column 8: this { is never closed"),
        ("option x 1;\n};", "line 2, column 1: this } closes nothing"),
        ("a b", "line 1, column 1: 'a' has no semicolon at its end"),
        ("a {\n  b c\n};", "line 2, column 3: 'b' has no semicolon at its end"),
        ("x;\na { }\nb { };", "line 2, column 1: 'a' has no semicolon at its end"),
        ("a { } { };", "line 1, column 1: 'a' has no semicolon at its end"),
        ("a { }", "line 1, column 1: 'a' has no semicolon at its end"),
        ('a "b;\n', "line 1, column 3: this quotation has no end"),
        ("a;;", "line 1, column 3: this semicolon ends nothing"),
        ("a;{ };", "line 1, column 3: nothing stands before this {"),
        ("a {" * 200, "more than 100 blocks are open"),
    ],
)
def test_problems_have_a_place(text: str, says: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        dhcp6s.parse(text)
    assert says in str(raised.value)


@given(st.text('{};"#/, \\\n\rab:1', max_size=30) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = None
    try:
        found = dhcp6s.parse(text)
        dhcp6s.hosts(found)
        dhcp6s.pools(found)
        dhcp6s.includes(found)
    except SyntaxProblem as raised:
        problem = raised
    assert problem is None or 1 <= problem.line <= text.count("\n") + 1


def test_a_host_that_gets_nothing_is_rendered_without_lifetimes() -> None:
    host = HostStatement("nas", "00:01:02", (), (), None)
    text = dhcp6s.render_hosts([host])
    assert text == dhcp6s.HOSTS_HEADER + "\nhost nas {\n    duid 00:01:02;\n};\n"
