# SPDX-License-Identifier: GPL-3.0-or-later
"""networkd's settings against what Kea saw of networkd 252 and 257 under them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.identity import Found, Identity, LinkSeen, Seen
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.identity_networkd import look

MACHINE_ID = "292b411c9f7b53ba46a7c01c2b5a7044\n"
EN = "00:02:00:00:ab:11:a0:b1:b5:66:39:d4:ab:9a"
UUID = "00:04:bf:45:13:49:e7:be:46:c8:9f:c3:81:6b:0b:35:d4:86"
ETH5, ETH6 = 309693253, 1633686861
CONF = "/etc/systemd/networkd.conf.d/t.conf"
FILE = "/etc/systemd/network/10-{}.network"


def link(name: str, **state: str) -> LinkSeen:
    known = {"NETWORK_FILE": FILE.format(name), **state}
    return LinkSeen(name, f"02:00:00:00:01:0{name[-1]}", f"/run/systemd/netif/links/{name[-1]}", known)


def looked(conf: str = "", dropin: str = "", **more: Any) -> Found:
    files = {"/etc/machine-id": MACHINE_ID}
    for name in ("eth5", "eth6"):
        files[FILE.format(name)] = f"[Match]\nName={name}\n[Network]\nDHCP=ipv6\n[DHCPv6]\nWithoutRA=solicit\n"
    files |= {CONF: conf} if conf else {}
    files |= {FILE.format("eth6") + ".d/t.conf": dropin} if dropin else {}
    files |= more.pop("files", {})
    found = Found()
    look(Seen(files={path: text for path, text in files.items() if text}, **{"systemd": 257, **more}), found)
    return found


def asks(found: Found, interface: str) -> tuple[str, int | None]:
    """What is said of an interface, or of all."""
    by_name: dict[str | None, Identity] = {each.interface: each for each in reversed(found.identities)}
    chosen = by_name.get(interface) or by_name[None]
    return str(chosen.duid), chosen.iaid


LLT, LL = "00:01:00:01:00:00:", "00:03:00:01:02:00:00:00:"


@pytest.mark.parametrize(
    ("conf", "dropin", "eth5", "eth6"),
    [
        ("[DHCPv6]\nDUIDType=link-layer\n", "[DHCPv6]\nDUIDType=link-layer-time\n",
         (LL + "01:05", ETH5), (LLT + "00:00:02:00:00:00:01:06", ETH6)),
        ("[DHCPv6]\nDUIDType=link-layer-time:2020-01-02 03:04:05 UTC\n",
         "[DHCPv6]\nDUIDType=vendor\nDUIDRawData=00:00:ab:11:f9:2a:c2:77:29:f9:5c:00\n",
         (LLT + "1a:25:02:00:00:00:01:05", ETH5), ("00:02:00:00:ab:11:f9:2a:c2:77:29:f9:5c:00", ETH6)),
        ("[DHCP]\nDUIDType=uuid\n", "[DHCPv6]\nDUIDType=9\nDUIDRawData=de:ad:be:ef\nIAID=4294967295\n",
         (UUID, None), ("00:09:de:ad:be:ef", 4294967295)),
        ("[DHCPv4]\nDUIDType=uuid\n",
         "[DHCPv6]\nDUIDType=link-layer\nDUIDRawData=00:01:02:00:00:00:00:99\n[DHCPv4]\nIAID=5\n",
         (EN, None), (LL + "00:99", 5)),
        ("", "[DHCPv4]\nDUIDType=uuid\nIAID=5\n", (EN, None), (UUID, 5)),
        ("", "[DHCP]\nDUIDType=uuid\nIAID=6\n", (EN, None), (UUID, 6)),
        ("", "[DHCPv6]\nDUIDType=link-layer-time:@1577934245\n",
         (EN, None), (LLT + "1a:25:02:00:00:00:01:06", ETH6)),
        ("", "[DHCPv6]\nIAID=77\n", (EN, None), (EN, 77)),
    ],
)  # fmt: skip
def test_kea_saw_the_same(conf: str, dropin: str, eth5: tuple[str, int | None], eth6: tuple[str, int | None]) -> None:
    found = looked(conf, dropin, links=[link("eth5"), link("eth6")])
    assert found.warnings == []
    assert asks(found, "eth5") == eth5
    assert asks(found, "eth6") == eth6


def test_older_release_ignores_a_type_by_number() -> None:
    dropin = "[DHCPv6]\nDUIDType=9\nDUIDRawData=de:ad:be:ef\nIAID=4294967295\n"
    found = looked("[DHCP]\nDUIDType=uuid\n", dropin, links=[link("eth5"), link("eth6")], systemd=252)
    assert asks(found, "eth6") == (UUID, 4294967295)
    (warning,) = found.warnings
    assert warning.startswith(FILE.format("eth6") + ".d/t.conf: DUIDType=9 is ignored by this release of systemd.")


def test_what_networkd_wrote_down_beats_its_files() -> None:
    shown = {"DHCP6_CLIENT_DUID": "UUID:bf451349e7be46c89fc3816b0b35d486", "DHCP6_CLIENT_IAID": "0x4d"}
    found = looked(
        dropin="[DHCPv6]\nDUIDType=link-layer\n", links=[link("eth6", **shown)], running=frozenset({"systemd-networkd"})
    )
    first, default = found.identities
    assert first.row() == {
        "client": "systemd-networkd", "duid": UUID, "duid_type": "DUID-UUID", "duid_time": None, "type": "DUID-UUID",
        "interface": "eth6", "iaid": 77, "source": "/run/systemd/netif/links/6", "running": True,
    }  # fmt: skip
    assert (default.source, default.interface, str(default.duid)) == ("computed from /etc/machine-id", None, EN)


def test_type_that_networkd_does_not_name_is_told_from_its_files() -> None:
    dropin = "[DHCPv6]\nDUIDType=9\nDUIDRawData=de:ad:be:ef\nIAID=4294967295\n"
    found = looked(dropin=dropin, links=[link("eth6", DHCP6_CLIENT_DUID="0900:deadbeef")])
    assert asks(found, "eth6") == ("00:09:de:ad:be:ef", 4294967295)
    (warning,) = found.warnings
    assert warning.startswith("/run/systemd/netif/links/6: 0900:deadbeef is no DUID of a type that networkd names.")


@pytest.mark.parametrize(
    ("dropin", "warning"),
    [
        ("[DHCPv6]\nDUIDType=uuid\nDUIDRawData=1:2:3\n", "00:04:01:02:03 has 5 octets"),
        ("[DHCPv6]\nDUIDType=7\n", "DUIDType=7 tells no DUID without DUIDRawData="),
        ("[DHCPv6]\nDUIDType=Vendor\nDUIDRawData=1:2:3\n", "DUIDType=Vendor is no type"),
        # Kea takes it as it comes, 00:02:01:02:03.
        ("[DHCPv6]\nDUIDRawData=1:2:3\n", "00:02:01:02:03 has 5 octets, where a DUID-EN has at least 7"),
        ("[DHCPv6]\nDUIDType=vendor\nDUIDRawData=xyz\n", "DUIDRawData=xyz is no hexadecimal octets"),
        ("[DHCPv6]\nDUIDType=link-layer-time:yesterday\n", "yesterday is a time in a notation"),
        ("[DHCPv6]\nDUIDType=link-layer-time:@99999999999999999\n", "@99999999999999999 is a time in a notation"),
        ("no section\n", "'no section' (line 1) is no assignment"),
    ],
)
def test_settings_that_cannot_be_right(dropin: str, warning: str) -> None:
    found = looked(dropin=dropin, links=[link("eth6")])
    assert [each for each in found.warnings if warning in each] == found.warnings != []
    assert found.warnings[0].startswith(FILE.format("eth6") + ".d/t.conf: ")
    assert asks(found, "eth6")[0] == EN


def test_link_that_networkd_has_not_taken_is_found_by_its_name() -> None:
    bare = LinkSeen("eth6", "02:00:00:00:01:06")
    assert asks(looked(dropin="[DHCPv6]\nDUIDType=link-layer\n", links=[bare]), "eth6") == (LL + "01:06", ETH6)
    # A file for more than one name is for no link in particular.
    broad = {FILE.format("eth6"): "[Match]\nName=eth*\n[DHCPv6]\nDUIDType=uuid\n"}
    assert [each.interface for each in looked(links=[bare], files=broad).identities] == [None, None]
    broken = {FILE.format("eth6"): "[Match\n"}
    assert len(looked(links=[bare], files=broken).warnings) == 1


def test_link_layer_without_a_link() -> None:
    found = looked(dropin="[DHCPv6]\nDUIDType=link-layer\n")
    assert "needs the address of a link" in found.warnings[0]
    odd = LinkSeen("eth6", "", state={"NETWORK_FILE": FILE.format("eth6")})
    assert "needs the address of a link" in looked(dropin="[DHCPv6]\nDUIDType=link-layer\n", links=[odd]).warnings[0]
    tunnel = odd._replace(mac="?")
    assert "has 4 octets" in looked(dropin="[DHCPv6]\nDUIDType=link-layer\n", links=[tunnel]).warnings[0]


def test_iaid_is_unknown_where_udev_may_have_a_name() -> None:
    named = link("eth6")._replace(named_by_udev=True)
    assert asks(looked(dropin="[DHCPv6]\nDUIDType=uuid\n", links=[named]), "eth6") == (UUID, None)


def test_firmware_has_a_uuid() -> None:
    path = "/sys/class/dmi/id/product_uuid"
    given = {path: "12345678-1234-1234-1234-123456789abc\n"}
    found = looked("[DHCPv6]\nDUIDType=uuid\n", files=given)
    assert str(found.identities[0].duid) == "00:04:12:34:56:78:12:34:12:34:12:34:12:34:56:78:9a:bc"
    found = looked("[DHCPv6]\nDUIDType=uuid\n", files={path: "00000000-0000-0000-0000-000000000000\n"})
    assert str(found.identities[0].duid) == UUID


def test_machine_without_an_id() -> None:
    assert looked(files={"/etc/machine-id": ""}).identities == []
    found = looked(files={"/etc/machine-id": "uninitialized\n"})
    assert found.identities == []
    assert found.warnings[0].startswith("/etc/machine-id: 'uninitialized\\n' is not a machine-id")
