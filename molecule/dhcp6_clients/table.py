# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clients had, and when."""

from __future__ import annotations

from pathlib import Path

import yaml
from testinfra.host import Host

PHASES = ("first", "again", "server", "more")
LISTED: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "vars/listed.yml").read_text())["addresses"]


class Table:
    """Who had what, of which server, in each phase."""

    def __init__(self) -> None:
        self.columns: dict[str, str] = {}
        self.cells: dict[tuple[str, str], dict[str, list[str]]] = {}

    def had(self, host: Host, client: str, phase: str) -> list[str]:
        """The addresses of a client in a phase, none if it got none."""
        if host.backend.name not in self.columns:
            self._read(host)
        return self.cells[client, self.columns[host.backend.name]][phase]

    def _read(self, host: Host) -> None:
        column = self.columns[host.backend.name] = f"{self.server(host)}, Debian {host.system_info.release}"
        for line in host.check_output("cd /run/clients && grep . *.*").splitlines():
            file, _colon, words = line.partition(":")
            client, *addresses = words.split()
            self.cells.setdefault((client, column), {})[file.partition(".")[0]] = addresses

    @staticmethod
    def server(host: Host) -> str:
        """The server that a machine's clients ask."""
        return str(host.backend.name).removesuffix("-clients").rpartition("-")[2]

    def lines(self) -> list[str]:
        """A line for each client; where it did not keep what it had, what it had in each phase."""
        servers = sorted({server for _client, server in self.cells})
        clients = dict.fromkeys(client for client, _server in self.cells)
        rows = [["", *servers]]
        rows += [[client, *(self._cell(client, server) for server in servers)] for client in clients]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return ["  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip() for row in rows]

    def _cell(self, client: str, server: str) -> str:
        cell = self.cells[client, server]
        had = [" ".join(cell[phase]) or "none" for phase in PHASES]
        return " / ".join(had if len(set(had)) > 1 else had[:1])
