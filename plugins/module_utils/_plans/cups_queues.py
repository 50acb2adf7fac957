# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cups_queues is going to do: queues of CUPS, and which is the default."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats.cups_conf import Block, Directive, parse, render
from .._values.errors import Refusal, ValueProblem
from .._values.printer import has_password, parse_printer_uri, parse_queue, without_user
from .._values.samba import parse_line
from .conditions import Await, Require
from .plan import FileChange, FileState, Plan, State, file_steps
from .steps import Run, Step

PRINTERS = "/etc/cups/printers.conf"
# cupsd does not say which driver a queue was made with, and not which queues are whose.
KEPT = "/var/lib/homelab-ipv6/cups_queues%s.json"
SOCKET = "/run/cups/cups.sock"
LPADMIN = ("lpadmin", "-h", SOCKET)
PACKAGE = "cups-client"
EVERYWHERE = "everywhere"
# To ask a printer what it can do takes a while, more so where it sleeps.
PATIENCE = 150.0
# cupsd writes its queues down after DirtyCleanInterval, 30 s by default.
WRITTEN_DOWN = 45.0
_SET = re.compile(r"[A-Za-z0-9_]*")


class Queue(NamedTuple):
    """A queue.

    :param driver: a model of ``lpinfo -m``, ``everywhere`` for a printer that says itself what it can do (IPP
        Everywhere), ``raw`` for one that gets what is sent to it; empty where it is not known
    """

    name: str
    uri: str
    driver: str
    description: str
    location: str
    shared: bool

    def words(self, instead_of: Queue | None = None) -> tuple[str, ...]:
        """How lpadmin is told of it.

        :param instead_of: what the queue is until then
        """
        driver = ("-m", self.driver) if self.driver else ()
        words = ("-p", self.name, "-v", self.uri, *driver, "-D", self.description, "-L", self.location)
        # Of a queue of another CUPS server's it can be said only while it is made (cupsd's add_printer).
        told = instead_of is not None and instead_of.shared == self.shared
        share = () if told else ("-o", f"printer-is-shared={str(self.shared).lower()}")
        return (*words, *share, "-E")

    def where_it_says(self, before: Queue | None) -> Queue:
        """A printer that says itself what it can do says where it stands, too, where nobody else does."""
        if before is None or self.location or self.driver != EVERYWHERE:
            return self
        return self._replace(location=before.location)

    def shown(self) -> str:
        shown = self._replace(uri=without_user(self.uri)) if has_password(self.uri) else self
        return "".join(f"{key}: {value}\n" for key, value in shown._asdict().items())


class Found(NamedTuple):
    """The host's queues.

    :param default: name of the default one, empty where there is none
    :param kept: name → driver of those that an earlier run made
    :param path: where we keep that
    :param file: as it is
    """

    queues: Mapping[str, Queue]
    default: str
    kept: Mapping[str, str]
    path: str
    file: FileState | None

    def other_case(self, name: str) -> str:
        """The queue that cupsd takes for the one of this name, and that is spelt otherwise; empty where none is."""
        return next((one for one in self.queues if one != name and one.lower() == name.lower()), "")


def read_options(params: Mapping[str, Any]) -> tuple[list[Queue], str]:
    """The module's options: queues, and the default.

    :raises Refusal: one that cannot be right
    """
    queues: list[Queue] = []
    for number, entry in enumerate(params["queues"]):
        at = f"queues[{number}]."
        option = at + "name"
        try:
            name = parse_queue(entry["name"])
            option = at + "uri"
            uri = parse_printer_uri(entry["uri"])
            texts = {}
            for key in ("driver", "description", "location"):
                option = at + key
                texts[key] = parse_line(entry[key] or "")
        except ValueProblem as problem:
            raise Refusal.of(option, problem) from problem
        if name.lower() in [queue.name.lower() for queue in queues]:
            raise Refusal(at + "name", name, "is there twice", "Give each queue a name of its own")
        # cupsd takes the name where there is no description.
        texts["description"] = texts["description"] or name
        queues.append(Queue(name, uri, shared=entry["shared"], **texts))
    default = params["default"] or ""
    names = [queue.name for queue in queues]
    if default and default not in names:
        raise Refusal("default", default, "is not among queues", f"Name one of {', '.join(names) or 'none'}")
    return queues, default


def kept_path(params: Mapping[str, Any]) -> str:
    """Where the queues are kept in mind that earlier runs have made, each set by itself.

    :raises Refusal: it cannot be the name of a file
    """
    name = str(params["set"])
    if not _SET.fullmatch(name):
        raise Refusal("set", name, "is no name of a set", "Write letters, digits and underscores, as in my_queues")
    return KEPT % (name and "." + name)


def read_host(printers: str | None, path: str, kept: FileState | None) -> Found:
    """What is there.

    :param printers: printers.conf, None where there is none
    :param path: see :func:`kept_path`
    :param kept: what is there
    """
    blocks = [item for item in parse(printers or "") if isinstance(item, Block)]
    drivers = _drivers(kept)
    queues = {one.argument: _queue(one, drivers) for one in blocks if one.kind in ("Printer", "DefaultPrinter")}
    default = next((one.argument for one in blocks if one.kind == "DefaultPrinter"), "")
    return Found(queues, default, drivers, path, kept)


def _drivers(kept: FileState | None) -> dict[str, str]:
    try:
        drivers = json.loads(kept.text) if kept else {}
    except ValueError:
        # Whoever wrote into it: all queues are made anew, which is no harm.
        drivers = {}
    return {str(name): str(driver) for name, driver in drivers.items()} if isinstance(drivers, dict) else {}


def _queue(block: Block, drivers: Mapping[str, str]) -> Queue:
    return Queue(
        name=block.argument,
        uri=block.value("DeviceURI"),
        driver=drivers.get(block.argument, ""),
        description=block.value("Info"),
        location=block.value("Location"),
        shared=block.value("Shared") == "Yes",
    )


def plan(queues: Sequence[Queue], default: str, purge: bool, found: Found) -> Plan:
    """What has to be done.

    :param purge: whether queues that an earlier run made and that are not listed any more go
    """
    steps: list[Step] = []
    states: list[State] = []
    last: Queue | None = None
    removed: list[str] = []
    for number, queue in enumerate(queues):
        old = found.other_case(queue.name)
        if old:
            # cupsd would change that one, and leave it its name.
            steps.append(_remove(_ours(f"queues[{number}].name", queue.name, old, found), found))
            removed.append(old)
            states.append(State(f"queue {old}", found.queues[old].shown(), ""))
            default = default or (queue.name if old == found.default else "")
        before = found.queues.get(queue.name)
        if before != queue.where_it_says(before):
            last = queue
            _refuse_password(f"queues[{number}].name", before)
            steps.append(_make(queue, before))
            states.append(State(f"queue {queue.name}", before.shown() if before else "", queue.shown()))
    names = [queue.name for queue in queues]
    listed = [name.lower() for name in names]
    gone = [name for name in found.kept if name.lower() not in listed and name in found.queues] if purge else []
    for name in gone:
        before = found.queues[name]
        _refuse_password("queues", before)
        removed.append(name)
        steps.append(_remove(before, found))
        states.append(State(f"queue {name}", before.shown(), ""))
    if default and default != found.default:
        # One that goes is the default again when it comes back.
        undo = (*LPADMIN, "-d", found.default) if found.default and found.default not in removed else None
        steps.append(Run((*LPADMIN, "-d", default), f"make {default} the default", undo=undo))
        states.append(State("default queue", found.default + "\n" if found.default else "", default + "\n"))
    if steps:
        steps = [Require("lpadmin", PACKAGE), *steps, *_written_down(last, removed)]
    forgotten = {} if purge else {one: driver for one, driver in found.kept.items() if one.lower() not in listed}
    kept = {one: driver for one, driver in forgotten.items() if one in found.queues}
    kept.update({queue.name: queue.driver for queue in queues})
    text = json.dumps(kept, indent=1, sort_keys=True) + "\n"
    wanted = found.file.with_text(text) if found.file else FileState(text)
    steps += file_steps([FileChange(found.path, found.file, wanted if kept else None)])
    return Plan(tuple(steps), tuple(states), result={"queues": names})


def _ours(option: str, name: str, old: str, found: Found) -> Queue:
    """A queue that may be removed.

    :raises Refusal: it was not made here
    """
    if old not in found.kept:
        remedy = f"Name it {old}, or remove that by `lpadmin -x {old}`"
        raise Refusal(option, name, f"is for CUPS the same as its queue {old}, which was not made here", remedy)
    _refuse_password(option, found.queues[old])
    return found.queues[old]


def _refuse_password(option: str, before: Queue | None) -> None:
    """See that a queue can be brought back.

    :raises Refusal: somebody has given it a password, which would stand on a command line then
    """
    if before is not None and has_password(before.uri):
        remedy = f"Remove it by `lpadmin -x {before.name}`"
        raise Refusal(option, before.name, "is a queue with a password in its URI, which could not be undone", remedy)


def _remove(before: Queue, found: Found) -> Run:
    undo = (*LPADMIN, *before.words())
    if before.name == found.default:
        undo = ("sh", "-c", f"{shlex.join(undo)} && {shlex.join((*LPADMIN, '-d', before.name))}")
    return Run((*LPADMIN, "-x", before.name), f"remove the queue {before.name}", undo=undo, timeout=PATIENCE)


def _make(queue: Queue, before: Queue | None) -> Run:
    # To go back costs a question to the printer where it is one that tells itself what it can do.
    undo = (*LPADMIN, *before.words(queue)) if before else (*LPADMIN, "-x", queue.name)
    return Run((*LPADMIN, *queue.words(before)), f"make the queue {queue.name}", undo=undo, timeout=PATIENCE)


def _written_down(queue: Queue | None, removed: Sequence[str]) -> list[Step]:
    """Until then the next run would see the queues as they were."""
    what = [f"write {queue.name} into"] if queue else []
    # All of the file is written at once: the last that was made stands for the others.
    pattern = r"\A" + "".join(rf"(?![\s\S]*^{_opening(name)})" for name in removed)
    if queue:
        wanted = [("Info", queue.description), ("Location", queue.location), ("DeviceURI", queue.uri)]
        # A printer may say itself where it stands.
        lines = [render([Directive(name, value)]) for name, value in wanted if value]
        of_queue = "".join(rf"(?:(?!<).*\n)*?{re.escape(line)}" for line in lines)
        pattern += rf"[\s\S]*^{_opening(queue.name)}{of_queue}"
    if removed:
        what.append(f"take {', '.join(removed)} out of")
    if not what:
        return []
    why = f"cupsd to {' and '.join(what)} {PRINTERS}"
    return [Await(("cat", PRINTERS), why, pattern, WRITTEN_DOWN, "See `journalctl -u cups -n 20`")]


def _opening(name: str) -> str:
    return rf"<(?:Default)?Printer {re.escape(name)}>\n"
