# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user wants to see work before a change is kept. A check that hangs is one that failed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence

from .host import TOOL_PATH

MOST_OUTPUT = 2000


def failed(commands: Sequence[str], timeout: float) -> str:
    """The first check that fails, in words; empty where none does.

    :param commands: for a shell
    :param timeout: seconds for each of them
    """
    for command in commands:
        problem = _run(command, timeout)
        if problem:
            return problem
    return ""


def _run(command: str, timeout: float) -> str:
    # A file, since a pipe stays open for as long as anything that the command left behind does.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": TOOL_PATH, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"`{command}` did not end within {timeout:g} s"
        if code == 0:
            return ""
        output.seek(0)
        said = output.read(MOST_OUTPUT).decode("utf-8", "replace").strip()
        return f"`{command}` failed: {said or 'no message'} (exit code {code})"
