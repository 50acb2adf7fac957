# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a host with a service on both families; each case is one thing that is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack_health import health

# What systemctl 252 shows of the two sockets and of the service.
FOUR = """\
Listen=0.0.0.0:8000 (Stream)
Id=web-ipv4.socket
Triggers=web.service
ActiveState=active
SubState=running
UnitFileState=enabled
Result=success
"""
SIX = FOUR.replace("0.0.0.0:8000", "[::]:8000").replace("ipv4", "ipv6")
SERVICE = """\
NRestarts=0
Result=success
Id=web.service
ActiveState=active
SubState=running
UnitFileState=static
"""
TWISTD = {"name": "twistd3", "pid": 412, "unit": "web.service"}
SYSTEMD = {"name": "systemd", "pid": 1, "unit": "init.scope"}


def shown(four: str = FOUR, six: str = SIX, service: str = SERVICE) -> str:
    return "\n".join((four, six, service))


def row(address: str, *processes: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What listen_info returns of a socket."""
    six = ":" in address
    return {
        "protocol": "tcp",
        "address": address,
        "port": 8000,
        "interface": "",
        "families": ["ipv6" if six else "ipv4"],
        "v6only": True if six else None,
        "mapped": False,
        "unit": processes[-1]["unit"] if processes else "",
        "socket_unit": f"web-{'ipv6' if six else 'ipv4'}.socket",
        "processes": list(processes),
        **changed,
    }


ROWS = [row("0.0.0.0", SYSTEMD, TWISTD), row("::", SYSTEMD, TWISTD)]
WELL = [
    "ok      web-ipv4.socket (ipv4, tcp 0.0.0.0:8000): taken by twistd3 (process 412, web.service)",
    "ok      web-ipv6.socket (ipv6, tcp [::]:8000): taken by twistd3 (process 412, web.service)",
]


def lines(text: str, rows: list[dict[str, Any]]) -> list[str]:
    found = health(text, rows)
    assert all(one["ok"] == one["line"].startswith("ok ") for one in found)
    return [one["line"] for one in found]


def test_all_is_well() -> None:
    assert lines(shown(), ROWS) == WELL


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (
            row("::", {"name": "nginx", "pid": 7, "unit": "nginx.service"}, socket_unit=""),
            "nginx (process 7, nginx.service) has the port, on [::]:8000",
        ),
        (
            row("::", {"name": "nc", "pid": 9, "unit": ""}, socket_unit="", v6only=False, mapped=True),
            "nc (process 9) has the port, on [::]:8000, for IPv4 and IPv6 at once",
        ),
    ],
)
@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_a_family_whose_port_somebody_else_has(other: dict[str, Any], says: str, state: str) -> None:
    six = SIX.replace("ActiveState=active", f"ActiveState={state}")
    well, broken = lines(shown(six=six), [ROWS[0], other])
    assert well == WELL[0]
    assert broken == (
        f"BROKEN  web-ipv6.socket (ipv6, tcp [::]:8000): does not listen: {says}. Stop that, then `systemctl restart "
        "web-ipv6.socket`; or give this service another port"
    )


def test_a_family_that_nobody_has() -> None:
    six = SIX.replace("ActiveState=active", "ActiveState=failed").replace("=success", "=resources")
    others = [row("::", TWISTD, port=8001, socket_unit=""), row("::", TWISTD, protocol="udp", socket_unit="")]
    assert lines(shown(six=six), [ROWS[0], *others])[1] == (
        "BROKEN  web-ipv6.socket (ipv6, tcp [::]:8000): does not listen, and nobody else does: its unit is failed. "
        "`systemctl restart web-ipv6.socket` opens it; `journalctl -u web-ipv6.socket` says why it was closed"
    )


def test_one_that_was_stopped_for_good_is_not_broken() -> None:
    six = SIX.replace("ActiveState=active", "ActiveState=inactive").replace("=enabled", "=disabled")
    said = "ok      web-ipv6.socket (ipv6, tcp [::]:8000): stopped, and not to be opened at the next start"
    assert lines(shown(six=six), ROWS[:1]) == [WELL[0], said]


def test_one_that_was_stopped_for_now_is_not_broken() -> None:
    six = SIX.replace("ActiveState=active", "ActiveState=inactive")
    said = (
        "ok      web-ipv6.socket (ipv6, tcp [::]:8000): stopped until the next start; `systemctl restart "
        "web-ipv6.socket` opens it now"
    )
    assert lines(shown(six=six), ROWS[:1]) == [WELL[0], said]


def test_whoever_is_not_root_is_told_to_be() -> None:
    rows = [row("0.0.0.0", socket_unit=""), row("::", socket_unit="")]
    (said,) = health("1000\n\n" + shown(), rows, False)
    line = "BROKEN  services: whose sockets are whose is shown to root alone. Run this as root (become: true)"
    assert said == {"ok": False, "line": line}


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        (SERVICE.replace("=active", "=failed").replace("Result=success", "Result=exit-code"), "has failed (exit-code)"),
        (
            SERVICE.replace("SubState=running", "SubState=auto-restart").replace("NRestarts=0", "NRestarts=5"),
            "ends over and over (5 times by now)",
        ),
        (SERVICE, "does not have it open"),
    ],
)
def test_a_service_that_does_not_take_what_arrives(service: str, seen: str) -> None:
    assert lines(shown(service=service), [row("0.0.0.0", SYSTEMD), row("::", SYSTEMD)])[1] == (
        f"BROKEN  web-ipv6.socket (ipv6, tcp [::]:8000): held open by systemd, but web.service {seen}: whoever comes "
        "waits. See `journalctl -u web.service`, then `systemctl restart web.service`"
    )


def test_one_that_waits_to_be_started_is_well() -> None:
    service = SERVICE.replace("=active", "=inactive")
    assert lines(shown(service=service), [row("0.0.0.0", SYSTEMD), row("::", SYSTEMD)])[0] == (
        "ok      web-ipv4.socket (ipv4, tcp 0.0.0.0:8000): held open by systemd; whoever comes first starts web.service"
    )


def test_a_service_that_is_gone_is_named_all_the_same() -> None:
    assert "but web.service does not have it open" in lines(FOUR, [row("0.0.0.0", SYSTEMD)])[0]


def test_a_host_without_any() -> None:
    (said,) = lines("", ROWS)
    assert said == (
        "BROKEN  services: the role dual_stack_service has set up none here. Have a playbook with the role "
        "dual_stack_service set one up, or take the host out of this group"
    )
