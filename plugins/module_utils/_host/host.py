# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The managed host: reading it and running its tools.

Whatever needs a fact or a tool gets a Host handed in, so that everything else can be tested without one.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._plans.plan import FileState
from .._values.errors import Fault

# Modules may run with the PATH of an ordinary user, in which Debian leaves out the administrator's tools.
TOOL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Outcome(NamedTuple):
    """What a command gave back; ``rc`` is 124 for one that was ended by its timeout."""

    rc: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return (self.err.strip() or self.out.strip() or "no message") + f" (exit code {self.rc})"


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


class Host:
    """The machine that a module runs on."""

    def run(
        self,
        argv: Sequence[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a command with messages in English; its exit code is the caller's to judge.

        :raises Fault: the command is not installed
        """
        try:
            # AnsibleModule.run_command has no time limit.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                list(argv),
                # An empty standard input, since a tool that asks a question must not wait for an answer.
                input=stdin or "",
                capture_output=True,
                timeout=timeout,
                check=False,
                env={**os.environ, "PATH": TOOL_PATH, "LC_ALL": "C.UTF-8", **(env or {})},
                encoding="utf-8",
                errors="surrogateescape",
            )
        except FileNotFoundError:
            raise Fault("run " + argv[0], "the command is not installed") from None
        except subprocess.TimeoutExpired:
            return Outcome(124, "", "{} did not end within {:g} s".format(" ".join(argv), timeout))
        return Outcome(done.returncode, done.stdout, done.stderr)

    def which(self, tool: str) -> str | None:
        """Full path of a tool, None where it is not installed."""
        for directory in TOOL_PATH.split(":"):
            path = os.path.join(directory, tool)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        return None

    def read_text(self, path: str) -> str | None:
        """Content of a file, None where there is none (a directory is none)."""
        try:
            with open(path, newline="", encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def read_file(self, path: str) -> FileState | None:
        """Content, mode and owner of a file, None where there is none. Symbolic links are followed."""
        text = self.read_text(path)
        if text is None:
            return None
        found = os.stat(path)
        return FileState(text, stat.S_IMODE(found.st_mode), user_name(found.st_uid), group_name(found.st_gid))

    def list_names(self, directory: str) -> list[str]:
        """Sorted names in a directory, none where it does not exist."""
        try:
            return sorted(os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def link_target(self, path: str) -> str:
        """Where a symbolic link ends, empty for what is none."""
        return os.path.realpath(path) if os.path.islink(path) else ""

    def exists(self, path: str) -> bool:
        return os.path.lexists(path)
