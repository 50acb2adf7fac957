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
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd, dnsmasq
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
DELEGATING = {
    **LAN,
    "pd_pools": [
        {"prefix": "2001:db8:0:100::/56", "delegated_length": 60},
        {"prefix": "2001:db8:1::/48", "delegated_length": 48},
    ],
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
    "stateless": False,
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


def test_prefixes_are_delegated_by_kea_and_dhcpd() -> None:
    (subnet,) = kea(subnets=[DELEGATING])["subnet6"]
    assert subnet["pd-pools"] == [
        {"prefix": "2001:db8:0:100::", "prefix-len": 56, "delegated-len": 60},
        {"prefix": "2001:db8:1::", "prefix-len": 48, "delegated-len": 48},
    ]
    text = planned(provider="dhcpd", subnets=[DELEGATING])["config"]
    assert "prefix6 2001:db8:0:100:: 2001:db8:0:1f0:: /60;" in text
    assert "prefix6 2001:db8:1:: 2001:db8:1:: /48;" in text


def test_dnsmasq_in_full() -> None:
    text = planned(
        provider="dnsmasq",
        interfaces=["eth1"],
        subnets=[FULL, LOCAL, RELAYED],
        dns=["2001:db8::53"],
        search=["example.net"],
    )["config"]
    assert text.startswith("# Managed by Ansible")
    given = [(one.key, one.value) for one in dnsmasq.parse(text)]
    assert {("port", "0"), ("pid-file", ""), ("interface", "eth1"), ("interface", "lo")} <= set(given)
    assert [value for key, value in given if key == "dhcp-range"] == [
        "set:subnet0,2001:db8:0:1::1000,2001:db8:0:1::1fff,64,86400",
        "set:subnet0,2001:db8:0:1:aaaa::,2001:db8:0:1:aaaa:ffff:ffff:ffff,64,86400",
        "fd00:db8:0:1::,static,64,86400",
        "2001:db8:0:9::,static,64,86400",
    ]
    assert [value for key, value in given if key == "dhcp-option"] == [
        "option6:dns-server,[2001:db8::53]",
        "option6:domain-search,example.net",
        "tag:subnet0,option6:dns-server,[2001:db8:0:1::1],[2001:db8:0:1::2]",
        "tag:subnet0,option6:domain-search,home.example,example.org",
    ]
    served = dnsmasq.ranges(dnsmasq.parse(text))
    assert set(served.prefixes) == {IPv6Network(one["prefix"]) for one in (FULL, LOCAL, RELAYED)}
    assert dnsmasq.render(dnsmasq.parse(text)) == "".join(text.splitlines(keepends=True)[1:])


ONE_POOL = {**LAN, "pools": ["2001:db8:0:1::1000-2001:db8:0:1::1fff"]}


def test_dhcp6s_in_full() -> None:
    given: dict[str, Any] = {"dns": ["2001:db8::53", "2001:db8::54"], "search": ["example.net", "example.org"]}
    text = planned(provider="dhcp6s", subnets=[ONE_POOL, LOCAL, RELAYED], **given)["config"]
    assert text == (
        "# Managed by Ansible (homelab.ipv6.dhcp6_server): edits here are lost at the next run.\n"
        "option domain-name-servers 2001:db8::53 2001:db8::54;\n"
        'option domain-name "example.net";\n'
        'option domain-name "example.org";\n'
        "pool lo {\n    range 2001:db8:0:1::1000 to 2001:db8:0:1::1fff;\n};\n"
        "interface lo {\n    address-pool lo 14400 86400;\n};\n"
    )


@pytest.mark.skipif(shutil.which("dhcp6s") is None, reason="wide-dhcpv6-server is not installed")
def test_dhcp6s_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "dhcp6s.conf"
    path.write_text(planned(provider="dhcp6s", subnets=[ONE_POOL, LOCAL], dns=["::5"], search=["a.b", "c"])["config"])
    argv = ["dhcp6s", "-d", "-f", "-c", path, "-k", "/dev/null", "-P", path / "no-pid", "-n", "::1", "lo"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30).stderr
    assert "do not specify DNS servers both" in said


@pytest.mark.parametrize("provider", ["kea", "dhcpd", "dnsmasq", "dhcp6s"])
def test_a_stateless_server_is_one_that_has_nothing_to_give(provider: str) -> None:
    given: dict[str, Any] = {"provider": provider, "dns": ["2001:db8::53"]}
    stateless = planned(stateless=True, **given)
    assert stateless["problems"] == []
    assert stateless == planned(**given)


SUBNETS = [[LAN], [FULL], [FULL, LOCAL], [LAN, RELAYED]]
DELEGATED = [*SUBNETS, [DELEGATING, LOCAL]]


@pytest.mark.parametrize("subnets", DELEGATED)
@pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed")
def test_kea_accepts_it(subnets: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "kea.conf"
    path.write_text(planned(subnets=subnets, dns=["2001:db8::53"], search=["example.net"])["config"])
    done = subprocess.run(["kea-dhcp6", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert len(KeaConfig.parse(path.read_text()).subnets) == len(subnets)


@pytest.mark.parametrize("subnets", DELEGATED)
@pytest.mark.skipif(shutil.which("dhcpd") is None, reason="isc-dhcp-server is not installed")
def test_dhcpd_accepts_it(subnets: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "dhcpd.conf"
    path.write_text(planned(provider="dhcpd", subnets=subnets, dns=["2001:db8::53"], search=["a.b", "c"])["config"])
    done = subprocess.run(["dhcpd", "-6", "-t", "-cf", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("subnets", SUBNETS)
@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq-base is not installed")
def test_dnsmasq_accepts_it(subnets: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "dnsmasq.conf"
    path.write_text(planned(provider="dnsmasq", subnets=subnets, dns=["2001:db8::53"], search=["a.b", "c"])["config"])
    done = subprocess.run(["dnsmasq", "--test", "-C", path], capture_output=True, text=True, check=False)
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
        ({"interfaces": ["lan 0"]}, "dhcp6_server_interfaces[0]: 'lan 0' has a character"),
        ({"subnets": [{**LAN, "interface": "a/b"}]}, "dhcp6_server_subnets[0].interface: 'a/b' has a character"),
        (
            {"subnets": [{**LAN, "pd_pools": [{"prefix": "2001:db8:1::/48", "delegated_length": 47}]}]},
            "dhcp6_server_subnets[0].pd_pools[0].delegated_length: 47 is no length of prefixes in 2001:db8:1::/48.",
        ),
        (
            {"subnets": [{**LAN, "pd_pools": [{"prefix": "2001:db8:1::/48", "delegated_length": 129}]}]},
            "dhcp6_server_subnets[0].pd_pools[0].delegated_length: 129 is no",
        ),
        (
            {"subnets": [{**LAN, "pd_pools": [{"prefix": "2001:db8::/48", "delegated_length": 64}]}]},
            "dhcp6_server_subnets[0].pd_pools[0].prefix: 2001:db8::/48 overlaps subnets[0] (2001:db8:0:1::/64)",
        ),
        (
            {"subnets": [DELEGATING, {**RELAYED, "pd_pools": DELEGATING["pd_pools"][1:]}]},
            "dhcp6_server_subnets[1].pd_pools[0].prefix: 2001:db8:1::/48 overlaps subnets[0].pd_pools[1]",
        ),
        (
            {"provider": "dnsmasq", "subnets": [DELEGATING]},
            "cannot be delegated: dnsmasq has no pools of prefixes. Leave it out, or let Kea or dhcpd serve: they can.",
        ),
        (
            {"provider": "dnsmasq", "subnets": [{**LAN, "prefix": "2001:db8:0:10::/60"}]},
            "dhcp6_server_subnets[0].prefix: 2001:db8:0:10::/60 is shorter than a /64, which dnsmasq does not serve.",
        ),
        (
            {"provider": "dhcp6s", "subnets": [DELEGATING]},
            "cannot be delegated: dhcp6s has no pools of prefixes. Leave it out, or let Kea or dhcpd serve: they can.",
        ),
        (
            {"provider": "dhcp6s", "subnets": [{**LAN, "dns": ["2001:db8::53"]}]},
            "dhcp6_server_subnets[0].dns: 2001:db8:0:1::/64 has its own, and dhcp6s tells the same to all",
        ),
        (
            {"provider": "dhcp6s", "subnets": [ONE_POOL, {**LOCAL, "pools": ["fd00:db8:0:1::/80"]}]},
            "dhcp6_server_subnets[1].pools[0]: fd00:db8:0:1::-fd00:db8:0:1:0:ffff:ffff:ffff is a second pool on lo",
        ),
        (
            {"provider": "dhcp6s", "subnets": [LAN, {**RELAYED, "pools": ["2001:db8:0:9::/80"]}]},
            "is for clients behind a relay, for whom dhcp6s has no pools",
        ),
        (
            {"stateless": True, "subnets": [FULL]},
            "subnets[0].pools[0]: 2001:db8:0:1::1000-2001:db8:0:1::1fff is to be handed out, and",
        ),
        (
            {"stateless": True, "subnets": [DELEGATING]},
            "dhcp6_server_subnets[0].pd_pools[0]: 2001:db8:0:100::/56 is to be handed out",
        ),
        ({"stateless": True, "hosts": [NAS]}, "dhcp6_server_hosts[0]: nas is to get something of its own"),
        ({"stateless": True}, "dhcp6_server_stateless: true leaves nothing to tell clients"),
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
