# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shares of other machines, as this one mounts them, and whether a server lets somebody in."""

from __future__ import annotations

import grp
import pwd
import re
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NamedTuple

from .._formats.fstab import mount_points
from .._plans.cifs_claims import FSTAB, Claims, unit_files
from .._plans.cifs_mounts import CREDENTIALS, MARK, TARGET, UNITS, Found, Share, is_ours, shut_out
from .._plans.cifs_upcall import PROGRAM, RULES
from .._plans.plan import FileState
from .._values.samba import SMB_PORT
from .host import Host
from .service import unit_state

KINDS = (".mount", ".automount")
STATUS = re.compile(r"NT_STATUS_[A-Z0-9_]+")
# A server that is there and does not hurry: its disks may have to wake up.
PATIENCE = 20.0
# For a connection to a machine of the same network or one over the Internet.
KNOCKING = 3.0


class Answer(NamedTuple):
    """What came of a look into a share.

    :param status: one of Samba's NT_STATUS_ words, empty where all is well
    :param said: in its words
    """

    status: str
    said: str


def found(host: Host) -> Found:
    """What an earlier run of cifs_mounts wrote."""
    files: dict[str, FileState] = {}
    for name in host.list_names(UNITS):
        if name.endswith(KINDS) or name == TARGET:
            state = host.read_file(UNITS + name)
            if state and is_ours(state.text):
                files[UNITS + name] = state
    for name in host.list_names(CREDENTIALS):
        state = host.read_file(CREDENTIALS + name)
        if state:
            files[CREDENTIALS + name] = state
    for path in (RULES, PROGRAM):
        state = host.read_file(path)
        if state:
            files[path] = state
    return Found(files, unit_state(host, TARGET), host.exists(MARK), _asleep(host, files))


def _asleep(host: Host, files: Iterable[str]) -> tuple[str, ...]:
    """The automounts that do not run."""
    names = [path[len(UNITS) :] for path in files if path.endswith(".automount")]
    if not names or host.which("systemctl") is None:
        return ()
    # One word a unit, in order, whatever the exit code says.
    words = host.run(["systemctl", "is-active", *names]).out.split()
    return tuple(name for name, word in zip(names, words) if word != "active")


def claims(host: Host, shares: Sequence[Share]) -> Claims:
    """What others have said about the directories of shares, and who is not there to own them."""
    taken = dict.fromkeys(mount_points(host.read_text(FSTAB) or ""), FSTAB)
    for share in shares:
        for path in unit_files(share):
            text = host.read_text(path)
            if text is not None and not is_ours(text):
                taken[share.path] = path
    return Claims(
        taken,
        no_users=_unknown((share.owner for share in shares), pwd.getpwnam),
        no_groups=_unknown((share.group for share in shares), grp.getgrnam),
    )


def _unknown(names: Iterable[str], look_up: Callable[[str], Any]) -> list[str]:
    """Of names and numbers the names that nobody has: a number needs no user."""
    found: list[str] = []
    for name in names:
        if name and not name.isdigit():
            try:
                look_up(name)
            except KeyError:
                found.append(name)
    return found


def addresses(server: str, port: int) -> list[str]:
    """The addresses of a name or an address, in the order in which programs take them; none where there are none."""
    try:
        rows = socket.getaddrinfo(server, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def knock(address: str, port: int, timeout: float) -> str:
    """Connect by TCP: empty where somebody answers, else what the kernel said; "timed out" where nothing came back."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(timeout)
        try:
            caller.connect((address, port))
        except OSError as error:
            return "timed out" if isinstance(error, TimeoutError) or error.strerror is None else error.strerror
    return ""


def look_into(host: Host, address: str, unc: str, who: Sequence[str], stdin: str = "") -> Answer:
    """Look into a share by smbclient.

    :param address: where the server is, so that no name is asked for
    :param who: how smbclient is told the user
    :param stdin: what it reads from its standard input
    """
    where = ["-I", address, "-p", str(SMB_PORT), "-t", str(int(PATIENCE)), unc]
    argv = ["smbclient", *who, *where, "-c", "ls nothing-of-that-name"]
    outcome = host.run(argv, stdin=stdin, timeout=2 * PATIENCE)
    status = STATUS.findall(outcome.out + outcome.err)
    # It found the share, and not the file.
    if outcome.rc == 0 or "NT_STATUS_NO_SUCH_FILE" in status or "NT_STATUS_OBJECT_NAME_NOT_FOUND" in status:
        return Answer("", "")
    said = " ".join((outcome.out + outcome.err).split())
    return Answer(status[-1] if status else "no status", said)


def refuse_shut_out(host: Host, shares: Sequence[Share]) -> None:
    """Ask the servers that are there whether they let the users in.

    A server that is away, or has troubles of its own, is no reason against a mount that waits for it.

    :raises Refusal: one does not
    """
    if host.which("smbclient") is None:
        return
    there: dict[str, str] = {}
    for number, share in enumerate(shares):
        if share.server not in there:
            at = addresses(share.server, SMB_PORT)
            there[share.server] = next((one for one in at if not knock(one, SMB_PORT, KNOCKING)), "")
        if not there[share.server]:
            continue
        # Of a password that it is handed otherwise it reads 127 bytes.
        who, stdin = (["-A", "/dev/stdin"], share.credentials_text()) if share.user else (["-N"], "")
        answer = look_into(host, there[share.server], share.unc, who, stdin)
        refusal = shut_out(f"shares[{number}].", share, answer.status)
        if refusal:
            raise refusal
