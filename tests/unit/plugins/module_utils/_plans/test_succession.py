# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a card's settings stays with the cable, and what the bridge goes on with."""

from __future__ import annotations

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.succession import hears, networkd_owner, split

FILE = "/etc/systemd/network/20-wired.network"


def test_all_that_a_user_has_said_goes_on_somewhere() -> None:
    port, heir = split(
        [
            ("Link", [("MTUBytes", "1492"), ("RequiredForOnline", "no"), ("RequiredFamilyForOnline", "ipv4")]),
            ("Network", [("Description", "wall"), ("DHCP", "yes"), ("EmitLLDP", "no"), ("VRF", "blue")]),
            ("Route", [("Destination", "2001:db8:7::/48")]),
            ("CAKE", [("Bandwidth", "50M")]),
        ]
    )
    assert port == [
        ("Link", [("MTUBytes", "1492")]),
        ("Network", [("Description", "wall"), ("EmitLLDP", "no")]),
        ("CAKE", [("Bandwidth", "50M")]),
    ]
    assert heir == [
        ("Link", [("RequiredForOnline", "no"), ("RequiredFamilyForOnline", "ipv4")]),
        ("Network", [("DHCP", "yes"), ("VRF", "blue")]),
        ("Route", [("Destination", "2001:db8:7::/48")]),
    ]


def test_the_settings_of_a_file_and_its_dropins() -> None:
    owner = networkd_owner(
        FILE,
        {
            FILE: "[Match]\nName=eth0\n[Network]\nDHCP=yes\nBridge=br9\n[BridgeVLAN]\nVLAN=7\n[Link]\nUnmanaged=no\n",
            f"{FILE}.d/a.conf": "[DHCPv4]\nUseMTU=yes\n",
        },
    )
    assert (owner.source, owner.obstacles) == (FILE, ())
    assert owner.sections == (("Network", [("DHCP", "yes")]), ("DHCPv4", [("UseMTU", "yes")]))


def test_what_lies_on_the_card_is_an_obstacle() -> None:
    owner = networkd_owner(FILE, {FILE: "[Network]\nVLAN=eth0.5\nMACVLAN=m0\n[DHCPv4]\nVLAN=x\n"})
    assert owner.obstacles == (f"{FILE}: VLAN=eth0.5", f"{FILE}: MACVLAN=m0")


def test_a_file_that_cannot_be_read_is_an_obstacle() -> None:
    (said,) = networkd_owner(FILE, {FILE: "Network\n"}).obstacles
    assert said.startswith(f"{FILE}: ")


def test_router_advertisements_mean_to_the_bridge_what_they_have_meant_to_the_card() -> None:
    # iface eth0 inet6 auto, inet6 static, inet6 dhcp; none of them; forwarding.
    assert hears("2", "0", "1", dhcp6=False) == [("IPv6AcceptRA", [("DHCPv6Client", "no")])]
    assert hears("1", "0", "0", dhcp6=False) == [
        ("IPv6AcceptRA", [("UseAutonomousPrefix", "no"), ("DHCPv6Client", "no")])
    ]
    assert hears("1", "0", "1", dhcp6=True) == [("DHCPv6", [("WithoutRA", "solicit")])]
    no = ("Network", [("IPv6AcceptRA", "no")])
    assert hears("0", "0", "1", dhcp6=False) == [no]
    assert hears("1", "1", "1", dhcp6=False) == [no]
    assert hears("", "", "", dhcp6=True) == [no, ("DHCPv6", [("WithoutRA", "solicit")])]
