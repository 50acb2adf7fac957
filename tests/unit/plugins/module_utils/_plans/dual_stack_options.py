# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role dual_stack_service is asked for in tests."""

from __future__ import annotations

from typing import Any

OLD, NEW = "22.4.0-4+deb12u1", "24.11.0-1"
BOTH = [{"family": "ipv4"}, {"family": "ipv6"}]
TWIST = ["{twist}", "web", "--path=/srv/shelf", "--listen={endpoint}"]


def options(**changed: Any) -> dict[str, Any]:
    return {
        "name": "shelf",
        "state": "present",
        "description": "",
        "command": TWIST,
        "files": [],
        "port": 8000,
        "sockets": BOTH,
        "processes": "auto",
        "packages": [],
        "requirements": "",
        "user": "",
        "sandbox": True,
        "settings": {},
        **changed,
    }
