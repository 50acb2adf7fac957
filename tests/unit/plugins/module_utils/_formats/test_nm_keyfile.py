# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles and state files that NetworkManager 1.42 (Debian 12) wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.nm_keyfile import addresses, numbered, parse, words

DATA = Path(__file__).parent / "data/networkmanager"


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.nmconnection")), ids=lambda path: path.stem)
def test_every_profile_is_read(path: Path) -> None:
    connection = parse(path.read_text())["connection"]
    assert connection["id"] == path.stem.replace("_", " ")
    assert connection["type"] in ("ethernet", "bridge", "loopback")


def test_profile() -> None:
    keyfile = parse((DATA / "profiles/office.nmconnection").read_text())
    assert list(keyfile) == ["connection", "ethernet", "ipv4", "ipv6", "proxy"]
    assert keyfile["ethernet"] == {"cloned-mac-address": "02:00:00:00:00:AA", "mtu": "1400"}
    assert addresses(keyfile["ipv4"]) == (["192.0.2.10/24", "192.0.2.11/24"], ["192.0.2.1"])
    assert addresses(keyfile["ipv6"]) == (["2001:db8::10/64"], ["2001:db8::1"])
    assert words(keyfile["ipv4"]["dns"]) == ["192.0.2.53", "198.51.100.53"]


def test_device_state() -> None:
    device = parse((DATA / "devices/3").read_text())["device"]
    assert (device["managed"], device["connection-uuid"]) == ("true", "8f3f2a59-7adb-4890-af7a-78eb80a998d6")


def test_keys_keep_their_case_and_the_last_counts() -> None:
    text = "# note\n[DEFAULT]\nA=1\n\n[b]\n  Key = x=y \n[DEFAULT]\nA=2\n[b]\nc=\n"
    assert parse(text) == {"DEFAULT": {"A": "2"}, "b": {"Key": "x=y", "c": ""}}


@pytest.mark.parametrize("text", ["a=1\n", "[a]\nword\n", "[a]\n=1\n", "[a\nb=1\n", "[]\na=1\n"])
def test_what_is_no_keyfile_is_empty(text: str) -> None:
    assert parse(text) == {}


def test_numbers_order_addresses() -> None:
    section = {
        "address10": "c,",
        "address2": "b , g",
        "address": "x",
        "address1": "a",
        "gateway": "f",
        "address-x": "y",
    }
    assert addresses(section) == (["a", "b", "c"], ["f", "g"])
    assert numbered(section, "route") == []


@given(st.text())
def test_no_text_ends_in_an_error(text: str) -> None:
    for section in parse(text).values():
        addresses(section)


NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="[]#="), min_size=1, max_size=8)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES)))
def test_written_keyfile_is_read_back(keyfile: dict[str, dict[str, str]]) -> None:
    lines = []
    for section, pairs in keyfile.items():
        lines += [f"[{section}]", *(f"{key}={value}" for key, value in pairs.items()), ""]
    assert parse("\n".join(lines)) == keyfile
