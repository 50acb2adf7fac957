# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import shutil
import subprocess
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_config import KeaConfig

plan = FilterModule().filters()["dhcp6_server_plan"]

LAN = {"prefix": "2001:db8:0:1::/64", "interface": "lo"}
LOCAL = {"prefix": "fd00:db8:0:1::/64", "interface": "lo"}
FULL = {
    **LAN,
    "pools": ["2001:db8:0:1::1000-2001:db8:0:1::1fff", "2001:db8:0:1:aaaa::/80"],
    "dns": ["2001:db8:0:1::1", "2001:db8:0:1::2"],
    "search": ["home.example", "example.org."],
}
RELAYED = {"prefix": "2001:db8:0:9::/64"}
OPTIONS: dict[str, Any] = {
    "provider": "kea",
    "interfaces": [],
    "subnets": [LAN],
    "dns": [],
    "search": [],
    "valid_lifetime": 86400,
    "preferred_lifetime": 14400,
    "hosts": [],
}
NAS = {"name": "nas", "duid": "00:03:00:01:52:54:00:65:43:21", "addresses": ["2001:db8:0:1::10"]}


def planned(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = plan({**OPTIONS, **given})
    return found


def kea(**given: Any) -> dict[str, Any]:
    text = planned(**given)["config"]
    assert text.startswith("// Managed by Ansible")
    config: dict[str, Any] = json.loads(text.partition("\n")[2])["Dhcp6"]
    return config


def test_kea_never_stays_deaf_and_takes_commands() -> None:
    config = kea()
    assert config["interfaces-config"] == {
        "interfaces": ["lo"],
        "service-sockets-max-retries": 4294967295,
        "service-sockets-retry-wait-time": 5000,
    }
    assert config["control-socket"]["socket-name"] == "/run/kea/kea6-ctrl-socket"
    assert "option-data" not in config
    assert "pools" not in config["subnet6"][0]


def test_kea_in_full() -> None:
    config = kea(subnets=[FULL], dns=["2001:db8::53"], search=["example.net"])
    assert config["option-data"] == [
        {"name": "dns-servers", "data": "2001:db8::53"},
        {"name": "domain-search", "data": "example.net"},
    ]
    (subnet,) = config["subnet6"]
    assert subnet["option-data"] == [
        {"name": "dns-servers", "data": "2001:db8:0:1::1, 2001:db8:0:1::2"},
        {"name": "domain-search", "data": "home.example, example.org"},
    ]
    assert subnet["pools"] == [
        {"pool": "2001:db8:0:1::1000 - 2001:db8:0:1::1fff"},
        {"pool": "2001:db8:0:1:aaaa:: - 2001:db8:0:1:aaaa:ffff:ffff:ffff"},
    ]


def test_subnets_of_one_link_are_shared_and_keep_their_numbers() -> None:
    config = kea(subnets=[LAN, {**LOCAL, "prefix": "2001:db8:0:2::/64", "interface": "eth1"}, LOCAL])
    (network,) = config["shared-networks"]
    assert (network["name"], network["interface"]) == ("lo", "lo")
    assert [subnet["subnet"] for subnet in network["subnet6"]] == [LAN["prefix"], LOCAL["prefix"]]
    numbers = {subnet["subnet"]: subnet["id"] for subnet in [*config["subnet6"], *network["subnet6"]]}
    assert len(set(numbers.values())) == 3
    other = kea(subnets=[LOCAL])
    assert other["subnet6"][0]["id"] == numbers[LOCAL["prefix"]]


def test_interfaces_are_those_of_the_subnets_and_those_named() -> None:
    assert planned(interfaces=["eth1", "lo"], subnets=[LAN, RELAYED])["interfaces"] == ["eth1", "lo"]
    assert "interface" not in kea(interfaces=["eth1"], subnets=[RELAYED])["subnet6"][0]


def test_dhcpd_in_full() -> None:
    text = planned(provider="dhcpd", subnets=[FULL, LOCAL, RELAYED], dns=["2001:db8::53"])["config"]
    assert "option dhcp6.name-servers 2001:db8:0:1::1, 2001:db8:0:1::2;" in text
    assert re.sub(r"\s+", " ", text).count('option dhcp6.domain-search "home.example" , "example.org";') == 1
    assert "range6 2001:db8:0:1::1000 2001:db8:0:1::1fff;" in text
    statements = dhcpd.parse(text)
    assert dhcpd.served(statements) == [IPv6Network(one["prefix"]) for one in (FULL, LOCAL, RELAYED)]
    (shared,) = (one for one in statements if one.name == "shared-network")
    assert len(dhcpd.served([shared])) == 2
    # What is rendered reads as what was rendered.
    assert dhcpd.parse(dhcpd.render_statements(statements)) == statements


SUBNETS = [[LAN], [FULL], [FULL, LOCAL], [LAN, RELAYED]]


@pytest.mark.parametrize("subnets", SUBNETS)
@pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed")
def test_kea_accepts_it(subnets: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "kea.conf"
    path.write_text(planned(subnets=subnets, dns=["2001:db8::53"], search=["example.net"])["config"])
    done = subprocess.run(["kea-dhcp6", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert len(KeaConfig.parse(path.read_text()).subnets) == len(subnets)


@pytest.mark.parametrize("subnets", SUBNETS)
@pytest.mark.skipif(shutil.which("dhcpd") is None, reason="isc-dhcp-server is not installed")
def test_dhcpd_accepts_it(subnets: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "dhcpd.conf"
    path.write_text(planned(provider="dhcpd", subnets=subnets, dns=["2001:db8::53"], search=["a.b", "c"])["config"])
    done = subprocess.run(["dhcpd", "-6", "-t", "-cf", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"subnets": []}, "dhcp6_server_subnets: [] leaves nothing to serve."),
        ({"subnets": [RELAYED]}, "dhcp6_server_subnets: 2001:db8:0:9::/64 has no interface."),
        ({"subnets": [{"prefix": "192.0.2.0/24"}]}, "dhcp6_server_subnets[0].prefix: 192.0.2.0/24 is an IPv4 network"),
        ({"subnets": [LAN, LAN]}, "dhcp6_server_subnets[1].prefix: 2001:db8:0:1::/64 overlaps subnets[0]"),
        (
            {"subnets": [{**LAN, "pools": ["2001:db8:0:1::5"]}]},
            "dhcp6_server_subnets[0].pools[0]: 2001:db8:0:1::5 is no",
        ),
        ({"subnets": [{**LAN, "pools": ["2001:db8:0:2::/80"]}]}, "lies outside its subnet 2001:db8:0:1::/64"),
        ({"subnets": [{**LAN, "pools": ["2001:db8:0:1::9-2001:db8:0:2::1"]}]}, "lies outside its subnet"),
        ({"subnets": [{**LAN, "pools": ["2001:db8:0:1::9-2001:db8:0:1::1"]}]}, "ends before it begins"),
        ({"subnets": [{**LAN, "pools": ["2001:db8:0:1::9-192.0.2.1"]}]}, "192.0.2.1 is an IPv4 address"),
        ({"subnets": [{**LAN, "dns": ["9.9.9.9"]}]}, "dhcp6_server_subnets[0].dns[0]: 9.9.9.9 is an IPv4 address"),
        ({"dns": ["fe80::1"]}, "dhcp6_server_dns[0]: fe80::1 is a link-local address"),
        ({"search": ["home example"]}, "dhcp6_server_search[0]: home example is no domain"),
        ({"preferred_lifetime": 90000}, "dhcp6_server_preferred_lifetime: 90000 does not lie between 1 and the valid"),
        ({"preferred_lifetime": 0}, "dhcp6_server_preferred_lifetime: 0 does not lie"),
        ({"hosts": [{**NAS, "duid": "00:03"}]}, "dhcp6_server_hosts[0].duid: 00:03 has 2 octets"),
        (
            {"hosts": [{**NAS, "addresses": ["2001:db8:0:9::1"]}]},
            "::1 lies outside every subnet that the server has (in dhcp6_server_subnets: 2001:db8:0:1::/64)",
        ),
    ],
)
def test_problems_name_option_value_and_remedy(given: dict[str, Any], says: str) -> None:
    found = planned(**given)
    (problem,) = found["problems"]
    assert says in problem
    assert found["config"] == ""


def test_hosts_that_fit_are_no_problem() -> None:
    assert planned(hosts=[NAS])["problems"] == []
