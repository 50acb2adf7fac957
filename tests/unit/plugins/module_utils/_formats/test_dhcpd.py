# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.dhcpd import HostDeclaration, Statement, Word
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem

HOME = (Path(__file__).parent / "data/dhcpd6-home.conf").read_text()

needs_dhcpd = pytest.mark.skipif(shutil.which("dhcpd") is None, reason="isc-dhcp-server is not installed")

declarations = st.builds(
    HostDeclaration,
    name=st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True),
    kind=st.just("duid"),
    identifier=st.binary(min_size=5, max_size=20).map(lambda tail: (b"\0\2" + tail).hex(":")),
    addresses=st.lists(st.ip_addresses(v=6), max_size=1).map(tuple),
    prefixes=st.lists(
        st.ip_addresses(v=6).map(lambda address: IPv6Network((address, 56), strict=False)), max_size=2
    ).map(tuple),
    hostname=st.none() | st.sampled_from(["nas", "nas.example.org"]),
    # None of these is rendered.
    quoted=st.just(False),
    only_ipv4=st.just(False),
    line=st.just(0),
)
by_mac = st.binary(min_size=6, max_size=6).map(lambda octets: HostDeclaration("x", "hwaddr", octets.hex(":")))


def read(text: str) -> list[HostDeclaration]:
    return dhcpd.hosts(text, dhcpd.parse(text))


@given(st.lists(declarations | by_mac, max_size=4))
def test_what_is_rendered_is_read_back(hosts: list[HostDeclaration]) -> None:
    found = read(dhcpd.render(hosts))
    assert [host._replace(line=0) for host in found] == hosts


def test_statements() -> None:
    statements = dhcpd.parse(HOME)
    assert [str(prefix) for prefix in dhcpd.served(statements)] == ["2001:db8:0:1::/64", "2001:db8:0:2::/64"]
    assert dhcpd.includes(statements) == ["/etc/dhcp/keys.conf", "/etc/dhcp/guests.conf"]


def test_hosts() -> None:
    nas, printer, console, other = read(HOME)
    assert nas.identifier == "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"
    assert nas.addresses == (IPv6Address("2001:db8:0:1::10"),)
    assert nas.prefixes == (IPv6Network("2001:db8:100::/56"),)
    assert HOME.splitlines()[nas.line - 1].startswith("host nas")
    assert (printer.kind, printer.identifier) == ("hwaddr", "52:54:00:aa:bb:cc")
    assert printer.addresses == (IPv6Address("2001:db8:0:1::20"), IPv6Address("2001:db8:0:1::21"))
    assert (console.quoted, console.identifier) == (True, "00:01:00:01:11:f9:4b:5a:08:00:27:c5:40:c7")
    assert (other.kind, other.addresses) == ("", ())


def test_a_host_of_ipv4_alone_is_told_from_others() -> None:
    (lan, both) = read(
        "host a { hardware ethernet 52:54:0:AA:b:c; fixed-address 192.0.2.1; }\n"
        "host b { hardware ethernet 52:54:0:aa:b:d; fixed-address 192.0.2.2; fixed-address6 2001:db8::1; }\n"
    )
    assert (lan.identifier, lan.only_ipv4) == ("52:54:00:aa:0b:0c", True)
    assert not both.only_ipv4


KEYS = """key k { algorithm hmac-md5; secret "c2VjcmV0"; };
KEY l { algorithm hmac-md5; SECRET c2Vj cmV+ ==; }
omapi-key k;
"""


def test_secrets() -> None:
    assert dhcpd.secrets_of(KEYS) == ["c2VjcmV0", "c2Vj", "cmV+"]
    assert dhcpd.secrets_of('ldap-password "pass; word";') == ["pass; word"]
    # What cannot be read is not to be shown either.
    assert dhcpd.secrets_of(KEYS + "subnet6 {") == ["c2VjcmV0", "c2Vj"]
    assert dhcpd.secrets_of('{ secret "";') == []
    assert dhcpd.secrets_of(None) == []


@needs_dhcpd
def test_dhcpd_takes_keys_with_quotes_and_without_them(tmp_path: Path) -> None:
    path = tmp_path / "dhcpd6.conf"
    path.write_text(KEYS.replace("cmV+ ==", "cmV0") + "subnet6 2001:db8::/64 { }\n")
    (tmp_path / "leases").touch()
    argv = ["dhcpd", "-6", "-t", "-cf", path, "-lf", tmp_path / "leases"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


@needs_dhcpd
def test_dhcpd_accepts_the_fixture(tmp_path: Path) -> None:
    path = tmp_path / "dhcpd6.conf"
    path.write_text("".join(line for line in HOME.splitlines(keepends=True) if "include" not in line))
    done = subprocess.run(["dhcpd", "-6", "-t", "-cf", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_dhcpd
def test_dhcpd_accepts_what_is_rendered(tmp_path: Path) -> None:
    path = tmp_path / "hosts.conf"
    address, prefix = IPv6Address("2001:db8::1"), IPv6Network("2001:db8:100::/56")
    hosts = [
        HostDeclaration("nas", "duid", "00:03:00:01:52:54:00:65:43:21", (address,), (prefix,), "nas.example.org"),
        HostDeclaration("nas--2", "duid", "00:03:00:01:52:54:00:65:43:21", (IPv6Address("2001:db8:1::1"),)),
        HostDeclaration("tv.attic", "hwaddr", "52:54:00:65:43:22", (IPv6Address("2001:db8::2"),)),
        HostDeclaration("24port-switch", "duid", "01:02:03", (IPv6Address("2001:db8::3"),)),
        # What is a word of the language elsewhere.
        HostDeclaration("of", "duid", "01:02:04", (IPv6Address("2001:db8::4"),)),
    ]
    text = dhcpd.render(hosts)
    assert [host._replace(line=0) for host in dhcpd.hosts(text, dhcpd.parse(text))] == hosts
    path.write_text(dhcpd.render(hosts))
    done = subprocess.run(["dhcpd", "-6", "-t", "-cf", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("subnet6 2001:db8::/64 {\n", "line 1, column 23: this { is never closed"),
        ("option x 1;\n}", "line 2, column 1: this } closes nothing"),
        ("a b", "line 1, column 1: 'a' has no semicolon at its end"),
        ("a {\n  b c\n}", "line 2, column 3: 'b' has no semicolon at its end"),
        ('a "b;\n', "line 1, column 3: this string has no end"),
        ("option x code 1 = { integer 8;", "line 1, column 19: this { is never closed"),
        ("a {" * 200, "more than 100 blocks are open"),
    ],
)
def test_problems_have_a_place(text: str, says: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        dhcpd.parse(text)
    assert says in str(raised.value)


@given(st.text('{};"=# \\\nabof', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = None
    try:
        dhcpd.parse(text)
    except SyntaxProblem as raised:
        problem = raised
    assert problem is None or 1 <= problem.line <= text.count("\n") + 1


# What a word and a string may hold without being taken for something else; dhcpd knows no empty word.
plain_words = st.text("abcz019.:/-_=,", min_size=1, max_size=8).map(Word)
quoted_words = st.text("abcz019 {};#=", max_size=8).map(lambda text: Word(text, quoted=True))
lines = st.builds(lambda first, more: Statement((first, *more)), plain_words, st.lists(plain_words | quoted_words))
statements = st.recursive(
    lines,
    lambda inner: st.builds(lambda line, block: Statement(line.words, block=tuple(block)), lines, st.lists(inner)),
    max_leaves=8,
)


@given(st.lists(statements, max_size=4).map(tuple))
def test_a_configuration_that_is_rendered_is_read_back(whole: tuple[Statement, ...]) -> None:
    assert dhcpd.parse(dhcpd.render_statements(whole)) == whole


def test_statements_are_made_of_words() -> None:
    inner = Statement.of("range6", "2001:db8::1", "2001:db8::2")
    whole = Statement.of("subnet6", "2001:db8::/64", block=[inner, Statement.of("include", Word("/x y", quoted=True))])
    assert dhcpd.includes(dhcpd.parse(dhcpd.render_include("/x y"))) == ["/x y"]
    assert dhcpd.render_statements([whole]) == (
        'subnet6 2001:db8::/64 {\n    range6 2001:db8::1 2001:db8::2;\n    include "/x y";\n}\n'
    )


def test_what_dhcpd_would_refuse_is_left_out() -> None:
    text = """subnet6 lan { } subnet6 2001:db8::/64 { }
    host nas { fixed-address6 lan; fixed-prefix6 2001:db8::/129; allow booting; ddns-hostname "nas"; }"""
    assert dhcpd.served(dhcpd.parse(text)) == [IPv6Network("2001:db8::/64")]
    assert read(text) == [HostDeclaration("nas", "", "", hostname="nas", line=2)]


def test_a_host_without_an_identifier_is_rendered_without() -> None:
    assert dhcpd.render([HostDeclaration("nas", "", "")]) == dhcpd.HEADER + "\nhost nas {\n}\n"
