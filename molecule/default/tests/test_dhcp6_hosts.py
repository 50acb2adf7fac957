# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from testinfra.host import Host

FILES = Path(__file__).resolve().parent.parent / "files"


def test_every_line_of_the_users_configuration_is_still_there(host: Host) -> None:
    text = host.file("/etc/kea/kea-dhcp6.conf").content_string
    position = 0
    for line in FILES.joinpath("kea-dhcp6.conf").read_text().splitlines():
        position = text.find(line.rstrip("} ]"), position)
        assert position >= 0, line


def test_dhcpds_configuration_gained_one_line(host: Host) -> None:
    text = host.file("/etc/dhcp/dhcpd6.conf").content_string
    before = FILES.joinpath("dhcpd6.conf").read_text().splitlines()
    gained = [line for line in text.splitlines() if line not in before]
    assert [line for line in before if line not in text.splitlines()] == []
    assert [line for line in gained if line and not line.startswith("#")] == [
        'include "/etc/dhcp/homelab-ipv6-hosts6.conf";'
    ]


def test_kea_took_the_hosts_without_a_restart(host: Host) -> None:
    """It reloads over its control socket."""
    shown = host.check_output("systemctl show --property=NRestarts,ActiveState kea-dhcp6-server")
    assert "ActiveState=active" in shown
    log = host.check_output("journalctl --unit kea-dhcp6-server --output cat --no-pager")
    assert log.count("DHCP6_STARTED") == 1
