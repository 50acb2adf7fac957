# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container with users of its own writes into a directory of its host: it does, and as whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

HOST, INSIDE = "/srv/data/mail", "/var/mail"


def test_its_root_and_its_users_write_as_those_of_the_host(host: Host, container: Callable[[str], Any]) -> None:
    mail = container("mail")
    # They are none of the host's all the same.
    assert host.check_output("stat --format=%%u /proc/%s", mail.leader) != "0"
    mail.run(f"echo first >{INSIDE}/root; mkdir -p {INSIDE}/box; chown 1234:8 {INSIDE}/box")
    mail.run(f"setpriv --reuid 1234 --regid 8 --clear-groups sh -c 'echo second >{INSIDE}/box/user'")
    assert host.check_output(f"stat --format=%u:%g {HOST}/root {HOST}/box/user").split() == ["0:0", "1234:8"]
    assert host.check_output(f"cat {HOST}/root {HOST}/box/user").split() == ["first", "second"]


def test_what_the_host_writes_it_reads(host: Host, container: Callable[[str], Any]) -> None:
    host.check_output(f"echo third >{HOST}/secret; chmod 600 {HOST}/secret")
    assert container("mail").run(f"stat --format=%u {INSIDE}/secret; cat {INSIDE}/secret").split() == ["0", "third"]
    # Another of its users does not.
    run = f"setpriv --reuid 1234 --regid 8 --clear-groups cat {INSIDE}/secret 2>/dev/null || echo refused"
    assert container("mail").run(run) == "refused"
