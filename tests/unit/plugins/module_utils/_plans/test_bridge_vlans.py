# SPDX-License-Identifier: GPL-3.0-or-later
"""What networkd_units does about VLANs that networkd until systemd 257 does not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.networkd_units import Found, WantedUnit, plan, wanted
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run

Sections = list[tuple[str, dict[str, Any]]]
PORT: Sections = [("Match", {"Name": "eth0"}), ("Network", {"Bridge": "br0"})]
BRIDGE: Sections = [("Match", {"Name": "br0"}), ("Network", {"DHCP": "no"})]
UNTAGGED = ("BridgeVLAN", {"PVID": 1, "EgressUntagged": 1})
DEVICE: Sections = [("NetDev", {"Name": "br0", "Kind": "bridge"})]


def read(name: str, sections: Sections) -> list[WantedUnit]:
    unit = {"name": name, "state": "present", "sections": [{"name": one, "settings": two} for one, two in sections]}
    return wanted([unit], Vocabulary(252))[0]


def planned(name: str, before: Sections, after: Sections, *dropins: WantedUnit, **found: Any) -> Plan:
    files = {unit.path: unit.state for unit in (*read(name, before), *dropins) if unit.state}
    host: dict[str, Any] = {"files": files, "links": ["br0", "eth0"], "version": 252, "active": True, **found}
    return plan([*read(name, after), *dropins], Found(**host), [], reload=True)


def vlans(*names: object) -> Sections:
    return [("BridgeVLAN", {"VLAN": name}) for name in names]


def commands(done: Plan) -> list[str]:
    """Behind the reload."""
    runs = [" ".join(step.argv) for step in done.steps if isinstance(step, Run)]
    assert not runs or runs[0] == "networkctl reload"
    return runs[1:]


def test_a_port_goes_out_of_what_is_not_named_any_more() -> None:
    before = [*PORT, UNTAGGED, *vlans(10, "20-29", 40)]
    after = [*PORT, UNTAGGED, *vlans(10, 25)]
    assert commands(planned("a.network", before, after)) == [
        f"bridge vlan delete dev eth0 vid {vid}" for vid in ("20-24", "26-29", "40")
    ]
    assert commands(planned("a.network", after, before)) == []


def test_a_bridge_goes_out_of_its_own() -> None:
    before, after = [*BRIDGE, UNTAGGED, *vlans(10)], [*BRIDGE, ("BridgeVLAN", {"PVID": 7, "EgressUntagged": 7})]
    done = commands(planned("a.network", before, after))
    assert done == ["bridge vlan delete dev br0 vid 1 self", "bridge vlan delete dev br0 vid 10 self"]


@pytest.mark.parametrize("found", [{"version": 257}, {"version": None}, {"links": ["br0"]}, {"active": False}], ids=str)
def test_nothing_is_taken_away_where_networkd_does_or_nothing_is_there(found: dict[str, Any]) -> None:
    before, after = [*PORT, *vlans(10, 20)], [*PORT, *vlans(10)]
    assert commands(planned("a.network", before, after)) != []
    assert commands(planned("a.network", before, after, **found)) == []


def test_a_file_without_vlans_leaves_them() -> None:
    assert commands(planned("a.network", [*PORT, *vlans(10)], PORT)) == []
    assert commands(planned("a.network", PORT, [*PORT, *vlans(10)])) == []


def test_what_a_dropin_names_stays() -> None:
    (dropin,) = read("a.network.d/more.conf", vlans("20-25"))
    done = planned("a.network", [*PORT, *vlans("20-29")], [*PORT, *vlans(10)], dropin)
    assert commands(done) == ["bridge vlan delete dev eth0 vid 26-29"]


@pytest.mark.parametrize(("before", "after", "value"), [("no", "yes", "1"), ("on", "0", "0"), (None, "yes", "1")])
def test_a_bridge_that_exists_looks_at_vlans_at_once(before: str | None, after: str, value: str) -> None:
    had = [*DEVICE, ("Bridge", {"VLANFiltering": before})] if before else DEVICE
    now = [*DEVICE, ("Bridge", {"VLANFiltering": after})]
    done = planned("a.netdev", had, now)
    assert commands(done) == [f"ip link set dev br0 type bridge vlan_filtering {value}"]
    (step,) = [step for step in done.steps if isinstance(step, Run) and step.undo]
    assert step.undo is not None
    assert step.undo[-1] == str(1 - int(value))
    assert done.result["pending"] == []
    assert commands(planned("a.netdev", had, now, version=257)) == commands(planned("a.netdev", had, now, links=[]))
    assert commands(planned("a.netdev", had, now, links=[])) == []


def test_what_else_has_changed_of_a_bridge_is_told() -> None:
    had = [*DEVICE, ("Bridge", {"VLANFiltering": "no", "STP": "no"})]
    for now in ({"VLANFiltering": "yes", "STP": "yes"}, {"STP": "no"}):
        (said,) = planned("a.netdev", had, [*DEVICE, ("Bridge", now)]).result["pending"]
        assert "does not change a device" in said
