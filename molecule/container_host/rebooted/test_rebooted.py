# SPDX-License-Identifier: GPL-3.0-or-later
"""After a reboot of their host containers are members of the network as they were before, without anybody's doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.container_host.conftest import ELSEWHERE


@pytest.mark.parametrize("name", ["web", "mail", "shop", "box"])
def test_pings_both_ways(host: Host, container: Callable[[str], Any], router: Host, name: str) -> None:
    assert host.check_output(f"systemctl is-enabled systemd-nspawn@{name}") == "enabled"
    one = container(name)
    for family in ("6", "4"):
        address = one.address(family)
        for place, addresses in ELSEWHERE.items():
            one.pings(addresses[family])
            assert router.run(f"ip netns exec {place} ping -n -c 1 -W 5 {address}").rc == 0
