# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.health import Interface, Observed, router

UNIT = "homelab-dhcpd6.service"


def seen(carriers: dict[str, bool], hearing: list[str], sockets: tuple[str, ...] = ("::",)) -> str:
    """The line about the DHCPv6 server of a machine whose LANs have a cable, or have none."""
    expected: dict[str, Any] = {
        "lans": [{"interface": name, "address": f"2001:db8:{number}::1/64"} for number, name in enumerate(carriers)],
        "units": [],
        "dhcp6_unit": UNIT,
    }
    observed = Observed(
        interfaces={name: Interface(up=True, carrier=carrier, mtu=1500) for name, carrier in carriers.items()},
        routes=[],
        forwarding={},
        active={},
        enabled={},
        dhcp6_sockets=sockets,
        dhcp6_hearing=hearing,
    )
    (line,) = (check.line() for check in router(expected, observed) if check.what == "DHCPv6 server")
    return line


@pytest.mark.parametrize(
    ("carriers", "hearing"),
    [
        ({"lan0": True, "lan1": True}, ["lan0", "lan1"]),
        ({"lan0": True, "lan1": False}, ["lan0"]),
        ({"lan0": False}, []),
    ],
)
def test_a_server_has_to_hear_where_something_is_plugged_in(carriers: dict[str, bool], hearing: list[str]) -> None:
    assert seen(carriers, hearing) == "ok      DHCPv6 server: listens on ::"


def test_a_server_that_is_deaf_on_one_of_two_lans_is_broken() -> None:
    line = seen({"lan0": True, "lan1": True}, ["lan0"])
    assert line.startswith("BROKEN  DHCPv6 server: does not hear what clients on lan1 ask")
    assert line.endswith(f"`systemctl restart {UNIT}`")


def test_a_server_without_a_socket_is_broken() -> None:
    assert "nothing listens on UDP port 547" in seen({"lan0": True}, [], ())
