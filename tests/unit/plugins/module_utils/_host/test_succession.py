# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of a host whose card becomes a port, with the files that real clients left."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import succession
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.link_owners import (
    IFUPDOWN,
    NETWORKD,
    Owner,
    ifupdown_owner,
    netplan_owner,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState

DATA = Path(__file__).parents[1] / "_formats/data/identity/12"
BRIDGE, PORT = "/etc/systemd/network/04-homelab-br0.network", "/etc/systemd/network/04-homelab-eth0.network"
# iproute2 6.1.
ADDRESSES = r"""
3: eth0    inet 192.0.2.145/24 brd 192.0.2.255 scope global dynamic eth0\       valid_lft 3531sec preferred_lft 3531sec
3: eth0    inet6 2001:db8:5::1171/128 scope global dynamic \       valid_lft 3592sec preferred_lft 3592sec
3: eth0    inet6 2001:db8:5:0:1:2:3:4/64 scope global temporary dynamic \       valid_lft 3592sec preferred_lft 3592sec
3: eth0    inet6 2001:db8:4::9/128 scope global deprecated dynamic \       valid_lft 12sec preferred_lft 0sec
"""


class Fake(Host):
    """A host whose files lie below a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read_text(self, path: str) -> str | None:
        return super().read_text(f"{self._root}{path}")

    def read_file(self, path: str) -> FileState | None:
        text = self.read_text(path)
        return None if text is None else FileState(text)

    def list_names(self, directory: str) -> list[str]:
        return super().list_names(f"{self._root}{directory}")

    def exists(self, path: str) -> bool:
        return super().exists(f"{self._root}{path}")

    def which(self, tool: str) -> str | None:
        return f"/usr/sbin/{tool}" if tool == "dhclient" else None

    def run(self, argv: Sequence[str], *_ignored: Any, **_named: Any) -> Outcome:
        return Outcome(0, ADDRESSES.lstrip() if argv[0] == "ip" else "systemd 252 (252.39)", "")


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_text(text)


@pytest.fixture
def host(tmp_path: Path) -> Fake:
    shutil.copytree(DATA / "root", tmp_path, dirs_exist_ok=True)
    conf = "/proc/sys/net/ipv6/conf"
    put(
        tmp_path,
        {
            "/sys/class/net/eth0/address": "02:00:00:00:01:00\n",
            "/sys/class/net/eth0/ifindex": "12\n",
            f"{conf}/eth0/accept_ra": "1\n",
            f"{conf}/eth0/autoconf": "0\n",
            f"{conf}/eth0/forwarding": "0\n",
            f"{conf}/default/dad_transmits": "1\n",
            "/run/dhclient.eth0.pid": "77\n",
            "/proc/77/cmdline": "dhclient\0-4\0eth0\0",
            # It has ended.
            "/run/dhclient6.eth0.pid": "78\n",
        },
    )
    return Fake(tmp_path)


def test_a_card_of_ifupdowns(host: Fake) -> None:
    owner = ifupdown_owner("eth0", {"/etc/network/interfaces": "iface eth0 inet dhcp\n"})
    assert owner
    found = succession.succession(host, "eth0", PORT, BRIDGE, "br0", [owner], keep=True)
    assert (found.unit, found.heir, found.bridge, found.joins) == (PORT, BRIDGE, "br0", True)
    assert found.makes
    assert found.addresses == ("192.0.2.145", "2001:db8:5::1171")
    assert found.dad_transmits == "1"
    assert found.dhclients == (("/run/dhclient.eth0.pid", ("dhclient", "-4", "eth0")),)
    assert found.hears == (("IPv6AcceptRA", [("UseAutonomousPrefix", "no"), ("DHCPv6Client", "no")]),)
    asks_as = {name: dict(pairs) for name, pairs in found.asks_as}
    assert asks_as["DHCPv4"]["IAID"] == str(0x0000_0100)
    # The server has seen this pair.
    seen = [line.split(",") for line in (DATA / "kea.txt").read_text().splitlines()]
    raw, iaid = asks_as["DHCPv6"]["DUIDRawData"], asks_as["DHCPv6"]["IAID"]
    assert (raw, iaid) in [(duid[6:], number) for duid, number, *_rest in seen]


def test_a_card_of_networkds(host: Fake, tmp_path: Path) -> None:
    lease = "/run/systemd/netif/leases/12"
    put(
        tmp_path,
        {
            "/run/systemd/netif/links/12": f"DHCP_LEASE={lease}\nDHCP6_CLIENT_IAID=0x1b3ae0c2\n",
            lease: "ADDRESS=192.0.2.144\nCLIENTID=ffae110a9b00020000ab11d5530a5c2e7aaca2\n",
        },
    )
    found = succession.succession(host, "eth0", PORT, BRIDGE, "br0", [Owner(NETWORKD, "x")], keep=True)
    assert [name for name, _pairs in found.asks_as] == ["DHCPv4", "DHCPv6"]
    # It says by itself what it does with router advertisements.
    assert (found.hears, found.dhclients) == ((), ())


def test_a_card_that_is_none_of_a_bridge(host: Fake) -> None:
    found = succession.succession(host, "eth0", PORT, None, "", [Owner(IFUPDOWN, "x")], keep=True)
    assert (found.heir, found.joins, found.addresses, found.hears) == (PORT, False, (), ())
    assert not succession.succession(host, "eth7", PORT, "", "br0", [], keep=True).joins


def test_networkd_is_an_owner_by_a_file_of_the_users(host: Fake, tmp_path: Path) -> None:
    file = "/etc/systemd/network/20-wired.network"
    put(tmp_path, {"/run/systemd/netif/links/12": f"NETWORK_FILE={file}\n", file: "[Network]\nDHCP=yes\n"})
    put(tmp_path, {f"{file}.d/a.conf": "[Network]\nDNS=192.0.2.53\n"})
    netplan = netplan_owner("/run/systemd/network/10-netplan-eth0.network")
    assert netplan
    (owner,) = succession.of_a_port(host, "eth0", [netplan], [PORT])
    assert owner.sections == (("Network", [("DHCP", "yes")]), ("Network", [("DNS", "192.0.2.53")]))
    assert succession.of_a_port(host, "eth0", [], [file]) == []
    assert succession.of_a_port(host, "eth1", [], []) == []


def test_files_that_change(host: Fake, tmp_path: Path) -> None:
    put(tmp_path, {"/run/network/ifstate": "eth0=eth0\n", f"{BRIDGE}.d/20-asks-as.conf": "[DHCPv4]\n"})
    found = succession.handover_files(host, "eth0", [PORT, BRIDGE, ""])
    assert set(found) == {"/run/network/ifstate", f"{BRIDGE}.d/20-asks-as.conf"}
