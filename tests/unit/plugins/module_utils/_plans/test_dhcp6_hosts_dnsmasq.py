# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dnsmasq
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dnsmasq
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_dnsmasq import (
    CONFIG_FILE,
    HOSTS_FILE,
    SERVICE,
    Found,
    drop_in,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart, Serve
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS, TV, Frame, files, options

CONFIG = """# mine
dhcp-range=2001:db8:0:1::1000,2001:db8:0:1::1fff
dhcp-range=2001:db8:0:2::,static
"""
LINE = f"dhcp-hostsfile={HOSTS_FILE}\n"
DROP_IN = "/etc/dnsmasq.d/homelab-ipv6.conf"
DIRECTORY = "/etc/dnsmasq.d,.dpkg-dist,.dpkg-old,.dpkg-new"
RUNNING = Found(None, None, None, "", installed=True, active=True, listening=True)
DEBIAN = dataclasses.replace(RUNNING, directory=DIRECTORY)
planned = Frame(dhcp6_hosts_dnsmasq, RUNNING).planned


def names(text: str) -> list[str | None]:
    return [entry.name for entry in dnsmasq.parse_hosts(text)]


def test_hosts_get_a_file_and_the_configuration_a_line() -> None:
    found = files(planned(CONFIG, None, NAS, TV))
    assert found[CONFIG_FILE] == CONFIG + LINE
    assert found[HOSTS_FILE] == dnsmasq.MANAGED + (
        "id:00:03:00:01:52:54:00:65:43:21,nas,[2001:db8:0:1::10] # nas\n"
        "id:00:03:00:01:52:54:00:65:43:22,tv,[2001:db8:0:1::11] # tv\n"
    )
    assert not planned(found[CONFIG_FILE], found[HOSTS_FILE], NAS, TV).changed


def test_where_a_directory_is_read_along_the_line_gets_a_file_there() -> None:
    found = files(planned(CONFIG, None, NAS, found=DEBIAN))
    assert list(found) == [DROP_IN, HOSTS_FILE]
    assert found[DROP_IN] == dnsmasq.MANAGED + LINE
    after = dataclasses.replace(DEBIAN, drop_in=FileState(found[DROP_IN]), included={DROP_IN: found[DROP_IN]})
    assert not planned(CONFIG, found[HOSTS_FILE], NAS, found=after).changed


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("conf-dir=/etc/d,*.conf\n", "/etc/d/homelab-ipv6.conf"),
        ("conf-dir=/etc/d\n", "/etc/d/homelab-ipv6.conf"),
        ("conf-dir=/etc/d,.conf\n", CONFIG_FILE),
    ],
)
def test_such_a_directory_may_take_only_some_files(line: str, where: str) -> None:
    assert list(files(planned(CONFIG + line, None, NAS))) == [where, HOSTS_FILE]


@pytest.mark.parametrize(
    "line", [LINE, "dhcp-hostsdir=/etc/dnsmasq.d-available/\n", "dhcp-hostsfile=/etc/dnsmasq.d-available\n"]
)
def test_a_line_that_names_it_may_stand_anywhere(line: str) -> None:
    assert list(files(planned(line + CONFIG, None, NAS))) == [HOSTS_FILE]
    elsewhere = dataclasses.replace(RUNNING, included={"/etc/more.conf": line})
    assert list(files(planned(CONFIG, None, NAS, found=elsewhere))) == [HOSTS_FILE]


@pytest.mark.parametrize(("found", "where"), [(RUNNING, CONFIG_FILE), (DEBIAN, DROP_IN)])
def test_a_configuration_that_is_not_to_be_touched_is_not(found: Found, where: str) -> None:
    done = planned(CONFIG, None, NAS, found=found, ensure_include=False)
    assert list(files(done)) == [HOSTS_FILE]
    assert done.warnings == (f"The server does not see these hosts: add the line {LINE.strip()} to {where}.",)


def test_a_host_that_is_kept_keeps_its_line() -> None:
    first = files(planned(CONFIG, None, {**NAS, "hostname": "storage.example.org"}))
    second = files(planned(first[CONFIG_FILE], first[HOSTS_FILE], TV, purge=False))
    assert second[HOSTS_FILE].splitlines()[-1] == first[HOSTS_FILE].splitlines()[-1]
    assert names(files(planned(CONFIG, None, TV, purge=False))[HOSTS_FILE]) == ["tv"]


def test_a_configuration_that_cannot_be_read_names_no_directory() -> None:
    assert drop_in('"', DIRECTORY, options(dhcp6_hosts_dnsmasq)) is None


def test_steps_of_the_first_time() -> None:
    require, moved, restart = planned(CONFIG, None, NAS, found=DEBIAN).steps
    assert require == Require("dnsmasq", "dnsmasq")
    assert isinstance(moved, Files)
    assert moved.check
    assert moved.check.argv == ("dnsmasq", "--test", "-C", "{staged:/etc/dnsmasq.conf}")
    assert moved.check.scratch == {
        CONFIG_FILE: f"{CONFIG}conf-dir={DIRECTORY}\nconf-file={{staged:{HOSTS_FILE}}}\n",
        HOSTS_FILE: dnsmasq.MANAGED + "dhcp-host=id:00:03:00:01:52:54:00:65:43:21,nas,[2001:db8:0:1::10] # nas\n",
    }
    assert restart == Restart(SERVICE, 547)


def test_later_the_server_only_reads_the_file_anew() -> None:
    last = planned(CONFIG + LINE, dnsmasq.MANAGED, NAS).steps[-1]
    assert isinstance(last, Serve)
    assert (last.unit, last.verb, last.enabled) == (SERVICE, "reload", None)


def test_a_bare_host_lists_what_will_come() -> None:
    bare = dataclasses.replace(RUNNING, installed=False, active=False)
    found = planned(None, None, NAS, found=bare)
    assert names(files(found)[HOSTS_FILE]) == ["nas"]
    assert isinstance(found.steps[0], Require)
    assert "not installed yet" in found.warnings[0]


def test_all_may_stand_in_the_directory() -> None:
    more = dataclasses.replace(DEBIAN, included={"/etc/dnsmasq.d/lan.conf": CONFIG})
    assert list(files(planned(None, None, NAS, found=more))) == [DROP_IN, HOSTS_FILE]


def test_a_prefix_that_an_interface_tells_is_not_known() -> None:
    text = CONFIG + "dhcp-range=::100,::1ff,constructor:lan0\n"
    far = {**TV, "addresses": ["2001:db8:0:1::11", "2001:db8:9::1"]}
    (warning,) = planned(text, None, NAS, far).warnings
    assert "dhcp-range=::100,::1ff,constructor:lan0 takes its prefix from an interface: tv (2001:db8:9::1)." in warning
    assert planned(text, None, NAS).warnings == ()


def test_a_host_may_get_a_name_alone_and_an_address_in_each_subnet() -> None:
    both = {**NAS, "addresses": ["2001:db8:0:1::1", "2001:db8:0:2::1"]}
    alone = {"name": "tv", "hwaddr": "52:54:00:00:00:09", "hostname": "television"}
    text = files(planned(CONFIG, None, both, alone))[HOSTS_FILE]
    assert text.splitlines()[1:] == [
        "id:00:03:00:01:52:54:00:65:43:21,nas,[2001:db8:0:1::1],[2001:db8:0:2::1] # nas",
        "52:54:00:00:00:09,television # tv",
    ]


def test_only_a_mac_address_has_use_for_two_in_one_subnet() -> None:
    two = {"addresses": ["2001:db8:0:1::1", "2001:db8:0:1::2"]}
    assert planned(CONFIG, None, {"name": "pxe", "hwaddr": "52:54:00:00:00:09", **two}).changed
    with pytest.raises(Refusal, match="2001:db8:0:1::2 is a second address of nas in 2001:db8:0:1::/64, and dnsmasq"):
        planned(CONFIG, None, {**NAS, **two})


def test_lines_for_ipv4_are_no_ones_rivals() -> None:
    text = CONFIG + "dhcp-host=52:54:00:00:00:09,nas,192.0.2.1\n"
    mac = {"name": "nas", "hwaddr": "52:54:00:00:00:09", "addresses": NAS["addresses"]}
    assert planned(text, None, mac).result["unmanaged"] == []


@pytest.mark.parametrize(
    ("config", "written", "hosts", "given", "says"),
    [
        ('a="', None, [NAS], {}, "config_file: /etc/dnsmasq.conf line 1, column 3 cannot be read: this quotation has"),
        (CONFIG, None, [NAS], {"config_content": '"'}, "config_content: its line 1, column 1 cannot be read"),
        (None, None, [NAS], {}, "config_file: /etc/dnsmasq.conf does not exist"),
        (CONFIG, "id:01:02:03,mine\n", [NAS], {}, f"hosts_file: {HOSTS_FILE} exists and was not"),
        (CONFIG, dnsmasq.MANAGED + '"', [NAS], {"purge": False}, f"hosts_file: {HOSTS_FILE} line 2"),
        (CONFIG, None, [{**NAS, "addresses": ["2001:db8:9::1"]}], {}, "lies outside every subnet"),
        ("", None, [NAS], {}, "lies outside every subnet that the server has (in /etc/dnsmasq.conf: none)"),
        (
            CONFIG,
            None,
            [{**NAS, "prefixes": ["2001:db8:100::/56"]}],
            {},
            "hosts[0].prefixes[0]: 2001:db8:100::/56 cannot be delegated: dnsmasq delegates none. Leave it out, or let",
        ),
        (
            CONFIG,
            None,
            [NAS, {**TV, "hostname": "NAS"}],
            {},
            "hosts[1].hostname: NAS is also the name of hosts[0] (nas), and both hosts would answer to it",
        ),
        (CONFIG, None, [NAS, {**TV, "name": "Nas"}], {}, "hosts[1].name: Nas is also the name of hosts[0] (nas), and"),
        (CONFIG, None, [{**NAS, "name": "infinite"}], {}, "hosts[0].name: infinite is no host name to dnsmasq"),
        (CONFIG, None, [{**NAS, "hostname": "3600"}], {}, "hosts[0].hostname: 3600 is no host name to dnsmasq"),
        (CONFIG, None, [{**NAS, "name": "my_nas"}], {}, "hosts[0].name: my_nas is no host name, and dnsmasq makes it"),
        (
            CONFIG + "dhcp-host=id:01:02:03,[2001:db8:0:1::10]",
            None,
            [NAS],
            {},
            "hosts[0].addresses[0]: 2001:db8:0:1::10 is also the address of the dhcp-host in /etc/dnsmasq.conf line 4",
        ),
        (
            CONFIG + "dhcp-host=id:0:3:0:1:52:54:0:65:43:21,ignore",
            None,
            [NAS],
            {},
            "hosts[0].duid: 00:03:00:01:52:54:00:65:43:21 is also that of the dhcp-host in /etc/dnsmasq.conf line 4",
        ),
        (CONFIG + "dhcp-host=NAS,[2001:db8:0:1::9]", None, [NAS], {}, "hosts[0].name: nas is also the name of the"),
        (CONFIG + "dhcp-host=nas,[2001:db8:0:1::9]", None, [NAS], {}, "hosts[0].name: nas is also the name of the"),
    ],
)
def test_refusals(
    config: str | None, written: str | None, hosts: list[dict[str, Any]], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refusal) as raised:
        planned(config, written, *hosts, **given)
    assert says in str(raised.value)


def test_other_files_count() -> None:
    more = {"/etc/more.conf": "dhcp-range=2001:db8:0:3::,static\ndhcp-host=id:01:02:03,x,[2001:db8:0:3::9]"}
    found = dataclasses.replace(RUNNING, included=more, listed={"/etc/mine": "id:01:02:04,y"})
    done = planned(CONFIG, None, {**NAS, "addresses": ["2001:db8:0:3::10"]}, found=found)
    assert done.result["unmanaged"] == [
        {"name": "x", "file": "/etc/more.conf", "line": 2},
        {"name": "y", "file": "/etc/mine", "line": 1},
    ]
    with pytest.raises(Refusal, match=r"/etc/more\.conf line 2"):
        planned(CONFIG, None, {**NAS, "addresses": ["2001:db8:0:3::9"]}, found=found)
    with pytest.raises(Refusal, match=r"/etc/mine line 1"):
        planned(CONFIG, None, {**NAS, "name": "y"}, found=found)
    for broken in ({"included": {"/etc/more.conf": '"'}}, {"listed": {"/etc/more.conf": '"'}}):
        with pytest.raises(Refusal, match=r"config_file: /etc/more\.conf line 1, column 1 cannot be read"):
            planned(CONFIG, None, NAS, found=dataclasses.replace(RUNNING, **broken))  # type: ignore[arg-type]


def test_a_file_of_somebody_elses_stays() -> None:
    found = dataclasses.replace(DEBIAN, drop_in=FileState("no-resolv\n"))
    with pytest.raises(Refusal, match=r"ensure_include: /etc/dnsmasq\.d/homelab-ipv6\.conf exists and was not written"):
        planned(CONFIG, None, NAS, found=found)
