# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface changes hands: what the old owner keeps, and what goes on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import networkd_units
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Await
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.handover import LEGS, Succession, hand_over, refuse
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.link_owners import (
    Owner,
    ifupdown_owner,
    network_manager_owner,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState, KernelValue
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.succession import networkd_owner
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

INTERFACES = """\
# The loopback network interface
auto lo
iface lo inet loopback

auto lan0
iface lan0 inet static
    address 192.168.1.1
    netmask 255.255.255.0
    dns-nameservers 192.168.1.53 192.168.1.54
    dns-search home.arpa
    mtu 1492
# the uplink
allow-hotplug eth0
iface eth0 inet dhcp
"""
UNIT = "/etc/systemd/network/05-homelab-lan0.network"
# As for an interface that is no port of a bridge.
ALONE = Succession(UNIT, UNIT)


def owner_of(interface: str, text: str = INTERFACES):
    owner = ifupdown_owner(interface, {"/etc/network/interfaces": text})
    assert owner
    return owner


def files(text: str = INTERFACES) -> dict[str, FileState]:
    return {"/etc/network/interfaces": FileState(text, 0o640)}


def test_without_a_request_the_owner_is_named() -> None:
    with pytest.raises(Refusal) as caught:
        refuse("units[0]", "lan0", [owner_of("lan0")])
    assert str(caught.value).startswith(
        "units[0]: lan0 is configured by ifupdown (/etc/network/interfaces line 6). Say handover: adopt"
    )


def test_nobody_to_take_it_from_is_nothing_to_do() -> None:
    refuse("units[0]", "lan0", [])
    assert not hand_over("units[0]", "lan0", ALONE, [], {}).changes


def test_a_static_address_goes_on() -> None:
    taken = hand_over("units[0]", "lan0", ALONE, [owner_of("lan0")], files())
    interfaces, dropin = taken.changes
    assert interfaces.after
    assert interfaces.after.mode == 0o640
    assert interfaces.after.text == INTERFACES.replace("auto lan0\n", "#homelab.ipv6# auto lan0\n").replace(
        """\
iface lan0 inet static
    address 192.168.1.1
    netmask 255.255.255.0
    dns-nameservers 192.168.1.53 192.168.1.54
    dns-search home.arpa
    mtu 1492
""",
        """\
#homelab.ipv6# iface lan0 inet static
#homelab.ipv6#     address 192.168.1.1
#homelab.ipv6#     netmask 255.255.255.0
#homelab.ipv6#     dns-nameservers 192.168.1.53 192.168.1.54
#homelab.ipv6#     dns-search home.arpa
#homelab.ipv6#     mtu 1492
""",
    )
    assert dropin.path == UNIT + ".d/10-handed-over.conf"
    assert dropin.after
    assert dropin.after.text == (
        "# Handed over from ifupdown by Ansible (homelab.ipv6): settings that go on.\n"
        "[Link]\nMTUBytes=1492\n\n"
        "[Network]\nAddress=192.168.1.1/24\nDNS=192.168.1.53\nDNS=192.168.1.54\nDomains=home.arpa\n"
    )
    assert not taken.runs


def test_dhcp_goes_on_and_the_old_client_ends_without_giving_the_lease_back() -> None:
    argv = ("dhclient", "-4", "-v", "-i", "-pf", "/run/dhclient.eth0.pid", "eth0")
    succession = replace(ALONE, dhclients=(("/run/dhclient.eth0.pid", argv),))
    taken = hand_over("units[0]", "eth0", succession, [owner_of("eth0")], files())
    assert taken.changes[1].after
    assert "DHCP=ipv4\n" in taken.changes[1].after.text
    assert [(run.argv, run.undo) for run in taken.runs] == [
        (("dhclient", "-4", "-x", "-pf", "/run/dhclient.eth0.pid", "eth0"), argv)
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("up ip rule add from 192.168.1.0/24 table 7", "up ip rule add from 192.168.1.0/24 table 7"),
        ("bridge_ports eth2 eth3", "bridge_ports eth2 eth3"),
        ("wpa-ssid home", "wpa-ssid home"),
    ],
)
def test_what_networkd_cannot_be_told_keeps_the_interface_where_it_is(line: str, said: str) -> None:
    text = INTERFACES.replace("    mtu 1492\n", f"    mtu 1492\n    {line}\n")
    with pytest.raises(Refusal) as caught:
        hand_over("units[0]", "lan0", ALONE, [owner_of("lan0", text)], files(text))
    assert f"because of: /etc/network/interfaces line 6: {said}. Move this by hand" in str(caught.value)


def test_a_method_that_networkd_does_not_have_is_an_obstacle() -> None:
    owner = owner_of("ppp0", "iface ppp0 inet ppp\n    provider dsl\n")
    assert owner.obstacles == (
        "/etc/network/interfaces line 1: iface ppp0 inet ppp",
        "/etc/network/interfaces line 1: provider dsl",
    )


PROFILE = """\
[connection]
id=lan
uuid=0d5cbf8a-8d4b-4a0f-93b1-4c0a5ac0bd4e
type=ethernet
interface-name=lan0

[ethernet]

[ipv4]
address1=192.168.1.1/24
dns=192.168.1.53;
method=manual

[ipv6]
addr-gen-mode=default
method=auto
"""


def test_network_manager_is_told_to_leave_the_interface() -> None:
    path = "/etc/NetworkManager/system-connections/lan.nmconnection"
    owner = network_manager_owner("lan0", "", {path: PROFILE}, running=True)
    assert owner
    assert owner.source == path
    taken = hand_over("units[0]", "lan0", ALONE, [owner], {})
    config, dropin = taken.changes
    assert config.after
    assert "match-device=interface-name:lan0\nmanaged=0\n" in config.after.text
    assert dropin.after
    assert dropin.after.text.endswith("[Network]\nAddress=192.168.1.1/24\nDNS=192.168.1.53\n")
    assert taken.runs[0].argv == ("systemctl", "reload", "NetworkManager.service")


def test_profiles_of_a_network_manager_that_is_off_own_nothing() -> None:
    assert network_manager_owner("lan0", "", {"/x": PROFILE}, running=False) is None


LAN = [
    {
        "name": "05-homelab-lan0.network",
        "state": "present",
        "sections": [
            {"name": "Match", "settings": {"Name": "lan0 lan?"}},
            {"name": "Network", "settings": {"Address": "2001:db8:1::1/64", "IPv6AcceptRA": False}},
        ],
    }
]


def test_only_names_without_wildcards_change_hands() -> None:
    units, _warnings = networkd_units.wanted(LAN, Vocabulary(252))
    assert [(unit.path, name) for unit, name in networkd_units.interfaces(units)] == [(UNIT, "lan0")]


def test_units_and_old_owner_change_in_one_step_before_networkd_starts() -> None:
    units, _warnings = networkd_units.wanted(LAN, Vocabulary(252))
    taken = hand_over("units[0]", "lan0", ALONE, [owner_of("lan0")], files())
    plan = networkd_units.plan(units, networkd_units.Found({}), (), reload=True, enable=True, handovers=[taken])
    moved, *runs = plan.steps
    assert isinstance(moved, Files)
    assert [change.path for change in moved.changes] == [
        UNIT,
        "/etc/network/interfaces",
        UNIT + ".d/10-handed-over.conf",
    ]
    assert [step.describe() for step in runs] == [
        "have networkd run at every boot",
        "have the boot not wait for networkd's links",
        "start networkd",
    ]
    assert not plan.result["pending"]


def test_a_boot_that_waited_for_networkd_goes_on_to() -> None:
    found = networkd_units.Found({}, active=True, waits_online=True)
    plan = networkd_units.plan([], found, (), reload=True, enable=True)
    assert [step.describe() for step in plan.steps] == ["have networkd run at every boot"]


def test_a_networkd_that_runs_at_every_boot_is_left_alone() -> None:
    found = networkd_units.Found({}, active=True, enabled=True)
    assert not networkd_units.plan([], found, (), reload=True, enable=True).steps


PORT, BRIDGE = "/etc/systemd/network/04-homelab-eth0.network", "/etc/systemd/network/04-homelab-br0.network"
JOINS = Succession(PORT, BRIDGE, bridge="br0", joins=True)
WIRED = "/etc/systemd/network/20-wired.network"
WIRED_TEXT = "[Match]\nName=eth0\n[Link]\nMTUBytes=1492\nRequiredForOnline=no\n[Network]\nDHCP=yes\nLLDP=yes\n"


def texts(taken) -> dict[str, str]:
    return {change.path: change.after.text for change in taken.changes if change.after}


def wired(text: str = WIRED_TEXT) -> Owner:
    return networkd_owner(WIRED, {WIRED: text})


def test_a_port_keeps_what_is_the_cables_and_the_bridge_goes_on_with_the_rest() -> None:
    asks_as = (("DHCPv4", [("IAID", "7")]),)
    taken = hand_over("units[0]", "eth0", replace(JOINS, asks_as=asks_as), [wired()], {})
    mark = f"# Handed over from {WIRED} by Ansible (homelab.ipv6): settings that go on.\n"
    assert texts(taken) == {
        f"{PORT}.d/10-handed-over.conf": mark + "[Link]\nMTUBytes=1492\n\n[Network]\nLLDP=yes\n",
        f"{BRIDGE}.d/10-handed-over.conf": mark + "[Link]\nRequiredForOnline=no\n\n[Network]\nDHCP=yes\n",
        f"{BRIDGE}.d/20-asks-as.conf": mark + "[DHCPv4]\nIAID=7\n",
    }
    # At a reload it would release its lease.
    assert taken.restart


def test_what_the_set_gives_anew_does_not_go_on() -> None:
    asks_as = (("DHCPv4", [("IAID", "7")]),)
    taken = hand_over("units[0]", "eth0", replace(JOINS, keep=False, asks_as=asks_as), [wired()], {})
    assert [path.rpartition("/")[2] for path in texts(taken)] == ["10-handed-over.conf", "20-asks-as.conf"]
    assert next(iter(texts(taken))).startswith(PORT)


def test_nobody_to_go_on_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        hand_over("units[0]", "eth0", replace(JOINS, heir=""), [wired()], {})
    assert "eth0 becomes a port of br0, and no .network file of the set takes that, to go on there" in str(caught.value)


def test_a_port_that_had_no_owner_takes_its_addresses_off_all_the_same() -> None:
    taken = hand_over("units[0]", "eth0", JOINS, [], {})
    assert not taken.changes
    assert not taken.restart
    assert [step.describe() for step in taken.after] == [
        "wait: eth0 is a port of br0",
        "take the IPv6 addresses off eth0",
        "take the IPv6 routes off eth0",
        "take halves of IPv6 routes off eth0",
        "take the IPv4 addresses off eth0",
    ]


def test_a_port_is_one_already() -> None:
    taken = hand_over("units[0]", "eth0", replace(JOINS, joins=False), [wired()], {})
    assert (taken.before, taken.after) == ((), ())


def test_ipv4_goes_on_by_the_port_until_the_bridge_has_its_addresses() -> None:
    succession = replace(JOINS, addresses=("192.0.2.10", "2001:db8::10"), dad_transmits="1")
    taken = hand_over("units[0]", "eth0", succession, [wired()], {})
    default, bridge = "/proc/sys/net/ipv6/conf/default/dad_transmits", "/proc/sys/net/ipv6/conf/br0/dad_transmits"
    assert taken.before == (KernelValue(default, "1", "0"),)
    joined, waits = (step for step in taken.after if isinstance(step, Await))
    assert (joined.soft, waits.soft) == (False, True)
    shown = "2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue {} state UP mode DEFAULT"
    assert re.search(joined.pattern, shown.format("master br0"))
    assert not re.search(joined.pattern, shown.format("master br01"))
    assert [step for step in taken.after if isinstance(step, KernelValue)] == [
        KernelValue(default, "0", "1"),
        KernelValue(bridge, "0", "1"),
    ]
    kinds = [step.describe() for step in taken.after]
    assert kinds.index(waits.describe()) < kinds.index("take the IPv4 addresses off eth0")
    four = "7: br0    inet 192.0.2.10/24 metric 1024 brd 192.0.2.255 scope global dynamic br0\n"
    six = "7: br0    inet6 2001:db8::10/128 scope global dynamic noprefixroute \n"
    assert re.search(waits.pattern, four + six)
    assert re.search(waits.pattern, six + four)
    assert not re.search(waits.pattern, four)
    assert not re.search(waits.pattern, four + six.replace("::10/", "::100/"))
    assert not re.search(waits.pattern, four + six.replace("dynamic", "tentative dynamic"))


def test_a_bridge_that_is_made_goes_again_where_a_later_step_fails() -> None:
    (looks,) = hand_over("units[0]", "eth0", replace(JOINS, makes=True), [wired()], {}).before
    assert isinstance(looks, Run)
    assert looks.undo
    assert (looks.undo[:2], looks.undo[3:]) == (("sh", "-c"), ("br0",))


def test_ifupdown_forgets_that_it_has_brought_the_interface_up() -> None:
    state = {"/run/network/ifstate": FileState("lo=lo\neth0=eth0\n"), "/run/network/ifstate.eth0": FileState("eth0\n")}
    taken = hand_over("units[0]", "eth0", JOINS, [owner_of("eth0")], {**files(), **state})
    assert texts(taken)["/run/network/ifstate"] == "lo=lo\n"
    assert texts(taken)["/run/network/ifstate.eth0"] == ""
    assert "#homelab.ipv6# iface eth0 inet dhcp" in texts(taken)["/etc/network/interfaces"]


BRIDGED = [
    {
        "name": "04-homelab-br0.network",
        "state": "present",
        "sections": [
            {"name": "Match", "settings": {"Name": "br0"}},
            {"name": "Network", "settings": {"DHCP": "yes"}},
        ],
    },
    {
        "name": "04-homelab-eth0.network",
        "state": "present",
        "sections": [
            {"name": "Match", "settings": {"Name": "eth0"}},
            {"name": "Network", "settings": {"Bridge": "br0"}},
        ],
    },
]


def test_the_set_says_who_is_a_port_and_who_goes_on() -> None:
    units, _warnings = networkd_units.wanted(BRIDGED, Vocabulary(257))
    assert [networkd_units.bridge_of(unit) for unit in units] == ["", "br0"]
    assert networkd_units.heir_of("br0", units) == BRIDGE
    assert networkd_units.heir_of("br1", units) == ""
    assert networkd_units.bridge_of(networkd_units.WantedUnit("x.network", None, "network", False, "units[0]")) == ""


def test_a_networkd_that_has_run_the_card_starts_anew() -> None:
    units, _warnings = networkd_units.wanted(BRIDGED, Vocabulary(257))
    taken = hand_over("units[1]", "eth0", JOINS, [wired()], {})
    found = networkd_units.Found({}, active=True, enabled=True)
    steps = [step.describe() for step in networkd_units.plan(units, found, (), True, handovers=[taken]).steps[1:]]
    assert steps == [
        "start networkd anew",
        "wait: eth0 is a port of br0",
        "take the IPv6 addresses off eth0",
        "take the IPv6 routes off eth0",
        "take halves of IPv6 routes off eth0",
        "take the IPv4 addresses off eth0",
    ]
    # Whoever does not want networkd to read its files has nothing taken off the card either.
    assert len(networkd_units.plan(units, found, (), False, handovers=[taken]).steps) == 1


def test_half_of_a_route_is_taken_off_a_port(island: Any) -> None:
    for number, name in enumerate(("eth0", "br0"), 1):
        island.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
        island.run("ip", "link", "set", name, "up")
        island.run("ip", "link", "set", f"{name}-peer", "up")
        island.run("ip", "address", "add", f"2001:db8:5::{number}/64", "dev", name, "nodad")
        for where in ("default", "2001:db8:7::/48"):
            island.run("ip", "-6", "route", "append", where, "via", "2001:db8:5::9", "dev", name, "metric", "1024")
    assert "nexthop via 2001:db8:5::9 dev eth0" in island.run("ip", "-6", "route")
    island.run("ip", "-6", "route", "flush", "dev", "eth0")
    assert "nexthop via 2001:db8:5::9 dev eth0" in island.run("ip", "-6", "route")
    for _again in range(2):
        island.run("sh", "-c", LEGS, "eth0")
        assert " dev eth0 " not in island.run("ip", "-6", "route")
        routes = island.run("ip", "-6", "route").splitlines()
        assert sum("via 2001:db8:5::9 dev br0" in line for line in routes) == 2
