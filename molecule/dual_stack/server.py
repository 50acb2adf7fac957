# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that serves, and the one that asks: each is the other's client."""

from __future__ import annotations

from typing import NamedTuple

from testinfra.host import Host


class Server(NamedTuple):
    """A machine that serves, with its addresses, and the one that asks."""

    host: Host
    number: str
    client: Host
    client_number: str

    @property
    def addresses(self) -> dict[str, str]:
        return {"ipv4": f"192.0.2.{self.number}", "ipv6": f"2001:db8::{self.number}"}

    @property
    def peers(self) -> dict[str, str]:
        """The addresses from which its client comes."""
        return {"ipv4": f"192.0.2.{self.client_number}", "ipv6": f"2001:db8::{self.client_number}"}

    def url(self, family: str, port: int, path: str = "/") -> str:
        address = self.addresses[family]
        return f"http://[{address}]:{port}{path}" if family == "ipv6" else f"http://{address}:{port}{path}"

    def ask(self, family: str, port: int, path: str = "/") -> tuple[int, str]:
        """curl's exit code, and the answer."""
        done = self.client.run(f"curl --silent --fail --max-time 20 '{self.url(family, port, path)}'")
        return done.rc, done.stdout.strip()
