# SPDX-License-Identifier: GPL-3.0-or-later
"""A server goes on knowing the host: DUID and IAID as the old client sent them."""

from __future__ import annotations

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.asks_as import AsksAs, of_dhclient, of_networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.identity import DHCLIENT, Identity
from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import Duid

LLT = Duid.parse("00:01:00:01:2e:aa:bb:cc:02:00:00:00:12:01")
MAC = "02:00:00:00:12:01"


def identity(interface: str = "eth0", running: bool = True, iaid: int | None = 0x0012_0134) -> Identity:
    return Identity(DHCLIENT, LLT, "/var/lib/dhcp/dhclient6.eth0.leases", running, interface, iaid)


def test_dhclient_for_both_families() -> None:
    asks_as = of_dhclient([identity("eth1"), identity()], "eth0", MAC)
    # ifupdown starts it with -i: the IAID over IPv4 is the end of the MAC address.
    assert asks_as == AsksAs(LLT, 0x0000_1201, 0x0012_0134)
    raw = "00:01:2e:aa:bb:cc:02:00:00:00:12:01"
    assert asks_as.settings() == [
        (
            "DHCPv4",
            [("ClientIdentifier", "duid"), ("IAID", "4609"), ("DUIDType", "link-layer-time"), ("DUIDRawData", raw)],
        ),
        ("DHCPv6", [("IAID", "1179956"), ("DUIDType", "link-layer-time"), ("DUIDRawData", raw)]),
    ]


def test_the_dhclient_that_runs_counts_before_a_file_that_an_older_one_left() -> None:
    old = identity(running=False, iaid=7)
    assert of_dhclient([old, identity()], "eth0", MAC).iaid6 == 0x0012_0134
    assert of_dhclient([old], "eth0", MAC).iaid6 == 7


def test_dhclient_for_ipv4_alone() -> None:
    sections = of_dhclient([identity(iaid=None)], "eth0", MAC).settings()
    assert [name for name, _pairs in sections] == ["DHCPv4"]


def test_static_addresses_ask_nobody() -> None:
    assert of_dhclient([], "eth0", MAC) == AsksAs()
    assert AsksAs().settings() == []


def test_a_type_of_duid_that_networkd_has_no_name_for_is_not_sent() -> None:
    assert AsksAs(Duid.parse("00:07:01:02:03"), 7, None).settings() == [("DHCPv4", [("IAID", "7")])]


def test_networkd_keeps_its_iaids() -> None:
    asks_as = of_networkd({"DHCP6_CLIENT_IAID": "0x1b3ae0c2"}, {"CLIENTID": "ffae110a9b00020000ab11d5530a5c2e7aaca2"})
    assert asks_as == AsksAs(None, 0xAE110A9B, 0x1B3AE0C2)
    assert asks_as.settings() == [("DHCPv4", [("IAID", "2920352411")]), ("DHCPv6", [("IAID", "456843458")])]


def test_networkd_that_asked_by_mac() -> None:
    # ClientIdentifier=mac, which goes on as it is: the bridge has the same.
    assert of_networkd({}, {"CLIENTID": "01020000001201"}) == AsksAs()
