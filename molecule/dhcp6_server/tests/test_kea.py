# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from testinfra.host import Host


def test_only_kea_serves(server: Host, listening: str) -> None:
    assert '"kea-dhcp6"' in listening
    assert '"dhcpd"' not in listening
    assert server.service("kea-dhcp6-server").is_running
    assert server.service("kea-dhcp6-server").is_enabled
    assert not server.service("homelab-dhcpd6").exists
