# SPDX-License-Identifier: GPL-3.0-or-later
"""What request-key(8) is told of servers; whether the kernel finds them by it, tests/cifs_mount sees."""

from __future__ import annotations

import subprocess

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.cifs_upcall import PROGRAM, RULES, upcall_files

HEADER = "# Written by a test."


def rules(*servers: str) -> list[str]:
    return upcall_files(servers, HEADER)[RULES].text.splitlines()


def test_a_name_is_looked_up() -> None:
    # Named in full, it goes before the rule of key.dns_resolver for all names.
    assert rules("nas.home.example") == [HEADER, f"create dns_resolver nas.home.example * {PROGRAM} %k %d"]


def test_an_address_is_its_own_answer() -> None:
    assert rules("2001:db8::10")[1:] == [
        f"create dns_resolver 2001-db8--10.ipv6-literal.net * {PROGRAM} %k 2001:db8::10"
    ]


def test_each_server_once_and_those_alone_that_the_kernel_asks_for() -> None:
    assert len(rules("nas.home.example", "192.0.2.10", "nas.home.example", "2001:db8::10")) == 3
    assert upcall_files(["192.0.2.10"], HEADER) == {}
    assert upcall_files([], HEADER) == {}


def test_the_program_is_one() -> None:
    program = upcall_files(["nas.home.example"], HEADER)[PROGRAM]
    assert program.mode == 0o755
    assert program.text.splitlines()[1] == HEADER
    assert "/445" in program.text
    subprocess.run(["bash", "-n"], input=program.text, text=True, check=True)
