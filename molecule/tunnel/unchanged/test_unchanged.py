# SPDX-License-Identifier: GPL-3.0-or-later
"""The second run started nothing anew."""

from __future__ import annotations

from collections.abc import Callable

from homelab_lab.machine import Machine

Show = Callable[..., None]

OURS = {"systemd-networkd", "homelab-ipv6-firewall", "radvd", "kea-dhcp6-server"}
# What Ansible's own coming and going starts.
COMING_AND_GOING = ("user@", "user-runtime-dir@", "session-", "ssh@", "run-")


def since(text: str) -> dict[str, str]:
    """`systemctl show` of many units: blocks of KEY=VALUE → unit → when it became active."""
    blocks = (dict(line.split("=", 1) for line in block.splitlines()) for block in text.strip().split("\n\n"))
    return {block["Id"].removesuffix(".service"): block["ActiveEnterTimestamp"] for block in blocks}


def test_no_service_was_restarted(lab: Machine, show: Show) -> None:
    before = since(lab.run("router", ["cat", "/run/before-the-second-run"]).stdout)
    names = [name for name in before if not name.startswith(COMING_AND_GOING)]
    now = since(lab.run("router", ["systemctl", "show", "--property=Id,ActiveEnterTimestamp", "*.service"]).stdout)
    assert all(before[name] for name in OURS), "all of ours ran before the second run"
    assert {name: (before[name], now.get(name)) for name in names if before[name] != now.get(name)} == {}
    for name in sorted(OURS):
        show(f"{name}: ActiveEnterTimestamp={before[name]} before the second run, {now[name]} after it")
