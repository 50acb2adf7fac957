# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ast
import json
from pathlib import Path

import networkd_vocabulary
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_keys import (
    BETWEEN,
    KEYS,
    KINDS,
    NEWEST,
    OLD,
    OLDEST,
    VALUES,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import (
    Spelling,
    Vocabulary,
    choices,
    is_boolean,
    limited_keys,
    spelled,
    table,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

DATA = Path(__file__).parent / "data"
# What real daemons answered to tools/networkd_probe.py.
RECORDS = {version: json.loads((DATA / f"networkd-{version}.json").read_text()) for version in (252, 257)}


def test_table_says_what_it_was_made_from() -> None:
    text = networkd_vocabulary.TARGET.read_text()
    assert f"# {OLDEST}." in text
    assert f" and {NEWEST}." in text
    assert list(RECORDS) == [OLDEST, NEWEST]
    assert ast.parse(text)


@pytest.mark.parametrize("version", RECORDS)
@pytest.mark.parametrize("file", KEYS)
def test_table_has_the_keys_that_a_real_daemon_knows_and_no_others(file: str, version: int) -> None:
    keys = table(file)
    known = {(section, key) for section in keys for key in keys[section] if keys[section][key] <= version}
    answered = {(section, key) for section, names in RECORDS[version][file].items() for key in names}
    assert known == answered


@pytest.mark.parametrize("version", RECORDS)
def test_devices_have_the_sections_that_a_real_daemon_reads(version: int) -> None:
    answered = RECORDS[version]["kinds"]
    assert set(answered) == set(choices("netdev", "NetDev", "Kind", version))
    for kind, sections in answered.items():
        assert KINDS[kind].split() == sorted({"Match", *sections})


@pytest.mark.parametrize("version", RECORDS)
@pytest.mark.parametrize("file", KEYS)
def test_words_are_those_that_a_real_daemon_takes(file: str, version: int) -> None:
    keys = table(file)
    taken = {name: words.split() for name, words in RECORDS[version]["words"][file].items()}
    checked = 0
    for _file, section, key in [each for each in limited_keys() if each[0] == file]:
        name = f"{section}.{key}"
        if keys[section][key] > version or name in OLD[file]:
            continue
        checked += 1
        # Nonsense is asked about too, and must be refused.
        assert set(taken[name]) == set(choices(file, section, key, version)), name
    assert checked > {"network": 140, "netdev": 60, "link": 20}[file]


@pytest.mark.parametrize("version", RECORDS)
@pytest.mark.parametrize("file", KEYS)
def test_all_that_a_real_daemon_takes_as_booleans_are_booleans(file: str, version: int) -> None:
    for name in RECORDS[version]["booleans"][file]:
        section, _dot, key = name.partition(".")
        words = choices(file, section, key, version)
        # An address is an answer that the probe does not try.
        assert set(words) >= {"yes", "no"} or name == "Address.Broadcast"


def test_what_the_older_daemon_lacks_is_refused_for_it() -> None:
    new, old, vocabulary = RECORDS[257]["network"], RECORDS[252]["network"], Vocabulary(252)
    only_new = [(section, key) for section in new for key in new[section] if key not in old.get(section, [])]
    assert ("Network", "IPv6Forwarding") in only_new
    for section, key in only_new:
        with pytest.raises(ValueProblem, match=r"needs systemd 25[3-7]; this host has 252"):
            vocabulary.key("network", section, key)


def test_choices_are_of_keys_that_exist() -> None:
    for file, section, key in limited_keys():
        assert key in table(file)[section]
        assert choices(file, section, key)
    for file in VALUES:
        assert all(tuple(name.split(".")) in [each[1:] for each in limited_keys()] for name in BETWEEN[file])


def test_what_is_advised_for_old_names_can_be_written() -> None:
    for file, fates in OLD.items():
        for name, fate in fates.items():
            word, since, *new = fate.split()
            assert word in ("renamed", "moved", "ignored")
            assert name.split(".")[1] in table(file)[name.split(".")[0]]
            assert new or word == "ignored"
            for section, key in [each.lstrip("!").split(".") for each in new]:
                assert table(file)[section][key] <= max(int(since), OLDEST)
                assert isinstance(Vocabulary(NEWEST).key(file, section, key), Spelling)


def test_tool_asks_for_all_of_them() -> None:
    asked = networkd_vocabulary.questions()
    assert ["netdev", "bareudp", "NetDev", "Kind", "bridge"] in asked["words"]
    assert ["netdev", "bond", "Bond", "Mode", "802.3ad"] in asked["words"]
    assert ["link", "Link", "WakeOnLan"] in asked["names"]
    assert len({(*each[:1], *each[2:4]) for each in asked["words"]}) == len(limited_keys())


@pytest.mark.parametrize(
    ("file", "name", "kind", "remedy"),
    [
        ("netdev", "Netdev", None, "Write it as [NetDev]"),
        ("network", "network", None, "Write it as [Network]"),
        ("network", "Adress", None, "Write it as [Address]"),
        ("network", "NetDev", None, "Write it into a .netdev file of its own"),
        ("network", "DHPC", None, "Write it as [DHCPv6]"),
        ("network", "IPv6PrefixDelegations", None, "Write it as [DHCPPrefixDelegation]"),
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
        # Meant is a name that is an old one.
        ("Network", "IPv6AcceptRouterAdvertisments", "Write it as IPv6AcceptRA="),
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
    with pytest.raises(ValueProblem, match=r"needs systemd 256; this host has 252\. Write it as IPForward="):
        Vocabulary(252).key("network", "Network", "IPv6Forwarding")
    with pytest.raises(ValueProblem, match=r"Leave it out, or see systemd 252's systemd\.network"):
        Vocabulary(252).key("network", "DHCPv6", "UseDNR")
    with pytest.raises(ValueProblem, match=r"DenyList= in \[DHCPv4\] needs systemd 246; this host has 245"):
        Vocabulary(245).key("network", "DHCPv4", "DenyList")


def test_key_of_an_older_systemd_than_the_tables_is_known_by_the_manual() -> None:
    assert Vocabulary(247).key("network", "Network", "Address") == Spelling("Address")
    with pytest.raises(ValueProblem, match=r"needs systemd 251; this host has 247"):
        Vocabulary(247).key("network", "Bridge", "Isolated")


@pytest.mark.parametrize(
    ("version", "file", "section", "key", "new"),
    [
        (252, "network", "Network", "IPv6AcceptRouterAdvertisements", "IPv6AcceptRA"),
        (257, "network", "Network", "DHCPv6PrefixDelegation", "DHCPPrefixDelegation"),
        (257, "network", "DHCPv4", "BlackList", "DenyList"),
        (257, "network", "IPv6AcceptRA", "BlackList", "PrefixDenyList"),
        (257, "netdev", "WireGuard", "FwMark", "FirewallMark"),
        (257, "netdev", "VRF", "TableId", "Table"),
    ],
)
def test_old_name_is_written_by_its_new_one(version: int, file: str, section: str, key: str, new: str) -> None:
    spelling = Vocabulary(version).key(file, section, key)
    assert spelling.name == new
    assert spelling.warning is not None
    assert f"{key}= in [{section}] is the name from before systemd 2" in spelling.warning
    assert spelling.warning.endswith(f"{new}= is written, write that.")


@pytest.mark.parametrize(
    ("version", "key"), [(252, "IPForward"), (252, "IPv6AcceptRA"), (230, "IPv6AcceptRouterAdvertisements")]
)
def test_name_of_the_time_is_no_old_one(version: int, key: str) -> None:
    assert Vocabulary(version).key("network", "Network", key) == Spelling(key)


@pytest.mark.parametrize(
    ("file", "section", "key", "said"),
    [
        (
            "network",
            "Network",
            "IPForward",
            (
                "IPForward= in [Network] is read and ignored by systemd 256 and later. "
                "Write IPv4Forwarding= and IPv6Forwarding= in its place."
            ),
        ),
        (
            "network",
            "DHCP",
            "UseDNS",
            (
                "UseDNS= in [DHCP] is a name from before systemd 243. "
                "Write UseDNS= in [DHCPv4] or UseDNS= in [DHCPv6] in its place."
            ),
        ),
        (
            "network",
            "DHCPv4",
            "CriticalConnection",
            "CriticalConnection= in [DHCPv4] is an old name. Write KeepConfiguration= in [Network] in its place.",
        ),
        # yes meant both prefix delegation and a fixed prefix.
        (
            "network",
            "Network",
            "IPv6PrefixDelegation",
            "IPv6PrefixDelegation= in [Network] is a name from before systemd 247. Write IPv6SendRA= in its place.",
        ),
        # The opposite of it.
        (
            "network",
            "Address",
            "PrefixRoute",
            (
                "PrefixRoute= in [Address] is a name from before systemd 245. "
                "Write AddPrefixRoute= with the opposite value in its place."
            ),
        ),
        ("netdev", "Tun", "OneQueue", "OneQueue= in [Tun] is read and ignored by systemd 252 and later. Leave it out."),
        (
            "network",
            "IPv6PrefixDelegation",
            "RouterLifetimeSec",
            (
                "RouterLifetimeSec= in [IPv6PrefixDelegation] is a name from before systemd 235. "
                "Write RouterLifetimeSec= in [IPv6SendRA] in its place."
            ),
        ),
    ],
)
def test_what_is_no_more_than_an_old_name_is_refused(file: str, section: str, key: str, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary(257).key(file, section, key)
    assert str(caught.value) == said


def test_old_names_are_not_offered() -> None:
    # DenyList is more alike, and the name of what is PrefixDenyList since systemd 248.
    with pytest.raises(ValueProblem, match=r"Write it as \w+DenyList="):
        Vocabulary(257).key("network", "IPv6AcceptRA", "DenyLst")
    with pytest.raises(ValueProblem, match=r"Write it as DenyList="):
        Vocabulary(247).key("network", "IPv6AcceptRA", "DenyLst")


def test_key_of_another_case_is_named_even_where_it_is_too_new() -> None:
    with pytest.raises(ValueProblem, match=r"Write it as IPv6Forwarding="):
        Vocabulary(252).key("network", "Network", "ipv6forwarding")


def test_systemd_that_is_newer_than_the_table_may_know_more() -> None:
    spelling = Vocabulary(300).key("network", "Match", "Quux")
    assert (spelling.name, spelling.known) == ("Quux", False)
    assert "may know it" in (spelling.warning or "")
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
        ("network", "Network", "IPv6PrivacyExtensions", "prefer-public"),
        ("network", "Network", "KeepConfiguration", "dhcp-on-stop"),
        ("network", "Network", "UseDomains", "route"),
        ("network", "Address", "Broadcast", "192.0.2.255"),
        ("netdev", "VXLAN", "Local", "2001:db8::1"),
        ("link", "Link", "NamePolicy", "keep kernel  database"),
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
        ("network", "Network", "IPv6PrivacyExtensions", "prefer_public", "Write it as prefer-public"),
        ("network", "Network", "KeepConfiguration", "dhcp-at-stop", "Write it as dhcp-on-stop"),
        ("network", "Network", "UseDomains", "Route", "Write it as route"),
        ("network", "Network", "DHCP", "v4", "Write it as ipv4"),
        ("network", "Bridge", "MulticastRouter", "yes", "Write one of no, query, permanent, temporary"),
        ("network", "Network", "IPMasquerade", "yes", "Write one of no, both, ipv4, ipv6"),
        ("link", "Link", "NamePolicy", "keep kernal", "Write it as kernel"),
    ],
)
def test_value_is_refused_with_the_right_one(file: str, section: str, key: str, value: str, remedy: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary().value(file, section, key, value)
    assert caught.value.value == f"{key}={value}"
    assert caught.value.remedy.startswith(remedy)


def test_value_of_another_release_is_refused_with_that() -> None:
    with pytest.raises(ValueProblem) as caught:
        Vocabulary(252).value("network", "Network", "KeepConfiguration", "dynamic")
    assert caught.value.problem == "is a value that systemd 257 knows; this host has 252"
    assert caught.value.remedy.startswith("Write one of yes, no, ")
    assert "dynamic" not in caught.value.remedy
    with pytest.raises(ValueProblem, match="systemd 252 knows; this host has 257"):
        Vocabulary(257).value("network", "DHCPv4", "ClientIdentifier", "duid-only")
    # Between the two nobody has asked.
    for file, section, key, value in (
        ("network", "Network", "KeepConfiguration", "dynamic"),
        ("network", "DHCPv4", "ClientIdentifier", "duid-only"),
    ):
        Vocabulary(255).value(file, section, key, value)


SECTIONS = sorted({section for file in KEYS for section in KEYS[file]})
NAMES = sorted({key for file in KEYS for keys in table(file).values() for key in keys})
WORDS = sorted({word for file in VALUES for words, _names in VALUES[file] for word in words.split()})


@given(
    version=st.one_of(st.none(), st.integers(0, 400)),
    file=st.sampled_from(sorted(KEYS)),
    section=st.one_of(st.text(), st.sampled_from(SECTIONS)),
    key=st.one_of(st.text(), st.sampled_from(NAMES)),
    value=st.one_of(st.text(), st.sampled_from(WORDS)),
)
def test_arbitrary_words_are_taken_or_refused(
    version: int | None, file: str, section: str, key: str, value: str
) -> None:
    vocabulary = Vocabulary(version)
    try:
        vocabulary.section(file, section)
        spelling = vocabulary.key(file, section, key)
        vocabulary.value(file, section, spelling.name, value)
    except ValueProblem:
        return
    assert spelling.name in table(file)[section] or not spelling.known


def test_values_of_yaml_are_spelled_as_systemd_reads_them() -> None:
    assert [spelled(value) for value in (True, False, 1480, "No")] == ["yes", "no", "1480", "No"]
    assert is_boolean(spelled(True))


def test_every_kind_of_device_can_be_named() -> None:
    assert {"sit", "bridge", "veth", "vlan", "wireguard"} <= set(choices("netdev", "NetDev", "Kind"))
    assert KINDS["sit"].split() == ["Match", "NetDev", "Tunnel"]
