# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and printers in a house whose router hands out the addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

NAS = "2001:db8:d:407::c11e"


@pytest.fixture
def desk(machine: Callable[[str], Host]) -> Host:
    return machine("desk")


@pytest.fixture
def nas(machine: Callable[[str], Host]) -> Host:
    return machine("nas")


def test_what_is_written_is_read_again_over_ipv6(desk: Host, nas: Host) -> None:
    desk.run_test("head -c 1000000 /dev/urandom >/tmp/photo")
    login = "-U anna%'An apple a day'"
    there_and_back = "put /tmp/photo photo; get photo /tmp/again"
    desk.run_expect([0], f"timeout 60 smbclient //nas.home.arpa/photos {login} -c '{there_and_back}'")
    assert desk.check_output("sha256sum </tmp/photo") == nas.check_output("sha256sum </srv/photos/photo")
    assert desk.run("cmp /tmp/photo /tmp/again").rc == 0
    # Its name has no other address.
    assert desk.check_output("getent ahosts nas.home.arpa | cut -d' ' -f1 | sort -u") == NAS


def test_what_is_printed_comes_out(desk: Host, nas: Host) -> None:
    nas.run_test("rm -f /var/spool/printed")
    desk.run_expect([0], "echo from the desk | timeout 60 lp")
    wait_until(lambda: nas.run("grep --text --count %PDF- /var/spool/printed").rc == 0)
