# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of clients other than networkd, from their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.identity import Found, Seen, files_clients

DATA = Path(__file__).parents[1] / "_formats/data/identity/12"
MACHINE_ID = {"/etc/machine-id": "292b411c9f7b53ba46a7c01c2b5a7044\n"}
OTHER = "00:03:00:01:02:00:00:00:00:07"


def recorded(path: str) -> str:
    return (DATA / "root" / path).read_text(encoding="utf-8", errors="surrogateescape")


def looked(files: Mapping[str, str], **more: Any) -> Found:
    found = Found()
    files_clients(Seen(files=files, **more), found)
    return found


def told(found: Found) -> list[tuple[str, str, str | None, int | None]]:
    return [(each.source, str(each.duid), each.interface, each.iaid) for each in found.identities]


DHCPCD = "00:01:00:01:32:9a:ed:8d:02:00:00:00:01:01"


def test_dhcpcd_before_and_after_its_first_lease() -> None:
    kept, lease = "/var/lib/dhcpcd/duid", "/var/lib/dhcpcd/eth1.lease6"
    files = {kept: recorded("var/lib/dhcpcd/duid")}
    assert told(looked(files)) == [(kept, DHCPCD, None, None)]
    files[lease] = recorded("var/lib/dhcpcd/eth1.lease6")
    assert told(looked(files)) == [(lease, DHCPCD, "eth1", 257)]
    old = {"/etc/dhcpcd.duid": files[kept]}
    assert told(looked(old)) == [("/etc/dhcpcd.duid", DHCPCD, None, None)]


def test_dhcpcd_conf_names_a_duid_and_iaids() -> None:
    conf = "/etc/dhcpcd.conf"
    files = {
        "/var/lib/dhcpcd/duid": recorded("var/lib/dhcpcd/duid"),
        "/var/lib/dhcpcd/eth1.lease6": recorded("var/lib/dhcpcd/eth1.lease6"),
        conf: "interface eth1\niaid 257\ninterface eth2\niaid 9\n",
    }
    assert told(looked(files)) == [
        ("/var/lib/dhcpcd/eth1.lease6", DHCPCD, "eth1", 257),
        ("/var/lib/dhcpcd/duid", DHCPCD, "eth2", 9),
    ]
    files[conf] = f"duid {OTHER}\n"
    assert told(looked(files)) == [("/var/lib/dhcpcd/eth1.lease6", DHCPCD, "eth1", 257), (conf, OTHER, None, None)]


def test_dibbler_before_its_first_lease() -> None:
    path = "/var/lib/dibbler/client-duid"
    found = looked({path: recorded("var/lib/dibbler/client-duid")})
    assert told(found) == [(path, "00:01:00:01:32:9a:ed:ae:02:00:00:00:01:06", None, None)]


def test_dhclient_file_for_ipv4_counts_where_there_is_none_for_ipv6() -> None:
    text = recorded("var/lib/dhcp/dhclient.eth7.leases")
    files = {"/var/lib/dhcp/dhclient.eth7.leases": text}
    assert [row[2] for row in told(looked(files))] == ["eth7"]
    files["/var/lib/dhcp/dhclient6.eth7.leases"] = text
    assert [row[0] for row in told(looked(files))] == ["/var/lib/dhcp/dhclient6.eth7.leases"]
    assert told(looked({"/var/lib/dhcp/dhclient6.leases": "lease6 {\n}\n"})) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/var/lib/dhcp/dhclient6.eth0.leases", 'default-duid "\\000\\001";\n'),
        ("/var/lib/dhcpcd/duid", "00:01\n"),
        ("/var/lib/dhcpcd/eth1.lease6", "\7\0\0\0\0"),
        ("/var/lib/dhcpcd/eth1.lease6", "\7\0\0\0\0\1\0\2\0\1"),
        ("/etc/dhcpcd.conf", "duid 00:01\n"),
        ("/var/lib/dhcpv6/dhcp6c_duid", "\16"),
        ("/var/lib/dibbler/client-duid", "none"),
        ("/etc/NetworkManager/system-connections/lan", "[ipv6]\ndhcp-duid=00:01\n"),
        ("/var/lib/NetworkManager/dhclient6-7a4406a0-eth0.lease", 'default-duid "\\000\\001";\n'),
    ],
)
def test_malformed_source_is_named(path: str, text: str) -> None:
    found = looked({path: text, "/var/lib/dhcp/dhclient6.leases": recorded("var/lib/dhcp/dhclient6.eth0.leases")})
    (warning,) = found.warnings
    assert warning.startswith(f"{path}: ")
    assert [each.interface for each in found.identities] == ["eth0"]


PROFILE = "/etc/NetworkManager/system-connections/lan.nmconnection"
NMCLI_SAYS = (DATA / "nmcli.txt").read_text()


@pytest.mark.parametrize(
    ("iaid", "interface", "expected"),
    [
        ("", "eth2", 75918208),
        ("dhcp-iaid=ifname\n", "eth2", 75918208),
        ("dhcp-iaid=9\n", "eth2", 9),
        ("dhcp-iaid=00:00:00:0a\n", "eth2", 10),
        ("dhcp-iaid=mac\n", "eth2", None),
        ("", "", None),
    ],
)
def test_profile_names_a_duid(iaid: str, interface: str, expected: int | None) -> None:
    text = f"[connection]\nuuid=u\ninterface-name={interface}\n[ipv6]\ndhcp-duid={OTHER}\n{iaid}"
    assert told(looked({PROFILE: text})) == [(PROFILE, OTHER, interface or None, expected)]


def test_running_value_beats_the_profile() -> None:
    text = recorded("etc/NetworkManager/system-connections/lan.nmconnection")
    files = {**MACHINE_ID, PROFILE: text.replace("[ipv6]\n", f"[ipv6]\ndhcp-duid={OTHER}\n")}
    assert [row[1] for row in told(looked(files))] == [OTHER]
    ((source, duid, interface, iaid),) = told(looked(files, nmcli=NMCLI_SAYS))
    assert (source.split()[0], duid[:5], interface, iaid) == ("nmcli", "00:04", "eth2", 75918208)
    # A lease that dhclient got for it tells no more than that.
    lease = "/var/lib/NetworkManager/dhclient6-7a4406a0-0dd1-4682-b259-01786ed892df-eth2.lease"
    files[lease] = recorded("var/lib/dhcp/dhclient6.eth0.leases")
    assert len(told(looked(files, nmcli=NMCLI_SAYS))) == 1
    assert [row[0] for row in told(looked(files))] == [PROFILE, lease]


def test_nmcli_shows_no_duid() -> None:
    found = looked({}, nmcli=NMCLI_SAYS.replace("00:04:78:a1", "00:04"))
    assert found.warnings[0].startswith("nmcli -t -f GENERAL.DEVICE,GENERAL.CON-UUID,DHCP6 device show: 00:04:cb")


def test_network_manager_has_a_default_where_it_is_installed() -> None:
    installed = frozenset({"NetworkManager"})
    default = "00:04:78:a1:cb:aa:af:8d:44:be:60:3d:f2:fd:04:68:e8:17"
    assert told(looked(MACHINE_ID, installed=installed)) == [("computed from /etc/machine-id", default, None, None)]
    assert told(looked(MACHINE_ID)) == []
    assert told(looked({}, installed=installed)) == []
    conf = {"/etc/NetworkManager/NetworkManager.conf": "[connection]\nipv6.dhcp-duid=ll\n"}
    assert told(looked({**MACHINE_ID, **conf}, installed=installed)) == []
    words = {PROFILE: "[connection]\nuuid=u\n[ipv6]\ndhcp-duid=stable-uuid\n"}
    assert told(looked({**MACHINE_ID, **words}, installed=installed)) == [
        ("computed from /etc/machine-id", default, None, None)
    ]
    assert looked({"/etc/machine-id": "x"}, installed=installed).warnings[0].startswith("/etc/machine-id: x is not")
