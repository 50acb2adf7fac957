# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of clients that Kea served, on Debian 12 and 13, and whatever else may stand in such a file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import client_identity as formats
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.client_identity import Association
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

DATA = Path(__file__).parent / "data/identity"
DHCLIENT = "00:01:00:01:32:9a:ed:8b:02:00:00:00:01:00"
DEBIANS = pytest.mark.parametrize("debian", ["12", "13"])


def recorded(debian: str, path: str) -> bytes:
    return (DATA / debian / "root" / path).read_bytes()


@DEBIANS
def test_dhclient(debian: str) -> None:
    duid, associations = formats.dhclient(recorded(debian, "var/lib/dhcp/dhclient6.eth0.leases").decode())
    assert str(duid) == DHCLIENT
    assert associations == [Association("eth0", 256)]
    duid, associations = formats.dhclient(recorded(debian, "var/lib/dhcp/dhclient.eth7.leases").decode())
    assert str(duid) == "00:01:00:01:32:9a:ef:00:02:00:00:00:01:00"
    assert associations == []


def test_last_of_several_counts() -> None:
    text = recorded("12", "var/lib/dhcp/dhclient6.eth0.leases").decode()
    later = text.replace("ia-na 00:00:01:00", "ia-na 00:00:01:07").replace('"eth0"', '"eth1"')
    changed = text.replace("00:00:01:00 {", "00:00:02:00 {").replace("\\000\\001\\000\\001", "\\000\\003\\000\\001", 1)
    duid, associations = formats.dhclient(text + later + changed.replace("2\\232\\355\\213", ""))
    assert str(duid) == "00:03:00:01:02:00:00:00:01:00"
    assert associations == [Association("eth0", 512), Association("eth1", 263)]
    assert formats.dhclient("") == (None, [])
    assert formats.dhclient("lease6 {\n}\n") == (None, [])


@DEBIANS
def test_dhcp6c(debian: str) -> None:
    octets = recorded(debian, "var/lib/dhcpv6/dhcp6c_duid")
    assert str(formats.dhcp6c_duid(octets, "little")) == "00:01:00:01:32:9a:ed:ac:02:00:00:00:01:00"
    with pytest.raises(ValueProblem, match="has 14 octets after a length of 3584"):
        formats.dhcp6c_duid(octets, "big")
    with pytest.raises(ValueProblem, match="has 13 octets after a length of 14"):
        formats.dhcp6c_duid(octets[:-1], "little")
    with pytest.raises(ValueProblem, match="nothing has 0 octets"):
        formats.dhcp6c_duid(b"", "little")
    conf = recorded(debian, "etc/wide-dhcpv6/dhcp6c.conf").decode()
    assert formats.dhcp6c_conf(conf) == [Association("eth3", 7), Association("eth3", 9)]


@DEBIANS
def test_dhcpcd(debian: str) -> None:
    octets = recorded(debian, "var/lib/dhcpcd/eth1.lease6")
    duid, iaids = formats.dhcpcd_lease(octets)
    assert f"{duid}\n" == recorded(debian, "var/lib/dhcpcd/duid").decode()
    assert iaids == [257]
    with pytest.raises(ValueProblem, match="option 3 breaks off"):
        formats.dhcpcd_lease(octets[:-1])
    # The file that the package brings has a bare duid.
    assert formats.dhcpcd_conf(recorded(debian, "etc/dhcpcd.conf").decode()) == (None, ())


def test_dhcpcd_conf() -> None:
    text = "duid 00:03:00:01:02:00:00:00:00:07 # mine\niaid 1\ninterface eth0\niaid 7\ninterface eth1\niaid abcd\n"
    duid, associations = formats.dhcpcd_conf(text)
    assert str(duid) == "00:03:00:01:02:00:00:00:00:07"
    assert associations == (Association("eth0", 7),)
    assert formats.dhcpcd_conf("duid ll\ninterface eth0\niaid 4294967296\n") == (None, ())
    with pytest.raises(ValueProblem, match="00:03 has 2 octets"):
        formats.dhcpcd_conf("duid 00:03\n")


@DEBIANS
def test_dibbler(debian: str) -> None:
    text = recorded(debian, "var/lib/dibbler/client-AddrMgr.xml").decode()
    assert formats.dibbler_leases(text) == [Association("eth4", 1)]
    assert formats.dibbler_leases('<AddrIA IAID="x" ifacename="eth4"><AddrPD IAID="2">') == []


@pytest.mark.parametrize(
    ("text", "duid"),
    [
        ("DUID-EN/Vendor:0000ab11a0b1b56639d4ab9a", "00:02:00:00:ab:11:a0:b1:b5:66:39:d4:ab:9a"),
        ("UUID:bf451349e7be46c89fc3816b0b35d486", "00:04:bf:45:13:49:e7:be:46:c8:9f:c3:81:6b:0b:35:d4:86"),
        ("DUID-LLT:000100001a25020000000105", "00:01:00:01:00:00:1a:25:02:00:00:00:01:05"),
        ("DUID-LL:0001020000000105", "00:03:00:01:02:00:00:00:01:05"),
    ],
)
def test_networkd(text: str, duid: str) -> None:
    assert str(formats.networkd_duid_shown(text)) == duid


# The first is what 257 shows under DUIDType=9.
@pytest.mark.parametrize("text", ["0900:deadbeef", "UUID:zz", "", "UUID"])
def test_networkd_shows_what_is_not_understood(text: str) -> None:
    with pytest.raises(ValueProblem, match="is no DUID of a type that networkd names"):
        formats.networkd_duid_shown(text)


def test_networkd_iaid() -> None:
    shown = ("0x12758b45", "0x4d", "", "77", "0x123456789")
    assert [formats.networkd_iaid_shown(text) for text in shown] == [309693253, 77, None, None, None]


@DEBIANS
def test_nmcli(debian: str) -> None:
    (found,) = formats.nmcli_devices((DATA / debian / "nmcli.txt").read_text())
    assert (found.interface, found.iaid) == ("eth2", 75918208)
    assert found.profile in recorded(debian, "etc/NetworkManager/system-connections/lan.nmconnection").decode()
    assert f"{found.duid},{found.iaid}\n" in (DATA / debian / "kea.txt").read_text()


@pytest.mark.parametrize(
    ("text", "iaid"), [("04:86:6b:80", 75918208), ("7", 7), ("mac", None), ("4294967296", None), ("", None)]
)
def test_network_manager_iaid(text: str, iaid: int | None) -> None:
    assert formats.nm_iaid(text) == iaid


LEASE = recorded("12", "var/lib/dhcp/dhclient6.eth0.leases").decode()
TEXTS = st.text() | st.lists(st.sampled_from([*LEASE.split(), "\n", ";", "}", "=", "interface"])).map(" ".join)


@pytest.mark.parametrize(
    "parse",
    [
        formats.dhclient,
        formats.dhcp6c_conf,
        formats.dhcpcd_conf,
        formats.dibbler_leases,
        formats.networkd_duid_shown,
        formats.networkd_iaid_shown,
        formats.nmcli_devices,
        formats.nm_iaid,
    ],
)
@given(text=TEXTS)
def test_any_text_is_read_or_refused(parse: Callable[[str], Any], text: str) -> None:
    with contextlib.suppress(ValueProblem):
        parse(text)


@given(st.binary())
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(ValueProblem):
        formats.dhcp6c_duid(octets, "little")
    with contextlib.suppress(ValueProblem):
        formats.dhcpcd_lease(octets)
