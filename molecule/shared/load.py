# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a web server, a connection for each request, and counts what became of them.

    python3 load.py RATE SECONDS PORT HOST…

Requests begin when their time has come, whatever became of those before (an open loop), in turn to each host, for so
many seconds or until SIGTERM. RATE 0: as many as the server answers, eight at a time. Prints JSON: how many were
answered, refused, reset or something else, how many were asked a second, how long an answer took, and by how much the
client itself was late at most (milliseconds). Runs on the machines of the lab: Python 3.9 and its standard library.
"""

from __future__ import annotations

import asyncio
import collections
import json
import resource
import signal
import socket
import sys
import threading
import time

PATIENCE = 30.0
AT_A_TIME = 8


def request(host: str) -> bytes:
    name = f"[{host}]" if ":" in host else host
    return f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()


class Tally:
    """What became of the requests."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.took: list[float] = []
        # By how much the client itself was late at most: above a server's own times it means nothing.
        self.behind = 0.0

    def answered(self, answer: bytes, began: float) -> None:
        # A connection that was closed without a word lost its request just as well.
        self.counts["answered" if answer.startswith(b"HTTP/1.1 200") else "closed"] += 1
        self.took.append((time.monotonic() - began) * 1000)

    def failed(self, error: Exception) -> None:
        if isinstance(error, ConnectionRefusedError):
            self.counts["refused"] += 1
        elif isinstance(error, (ConnectionResetError, BrokenPipeError)):
            self.counts["reset"] += 1
        elif isinstance(error, (asyncio.TimeoutError, socket.timeout)):  # two others until Python 3.11
            self.counts["late"] += 1
        else:
            self.counts[type(error).__name__] += 1

    def report(self, seconds: float) -> dict[str, object]:
        took = sorted(self.took)
        return {
            "asked": sum(self.counts.values()),
            "rate": round(sum(self.counts.values()) / seconds, 1),
            **{kind: self.counts[kind] for kind in ("answered", "refused", "reset", "closed", "late")},
            "other": {kind: count for kind, count in self.counts.items() if kind.endswith("Error")},
            "median": round(took[len(took) // 2], 1) if took else None,
            "longest": round(took[-1], 1) if took else None,
            "behind": round(self.behind * 1000, 1),
        }


async def ask(host: str, port: int, tally: Tally) -> None:
    began = time.monotonic()
    try:
        answer = await asyncio.wait_for(exchange(host, port), PATIENCE)
    except (OSError, asyncio.TimeoutError) as error:  # noqa: UP041 # another one until Python 3.11
        tally.failed(error)
    else:
        tally.answered(answer, began)


async def exchange(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request(host))
        return await reader.read()
    finally:
        writer.close()


async def steadily(rate: float, seconds: float, port: int, hosts: list[str]) -> dict[str, object]:
    tally = Tally()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    began = time.monotonic()
    asked = []
    for number in range(int(rate * seconds)):
        if ended.is_set():
            break
        wait = began + number / rate - time.monotonic()
        tally.behind = max(tally.behind, -wait)
        # Others get their turn, too, where the client is late.
        await asyncio.sleep(max(wait, 0))
        asked.append(asyncio.ensure_future(ask(hosts[number % len(hosts)], port, tally)))
    sent = time.monotonic() - began
    await asyncio.gather(*asked)
    return tally.report(sent)


def ask_on(end: float, port: int, hosts: list[str], tally: Tally) -> None:
    number = 0
    while time.monotonic() < end:
        host = hosts[number % len(hosts)]
        number += 1
        began = time.monotonic()
        try:
            with socket.create_connection((host, port), PATIENCE) as connection:
                connection.sendall(request(host))
                answer = b"".join(iter(lambda: connection.recv(65536), b""))  # read before the next
        except OSError as error:
            tally.failed(error)
        else:
            tally.answered(answer, began)


def as_many_as_it_takes(seconds: float, port: int, hosts: list[str]) -> dict[str, object]:
    tally = Tally()
    began = time.monotonic()
    end = began + seconds
    threads = [threading.Thread(target=ask_on, args=(end, port, hosts, tally)) for _one in range(AT_A_TIME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally.report(time.monotonic() - began)


def main() -> None:
    rate, seconds, port = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    # A restart has hundreds wait at once.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if rate:
        found = asyncio.run(steadily(rate, seconds, port, sys.argv[4:]))
    else:
        found = as_many_as_it_takes(seconds, port, sys.argv[4:])
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
