# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cups_queues is going to do: queues of CUPS, and which is the default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats.cups_conf import Block, parse
from .._values.errors import Refusal, ValueProblem
from .._values.printer import parse_printer_uri, parse_queue
from .._values.samba import parse_line
from .conditions import Await, Require
from .plan import FileChange, FileState, Plan, State, file_steps
from .steps import Run, Step

PRINTERS = "/etc/cups/printers.conf"
# cupsd does not say which driver a queue was made with, and not which queues are whose.
KEPT = "/var/lib/homelab-ipv6/cups_queues.json"
SOCKET = "/run/cups/cups.sock"
LPADMIN = ("lpadmin", "-h", SOCKET)
PACKAGE = "cups-client"
EVERYWHERE = "everywhere"
# To ask a printer what it can do takes a while, more so where it sleeps.
PATIENCE = 150.0
# cupsd writes its queues down after DirtyCleanInterval, 30 s by default.
WRITTEN_DOWN = 45.0


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
        return "".join(f"{key}: {value}\n" for key, value in self._asdict().items())


class Found(NamedTuple):
    """The host's queues.

    :param default: name of the default one, empty where there is none
    :param kept: name → driver of those that an earlier run made
    :param file: what we keep, as it is
    """

    queues: Mapping[str, Queue]
    default: str
    kept: Mapping[str, str]
    file: FileState | None


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


def read_host(printers: str | None, kept: FileState | None) -> Found:
    """What is there.

    :param printers: printers.conf, None where there is none
    """
    blocks = [item for item in parse(printers or "") if isinstance(item, Block)]
    drivers = _drivers(kept)
    queues = {one.argument: _queue(one, drivers) for one in blocks if one.kind in ("Printer", "DefaultPrinter")}
    default = next((one.argument for one in blocks if one.kind == "DefaultPrinter"), "")
    return Found(queues, default, drivers, kept)


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
    for queue in queues:
        before = found.queues.get(queue.name)
        if before != queue.where_it_says(before):
            last = queue
            steps.append(_make(queue, before))
            states.append(State(f"queue {queue.name}", before.shown() if before else "", queue.shown()))
    names = [queue.name for queue in queues]
    gone = [name for name in found.kept if name not in names and name in found.queues] if purge else []
    for name in gone:
        before = found.queues[name]
        steps.append(Run((*LPADMIN, "-x", name), f"remove the queue {name}", undo=(*LPADMIN, *before.words())))
        states.append(State(f"queue {name}", before.shown(), ""))
    if default and default != found.default:
        undo = (*LPADMIN, "-d", found.default) if found.default else None
        steps.append(Run((*LPADMIN, "-d", default), f"make {default} the default", undo=undo))
        states.append(State("default queue", found.default + "\n" if found.default else "", default + "\n"))
    if steps:
        steps = [Require("lpadmin", PACKAGE), *steps, *_written_down(last)]
    forgotten = {name: driver for name, driver in found.kept.items() if not purge and name in found.queues}
    kept = {**forgotten, **{queue.name: queue.driver for queue in queues}}
    text = json.dumps(kept, indent=1, sort_keys=True) + "\n"
    wanted = found.file.with_text(text) if found.file else FileState(text)
    steps += file_steps([FileChange(KEPT, found.file, wanted if kept or found.file else None)])
    return Plan(tuple(steps), tuple(states), result={"queues": names})


def _make(queue: Queue, before: Queue | None) -> Run:
    # To go back costs a question to the printer where it is one that tells itself what it can do.
    undo = (*LPADMIN, *before.words(queue)) if before else (*LPADMIN, "-x", queue.name)
    return Run((*LPADMIN, *queue.words(before)), f"make the queue {queue.name}", undo=undo, timeout=PATIENCE)


def _written_down(queue: Queue | None) -> list[Step]:
    """Until then the next run would see the queues as they were."""
    if queue is None:
        return []
    remedy = "See `journalctl -u cups -n 20`"
    lines = (f"Info {queue.description}", f"DeviceURI {queue.uri}")
    of_queue = "".join(rf"(?:(?!<).*\n)*?{re.escape(line.replace('#', chr(92) + '#'))}\n" for line in lines)
    pattern = rf"^<(?:Printer|DefaultPrinter) {re.escape(queue.name)}>\n{of_queue}"
    return [Await(("cat", PRINTERS), f"cupsd to write {queue.name} into {PRINTERS}", pattern, WRITTEN_DOWN, remedy)]
