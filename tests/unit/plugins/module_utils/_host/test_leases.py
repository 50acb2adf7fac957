# SPDX-License-Identifier: GPL-3.0-or-later
"""Lease files that move while they are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import leases
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Fault


class MovingHost(Host):
    """A host on which something happens right after a file has been read, so often."""

    def __init__(self, happens: Callable[[], None], times: int = 1) -> None:
        self._happens = happens
        self._times = times

    def read_text(self, path: str) -> str | None:
        text = super().read_text(path)
        if self._times:
            self._times -= 1
            self._happens()
        return text


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "PAUSE", 0.001)


def test_all_of_kea_s_files_are_read(tmp_path: Path) -> None:
    for suffix in ("", ".1", ".2", ".output", ".pid"):
        (tmp_path / f"l.csv{suffix}").write_text(suffix + "\n")
    found = leases.find(Host(), "kea", str(tmp_path / "l.csv"))
    assert found.texts == {".2": ".2\n", ".1": ".1\n", "": "\n"}


def test_a_cleanup_that_begins_meanwhile_hides_nothing(tmp_path: Path) -> None:
    current = tmp_path / "l.csv"
    current.write_text("all\n")

    def rotate() -> None:
        current.rename(tmp_path / "l.csv.1")
        current.write_text("new\n")

    found = leases.find(MovingHost(rotate), "kea", str(current))
    assert found.texts == {".1": "all\n", "": "new\n"}


def test_a_file_that_never_keeps_still_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "l"

    def replace() -> None:
        aside = tmp_path / "aside"
        aside.write_text("x\n")
        aside.rename(path)

    replace()
    with pytest.raises(Fault, match=r"read .*/l: its server moves its lease files faster than they can be read"):
        leases.find(MovingHost(replace, -1), "dhcpd", str(path))


def test_dnsmasq_is_given_time_to_write(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("0 1 2001:db8::1 * 00:0")

    def finish() -> None:
        path.write_text("0 1 2001:db8::1 * 00:01\n")

    assert leases.find(MovingHost(finish), "dnsmasq", str(path)).texts[""].endswith("01\n")
    path.write_text("never finished")
    assert leases.find(Host(), "dnsmasq", str(path)).texts == {"": "never finished"}


def test_dhcpd_is_given_time_to_move(tmp_path: Path) -> None:
    path = tmp_path / "l"
    (tmp_path / "l~").write_text("old\n")
    found = leases.find(MovingHost(lambda: path.write_text("new\n") and None), "dhcpd", str(path))
    assert found.texts == {"": "new\n"}
    path.unlink()
    assert leases.find(Host(), "dhcpd", str(path)).texts == {}


class PaperHost(Host):
    """A host whose files are given."""

    def __init__(self, **files: str) -> None:
        self._files = files

    def read_text(self, path: str) -> str | None:
        return self._files.get(path)

    def exists(self, path: str) -> bool:
        return path in self._files


def test_by_default_it_is_the_file_of_the_server_that_runs() -> None:
    def default(provider: str, *files: tuple[str, str]) -> str:
        return leases.find(PaperHost(**dict(files)), provider, None).path

    kea_unit = ("/etc/systemd/system/kea-dhcp6-server.service.d/homelab-ipv6.conf", "")
    own = ("/etc/kea/kea-dhcp6.conf", '{"Dhcp6": {"lease-database": {"name": "/srv/own.csv"}}}')
    role_s = ("/etc/kea/homelab-ipv6/kea-dhcp6.conf", '{"Dhcp6": {"lease-database": {"type": "memfile"}}}')
    assert default("kea") == "/var/lib/kea/kea-leases6.csv"
    assert default("kea", own) == "/srv/own.csv"
    assert default("kea", own, kea_unit, role_s) == "/var/lib/kea/kea-leases6.csv"
    assert default("dhcpd") == "/var/lib/dhcp/dhcpd6.leases"
    unit = ("/etc/systemd/system/homelab-dhcpd6.service", "")
    assert default("dhcpd", unit) == "/var/lib/dhcp/dhcpd6.leases-homelab-ipv6"
    assert default("dnsmasq") == "/var/lib/misc/dnsmasq.leases"
    unit = ("/etc/systemd/system/homelab-dnsmasq6.service", "")
    assert default("dnsmasq", unit) == "/var/lib/misc/dnsmasq.homelab-ipv6.leases"
