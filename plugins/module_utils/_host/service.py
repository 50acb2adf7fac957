# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's services: whether they run, whether they can be reached, and a restart that is watched."""

from __future__ import annotations

import re
import time

from .._values.errors import Fault
from .host import Host

INTERVAL = 0.2
# A daemon that cannot live with its configuration is gone within this time.
SETTLING = 1.5
JOURNAL_LINES = "12"
# Lines of the journal that do not tell why a daemon ended.
CHATTER = re.compile(r"^-- |\b(?:INFO|DEBUG)\b")


def is_active(host: Host, unit: str) -> bool:
    """The service runs; not so where there is no systemd."""
    if host.which("systemctl") is None:
        return False
    return host.run(["systemctl", "is-active", "--quiet", unit]).rc == 0


def listens_udp6(host: Host, port: int) -> bool:
    """Somebody has a UDP socket of IPv6 on this port."""
    lines = (host.read_text("/proc/net/udp6") or "").splitlines()[1:]
    return any(int(line.split()[1].rpartition(":")[2], 16) == port for line in lines)


def restart(host: Host, unit: str, udp6_port: int | None, timeout: float) -> None:
    """Restart a service and wait until it is up to stay.

    :param udp6_port: it has to listen there
    :raises Fault: it does not; with what it wrote to the journal
    """
    began = time.time()
    outcome = host.run(["systemctl", "restart", unit], timeout=timeout + 60)
    if outcome.rc != 0:
        raise Fault("restart " + unit, _journal(host, unit, began) or outcome.said)
    deadline = time.monotonic() + timeout
    settled = time.monotonic() + SETTLING
    process = _main_process(host, unit)
    while True:
        if not is_active(host, unit) or _main_process(host, unit) != process:
            raise Fault("restart " + unit, "it did not stay up: " + _journal(host, unit, began))
        if time.monotonic() > settled and (udp6_port is None or listens_udp6(host, udp6_port)):
            return
        if time.monotonic() > deadline:
            problem = f"nothing listens on UDP port {udp6_port} after {timeout:g} s: "
            raise Fault("restart " + unit, problem + _journal(host, unit, began))
        time.sleep(INTERVAL)


def _main_process(host: Host, unit: str) -> str:
    return host.run(["systemctl", "show", "--property=MainPID", "--value", unit]).out.strip()


def _journal(host: Host, unit: str, since: float) -> str:
    argv = ["journalctl", "--unit", unit, "--lines", JOURNAL_LINES, "--output", "cat", "--no-pager"]
    outcome = host.run([*argv, f"--since=@{since:.0f}"])
    lines = [line for line in outcome.out.splitlines() if line.strip() and not CHATTER.search(line)]
    return " | ".join(lines)
