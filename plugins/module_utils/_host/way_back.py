# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arming a way back on the host, confirming the change, and asking for it to be taken back."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import NamedTuple

from .._formats.way_back import NotAManifest, Outcome, Snapshot, Terms
from .._plans.way_back_systemd import BOOT, ROOTS, SERVICE, TIMER, lasting_units, volatile_units, wants_link
from .._values.errors import Fault, Refusal
from . import way_back_look
from .durable import sync_directory
from .host import Host
from .way_back_files import remember
from .way_back_store import Reason, Store

LASTING = "/etc/systemd/system"
VOLATILE = "/run/systemd/system"
PATIENCE = 60.0
# Under this name a play knows that there is something to confirm.
FACT = "homelab_ipv6_way_back"
NOTHING_ARMED: dict[str, object] = {"armed": False}


class Armed(NamedTuple):
    """:param fresh: it was not armed before"""

    terms: Terms
    fresh: bool
    last: Outcome | None


def arm(host: Host, terms: Terms, store: Store | None = None, anew: bool = False) -> Armed:
    """Remember the host and set the timer, unless this play has already done so.

    :param terms: ``armed`` and ``until`` are set here
    :param anew: it is asked for, and not the next change of a play whose first ones may be gone
    :raises Refusal: somebody else's change is not confirmed yet, this one was taken back already, or no room
    """
    store = store or Store()
    _require_systemd(host)
    with store.locked(PATIENCE):
        last = store.outcome()
        found = _armed(store)
        if found is not None:
            _insist_on_own(found, store.reason(), terms)
            return Armed(found.terms, fresh=False, last=last)
        if not anew and last is not None and last.result == "reverted" and last.terms.id == terms.id:
            said = f"comes too late: {told(last)}, and half a change is worse than none"
            raise Refusal("way_back", "this change", said, f"Give it more than {last.terms.timeout} s, and start again")
        try:
            terms = _arm(host, store, terms)
        except BaseException as error:
            remove_units(host)
            store.sweep()
            if isinstance(error, OSError):
                where = error.filename or store.directory
                said = f"cannot be remembered there: {error.strerror}"
                raise Refusal("way_back", where, said, "Make room; nothing was changed") from error
            raise
        return Armed(terms, fresh=True, last=last)


def _require_systemd(host: Host) -> None:
    if not os.path.isdir("/run/systemd/system") or host.which("systemctl") is None:
        said = "is not what started this host, and nothing else can take a change back by itself"
        raise Refusal("way_back", "systemd", said, "Turn the way back off for this host (<role>_commit_confirm: false)")


def _armed(store: Store) -> Snapshot | None:
    try:
        return store.load()
    except NotAManifest as error:
        raise Fault("read what is armed in " + store.armed, str(error), "Nothing was changed.") from error


def _insist_on_own(found: Snapshot, reason: Reason | None, terms: Terms) -> None:
    if reason is not None:
        said = f"is being taken back right now ({reason.why})"
        raise Refusal("way_back", f"the change of {found.terms.who}", said, "Run the play again when that is done")
    if found.terms.id != terms.id:
        until = clock(found.terms.until)
        said = f"armed a way back and has until {until} to confirm; two changes cannot have one way back"
        raise Refusal("way_back", found.terms.who, said, "Wait for that, or take it back (state: reverted)")


def _arm(host: Host, store: Store, terms: Terms) -> Terms:
    # The program itself has no use for what it is made by.
    from .way_back_program import program

    # Where there is no such directory yet, it is no part of what is remembered.
    _make_directory(os.path.join(LASTING, os.path.dirname(wants_link()[0])))
    place, contents = store.begin()
    with contents:
        roots = tuple(dict.fromkeys((*ROOTS, *(os.path.normpath(path) for path in terms.paths))))
        entries = remember(roots, contents)
        now = way_back_look.running(host)
        store.seal(place, contents)
    store.write_program(program())
    _install_units(host, store, terms.timeout)
    # Between here and the timer as little as can be: people read until when they have time.
    terms = terms._replace(armed=time.time(), until=time.time() + terms.timeout)
    store.describe(place, Snapshot(terms, roots, entries, now, time.monotonic()))
    # The timer first: without a snapshot it does nothing but remove what is left.
    _start_timer(host)
    store.commit(place)
    return terms


def _install_units(host: Host, store: Store, timeout: int) -> None:
    remove_units(host)
    for directory, texts in (
        (LASTING, lasting_units(sys.executable, store.program)),
        (VOLATILE, volatile_units(timeout)),
    ):
        for name, text in texts.items():
            _write(os.path.join(directory, name), text)
    link, target = wants_link()
    os.symlink(target, os.path.join(LASTING, link))
    sync_directory(os.path.join(LASTING, os.path.dirname(link)))
    sync_directory(LASTING)
    stale = host.run(["systemctl", "show", "--property=NeedDaemonReload", "--value", TIMER, SERVICE]).out
    if "yes" in stale:
        host.run(["systemctl", "daemon-reload"])


def _start_timer(host: Host) -> None:
    outcome = host.run(["systemctl", "start", TIMER], timeout=30)
    if outcome.rc != 0:
        raise Fault("set the timer of the way back", outcome.said, "Nothing was changed.")


def remove_units(host: Host) -> None:
    """Whatever there is of them; systemd forgets them by itself."""
    link, _target = wants_link()
    there = os.path.lexists(os.path.join(VOLATILE, TIMER))
    if there and host.which("systemctl") is not None:
        host.run(["systemctl", "stop", TIMER], timeout=30)
    for path in (f"{VOLATILE}/{TIMER}", f"{LASTING}/{link}", f"{LASTING}/{BOOT}", f"{LASTING}/{SERVICE}"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _make_directory(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(path, 0o644)


def confirm(host: Host, wanted: str, store: Store | None = None) -> Terms | None:
    """Keep the change: nothing of the way back stays. None where nothing was armed.

    :param wanted: id of the play; any where empty
    :raises Refusal: it is too late, or it is somebody else's
    """
    store = store or Store()
    if not os.path.isdir(store.directory):
        return None
    with store.locked(PATIENCE):
        found = _armed(store)
        last = store.outcome()
        if found is None:
            if wanted and last is not None and last.result == "reverted" and last.terms.id == wanted:
                raise Refusal("state", "confirmed", f"comes too late: {told(last)}", "Give it a longer timeout")
            return None
        reason = store.reason()
        if reason is not None:
            said = f"comes too late: the change is being taken back ({reason.why})"
            raise Refusal("state", "confirmed", said, "Give it a longer timeout")
        if wanted and found.terms.id != wanted:
            said = f"is not yours: {found.terms.who} armed it, until {clock(found.terms.until)}"
            raise Refusal("state", "confirmed", said, "Leave it to them")
        took = time.monotonic() - found.taken
        store.disarm()
        store.write_outcome(Outcome("confirmed", "", found.terms, time.time(), took, told=True))
        clear(host, store)
        return found.terms


def forget(host: Host, whose: str, store: Store | None = None) -> None:
    """Disarm what was armed for nothing. There is nothing to tell of it."""
    store = store or Store()
    with store.locked(PATIENCE):
        found = _armed(store)
        if found is not None and found.terms.id == whose and store.reason() is None:
            store.disarm()
            clear(host, store)


def clear(host: Host, store: Store) -> None:
    """Nothing is armed: units, program and what a run that was killed left of a snapshot go."""
    remove_units(host)
    store.sweep()
    store.remove_program()
    with contextlib.suppress(OSError):
        os.rmdir(os.path.join(LASTING, os.path.dirname(wants_link()[0])))


def request(host: Host, detail: str, patience: float, store: Store | None = None) -> Outcome | None:
    """Have the change taken back now, by the service, so that a line that breaks meanwhile does no harm.

    None where nothing was armed, or where it takes longer than one is patient.
    """
    store = store or Store()
    if not store.is_armed():
        return None
    earlier = store.outcome()
    with store.locked(PATIENCE):
        if store.is_armed() and store.reason() is None:
            store.write_reason(Reason("request", detail))
    # The timer would start the same service.
    host.run(["systemctl", "start", "--no-block", SERVICE], timeout=30)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        last = store.outcome()
        if not store.is_armed() and last != earlier:
            return last
        time.sleep(0.2)
    return None


def tell(store: Store | None = None) -> Outcome | None:
    """The change that was taken back and that nobody has been told of yet; now somebody is."""
    store = store or Store()
    last = store.outcome()
    if last is None or last.told or last.result != "reverted":
        return None
    store.write_outcome(last._replace(told=True))
    return last


def fact(terms: Terms) -> dict[str, object]:
    return {"armed": True, "id": terms.id, "who": terms.who, "until": clock(terms.until)}


def clock(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(when))


def told(last: Outcome) -> str:
    """What became of a change, as a predicate of it."""
    whose = f"the change of {clock(last.terms.armed)} by {last.terms.who}"
    why = {
        "timeout": f"was not confirmed within {last.terms.timeout} s",
        "reboot": "was not confirmed before the host started anew",
        "request": "was to be taken back" + (f" ({last.detail})" if last.detail else ""),
    }.get(last.why, "was not confirmed")
    lost = ""
    if last.lost:
        things = "1 thing" if len(last.lost) == 1 else f"{len(last.lost)} things"
        lost = f"; {things} could not be restored: " + "; ".join(last.lost)
    return f"{whose} {why} and was taken back{lost}"
