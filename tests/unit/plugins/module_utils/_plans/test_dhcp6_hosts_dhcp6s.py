# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
from ipaddress import IPv6Network
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcp6s
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dhcp6s
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_dhcp6s import (
    CONFIG_FILE,
    HOSTS_FILE,
    SERVICE,
    Found,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart
from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import networkd_duid
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS, TV, Frame, changes, files

ROUTER = {**TV, "prefixes": ["2001:db8:100::/56"]}
CONFIG = """# mine
interface lan0 { address-pool guests 3600; };
pool guests { range 2001:db8:0:1::1000 to 2001:db8:0:1::1fff; };
"""
INCLUDE = f'include "{HOSTS_FILE}";\n'
MACHINE_ID = "0123456789abcdef0123456789abcdef"
RUNNING = Found(None, None, installed=True, active=True, listening=True)
planned = Frame(dhcp6_hosts_dhcp6s, RUNNING).planned


def test_hosts_get_a_file_and_the_configuration_a_line() -> None:
    found = files(planned(CONFIG, None, NAS, ROUTER))
    assert found[CONFIG_FILE] == CONFIG + INCLUDE
    assert found[HOSTS_FILE] == dhcp6s.HOSTS_HEADER + (
        "\nhost nas {\n    duid 00:03:00:01:52:54:00:65:43:21;\n    address 2001:db8:0:1::10 14400 86400;\n};\n"
        "\nhost tv {\n    duid 00:03:00:01:52:54:00:65:43:22;\n    address 2001:db8:0:1::11 14400 86400;\n"
        "    prefix 2001:db8:100::/56 14400 86400;\n};\n"
    )
    assert not planned(found[CONFIG_FILE], found[HOSTS_FILE], NAS, ROUTER).changed


def test_the_line_may_stand_in_a_file_that_is_read_along() -> None:
    elsewhere = dataclasses.replace(RUNNING, included={"/etc/wide-dhcpv6/more.conf": INCLUDE})
    text = CONFIG + 'include "/etc/wide-dhcpv6/more.conf";\n'
    assert list(files(planned(text, None, NAS, found=elsewhere))) == [HOSTS_FILE]


def test_a_configuration_that_is_not_there_is_begun() -> None:
    assert files(planned(None, None, NAS))[CONFIG_FILE] == INCLUDE


def test_a_configuration_that_is_not_to_be_touched_is_not() -> None:
    for config in (CONFIG, None):
        found = planned(config, None, NAS, ensure_include=False)
        assert list(files(found)) == [HOSTS_FILE]
        assert found.warnings == (
            f"The server does not see these hosts: add the line {INCLUDE.strip()} at the end of {CONFIG_FILE}.",
        )


def test_a_host_that_is_kept_keeps_its_lifetimes() -> None:
    first = files(planned(CONFIG, None, NAS, preferred_lifetime=600, valid_lifetime=1200))
    second = files(planned(first[CONFIG_FILE], first[HOSTS_FILE], TV, purge=False))
    assert "2001:db8:0:1::10 600 1200;" in second[HOSTS_FILE]
    assert "2001:db8:0:1::11 14400 86400;" in second[HOSTS_FILE]


def test_steps() -> None:
    require, moved, restart = planned(CONFIG, None, NAS).steps
    assert require == Require("dhcp6s", "wide-dhcpv6-server")
    assert isinstance(moved, Files)
    assert moved.check
    assert moved.check.scratch == {
        CONFIG_FILE: f'option domain-name-servers 100::547; {CONFIG}include "{{staged:{HOSTS_FILE}}}";\n'
    }
    assert restart == Restart(SERVICE, 547)
    deaf = planned(CONFIG, None, NAS, found=dataclasses.replace(RUNNING, listening=False))
    assert deaf.steps[-1] == Restart(SERVICE)


def test_a_bare_host_lists_what_will_come() -> None:
    found = planned(None, None, NAS, found=dataclasses.replace(RUNNING, installed=False, active=False))
    assert list(files(found)) == [CONFIG_FILE, HOSTS_FILE]
    assert isinstance(found.steps[0], Require)


def test_keys_are_never_shown_nor_given_away() -> None:
    text = CONFIG + 'keyinfo k { realm "r"; keyid 1; secret "c2VjcmV0"; };\n'
    config, _hosts = changes(planned(None, None, NAS, config_content=text))
    assert config.after
    assert config.after.mode == 0o600
    assert "c2VjcmV0" not in str(config.diff())
    config, _hosts = changes(planned(text, None, NAS))
    assert config.after
    assert config.after.mode == 0o644


@pytest.mark.parametrize(
    ("config", "written", "hosts", "given", "says"),
    [
        ("a {", None, [NAS], {}, f"config_file: {CONFIG_FILE} line 1, column 3 cannot be read: this {{ is never"),
        (CONFIG, None, [NAS], {"config_content": "a {"}, "config_content: its line 1, column 3 cannot be read"),
        (CONFIG, "host mine { };\n", [NAS], {}, f"hosts_file: {HOSTS_FILE} exists and was not"),
        (CONFIG, dhcp6s.HOSTS_HEADER + "a {", [NAS], {"purge": False}, f"hosts_file: {HOSTS_FILE} line 2, column 3"),
        (
            CONFIG,
            None,
            [{"name": "nas", "hwaddr": "52:54:00:65:43:21", "addresses": NAS["addresses"]}],
            {},
            "hosts[0].hwaddr: 52:54:00:65:43:21 is nothing that dhcp6s looks for: it knows hosts by their DUID alone. ",
        ),
        (
            CONFIG,
            None,
            [{**NAS, "duid": (b"\0\2" + bytes(127)).hex(":")}],
            {},
            "has 129 octets, and dhcp6s takes no more than 128",
        ),
        (
            CONFIG,
            None,
            [{**NAS, "addresses": [], "hostname": "nas"}],
            {},
            "hosts[0].hostname: nas is all that nas gets",
        ),
        (
            CONFIG,
            None,
            [{**NAS, "subnet": "2001:db8:0:2::/64"}],
            {},
            "hosts[0].addresses[0]: 2001:db8:0:1::10 lies outside its subnet 2001:db8:0:2::/64",
        ),
        (
            CONFIG,
            None,
            [NAS, {**TV, "addresses": ["2001:db8:0:1::1234"]}],
            {},
            f"hosts[1].addresses[0]: 2001:db8:0:1::1234 lies in the pool guests of {CONFIG_FILE}, and dhcp6s gives",
        ),
        (
            CONFIG + "host x { address 2001:db8:0:1::10 600; };",
            None,
            [NAS],
            {},
            f"hosts[0].addresses[0]: 2001:db8:0:1::10 is also the address of the host x in {CONFIG_FILE} line 4, which",
        ),
        (
            CONFIG + "host x { prefix 2001:db8:100::/48 600; };",
            None,
            [ROUTER],
            {},
            f"hosts[0].prefixes[0]: 2001:db8:100::/56 overlaps a prefix of the host x in {CONFIG_FILE} line 4",
        ),
        (
            CONFIG + "host x { duid 00:03:00:01:52:54:00:65:43:21; };",
            None,
            [NAS],
            {},
            "hosts[0].duid: 00:03:00:01:52:54:00:65:43:21 is also the DUID of the host x",
        ),
        (
            CONFIG + f"host x {{ duid {networkd_duid(MACHINE_ID)}; }};",
            None,
            [{"name": "nas", "machine_id": MACHINE_ID, "addresses": NAS["addresses"]}],
            {},
            f"hosts[0].machine_id: {networkd_duid(MACHINE_ID)} is also the DUID of the host x",
        ),
        (CONFIG + "host nas { };", None, [NAS], {}, "hosts[0].name: nas is also the name of the host nas in"),
        (CONFIG, None, [NAS], {"valid_lifetime": 2**32}, "valid_lifetime: 4294967296 does not lie between 1 and"),
        (
            CONFIG,
            None,
            [NAS],
            {"preferred_lifetime": 90000},
            "preferred_lifetime: 90000 does not lie between 1 and the",
        ),
    ],
)
def test_refusals(
    config: str | None, written: str | None, hosts: list[dict[str, Any]], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refusal) as raised:
        planned(config, written, *hosts, **given)
    assert says in str(raised.value)


def test_included_files_count() -> None:
    more = {"/etc/wide-dhcpv6/more.conf": "\nhost x { address 2001:db8:0:1::9 600; prefix 2001:db8:200::/56 600; };"}
    found = dataclasses.replace(RUNNING, included=more)
    done = planned(CONFIG, None, ROUTER, found=found)
    assert done.result["unmanaged"] == [{"name": "x", "file": "/etc/wide-dhcpv6/more.conf", "line": 2}]
    with pytest.raises(Refusal, match=r"/etc/wide-dhcpv6/more\.conf line 2"):
        planned(CONFIG, None, {**NAS, "addresses": ["2001:db8:0:1::9"]}, found=found)
    broken = dataclasses.replace(RUNNING, included={"/etc/wide-dhcpv6/more.conf": "a {"})
    with pytest.raises(Refusal, match=r"config_file: /etc/wide-dhcpv6/more\.conf line 1, column 3 cannot be read"):
        planned(CONFIG, None, NAS, found=broken)


def test_a_file_that_is_not_there_to_be_included_is_pointed_out() -> None:
    """dhcp6s itself tells nobody but the log."""
    folder = "/etc/wide-dhcpv6"
    found = dataclasses.replace(RUNNING, included={f"{folder}/more.conf": f'\n\ninclude "{folder}/typo.conf";'})
    text = f'{CONFIG}include "{folder}/more.conf";\ninclude "{folder}/gone.conf";\n{INCLUDE}'
    gone, typo = planned(text, None, NAS, found=found).warnings
    assert gone.startswith(
        f"{CONFIG_FILE} line 5 includes {folder}/gone.conf, which is no file: dhcp6s goes on without"
    )
    assert typo.startswith(f"{folder}/more.conf line 3 includes {folder}/typo.conf, which is no file")


def test_a_name_is_said_to_be_left_out() -> None:
    (warning,) = planned(CONFIG, None, {**NAS, "hostname": "nas.example.org"}, TV).warnings
    assert warning.startswith("dhcp6s knows no names: the hostname of nas is left out.")


def test_addresses_of_no_interface_are_pointed_out() -> None:
    found = dataclasses.replace(RUNNING, links=(IPv6Network("2001:db8:0:1::/64"),))
    assert planned(CONFIG, None, NAS, found=found).warnings == ()
    far = [
        {**NAS, "name": f"h{n}", "duid": f"01:02:03:{n:02x}", "addresses": [f"2001:db8:9::{n}"]} for n in range(1, 13)
    ]
    (warning,) = planned(CONFIG, None, TV, *far, found=found).warnings
    assert "(2001:db8:0:1::/64)" in warning
    assert warning.endswith("h9 (2001:db8:9::9), h10 (2001:db8:9::10) and 2 more.")


def test_a_link_of_the_server_is_not_delegated() -> None:
    found = dataclasses.replace(RUNNING, links=(IPv6Network("2001:db8:0:1::/64"),))
    with pytest.raises(Refusal) as raised:
        planned(CONFIG, None, {**TV, "addresses": [], "prefixes": ["2001:db8::/56"]}, found=found)
    assert str(raised.value) == (
        "hosts[0].prefixes[0]: 2001:db8::/56 overlaps 2001:db8:0:1::/64, a subnet of the server itself (on the "
        "interfaces of /etc/default/wide-dhcpv6-server). Delegate a prefix that is on no link of the server."
    )
