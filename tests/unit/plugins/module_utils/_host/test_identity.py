# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts made from the files of real clients, against what Kea saw of those clients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import identity
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.identity import NMCLI

DATA = Path(__file__).parents[1] / "_formats/data/identity"
DEBIANS = pytest.mark.parametrize("debian", ["12", "13"])


class Fake(Host):
    """A host whose files lie below a directory, with all clients installed."""

    def __init__(self, root: Path, nmcli: str = "", version: str = "systemd 257 (257.13)") -> None:
        self._root = root
        self._answers = {NMCLI: nmcli, ("systemctl", "--version"): version}

    def read_text(self, path: str) -> str | None:
        return super().read_text(f"{self._root}{path}")

    def list_names(self, directory: str) -> list[str]:
        return super().list_names(f"{self._root}{directory}")

    def exists(self, path: str) -> bool:
        return super().exists(f"{self._root}{path}")

    def which(self, tool: str) -> str | None:
        return f"/usr/bin/{tool}"

    def run(self, argv: Sequence[str], *_ignored: Any, **_named: Any) -> Outcome:
        return Outcome(0, self._answers[tuple(argv)], "")


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_text(text)


def runs(root: Path, comm: str, *argv: str) -> None:
    """Have this test's own process be a client."""
    put(root, {f"/proc/{os.getpid()}/comm": f"{comm}\n", f"/proc/{os.getpid()}/cmdline": "\0".join([*argv, ""])})


@pytest.fixture
def recorded(tmp_path: Path, debian: str) -> Path:
    root = tmp_path / "root"
    shutil.copytree(DATA / debian / "root", root)
    for number in range(7):
        links = f"/sys/class/net/eth{number}"
        put(root, {f"{links}/ifindex": f"{number + 2}\n", f"{links}/address": f"02:00:00:00:01:0{number}\n"})
    return root


@DEBIANS
def test_all_clients_as_the_server_saw_them(recorded: Path, debian: str) -> None:
    runs(recorded, "NetworkManager", "/usr/sbin/NetworkManager")
    found, warnings = identity.identities(Fake(recorded, (DATA / debian / "nmcli.txt").read_text()))
    assert warnings == []
    asking = [(each.client, each.interface) for each in found if each.iaid is not None]
    assert asking == [
        ("systemd-networkd", "eth5"),
        ("systemd-networkd", "eth6"),
        ("NetworkManager", "eth2"),
        ("dhclient", "eth0"),
        ("dhcpcd", "eth1"),
        ("wide-dhcpv6-client", "eth3"),
        ("wide-dhcpv6-client", "eth3"),
        ("dibbler-client", "eth4"),
    ]
    seen_by_kea = (DATA / debian / "kea.txt").read_text().splitlines()
    for each in found:
        if each.iaid is not None:
            assert f"{each.duid},{each.iaid}" in seen_by_kea
    for_all = [(each.client, each.source, each.interface) for each in found if each.iaid is None]
    assert for_all == [
        ("systemd-networkd", "computed from /etc/machine-id", None),
        # IPv4 and IPv6 have a DUID in common once one of them has made it.
        ("dhclient", "/var/lib/dhcp/dhclient.eth7.leases", "eth7"),
    ]
    assert [each.client for each in found if each.running] == ["NetworkManager"]


@DEBIANS
def test_network_manager_before_it_has_asked(recorded: Path, debian: str) -> None:
    (found,) = (each for each in identity.identities(Fake(recorded))[0] if each.client == "NetworkManager")
    assert (found.source, found.running) == ("computed from /etc/machine-id", False)
    assert f"{found.duid},75918208" in (DATA / debian / "kea.txt").read_text()
    # The version in which all connections are told another.
    put(recorded, {"/etc/NetworkManager/conf.d/duid.conf": "[connection]\nipv6.dhcp-duid=ll\n"})
    assert "NetworkManager" not in {each.client for each in identity.identities(Fake(recorded))[0]}


def test_files_of_networkd(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "/usr/lib/systemd/networkd.conf": "[DHCPv6]\nDUIDType=link-layer\n",
            "/etc/systemd/networkd.conf": "[DHCPv6]\nDUIDType=uuid\n",
            "/usr/lib/systemd/networkd.conf.d/b.conf": "[DHCPv6]\nDUIDType=link-layer\n",
            "/etc/systemd/networkd.conf.d/b.conf": "",
            "/etc/machine-id": "292b411c9f7b53ba46a7c01c2b5a7044\n",
        },
    )
    (found,) = (each for each in identity.identities(Fake(tmp_path))[0] if each.client == "systemd-networkd")
    assert str(found.duid) == "00:04:bf:45:13:49:e7:be:46:c8:9f:c3:81:6b:0b:35:d4:86"
    assert found.source == "/etc/systemd/networkd.conf"


@pytest.mark.parametrize(
    ("argv", "running"),
    [
        ("dhclient -6 -v -lf /var/lib/dhcp/dhclient6.eth0.leases eth0", ["/var/lib/dhcp/dhclient6.eth0.leases"]),
        ("dhclient -6 eth0", ["/var/lib/dhcp/dhclient6.leases"]),
        ("dhclient -4 -lf /var/lib/dhcp/dhclient6.eth0.leases eth0", []),
    ],
)
def test_which_dhclient_runs(tmp_path: Path, argv: str, running: list[str]) -> None:
    text = (DATA / "12/root/var/lib/dhcp/dhclient6.eth0.leases").read_text()
    put(tmp_path, {f"/var/lib/dhcp/{name}": text for name in ("dhclient6.eth0.leases", "dhclient6.leases")})
    runs(tmp_path, "dhclient", *argv.split())
    found, _warnings = identity.identities(Fake(tmp_path))
    assert [each.source for each in found if each.running] == running


def test_process_that_ends_while_it_is_looked_at(tmp_path: Path) -> None:
    # No process has number 0.
    put(tmp_path, {"/proc/0/comm": "dhclient\n", "/proc/self/comm": "dhclient\n"})
    assert identity.processes(Fake(tmp_path)) == {}


def test_what_cannot_be_read_is_named_and_the_rest_told(tmp_path: Path) -> None:
    class Closed(Fake):
        def read_text(self, path: str) -> str | None:
            if path == "/var/lib/dibbler/client-duid":
                raise PermissionError(13, "Permission denied", path)
            return super().read_text(path)

        def list_names(self, directory: str) -> list[str]:
            if directory == "/var/lib/dhcpcd":
                raise PermissionError(13, "Permission denied", directory)
            return super().list_names(directory)

    shutil.copytree(DATA / "13/root", tmp_path / "root")
    found, warnings = identity.identities(Closed(tmp_path / "root"))
    assert warnings == [
        "/var/lib/dhcpcd: cannot be read: Permission denied. Run this task as root (become: true).",
        "/var/lib/dibbler/client-duid: cannot be read: Permission denied. Run this task as root (become: true).",
    ]
    assert {each.client for each in found} >= {"dhclient", "wide-dhcpv6-client"}
    assert "dibbler-client" not in {each.client for each in found}


def test_host_without_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fake, "which", lambda _self, _tool: None)
    assert identity.identities(Fake(tmp_path)) == ([], [])
