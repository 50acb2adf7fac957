# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands with an end in sight and tells what is going on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class LabError(Exception):
    """Something that the person in front of the terminal should read; no traceback."""


def say(text: str) -> None:
    print(f"lab: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Two lines around a piece of work that takes time: that it began, and how long it took."""
    say(f"{text} …")
    begun = time.monotonic()
    yield
    say(f"{text} … {time.monotonic() - begun:.0f} s")


def execute(
    argv: Sequence[str],
    *,
    timeout: float,
    check: bool = True,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to the end or to the timeout; then the whole process group goes, not only the first process."""
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **env} if env else None,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        end_group(process)
        raise LabError(f"no end after {timeout:.0f} s: {' '.join(argv)}") from None
    except BaseException:
        end_group(process)
        raise
    if check and process.returncode != 0:
        tail = "\n".join((out + err).strip().splitlines()[-25:])
        raise LabError(f"exit {process.returncode}: {' '.join(argv)}\n{tail}")
    return subprocess.CompletedProcess(list(argv), process.returncode, out, err)


def end_group(process: subprocess.Popen[str]) -> None:
    # mmdebstrap and podman clean up after themselves when asked politely.
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.communicate(timeout=patience)
            return
        except subprocess.TimeoutExpired:
            continue


@contextlib.contextmanager
def lock(path: Path, what: str, timeout: float) -> Iterator[None]:
    """Only one at a time; says so while it waits for another."""
    with path.open("a") as handle:
        told = False
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    say(f"waiting for another run that is {what} …")
                    told = True
                if time.monotonic() > end:
                    raise LabError(f"another run was {what} for more than {timeout:.0f} s ({path})") from None
                time.sleep(0.5)
        yield
