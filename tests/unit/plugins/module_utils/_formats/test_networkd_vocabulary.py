# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import networkd_vocabulary
import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_keys import BOOLEANS, KEYS, KINDS
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import (
    Vocabulary,
    choices,
    is_boolean,
    limited_keys,
    spelled,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

DATA = Path(__file__).parent / "data"
RECORDS = {version: json.loads((DATA / f"networkd-{version}.json").read_text()) for version in (252, 257)}


def test_table_is_what_the_daemons_answered() -> None:
    text = networkd_vocabulary.render(networkd_vocabulary.read_records())
    assert networkd_vocabulary.TARGET.read_text() == text, "run tools/networkd_vocabulary.py"


@pytest.mark.parametrize("version", RECORDS)
def test_all_that_a_daemon_knows_is_taken(version: int) -> None:
    vocabulary = Vocabulary(version)
    for file in KEYS:
        for section, keys in RECORDS[version][file].items():
            vocabulary.section(file, section)
            for key in keys:
                vocabulary.key(file, section, key)


def test_what_the_older_daemon_lacks_is_refused_for_it() -> None:
    new, old, vocabulary = RECORDS[257]["network"], RECORDS[252]["network"], Vocabulary(252)
    only_new = [(section, key) for section in new for key in new[section] if key not in old.get(section, [])]
    assert ("Network", "IPv6Forwarding") in only_new
    for section, key in only_new:
        with pytest.raises(ValueProblem, match=r"came in with systemd 25[3-7]; this host has 252"):
            vocabulary.key("network", section, key)


def test_choices_are_of_keys_that_exist() -> None:
    assert len(limited_keys()) > 30
    for file, section, key in limited_keys():
        assert key in [word.partition("@")[0] for word in KEYS[file][section].split()], (file, section, key)
        assert f"{section}.{key}" not in BOOLEANS[file].split()
        assert len(choices(file, section, key)) > 1


def test_tool_asks_for_all_of_them() -> None:
    asked = networkd_vocabulary.choices()
    assert ("netdev", "bareudp", "NetDev", "Kind", "bridge") in asked
    assert ("netdev", "bond", "Bond", "Mode", "802.3ad") in asked
    assert len({each[:1] + each[2:4] for each in asked}) == len(limited_keys())


@pytest.mark.parametrize(
    ("file", "name", "kind", "remedy"),
    [
        ("netdev", "Netdev", None, "Write it as [NetDev]"),
        ("network", "network", None, "Write it as [Network]"),
        ("network", "Adress", None, "Write it as [Address]"),
        ("network", "NetDev", None, "Write it into a .netdev file of its own"),
        ("network", "Quux", None, "See systemd.network(5) for those that there are"),
        ("netdev", "Bridge", "sit", "Leave it out; there are [Match], [NetDev], [Tunnel]"),
    ],
)
def test_section_is_refused_with_the_right_one(file: str, name: str, kind: str | None, remedy: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary().section(file, name, kind)
    assert caught.value.value == f"[{name}]"
    assert caught.value.remedy == remedy


def test_section_of_a_kind_is_taken() -> None:
    Vocabulary().section("netdev", "Tunnel", "sit")
    Vocabulary().section("netdev", "Tunnel", "no such kind")


@pytest.mark.parametrize(
    ("section", "key", "remedy"),
    [
        ("Network", "ipv6acceptra", "Write it as IPv6AcceptRA="),
        ("Network", "IPv6AcceptRa", "Write it as IPv6AcceptRA="),
        ("Network", "Adress", "Write it as Address="),
        ("Network", "RequiredForOnline", "Move it to [Link]"),
        ("Match", "Quux", "See systemd.network(5) for those that there are"),
    ],
)
def test_key_is_refused_with_the_right_one(section: str, key: str, remedy: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary().key("network", section, key)
    assert caught.value.value == f"{key}="
    assert caught.value.remedy == remedy


def test_key_that_came_later_is_refused_with_its_old_name() -> None:
    with pytest.raises(ValueProblem, match=r"came in with systemd 256; this host has 252\. Write it as IPForward"):
        Vocabulary(252).key("network", "Network", "IPv6Forwarding")
    with pytest.raises(ValueProblem, match=r"Leave it out, or see systemd 252's systemd\.network"):
        Vocabulary(252).key("network", "DHCPv6", "UseDNR")


@pytest.mark.parametrize(
    ("version", "key", "new"),
    [
        (252, "IPv6AcceptRouterAdvertisements", "IPv6AcceptRA"),
        (257, "IPForward", "IPv4Forwarding and IPv6Forwarding"),
        (252, "IPForward", None),
        (252, "IPv6AcceptRA", None),
    ],
)
def test_old_name_is_taken_with_a_warning(version: int, key: str, new: str | None) -> None:
    warning = Vocabulary(version).key("network", "Network", key)
    assert (warning is None) if new is None else (warning or "").endswith(f"write {new}.")


def test_systemd_that_is_newer_than_the_table_may_know_more() -> None:
    assert "may know it" in (Vocabulary(300).key("network", "Match", "Quux") or "")
    with pytest.raises(ValueProblem, match="Write it as IPv6AcceptRA"):
        Vocabulary(300).key("network", "Network", "ipv6acceptra")


@pytest.mark.parametrize(
    ("file", "section", "key", "value"),
    [
        ("network", "Network", "IPv6AcceptRA", "No"),
        ("network", "Network", "IPv6AcceptRA", "TRUE"),
        ("network", "Network", "IPv6AcceptRA", ""),
        ("network", "Network", "DHCP", "ipv4"),
        ("network", "Network", "Address", "anything"),
        ("network", "Link", "RequiredForOnline", "carrier:routable"),
        ("network", "Route", "Type", "unreachable"),
        ("netdev", "NetDev", "Kind", "bridge"),
    ],
)
def test_value_is_taken(file: str, section: str, key: str, value: str) -> None:
    Vocabulary().value(file, section, key, value)


@pytest.mark.parametrize(
    ("file", "section", "key", "value", "remedy"),
    [
        ("netdev", "NetDev", "Kind", "Bridge", "Write it as bridge"),
        ("netdev", "NetDev", "Kind", "brigde", "Write it as bridge"),
        ("network", "Network", "DHCP", "IPv4", "Write it as ipv4"),
        ("network", "Network", "IPv6AcceptRA", "maybe", "Write one of yes, no"),
        ("network", "Link", "RequiredForOnline", "carrier:Routable", "Write it as routable"),
        ("network", "Route", "Type", "quux", "Write one of unicast, local"),
    ],
)
def test_value_is_refused_with_the_right_one(file: str, section: str, key: str, value: str, remedy: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary().value(file, section, key, value)
    assert caught.value.value == f"{key}={value}"
    assert caught.value.remedy.startswith(remedy)


def test_values_of_yaml_are_spelled_as_systemd_reads_them() -> None:
    assert [spelled(value) for value in (True, False, 1480, "No")] == ["yes", "no", "1480", "No"]
    assert is_boolean(spelled(True))


def test_every_kind_of_device_can_be_named() -> None:
    assert {"sit", "bridge", "veth", "vlan", "wireguard"} <= set(choices("netdev", "NetDev", "Kind"))
    assert KINDS["sit"].split() == ["Match", "NetDev", "Tunnel"]
