# SPDX-License-Identifier: GPL-3.0-or-later
"""link_info as Ansible runs it, on a real kernel in a namespace of the test's own."""

from __future__ import annotations

from typing import Any


def test_it_tells_and_changes_nothing(island: Any) -> None:
    island.run("ip", "link", "add", "a.1", "address", "02:00:00:00:00:0a", "type", "veth", "peer", "name", "b0")
    island.run("ip", "link", "set", "b0", "up")
    island.run("ip", "link", "set", "a.1", "up")
    island.run("ip", "address", "add", "192.0.2.1/24", "dev", "a.1")
    island.run("ip", "address", "add", "2001:db8:d:407::7/64", "dev", "a.1", "nodad")
    island.run("ip", "route", "add", "203.0.113.0/24", "dev", "a.1")
    island.run("ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", "a.1", "proto", "ra")
    island.run("ip", "-6", "route", "add", "unreachable", "2001:db8:d:500::/56")
    island.run("ip", "route", "add", "default", "via", "192.0.2.2")
    island.run("ip", "link", "add", "br7", "type", "bridge")
    island.run("ip", "link", "set", "b0", "master", "br7")
    before = island.run("sh", "-c", "ip -4 address; ip route")
    told = [island.module("link_info", check_mode=check_mode) for check_mode in (True, False)]
    assert told[0] == told[1]
    assert told[0]["changed"] is False
    assert sorted(told[0]["links"]) == ["a.1", "b0", "br7"]
    expected = {
        "kind": "",
        "master": "",
        "mac": "02:00:00:00:00:0a",
        "mtu": 1500,
        "operstate": "up",
        "accept_ra": 1,
        "networkd": False,
        "network_file": "",
        "networks": ["192.0.2.0/24", "2001:db8:d:407::/64", "203.0.113.0/24"],
        "ra_default": True,
        "managed_by": [],
    }
    assert {key: told[0]["links"]["a.1"][key] for key in expected} == expected
    assert told[0]["links"]["a.1"]["addresses"][:2] == ["192.0.2.1/24", "2001:db8:d:407::7/64"]
    assert told[0]["links"]["br7"]["networks"] == []
    assert [(told[0]["links"][name]["kind"], told[0]["links"][name]["master"]) for name in ("b0", "br7")] == [
        ("", "br7"),
        ("bridge", ""),
    ]
    assert told[0]["uplink"] == "a.1"
    assert island.run("sh", "-c", "ip -4 address; ip route") == before
