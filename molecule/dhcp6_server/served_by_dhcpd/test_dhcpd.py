# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from testinfra.host import Host


def test_only_dhcpd_serves(server: Host, listening: str) -> None:
    assert '"dhcpd"' in listening
    assert '"kea-dhcp6"' not in listening
    assert server.service("homelab-dhcpd6").is_running
    assert server.service("homelab-dhcpd6").is_enabled
    assert not server.service("kea-dhcp6-server").is_enabled
