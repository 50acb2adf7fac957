# SPDX-License-Identifier: GPL-3.0-or-later
"""dhcp6_identity_info as Ansible runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_it_tells_and_changes_nothing(island: Any) -> None:
    told = [island.module("dhcp6_identity_info", check_mode=check_mode) for check_mode in (True, False)]
    assert told[0] == told[1]
    assert told[0]["changed"] is False
    if Path("/etc/machine-id").is_file():
        assert "computed from /etc/machine-id" in [row["source"] for row in told[0]["duids"]]
