# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_dhcpd import (
    CONFIG_FILE,
    HOSTS_FILE,
    SERVICE,
    Found,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS, TV, Frame, changes, files

CONFIG = """# mine
subnet6 2001:db8:0:1::/64 { }
subnet6 2001:db8:0:2::/64 { }
"""
INCLUDE = f'include "{HOSTS_FILE}";\n'
BY_MAC = {"name": "printer", "hwaddr": "52:54:00:65:43:21", "addresses": NAS["addresses"]}
RUNNING = Found(None, None, installed=True, active=True, listening=True)
planned = Frame(dhcp6_hosts_dhcpd, RUNNING).planned


def names(text: str) -> list[str]:
    return [host.name for host in dhcpd.hosts(text, dhcpd.parse(text))]


def test_a_line_that_includes_it_may_stand_anywhere() -> None:
    assert list(files(planned("group {\n" + INCLUDE + "}\n" + CONFIG, None, NAS))) == [HOSTS_FILE]
    elsewhere = dataclasses.replace(RUNNING, included={"/etc/dhcp/more.conf": INCLUDE})
    text = CONFIG + 'include "/etc/dhcp/more.conf";\n'
    assert list(files(planned(text, None, NAS, found=elsewhere))) == [HOSTS_FILE]


def test_a_configuration_that_is_not_to_be_touched_is_not() -> None:
    found = planned(CONFIG, None, NAS, ensure_include=False)
    assert list(files(found)) == [HOSTS_FILE]
    line = INCLUDE.strip()
    assert f"add the line {line} at the end of {CONFIG_FILE}" in found.warnings[0]


def test_a_host_in_two_subnets_is_declared_twice_and_read_back_as_one() -> None:
    both = {**NAS, "addresses": ["2001:db8:0:1::10", "2001:db8:0:2::10"], "prefixes": ["2001:db8:100::/56"]}
    first = files(planned(CONFIG, None, both))
    assert names(first[HOSTS_FILE]) == ["nas", "nas--2"]
    assert first[HOSTS_FILE].count("fixed-prefix6") == 1
    assert not planned(first[CONFIG_FILE], first[HOSTS_FILE], purge=False).changed


def test_steps() -> None:
    require, moved, restart = planned(CONFIG, None, NAS).steps
    assert require == Require("dhcpd", "isc-dhcp-server")
    assert isinstance(moved, Files)
    assert moved.check
    assert moved.check.argv == ("dhcpd", "-6", "-t", "-cf", "{staged:/etc/dhcp/dhcpd6.conf}")
    assert moved.check.scratch == {CONFIG_FILE: CONFIG + f'include "{{staged:{HOSTS_FILE}}}";\n'}
    assert restart == Restart(SERVICE, 547)


def test_a_bare_host_lists_what_will_come() -> None:
    bare = dataclasses.replace(RUNNING, installed=False, active=False)
    found = planned(None, None, NAS, found=bare)
    assert names(files(found)[HOSTS_FILE]) == ["nas"]
    assert isinstance(found.steps[0], Require)
    assert "not installed yet" in found.warnings[0]


@pytest.mark.parametrize(
    ("config", "written", "hosts", "given", "says"),
    [
        ("a {", None, [NAS], {}, "config_file: /etc/dhcp/dhcpd6.conf line 1, column 3 cannot be read: this { is never"),
        (CONFIG, None, [NAS], {"config_content": "a {"}, "config_content: its line 1, column 3 cannot be read"),
        (None, None, [NAS], {}, "config_file: /etc/dhcp/dhcpd6.conf does not exist"),
        (CONFIG, "host mine { }\n", [NAS], {}, "hosts_file: /etc/dhcp/homelab-ipv6-hosts6.conf exists and was not"),
        (
            CONFIG,
            dhcpd.HEADER + "a {",
            [NAS],
            {"purge": False},
            "hosts_file: /etc/dhcp/homelab-ipv6-hosts6.conf line 2",
        ),
        (CONFIG, None, [{**NAS, "addresses": ["2001:db8:9::1"]}], {}, "lies outside every subnet"),
        (
            CONFIG,
            None,
            [{**NAS, "addresses": ["2001:db8:0:1::1", "2001:db8:0:1::2"]}],
            {},
            "hosts[0].addresses[1]: 2001:db8:0:1::2 is a second address of nas in 2001:db8:0:1::/64",
        ),
        (
            CONFIG + "host x { fixed-address6 2001:db8:0:1::10; }",
            None,
            [NAS],
            {},
            "2001:db8:0:1::10 is also the address of the host x in /etc/dhcp/dhcpd6.conf line 4",
        ),
        (
            CONFIG + "host x { host-identifier option dhcp6.client-id 0:3:0:1:52:54:0:65:43:21; }",
            None,
            [NAS],
            {},
            "hosts[0].duid: 00:03:00:01:52:54:00:65:43:21 is also that of the host x in /etc/dhcp/dhcpd6.conf line 4",
        ),
        (
            CONFIG,
            None,
            [NAS, {**BY_MAC, "addresses": TV["addresses"]}],
            {},
            "hosts[1].hwaddr: 52:54:00:65:43:21 is also inside the DUID of hosts[0] (nas), by which dhcpd finds the",
        ),
        (
            CONFIG + "host x { host-identifier option dhcp6.client-id 0:1:0:1:2a:3b:4c:5d:52:54:0:65:43:21; }",
            None,
            [BY_MAC],
            {},
            "hosts[0].hwaddr: 52:54:00:65:43:21 is also inside the DUID of the host x in /etc/dhcp/dhcpd6.conf line 4",
        ),
        (
            CONFIG + "host x { hardware ethernet 52:54:0:65:43:21; }",
            None,
            [NAS],
            {},
            "hosts[0].duid: 00:03:00:01:52:54:00:65:43:21 has the address 52:54:00:65:43:21, as does the host x in",
        ),
        (CONFIG + "host nas { }", None, [NAS], {}, "hosts[0].name: nas is also the name of the host nas in"),
    ],
)
def test_refusals(
    config: str | None, written: str | None, hosts: list[dict[str, Any]], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refusal) as raised:
        planned(config, written, *hosts, **given)
    assert says in str(raised.value)


def test_included_files_count() -> None:
    more = {"/etc/dhcp/more.conf": "subnet6 2001:db8:0:3::/64 { }\nhost x { fixed-address6 2001:db8:0:3::9; }"}
    found = dataclasses.replace(RUNNING, included=more)
    third = {**NAS, "addresses": ["2001:db8:0:3::10"]}
    done = planned(CONFIG, None, third, found=found)
    assert done.result["unmanaged"] == [{"name": "x", "file": "/etc/dhcp/more.conf", "line": 2}]
    with pytest.raises(Refusal, match=r"/etc/dhcp/more\.conf line 2"):
        planned(CONFIG, None, {**NAS, "addresses": ["2001:db8:0:3::9"]}, found=found)
    broken = dataclasses.replace(RUNNING, included={"/etc/dhcp/more.conf": "a {"})
    with pytest.raises(Refusal, match=r"config_file: /etc/dhcp/more\.conf line 1, column 3 cannot be read"):
        planned(CONFIG, None, NAS, found=broken)


def test_a_duid_in_quotes_is_pointed_out() -> None:
    text = CONFIG + 'host x { host-identifier option dhcp6.client-id "00:02:00:00:00:01:05"; }\n'
    (warning,) = planned(text, None, NAS).warnings
    assert warning.startswith("/etc/dhcp/dhcpd6.conf line 4: the DUID of host x stands in quotes")


def test_what_cannot_be_one_client_is_taken() -> None:
    """A DUID of another hardware type, one without an address in it, and a host that only has an IPv4 address."""
    for duid in ("00:03:00:06:52:54:00:65:43:21", "00:02:00:00:ab:11:52:54:00:65:43:21"):
        assert planned(CONFIG, None, {**NAS, "duid": duid}, {**BY_MAC, "addresses": TV["addresses"]}).changed
    ipv4 = "host x { hardware ethernet 52:54:00:65:43:21; fixed-address 192.0.2.1; }\n"
    assert planned(CONFIG + ipv4, None, NAS).changed
    # As someone edited it.
    edited = dhcpd.HEADER + "host x { host-identifier option dhcp6.client-id 0; fixed-address6 2001:db8:0:1::9; }\n"
    assert planned(CONFIG, edited, BY_MAC, purge=False).changed


def test_a_host_by_its_hwaddr_is_pointed_out() -> None:
    many = [
        {**BY_MAC, "name": f"p{n}", "hwaddr": f"52:54:00:00:00:{n:02}", "addresses": [f"2001:db8:0:1::a{n}"]}
        for n in range(1, 13)
    ]
    bare = dataclasses.replace(RUNNING, installed=False, active=False)
    for found, config in ((RUNNING, CONFIG), (bare, None)):
        told = planned(config, None, *many, TV, found=found).warnings[-1]
        assert told.startswith("dhcpd sees a client's hwaddr only inside a DUID-LL or DUID-LLT")
        assert "p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 and 2 more may get nothing" in told
    assert planned(CONFIG, None, NAS).warnings == ()


def test_keys_are_never_shown_nor_given_away() -> None:
    text = CONFIG + 'key k { algorithm hmac-md5; secret "c2VjcmV0"; };\nomapi-key k;\n'
    config, _hosts = changes(planned(None, None, NAS, config_content=text))
    assert config.after
    assert config.after.mode == 0o600
    assert "c2VjcmV0" not in str(config.diff())
    config, _hosts = changes(planned(text, None, NAS))
    assert "c2VjcmV0" not in str(config.diff())
    assert config.after
    assert config.after.mode == 0o644
    more = dataclasses.replace(RUNNING, included={"/etc/dhcp/keys.conf": "key k { secret c2VjcmV0; };"})
    config, _hosts = changes(planned(CONFIG + "# c2VjcmV0\n", None, NAS, found=more))
    assert "c2VjcmV0" not in str(config.diff())
