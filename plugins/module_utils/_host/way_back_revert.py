# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that takes a change back on the host, alone: no controller, no Ansible, nobody to ask.

program.pyz boot      early in the boot: the files, before anybody reads them
program.pyz revert    the files, then all that is in effect; also what an earlier try left undone
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Callable

from .._formats.way_back import AddressState, LinkState, NotAManifest, Outcome, Snapshot
from .._plans import way_back as plans
from .._plans.way_back import Act, Later, Mend, Write
from .._plans.way_back_links import links as link_mends
from .._plans.way_back_systemd import SERVICE
from .._plans.way_back_systemd import VOLATILE as VOLATILE_FILES
from .._plans.way_back_units import NETWORKD, after_files
from .._plans.way_back_units import units as unit_mends
from .._values.errors import Fault
from . import way_back_look as look
from .host import Host
from .way_back import clear, told
from .way_back_files import Restoration
from .way_back_store import Reason, Store

# How long the host may need until all is as it was, and how long it must stay so.
SETTLING = 25.0
QUIET = 1.0
PATIENCE = 60.0
# Seconds until the next try after one that failed. One that was killed is followed at once.
RETRY = 5.0
# A boot that hangs is no reason not to go back.
BOOT_PATIENCE = 90.0
# Within this, networkd has asked for router advertisements on a link that it sets up, and a router has answered.
RA_PATIENCE = 5.0
# networkd is asked to set its links up anew where handing it its files has not been enough.
RELUCTANT = 4
MOST_LINES = 200


def say(line: str, level: int = 5) -> None:
    """A line of the journal (sd-daemon(3))."""
    sys.stdout.write(f"<{level}>{line}\n")
    sys.stdout.flush()


class Revert:
    """One try of taking a change back."""

    def __init__(self, host: Host, store: Store, snapshot: Snapshot, after_boot: bool) -> None:
        self._host = host
        self._store = store
        self._snapshot = snapshot
        self._before = snapshot.running
        self._after_boot = after_boot
        # Within one boot by the clock that nobody can set.
        now = (time.time() - snapshot.terms.armed) if after_boot else (time.monotonic() - snapshot.taken)
        self._elapsed = max(0.0, now)
        entries = [entry for entry in snapshot.entries if not (after_boot and entry.path.startswith(VOLATILE_FILES))]
        self._roots = [root for root in snapshot.roots if not (after_boot and root.startswith(VOLATILE_FILES))]
        self._files = Restoration(entries, store.contents)
        self._ra_until = 0.0
        self._reluctant = False
        self._seen: tuple[tuple[LinkState, ...], tuple[AddressState, ...]] | None = None
        self.done: list[str] = []
        self.lost: list[str] = []

    def files(self) -> list[str]:
        """Put the files back; returns the paths that whoever reads them has to read anew."""
        differing = self._files.differing(self._roots)
        touched = sorted({*self._store.touched(), *differing})
        if differing:
            # First the note: whoever is killed in between leaves files that are right and readers that do not know.
            self._attempt("keep a note of the files", lambda: self._store.write_touched(touched), quiet=True)
        for problem in self._files.put_back(differing, lambda path: self._did(f"{path} is as it was")):
            say(f"could not put back {problem}", 3)
        return touched

    def readers(self, touched: Sequence[str]) -> None:
        terms = self._snapshot.terms
        self._carry_out(after_files(touched, self._before.units, terms.paths, terms.services))

    def settle(self) -> None:
        """Compare and mend what is in effect, until it has been right for a moment or the time is up."""
        deadline = time.monotonic() + SETTLING
        if self._by_networkd():
            self._ra_until = time.monotonic() + RA_PATIENCE
        quiet_since: float | None = None
        turn = 0
        while True:
            turn += 1
            began = time.monotonic()
            pending = self._round(first=turn == 1)
            now = time.monotonic()
            # On a slow host one look takes long enough.
            quiet_since = None if pending else (quiet_since or began)
            if quiet_since is not None and now - quiet_since >= QUIET:
                break
            if now > deadline:
                # What this round has mended may well be right.
                pending = self._round(first=False, mend=False)
                break
            if self._reluctant and turn == RELUCTANT:
                self._nudge_networkd()
            time.sleep(0.3)
        self.lost = [*(f"{path} differs" for path in self._files.differing(self._roots)), *pending]

    def _round(self, first: bool, mend: bool = True) -> list[str]:
        """Each kind of state in turn, looked at right before it is mended. Returns what was not as it should be."""
        pending: list[str] = []
        self._seen, self._reluctant = None, False
        for kind, plan in self._kinds():
            try:
                mends = plan()
            except (Fault, OSError, ValueError) as error:
                pending.append(f"{kind}: {error}")
                continue
            pending += [one.why for one in mends if not one.soft]
            self._reluctant |= any(not one.soft and not isinstance(one, Later) for one in mends)
            if mend:
                self._carry_out([one for one in mends if first or not one.soft])
        return pending

    def _kinds(self) -> list[tuple[str, Callable[[], list[Mend]]]]:
        """The line comes back first: what lets packets pass, then interfaces, addresses and routes, then services."""
        host, before, elapsed = self._host, self._before, self._elapsed
        return [
            ("nftables", lambda: plans.tables(before.tables, look.tables(host))),
            ("kernel parameters", lambda: plans.values(before.values, look.values())),
            ("links", lambda: link_mends(before.links, self._there()[0])),
            ("links", lambda: link_mends(before.links, self._there()[0])),
            ("addresses", lambda: plans.addresses(before.addresses, self._there()[1], before.links, elapsed)),
            # A DHCPv6 client that ifupdown is to start waits for a link-local address, and gives up without.
            ("ifupdown", lambda: plans.interfaces(before.interfaces, look.interfaces(host))),
            (
                "routes",
                lambda: plans.routes(
                    before.routes, look.routes(host), self._there()[0], elapsed, time.monotonic() < self._ra_until
                ),
            ),
            ("rules", lambda: plans.rules(before.rules, look.rules(host))),
            ("neighbours", lambda: plans.neighbours(before.neighbours, look.neighbours(host))),
            ("units", lambda: unit_mends(before.units, look.units_now(host, before.units))),
        ]

    def _there(self) -> tuple[tuple[LinkState, ...], tuple[AddressState, ...]]:
        """Links and addresses, looked at anew only after something was done: a slow host has no time for more."""
        if self._seen is None:
            self._seen = look.links_and_addresses(self._host)
        return self._seen

    def _by_networkd(self) -> bool:
        return any(unit.name == NETWORKD and unit.active for unit in self._before.units)

    def _nudge_networkd(self) -> None:
        if self._by_networkd():
            names = [link.name for link in self._before.links if link.name != "lo"]
            argv = ("networkctl", "reconfigure", *names)
            self._carry_out([Act(argv, "have networkd set its links up anew", soft=True)])

    def _carry_out(self, mends: Sequence[Mend]) -> None:
        if mends:
            self._seen = None
        for mend in mends:
            if isinstance(mend, Act):
                self._attempt(mend.why, lambda act=mend: self._run(act), quiet=mend.soft)  # type: ignore[misc]
            elif isinstance(mend, Write):
                self._attempt(mend.why, lambda value=mend: self._write(value))  # type: ignore[misc]

    def _attempt(self, why: str, work: Callable[[], None], quiet: bool = False) -> None:
        """One thing that fails is no reason to leave the others."""
        try:
            work()
        except (Fault, OSError) as error:
            if not quiet:
                say(f"could not {why}: {error}", 3)
        else:
            if not quiet:
                self._did(why)

    def _did(self, why: str) -> None:
        if why not in self.done:
            self.done.append(why)
            say(why)

    def _run(self, act: Act) -> None:
        outcome = self._host.run(act.argv, stdin=act.stdin or None, timeout=act.timeout)
        if outcome.rc != 0:
            raise Fault(" ".join(act.argv), outcome.said)

    @staticmethod
    def _write(value: Write) -> None:
        with open(look.PROC_SYS + value.key, "w", encoding="ascii", errors="surrogateescape") as stream:
            stream.write(value.value + "\n")


def _load(store: Store) -> Snapshot | None:
    try:
        return store.load()
    except NotAManifest as error:
        say(f"what was remembered cannot be read ({error}); nothing can be taken back", 2)
        return None


def boot(host: Host, store: Store) -> int:
    """The files, and the rest as soon as the boot is through."""
    with store.locked(PATIENCE):
        snapshot = _load(store)
        if snapshot is not None:
            _begin(store, Reason("reboot"))
            say(f"the host started anew before the change of {snapshot.terms.who} was confirmed: taking it back")
            touched = Revert(host, store, snapshot, after_boot=True).files()
            if touched:
                _quietly(host, "systemctl", "daemon-reload")
    _quietly(host, "systemctl", "start", "--no-block", SERVICE)
    return 0


def _begin(store: Store, reason: Reason) -> Reason:
    """From here on there is no way but back. Returns why, as whoever began it knew."""
    store.drop_ballast()
    known = store.reason()
    if known is None:
        _if_there_is_room("keep the reason", lambda: store.write_reason(reason))
    return known or reason


def _if_there_is_room(why: str, work: Callable[[], None]) -> None:
    """A disk that is full even so is no reason not to go back."""
    try:
        work()
    except OSError as error:
        say(f"could not {why}: {error}", 4)


def revert(host: Host, store: Store) -> int:
    """All of it; what an earlier try began is finished."""
    with store.locked(PATIENCE):
        snapshot = _load(store)
        if snapshot is None:
            if store.is_armed():
                store.disarm()
            clear(host, store)
            return 0
        reason = _begin(store, Reason("timeout"))
        say(f"taking back the change of {snapshot.terms.who} ({reason.why})")
        after_boot = reason.why == "reboot"
        if after_boot:
            _await_boot(host)
        work = Revert(host, store, snapshot, after_boot)
        work.readers(work.files())
        work.settle()
        _conclude(host, store, snapshot, reason, work)
    return 0


def _await_boot(host: Host) -> None:
    deadline = time.monotonic() + BOOT_PATIENCE
    while time.monotonic() < deadline:
        if host.run(["systemctl", "is-system-running"], timeout=10).out.strip() not in ("initializing", "starting"):
            return
        time.sleep(0.3)
    say(f"the boot was not through after {BOOT_PATIENCE:g} s; going on", 4)


def _conclude(host: Host, store: Store, snapshot: Snapshot, reason: Reason, work: Revert) -> None:
    last = store.outcome()
    earlier = last.done if last and last.result == "reverted" and last.terms.id == snapshot.terms.id else ()
    done = tuple(dict.fromkeys((*earlier, *work.done)))[:MOST_LINES]
    lost = tuple(work.lost[:MOST_LINES])
    outcome = Outcome("reverted", reason.why, snapshot.terms, time.time(), 0.0, reason.detail, done, lost)
    _if_there_is_room("keep a record", lambda: store.write_outcome(outcome))
    say(told(outcome), 4)
    store.disarm()
    clear(host, store)
    if reason.why == "reboot":
        # The boot knows a unit that is gone now.
        _quietly(host, "systemctl", "daemon-reload")


def _quietly(host: Host, *argv: str) -> None:
    outcome = host.run(argv, timeout=30)
    if outcome.rc != 0:
        say("{}: {}".format(" ".join(argv), outcome.said), 4)


def main(arguments: Sequence[str]) -> int:
    store, host = Store(), Host()
    if not os.path.isdir(store.directory):
        return 0
    code = 1
    try:
        code = boot(host, store) if list(arguments) == ["boot"] else revert(host, store)
    except (Fault, OSError, subprocess.SubprocessError) as error:
        # systemd starts it again; what is done already is not done twice.
        say(f"going back failed and is tried again: {error}", 2)
    finally:
        # Whatever it was, and be it a defect: at once would be too soon.
        if code != 0:
            time.sleep(RETRY)
    return code
