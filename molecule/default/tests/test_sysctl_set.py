# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from testinfra.host import Host


def test_running_values_and_file_agree(host: Host) -> None:
    assert host.sysctl("net.ipv6.conf.all.forwarding") == 1
    lines = host.file("/etc/sysctl.d/90-molecule.conf").content_string.splitlines()
    assert "net.ipv6.conf.all.forwarding = 1" in lines


def test_systemd_reads_the_file_as_meant(host: Host) -> None:
    host.run_test("echo 0 > /proc/sys/net/ipv6/conf/all/forwarding")
    host.run_test("systemctl restart systemd-sysctl")
    assert host.sysctl("net.ipv6.conf.all.forwarding") == 1
