# SPDX-License-Identifier: GPL-3.0-or-later
"""DUIDs as programs show them, and whole lines as they are copied from a terminal, a file or a log."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import Duid
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

LLT = "00:01:00:01:32:9a:ed:8b:02:00:00:00:01:00"
EN = "00:02:00:00:ab:11:a0:b1:b5:66:39:d4:ab:9a"
UUID = "00:04:78:a1:cb:aa:af:8d:44:be:60:3d:f2:fd:04:68:e8:17"

# Each was written by the program itself.
RECORDED = [
    ("dhclient 4.4.3", r'default-duid "\000\001\000\0012\232\355\213\002\000\000\000\001\000";', LLT),
    ("dhclient 4.4.3", r'default-duid "\000\003\000\001RT\000eC!";', "00:03:00:01:52:54:00:65:43:21"),
    ("dhclient 4.4.3", r'default-duid "\000\003\000\001RT\000eC\231";', "00:03:00:01:52:54:00:65:43:99"),
    ("dhclient 4.4.3", "  option dhcp6.client-id 0:1:0:1:32:9a:ed:8b:2:0:0:0:1:0;", LLT),
    ("dhclient 4.4.3", "0:1:0:1:32:98:8e:d4:ae:54:9:13:c3:c3", "00:01:00:01:32:98:8e:d4:ae:54:09:13:c3:c3"),
    ("dhcpcd 9.4", "00:01:00:01:32:9a:ed:8d:02:00:00:00:01:01\n", "00:01:00:01:32:9a:ed:8d:02:00:00:00:01:01"),
    ("dibbler-client 1.0.1", "00:01:00:01:32:9a:ed:ae:02:00:00:00:01:06", "00:01:00:01:32:9a:ed:ae:02:00:00:00:01:06"),
    ("NetworkManager 1.42", "DHCP6.OPTION[1]:dhcp6_client_id = " + UUID, UUID),
    ("systemd-networkd 252", "DUID-EN/Vendor:0000ab11a0b1b56639d4ab9a", EN),
    (
        "systemd-networkd 257",
        "UUID:91ee11dd02f54a9493369c684074aee3",
        "00:04:91:ee:11:dd:02:f5:4a:94:93:36:9c:68:40:74:ae:e3",
    ),
    ("TShark 4.0.17 -V", "        DUID: 00010001329aed8b020000000100", LLT),
    ("TShark 4.0.17 -T fields", "00010001329aed8b020000000100", LLT),
    ("TShark 4.0.17 -T json", '            "dhcpv6.duid.bytes": "00:01:00:01:32:9a:ed:8b:02:00:00:00:01:00",', LLT),
    ("dnsmasq 2.90's lease file", "00:03:00:01:02:00:00:00:00:02", "00:03:00:01:02:00:00:00:00:02"),
]

# As their manuals, sources or other people's screens have them.
DESCRIBED = [
    ("Windows' ipconfig /all", "   DHCPv6 Client DUID. . . . . . . . : 00-01-00-01-32-9A-ED-8B-02-00-00-00-01-00", LLT),
    ("the same in German", "   DHCPv6-Client-DUID. . . . . . . . : 00-01-00-01-32-9A-ED-8B-02-00-00-00-01-00", LLT),
    ("the same in French", "   DUID de client DHCPv6. . . . . . . : 00-01-00-01-32-9A-ED-8B-02-00-00-00-01-00", LLT),
    ("Windows' registry", '"Dhcpv6DUID"=hex:00,01,00,01,32,9a,ed,8b,02,00,00,00,01,00', LLT),
    ("Windows' reg query", "    Dhcpv6DUID    REG_BINARY    00010001329AED8B020000000100", LLT),
    ("Kea's log", f"duid=[{LLT}], [no hwaddr info], tid=0x123456", LLT),
    ("Kea's configuration", f'"duid": "{LLT}",', LLT),
    ("dnsmasq's configuration", f"id:{LLT}", LLT),
    ("dhcpd's configuration", f"host-identifier option dhcp6.client-id {LLT};", LLT),
    ("dhcp6s' configuration", f"duid {LLT};", LLT),
    ("dhcpcd's log", f"eth0: DUID {LLT}", LLT),
    ("dhcpcd's variables", "new_dhcp6_client_id=00010001329aed8b020000000100", LLT),
    ("NetworkManager's nmcli", f"ipv6.dhcp-duid:                         {UUID}", UUID),
    ("NetworkManager's keyfile", f"dhcp-duid={UUID}", UUID),
    ("networkctl", "           DHCP6 Client DUID: DUID-EN/Vendor:0000ab11a0b1b56639d4ab9a", EN),
    ("networkctl", "DUID-LLT:0001329aed8b020000000100", LLT),
    # Older releases showed two octets more than the client sends.
    ("networkctl 249", "           DHCP6 Client DUID: DUID-EN/Vendor:0000ab11a0b1b56639d4ab9a0000", EN),
    ("networkctl 249", "DUID-LLT:0001329aed8b0200000001000000", LLT),
    ("networkctl 249", "UUID:78a1cbaaaf8d44be603df2fd0468e8170000", UUID),
    # These zeros are the DUID's own.
    ("networkctl", "UUID:78a1cbaaaf8d44be603df2fd04680000", UUID[:-5] + "00:00"),
    ("networkctl", "DUID-EN/Vendor:0000ab11a0b1b56639d40000", EN[:-5] + "00:00"),
]


@pytest.mark.parametrize(("program", "text", "duid"), RECORDED + DESCRIBED)
def test_notations(program: str, text: str, duid: str) -> None:
    assert str(Duid.parse(text)) == duid, program


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "DUID-EN/Vendor:00007ed90102030405060708090a0b0c0000",
            "ends with two octets of zeros, which an old networkctl adds. Write it as pairs of hexadecimal digits",
        ),
        ("DUID-LL:00200102030000", "ends with two octets of zeros"),
        ("DUID-LL:000102000000010", "has 15 digits, an odd number. One digit is missing or too many"),
        ("DUID-LL:", "has 2 octets, where a DUID has 3 to 130"),
        # networkd swaps the octets of a type that it has no name for.
        ("0900:deadbeef", "has '0900' as its octet 1"),
        ("DHCPv6 Client DUID. . . . : 00-01-00-01-32-9A-ED", "has 7 octets, where a DUID-LLT has at least 9"),
        ("duid=[]", "has 0 octets"),
    ],
)
def test_what_cannot_be_told(text: str, says: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        Duid.parse(text)
    assert str(raised.value).startswith(text + " ")
    assert says in str(raised.value)
