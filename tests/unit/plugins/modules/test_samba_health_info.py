# SPDX-License-Identifier: GPL-3.0-or-later
"""samba_health_info with real packets and real rules, in a network of its own."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("nft") is None, reason="nftables is not installed")
DROP = "table ip6 article { chain input { type filter hook input priority 0; iif lo tcp dport 631 drop; }; }"
SERVICES = [{"unit": "smbd.service", "port": 445, "addresses": ["::1"]}]


def lines(island: Any, **options: Any) -> list[str]:
    return [check["line"] for check in island.module("samba_health_info", timeout=1, **options)["checks"]]


def test_loopback(island: Any) -> None:
    assert lines(island, loopback=[631])[0].startswith("BROKEN  [::1]:631: loopback has no IPv6")
    island.run("ip", "link", "set", "lo", "up")
    assert lines(island, loopback=[631])[0].startswith("BROKEN  [::1]:631: nothing listens there.")
    island.run("nft", "-f", "-", stdin=DROP)
    (line,) = lines(island, loopback=[631])
    assert line.startswith("BROKEN  [::1]:631: loopback IPv6 is dropped: Samba will wait for CUPS. Accept all of")


def test_a_server_of_which_one_port_is_dropped(island: Any) -> None:
    island.run("ip", "link", "set", "lo", "up")
    island.run("nft", "-f", "-", stdin=DROP)
    (line,) = lines(island, printers=[{"server": "::1"}])
    # It answers an echo request: so it is there.
    assert line.startswith(
        "BROKEN  CUPS of ::1: port 631 over IPv6 is filtered: ::1 does not answer, though the machine"
    )


def test_nobody_listens(island: Any) -> None:
    island.run("ip", "link", "set", "lo", "up")
    assert lines(island, services=SERVICES)[0].startswith("BROKEN  Samba at port 445: does not listen at ::1.")
    (line,) = lines(island, shares=[{"server": "::1", "share": "photos"}])
    assert line.startswith("BROKEN  Samba of ::1: nothing listens at port 445 over IPv6 (::1). Look at the server with")
