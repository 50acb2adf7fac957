# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose firewall it is that stands before routed containers, and how long it stands."""

from __future__ import annotations

from typing import Any

from .container_hosts import BOX, SHED, WEB, network, plan

END = ["end box 2001:db8:d:500::1/64", "end box 10.9.1.1/28"]
GUARDED = {"interface": "ve-box", "prefixes": ["2001:db8:d:500::/64"], "ipv4": ["10.9.1.0/28"]}


def firewall(*found: str, **options: Any) -> dict[str, Any]:
    result = plan(found=found, **options)
    assert result["problems"] == []
    wanted: dict[str, Any] = result["firewall"]
    return wanted


def test_the_firewall_of_another_role_stays() -> None:
    assert plan(found=["guard theirs"], containers=[BOX])["problems"] == [
        (
            "container_host_firewall: true would replace the firewall of another role, /etc/homelab-ipv6-firewall.nft, "
            "as on a router. Write container_host_firewall: false, and have that role guard the containers: name their "
            "links in router_inside of the role router, or in firewall_inside where the role firewall is used by "
            "itself (ve-box with 2001:db8:d:500::/64, 10.9.1.0/28)."
        )
    ]
    none = {"inside": [], "forward_allow": [], "leave": False}
    assert firewall("guard theirs", containers=[BOX], firewall=False) == none
    # It has none to set up.
    assert firewall("guard theirs", containers=[WEB]) == none
    assert firewall("guard ours", containers=[BOX])["inside"] == [GUARDED]


def test_its_own_goes_when_nobody_needs_it() -> None:
    assert firewall("guard ours", containers=[WEB])["leave"]
    assert firewall("guard ours", containers=[BOX], firewall=False)["leave"]
    assert firewall("guard ours", *END, containers=[{"name": "box", "state": "absent"}])["leave"]
    assert not firewall("guard ours", containers=[BOX])["leave"]
    assert not firewall(containers=[WEB])["leave"]


def test_a_container_that_was_taken_out_of_the_list_is_guarded() -> None:
    inbound = {**BOX, "inbound": [{"ports": [80]}]}
    assert len(firewall("guard ours", *END, containers=[inbound])["forward_allow"]) == 1
    kept = firewall("guard ours", *END, containers=[WEB])
    assert kept == {"inside": [GUARDED], "forward_allow": [], "leave": False}
    both = firewall("guard ours", *END, containers=[SHED])["inside"]
    assert [link["interface"] for link in both] == ["ve-shed", "ve-box"]
    # One that is to be on a bridge from now on has no link any more.
    bridged = {"name": "box"}
    assert firewall("guard ours", *END, containers=[bridged])["leave"]


def test_its_prefix_is_not_free() -> None:
    new = {**SHED, "prefix": "2001:db8:d:500::/64"}
    assert plan(found=["guard ours", *END], containers=[new])["problems"] == [
        (
            "container_host_containers[].prefix: 2001:db8:d:500::/64 is that of box, too, which runs on since it was "
            "taken out of the list. Write box with state: absent, or another prefix."
        )
    ]
    assert plan(network(), found=END, containers=[SHED])["problems"] == []
