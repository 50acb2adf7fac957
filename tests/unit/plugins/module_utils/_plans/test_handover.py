# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface changes hands: what the old owner keeps, and what goes on."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import networkd_units
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.handover import hand_over, refuse
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.link_owners import (
    ifupdown_owner,
    network_manager_owner,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState
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
    assert not hand_over("units[0]", "lan0", UNIT, [], {}).changes


def test_a_static_address_goes_on() -> None:
    taken = hand_over("units[0]", "lan0", UNIT, [owner_of("lan0")], files())
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
    taken = hand_over("units[0]", "eth0", UNIT, [owner_of("eth0")], files(), "/run/dhclient.eth0.pid")
    assert taken.changes[1].after
    assert "DHCP=ipv4\n" in taken.changes[1].after.text
    assert [run.argv for run in taken.runs] == [("dhclient", "-x", "-pf", "/run/dhclient.eth0.pid", "eth0")]


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
        hand_over("units[0]", "lan0", UNIT, [owner_of("lan0", text)], files(text))
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
    taken = hand_over("units[0]", "lan0", UNIT, [owner], {})
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
    taken = hand_over("units[0]", "lan0", UNIT, [owner_of("lan0")], files())
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
