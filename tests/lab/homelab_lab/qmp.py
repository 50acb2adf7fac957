# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a running qemu (QMP: one JSON object a line)."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .run import LabError


class Monitor:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.lines = connection.makefile("r", encoding="utf-8")

    def execute(self, command: str, **arguments: Any) -> Any:
        request = {"execute": command, "arguments": arguments}
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        while True:
            line = self.lines.readline()
            if not line:
                raise LabError(f"qemu went away during {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise LabError(f"qemu refuses {command}: {answer['error']['desc']}")
            if "return" in answer:  # anything else is an event
                return answer["return"]

    def wait_for(self, command: str, wanted: set[str], unwanted: set[str], timeout: float) -> None:
        """Ask until the answer's status is a wanted one."""
        end = time.monotonic() + timeout
        while True:
            status = self.execute(command).get("status", "")
            if status in wanted:
                return
            if status in unwanted or time.monotonic() > end:
                raise LabError(f"qemu's {command} says {status or 'nothing'}")
            time.sleep(0.1)


@contextlib.contextmanager
def monitor(path: Path, timeout: float = 60) -> Iterator[Monitor]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        talk = Monitor(connection)
        talk.lines.readline()  # the greeting
        talk.execute("qmp_capabilities")
        yield talk
