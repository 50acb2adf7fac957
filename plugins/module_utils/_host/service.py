# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's services: whether they run, whether they can be reached, and a restart that is watched."""

from __future__ import annotations

import re
import time

from .._plans.steps import Serve, UnitState
from .._values.errors import Fault
from .host import Host

INTERVAL = 0.2
# A daemon that cannot live with its configuration is gone within this time.
SETTLING = 1.5
JOURNAL_LINES = 12
# Lines of the journal that do not tell why a daemon ended.
NOISE = re.compile(r"^-- |\b(?:INFO|DEBUG)\b")
COMINGS_AND_GOINGS = re.compile(
    r"^(?:Starting|Started|Stopping|Stopped) |\.service: (?:Scheduled restart job|Deactivated successfully)"
)
# What a system writes to its console about all that goes well at boot and at shutdown, and of what only follows from
# something that went wrong.
CONSOLE = re.compile(
    r"^\s*(?:\[  OK  \]|\[\*|\[DEPEND\]|Start(?:ing|ed) |Stopping |Mounting |Startup finished|Detected |Welcome to "
    r"|Queued start job |Debian GNU/|Shutting down\.|Sending SIG|All filesystems, swaps|Exiting container\.)"
    r"|systemd \d+\S* running in system mode|bpf-restrict-fs:|login:|Job \S+/start failed with result 'dependency'"
    r"|\.service: Failed with result "
)


def is_active(host: Host, unit: str) -> bool:
    """The service runs; not so where there is no systemd."""
    if host.which("systemctl") is None:
        return False
    return host.run(["systemctl", "is-active", "--quiet", unit]).rc == 0


def unit_state(host: Host, unit: str) -> UnitState:
    """What a service does; nothing where it, or systemd, is not there."""
    if host.which("systemctl") is None:
        return UnitState(False, False)
    said = host.run(["systemctl", "show", "--property=ActiveState,UnitFileState", unit]).out
    values = dict(line.partition("=")[::2] for line in said.splitlines())
    active = values.get("ActiveState") in ("active", "reloading")
    return UnitState(active, values.get("UnitFileState") == "enabled")


def serve(host: Host, step: Serve) -> None:
    """Carry the step out.

    :raises Fault: the service does not do what it shall; with what it wrote to the journal
    """
    if step.reread:
        _systemctl(host, step, "daemon-reload")
    if step.enabled is not None:
        _systemctl(host, step, "enable" if step.enabled else "disable", step.unit)
    if not step.verb:
        return
    began = time.time()
    outcome = host.run(["systemctl", step.verb, step.unit], timeout=step.timeout)
    if outcome.rc != 0:
        words = _last_words if step.status else journal
        raise Fault(f"{step.verb} {step.unit}", words(host, step.unit, began) or outcome.said)
    if step.status and step.verb != "stop":
        _see_it_come_up(host, step, began)
    elif step.verb != "stop":
        _see_it_stay(host, step.unit, step.verb, began)


def unserve(host: Host, step: Serve) -> None:
    """Take back what began, while systemd still knows the unit."""
    if not step.was.active and step.verb != "stop":
        _systemctl(host, step, "stop", step.unit)
        # Where it had not failed there is nothing to forget.
        host.run(["systemctl", "reset-failed", step.unit])
    if step.enabled and not step.was.enabled:
        _systemctl(host, step, "disable", step.unit)


def serve_again(host: Host, step: Serve) -> None:
    """With the old files back in place: what ran before runs as before."""
    if step.reread:
        _systemctl(host, step, "daemon-reload")
    if step.enabled is False and step.was.enabled:
        _systemctl(host, step, "enable", step.unit)
    if not (step.was.active and step.verb):
        return
    if step.verb == "reload" and host.run(["systemctl", "reload", step.unit], timeout=step.timeout).rc == 0:
        return
    # Also where the very reload is what fails.
    _systemctl(host, step, "start" if step.verb == "stop" else "restart", step.unit)


def _systemctl(host: Host, step: Serve, *words: str) -> None:
    outcome = host.run(["systemctl", *words], timeout=step.timeout)
    if outcome.rc != 0:
        raise Fault("systemctl " + " ".join(words), outcome.said)


def _see_it_stay(host: Host, unit: str, verb: str, began: float) -> None:
    process = _main_process(host, unit)
    if process not in ("", "0"):  # a oneshot has done its work, and a mount has none
        time.sleep(SETTLING)
    if not is_active(host, unit) or _main_process(host, unit) != process:
        raise Fault(f"{verb} {unit}", "it did not stay up: " + journal(host, unit, began))


def _see_it_come_up(host: Host, step: Serve, began: float) -> None:
    """Wait for the status that a service tells once it has come up.

    :raises Fault: it ends before, or does not tell it in time; with what it wrote to the journal
    """
    expected = re.compile(step.status, re.MULTILINE)
    deadline = time.monotonic() + step.patience
    argv = ["systemctl", "show", "--property=StatusText,ActiveState", step.unit]
    while True:
        values = dict(line.partition("=")[::2] for line in host.run(argv).out.splitlines())
        if values.get("ActiveState") not in ("active", "reloading"):
            raise Fault(f"{step.verb} {step.unit}", "it did not stay up: " + _last_words(host, step.unit, began))
        if expected.search(values.get("StatusText", "")):
            return
        if time.monotonic() > deadline:
            said = (
                f"it has not come up within {step.patience:g} s: {_last_words(host, step.unit, began, all_of_it=True)}"
            )
            raise Fault(f"{step.verb} {step.unit}", said)
        time.sleep(INTERVAL)


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
        raise Fault("restart " + unit, journal(host, unit, began) or outcome.said)
    deadline = time.monotonic() + timeout
    settled = time.monotonic() + SETTLING
    process = _main_process(host, unit)
    while True:
        if not is_active(host, unit) or _main_process(host, unit) != process:
            raise Fault("restart " + unit, "it did not stay up: " + journal(host, unit, began))
        if time.monotonic() > settled and (udp6_port is None or listens_udp6(host, udp6_port)):
            return
        if time.monotonic() > deadline:
            problem = f"nothing listens on UDP port {udp6_port} after {timeout:g} s: "
            raise Fault("restart " + unit, problem + journal(host, unit, began))
        time.sleep(INTERVAL)


def _main_process(host: Host, unit: str) -> str:
    return host.run(["systemctl", "show", "--property=MainPID", "--value", unit]).out.strip()


def journal(host: Host, unit: str, since: float) -> str:
    """Its last words, without those that only say that it came and went."""
    said = _told(host, since, 4 * JOURNAL_LINES, "--unit", unit)
    return " | ".join([line for line in said if not COMINGS_AND_GOINGS.search(line)][-JOURNAL_LINES:])


def _told(host: Host, since: float, lines: int, *which: str) -> list[str]:
    argv = ["journalctl", *which, "--lines", str(lines), "--output", "cat", "--no-pager", f"--since=@{since:.6f}"]
    outcome = host.run(argv)
    return [line for line in outcome.out.splitlines() if line.strip() and not NOISE.search(line)]


def _last_words(host: Host, unit: str, since: float, all_of_it: bool = False) -> str:
    """The end of what a unit that is a whole system has said: of what went wrong, or of all where nothing did."""
    # It says more at once than the journal writes down at once.
    host.run(["journalctl", "--sync"])
    # What a process says that ends at once is not always known to be its unit's.
    which = (f"_SYSTEMD_UNIT={unit}", "+", f"UNIT={unit}", "+", "SYSLOG_IDENTIFIER=systemd-nspawn")
    said = _told(host, since, 400, *which)
    # Before it was started again it was stopped.
    ends = [number for number, line in enumerate(said) if line.startswith(f"Stopped {unit}")]
    said = said[ends[-1] + 1 :] if ends else said
    telling = [] if all_of_it else [line.strip() for line in said if not CONSOLE.search(line)]
    return " | ".join((telling or said)[-JOURNAL_LINES:])
