# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a web server at a steady rate, a connection for each request, and counts what became of them.

    python3 load.py RATE SECONDS PORT HOST…

Prints JSON: how many were answered, refused, reset or something else, and how long an answer took (milliseconds). Runs
on the machines of the lab: Python 3.9 and its standard library.
"""

from __future__ import annotations

import asyncio
import collections
import json
import sys
import time

PATIENCE = 30.0


async def ask(host: str, port: int, counts: collections.Counter[str], took: list[float]) -> None:
    began = time.monotonic()
    try:
        answer = await asyncio.wait_for(exchange(host, port), PATIENCE)
    except ConnectionRefusedError:
        counts["refused"] += 1
    except (ConnectionResetError, BrokenPipeError):
        counts["reset"] += 1
    except asyncio.TimeoutError:  # noqa: UP041 # another one until Python 3.11
        counts["late"] += 1
    except OSError as error:
        counts[type(error).__name__] += 1
    else:
        # A connection that was closed without a word lost its request just as well.
        counts["answered" if answer.startswith(b"HTTP/1.1 200") else "closed"] += 1
        took.append((time.monotonic() - began) * 1000)


async def exchange(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        name = f"[{host}]" if ":" in host else host
        writer.write(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return await reader.read()
    finally:
        writer.close()


async def load(rate: float, seconds: float, port: int, hosts: list[str]) -> dict[str, object]:
    counts: collections.Counter[str] = collections.Counter()
    took: list[float] = []
    began = time.monotonic()
    asked = []
    for number in range(int(rate * seconds)):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.ensure_future(ask(hosts[number % len(hosts)], port, counts, took)))
    sent = time.monotonic() - began
    await asyncio.gather(*asked)
    took.sort()
    return {
        "asked": len(asked),
        "rate": round(len(asked) / sent),
        **{kind: counts[kind] for kind in ("answered", "refused", "reset", "closed", "late")},
        "other": {kind: count for kind, count in counts.items() if kind.endswith("Error")},
        "median": round(took[len(took) // 2], 1) if took else None,
        "longest": round(took[-1], 1) if took else None,
    }


if __name__ == "__main__":
    found = asyncio.run(load(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
    sys.stdout.write(json.dumps(found) + "\n")
