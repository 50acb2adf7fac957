# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dnsmasq
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.dnsmasq import Directive, HostEntry
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem

HOME = (Path(__file__).parent / "data/dnsmasq-home.conf").read_text()

needs_dnsmasq = pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq-base is not installed")

duids = st.binary(min_size=5, max_size=20).map(lambda tail: ("duid", (b"\0\2" + tail).hex(":")))
macs = st.binary(min_size=6, max_size=6).map(lambda octets: ("hwaddr", octets.hex(":")))
entries = st.builds(
    HostEntry,
    identifiers=st.tuples(duids | macs),
    addresses=st.lists(st.ip_addresses(v=6), max_size=3).map(tuple),
    hostname=st.sampled_from(["nas", "nas.example.org", "24port-switch", "a"]),
    name=st.none() | st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True),
)


def accepted(path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path.write_text(text)
    return subprocess.run(["dnsmasq", "--test", "-C", path], capture_output=True, text=True, check=False)


@given(st.lists(entries, max_size=4))
def test_what_is_rendered_is_read_back(hosts: list[HostEntry]) -> None:
    assert dnsmasq.parse_hosts(dnsmasq.render_hosts(hosts)) == hosts


@given(st.lists(entries, max_size=4))
def test_as_directives_it_is_read_as_the_same_on_the_same_lines(hosts: list[HostEntry]) -> None:
    text = dnsmasq.render_hosts(hosts)
    found = dnsmasq.hosts(dnsmasq.parse(dnsmasq.as_directives(text)))
    assert [(one.identifiers, one.addresses, one.hostname, one.line) for one in found] == [
        (one.identifiers, one.addresses, one.hostname, one.line) for one in dnsmasq.parse_hosts(text)
    ]


def test_ranges() -> None:
    found = dnsmasq.ranges(dnsmasq.parse(HOME))
    assert [str(prefix) for prefix in found.prefixes] == ["2001:db8:0:1::/64", "2001:db8:0:2::/64", "2001:db8:0:3::/80"]
    assert found.unknown == ("::100,::1ff,constructor:lan2",)


def test_hosts() -> None:
    nas, printer, tv, box, console, ignored = dnsmasq.hosts(dnsmasq.parse(HOME))
    assert nas.identifiers == (("duid", "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56"),)
    assert (nas.hostname, nas.addresses) == ("nas", (IPv6Address("2001:db8:0:1::10"),))
    assert HOME.splitlines()[nas.line - 1].startswith("dhcp-host=id:0:1")
    assert (printer.only_ipv4, printer.identifiers) == (True, (("hwaddr", "52:54:00:aa:bb:cc"),))
    assert tv.addresses == tuple(IPv6Address(f"2001:db8:0:1::{last}") for last in ("20", "21", "22", "23", "30"))
    assert (box.identifiers, box.addresses) == ((), (IPv6Address("2001:db8:0:2::1"),))
    assert console.addresses == (IPv6Address("::56"),)
    assert (console.hostname, console.identifiers) == (None, (("hwaddr", "52:54:00:00:00:01"),))
    assert ignored == HostEntry((("duid", "00:03:00:01:52:54:00:00:00:02"),))


def test_files_that_are_read_along() -> None:
    directives = dnsmasq.parse(HOME)
    assert dnsmasq.hosts_paths(directives) == ["/etc/dnsmasq-hosts", "/etc/hosts d"]
    assert dnsmasq.included_files(directives) == ["/etc/more.conf"]
    assert dnsmasq.included_directories(directives) == ["/etc/dnsmasq.d,*.conf"]


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/d", ["/d/a.conf", "/d/b.dpkg-old", "/d/c"]),
        ("/d,.dpkg-old,.dpkg-new", ["/d/a.conf", "/d/c"]),
        ("/d/,*.conf", ["/d/a.conf"]),
        ("/d,*", ["/d/a.conf", "/d/b.dpkg-old", "/d/c"]),
    ],
)
def test_files_of_a_directory(directory: str, expected: list[str]) -> None:
    names = ["#e#", ".hidden", "a.conf", "b.dpkg-old", "c", "d~"]
    assert dnsmasq.chosen(directory, names) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a = b # c", Directive("a", "b", "c")),
        ("a=b#c", Directive("a", "b#c")),
        ("\tno-resolv\r", Directive("no-resolv")),
        (r'a="b # \"c\" \x"d', Directive("a", r'b # "c" \xd')),
    ],
)
def test_lines(line: str, expected: Directive) -> None:
    assert dnsmasq.parse("# comment\n\n" + line + "\n") == (expected,)


def test_what_only_dnsmasq_can_judge_is_left_out() -> None:
    text = "dhcp-host=id:text,[2001:db8::g],[::/x]\ndhcp-range=2001:db8::,static,129\n"
    directives = dnsmasq.parse(text + "dhcp-range=2001:::,static\ndhcp-range=\n")
    assert dnsmasq.hosts(directives) == [HostEntry(())]
    assert dnsmasq.ranges(directives) == dnsmasq.Ranges()


@needs_dnsmasq
def test_dnsmasq_accepts_the_fixture(tmp_path: Path) -> None:
    text = "".join(line for line in HOME.splitlines(keepends=True) if not line.startswith(("conf-", "dhcp-hosts")))
    done = accepted(tmp_path / "conf", text)
    assert done.returncode == 0, done.stderr


@needs_dnsmasq
def test_dnsmasq_accepts_what_is_rendered(tmp_path: Path) -> None:
    duid = ("duid", "00:03:00:01:52:54:00:65:43:21")
    several = (IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"), IPv6Address("2001:db8:1::1"))
    hosts = [
        HostEntry((duid,), several, "nas.example.org", "nas"),
        HostEntry((("duid", "01:02:03"),), (IPv6Address("2001:db8::3"),), "24port-switch", "24port-switch"),
        HostEntry((("hwaddr", "52:54:00:65:43:22"),), (IPv6Address("2001:db8::4"),), "tv.attic", "tv.attic"),
        HostEntry((("duid", "00:02:" + ":".join(["ff"] * 128)),), (IPv6Address("2001:db8::5"),), "long", "long"),
        HostEntry((("duid", "01:02:04"),), (), "nameless", "x"),
    ]
    done = accepted(tmp_path / "conf", dnsmasq.as_directives(dnsmasq.render_hosts(hosts)))
    assert done.returncode == 0, done.stderr


@needs_dnsmasq
def test_it_refuses_on_the_line_of_the_file_of_hosts(tmp_path: Path) -> None:
    text = dnsmasq.MANAGED + "id:01:02:03,_x,[2001:db8::3]\n"
    assert (
        f"bad DHCP host name at line 2 of {tmp_path}" in accepted(tmp_path / "conf", dnsmasq.as_directives(text)).stderr
    )


@pytest.mark.parametrize("name", ["ignore", "infinite", "3600", "45m", "1d", "2W", "192.0.2.1"])
def test_what_is_no_name(name: str) -> None:
    assert dnsmasq.taken_for_something_else(name)
    assert dnsmasq.hosts([Directive("dhcp-host", f"id:01:02:03,{name}")])[0].hostname is None
    assert not dnsmasq.taken_for_something_else(name + "-x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('conf-file="a\n', "line 1, column 11: this quotation has no end"),
        ('a=b\n\n  c="d" "\\"\n', "line 3, column 9: this quotation has no end"),
    ],
)
def test_problems_have_a_place(text: str, says: str) -> None:
    for parse in (dnsmasq.parse, dnsmasq.parse_hosts):
        with pytest.raises(SyntaxProblem, match=says):
            parse(text)


@given(st.text('"\\=,[]/:#id0.f \n\r\t', max_size=30) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    problem = None
    try:
        directives = dnsmasq.parse("dhcp-host=" + text + "\ndhcp-range=" + text)
        dnsmasq.hosts(directives)
        dnsmasq.ranges(directives)
        dnsmasq.parse_hosts(text)
    except SyntaxProblem as raised:
        problem = raised
    assert problem is None or 1 <= problem.line <= 2 * text.count("\n") + 2


directives = st.builds(
    Directive,
    st.sampled_from(["dhcp-range", "dhcp-host", "enable-ra", "conf-dir"]),
    st.text("abcz019:,.[]/*", max_size=12),
)


@given(st.lists(directives, max_size=5))
def test_a_configuration_that_is_rendered_is_read_back(whole: list[Directive]) -> None:
    found = dnsmasq.parse(dnsmasq.render(whole))
    assert [(one.key, one.value, one.line) for one in found] == [
        (one.key, one.value, line) for line, one in enumerate(whole, 1)
    ]
