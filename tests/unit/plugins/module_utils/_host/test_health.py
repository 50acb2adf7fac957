# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.homelab.ipv6.plugins.module_utils._host.health import DHCP6_SERVERS, joined, shown

# /proc/net/igmp6 of a machine whose dnsmasq serves lan0 and lan1; nothing serves eth0.
RECORDED = """\
1    lo              ff020000000000000000000000000001     1 0000000C 0
1    lo              ff010000000000000000000000000001     1 00000008 0
2    eth0            ff0200000000000000000001ff5380b8     1 00000004 0
2    eth0            ff020000000000000000000000000001     1 0000000C 0
2    eth0            ff010000000000000000000000000001     1 00000008 0
3    lan0            ff050000000000000000000000010003     1 00000004 0
3    lan0            ff020000000000000000000000010002     1 00000004 0
3    lan0            ff0200000000000000000001ff000001     1 00000004 0
3    lan0            ff0200000000000000000001ff8f8224     1 00000004 0
3    lan0            ff020000000000000000000000000001     1 0000000C 0
3    lan0            ff010000000000000000000000000001     1 00000008 0
4    lan1            ff050000000000000000000000010003     1 00000004 0
4    lan1            ff020000000000000000000000010002     1 00000004 0
4    lan1            ff0200000000000000000001ff000001     1 00000004 0
4    lan1            ff0200000000000000000001fff2ff60     1 00000004 0
4    lan1            ff020000000000000000000000000001     1 0000000C 0
4    lan1            ff010000000000000000000000000001     1 00000008 0
"""


def test_interfaces_on_which_a_server_hears_its_clients() -> None:
    assert joined(RECORDED, DHCP6_SERVERS) == ["lan0", "lan1"]
    assert joined("", DHCP6_SERVERS) == []


# `systemctl show --property=UnitFileState nosuch.service systemd-networkd.service systemd-nspawn@web.service`, of 252.
OF_UNITS = "UnitFileState=\n\nUnitFileState=enabled\n\nUnitFileState=disabled\n"


def test_a_unit_that_is_not_there_takes_no_word_from_the_others() -> None:
    assert shown(OF_UNITS) == ["not-found", "enabled", "disabled"]
    assert shown("") == []
