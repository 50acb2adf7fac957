# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.listener import Listener, Process, in_the_way

SYSTEMD = Process("systemd", 1, "init.scope")
PYTHON = Process("python3", 77, "hello.service")


@pytest.mark.parametrize(
    ("address", "v6only", "family", "wanted", "taken"),
    [
        ("0.0.0.0", None, "ipv4", "0.0.0.0", True),
        ("0.0.0.0", None, "ipv4", "127.0.0.1", True),
        ("127.0.0.1", None, "ipv4", "0.0.0.0", True),
        ("127.0.0.1", None, "ipv4", "127.0.0.2", False),
        ("0.0.0.0", None, "ipv6", "::", False),
        ("::", True, "ipv4", "0.0.0.0", False),
        ("::", True, "ipv6", "::1", True),
        ("::", False, "ipv4", "127.0.0.1", True),
        ("::", False, "ipv6", "::", True),
        ("::1", False, "ipv4", "0.0.0.0", False),
        ("::ffff:127.0.0.1", False, "ipv4", "127.0.0.1", True),
        ("::ffff:127.0.0.1", False, "ipv4", "127.0.0.2", False),
        ("::ffff:127.0.0.1", False, "ipv6", "::", False),
    ],
)
def test_what_is_in_the_way_is_what_the_kernel_says(
    address: str, v6only: bool | None, family: str, wanted: str, taken: bool
) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as one:
        if v6only is not None:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        one.bind((address, 0))
        one.listen()
        port = one.getsockname()[1]
        with socket.socket(socket.AF_INET6 if family == "ipv6" else socket.AF_INET) as other:
            if family == "ipv6":
                other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, True)
            try:
                other.bind((wanted, port))
                other.listen()
                refused = False
            except OSError:
                refused = True
    listener = Listener("tcp", ip_address(address), port, v6only=v6only)
    assert (refused, in_the_way(listener, family, ip_address(wanted))) == (taken, taken)


def test_a_message_says_whose_it_is() -> None:
    def whose(*processes: Process, unit: str = "") -> str:
        return Listener("tcp", ip_address("::"), 80, v6only=True, processes=processes, socket_unit=unit).whose()

    assert whose(SYSTEMD, PYTHON, unit="hello.socket") == "python3 (process 77, hello.service)"
    assert whose(PYTHON) == "python3 (process 77, hello.service)"
    assert whose(PYTHON._replace(unit="")) == "python3 (process 77)"
    assert whose(SYSTEMD, unit="hello.socket") == "systemd (hello.socket)"
    assert whose() == "a process that cannot be seen"


def test_the_row_names_the_service_and_not_systemd() -> None:
    held = Listener("tcp", ip_address("::ffff:127.0.0.1"), 80, v6only=False, processes=(SYSTEMD, PYTHON))
    row = held._replace(socket_unit="hello.socket").row()
    assert row["unit"] == "hello.service"
    assert row["socket_unit"] == "hello.socket"
    assert row["address"] == "::ffff:127.0.0.1"
    assert row["mapped"] is True
    assert row["families"] == ["ipv4"]
    assert row["processes"][0] == {"name": "systemd", "pid": 1, "unit": "init.scope"}
    waiting = held._replace(processes=(SYSTEMD,), socket_unit="hello.socket")
    assert waiting.unit == ""
