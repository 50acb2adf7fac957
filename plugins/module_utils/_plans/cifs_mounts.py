# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cifs_mounts is going to do: shares of other machines, mounted when somebody looks into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats.networkd import Unit, render, section
from .._values.cifs import (
    address_of,
    escaped,
    parse_mode,
    parse_mount_option,
    parse_mount_point,
    parse_owner,
    parse_sent_password,
    parse_server,
    parse_user,
    unc_host,
)
from .._values.errors import Refusal
from .._values.samba import SMB_PORT, parse_line, parse_share
from .cifs_upcall import upcall_files
from .options import OptionReader
from .plan import FileChange, FileState, Plan, State, file_steps
from .steps import Mark, Run, Serve, Step, UnitState

UNITS = "/etc/systemd/system/"
CREDENTIALS = "/etc/homelab-ipv6/cifs/"
TARGET = "homelab-ipv6-shares.target"
MARK = "/run/homelab-ipv6/cifs_mounts"
HEADER = "# Written by the Ansible module homelab.ipv6.cifs_mounts; what is changed here is lost at its next run."
# Seconds. mount.cifs tries a name's addresses one after the other, some 5 s each.
PATIENCE = 30
# systemd has a mount wait for the network to be online; where it never is, nobody who looks waits longer than this.
PATIENCE_WITH_NETWORK = 45
# The server is asked for a sign of life every so many seconds, and taken for gone after three times as many.
SIGN_OF_LIFE = 10
IDLE = 600


class Share(NamedTuple):
    """A share, and where it is mounted.

    :param server: a name, or an address without brackets
    :param user: empty for a guest
    :param owner: whose all of it is on this machine; empty is root
    :param idle: seconds without use after which it is unmounted, 0 for never
    """

    path: str
    server: str
    share: str
    user: str
    password: str
    domain: str
    owner: str
    group: str
    file_mode: str
    directory_mode: str
    writable: bool
    idle: int
    options: tuple[str, ...]

    @property
    def unc(self) -> str:
        return f"//{unc_host(self.server)}/{self.share}"

    @property
    def stem(self) -> str:
        return escaped(self.path)

    @property
    def credentials(self) -> str:
        # The name stands in an option of mount, where a backslash may mean something else.
        return CREDENTIALS + self.stem.replace("\\x", "+")

    def files(self) -> dict[str, FileState]:
        """Path → the file as it shall be."""
        found = {
            f"{UNITS}{self.stem}.mount": FileState(self._mount()),
            f"{UNITS}{self.stem}.automount": FileState(self._automount()),
        }
        if self.user:
            found[self.credentials] = FileState(self.credentials_text(), 0o600)
        return found

    def credentials_text(self) -> str:
        """As mount.cifs and smbclient read it."""
        domain = f"domain={self.domain}\n" if self.domain else ""
        return f"username={self.user}\npassword={self.password}\n{domain}"

    def _mount(self) -> str:
        about = [
            ("Description", _percent(f"{self.share} of {self.server}")),
            ("Documentation", "man:mount.cifs(8)"),
            # Otherwise the automount unit, too, would give up after five tries in ten seconds.
            ("StartLimitIntervalSec", "0"),
            ("JobTimeoutSec", str(PATIENCE_WITH_NETWORK)),
        ]
        mount = [
            ("What", _percent(self.unc)),
            ("Where", _percent(self.path)),
            ("Type", "cifs"),
            ("Options", _percent(",".join(self.mount_options()))),
            ("TimeoutSec", str(PATIENCE)),
            # A program that still has a file open keeps neither a change nor a shutdown waiting.
            ("LazyUnmount", "yes"),
        ]
        return _text([("Unit", about), ("Mount", mount)])

    def _automount(self) -> str:
        # A part of the target, so that systemctl stop of that takes all of them down.
        about = [("Description", _percent(f"{self.share} of {self.server}, when needed")), ("PartOf", TARGET)]
        where = [("Where", _percent(self.path)), ("TimeoutIdleSec", str(self.idle))]
        return _text([("Unit", about), ("Automount", where)])

    def mount_options(self) -> list[str]:
        """The options of mount.cifs(8)."""
        ids = [f"uid={self.owner}"] if self.owner else []
        ids += [f"gid={self.group}"] if self.group else []
        # Without the address mount.cifs asks for the name, and takes IPv6 first where the server has it.
        address = [f"ip={self.server}"] if address_of(self.server) else []
        who = f"credentials={self.credentials}" if self.user else "guest"
        modes = [f"file_mode={self.file_mode}", f"dir_mode={self.directory_mode}"]
        # Without the port the kernel tries NetBIOS's, too, which takes as long again.
        how = ["_netdev", "nosuid", "nodev", "soft", f"echo_interval={SIGN_OF_LIFE}", f"port={SMB_PORT}"]
        return ["rw" if self.writable else "ro", *how, *address, who, *ids, *modes, *self.options]


def _percent(text: str) -> str:
    """systemd.unit(5), "specifiers"."""
    return text.replace("%", "%%")


def _text(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    first = (HEADER,)
    return render(Unit(tuple(section(name, keys, () if at else first) for at, (name, keys) in enumerate(sections))))


def target(shares: Sequence[Share]) -> str:
    """The one unit that all others hang on. It wants automounts alone: no start of the machine waits for a server."""
    wants = " ".join(f"{share.stem}.automount" for share in shares)
    about = [("Description", "Shares of other machines"), ("Wants", wants)]
    return _text([("Unit", about), ("Install", [("WantedBy", "multi-user.target")])])


class Found(NamedTuple):
    """The host as it is.

    :param files: path → file, of those that this module wrote
    :param unfinished: an earlier run was killed between the files and systemd
    :param asleep: automount units of ours that do not run
    """

    files: Mapping[str, FileState]
    target: UnitState
    unfinished: bool
    asleep: Sequence[str] = ()


def read(reader: OptionReader, option: str, raw: object) -> tuple[Share, ...]:
    """The shares that are asked for; what cannot be right is told to the reader."""
    shares: list[Share] = []
    for number, entry in enumerate(reader.listed(option, raw)):
        at = f"{option}[{number}]."
        share = _share(reader, at, entry)
        for other in shares:
            if share.path and share.path == other.path:
                reader.refuse(at + "path", share.path, "is the path of two shares", "Give each a path of its own")
            elif share.path and (share.path + "/").startswith(other.path + "/"):
                problem = f"lies in {other.path}, which is a share itself"
                reader.refuse(at + "path", share.path, problem, "Choose a path outside of it")
        shares.append(share)
    return tuple(shares)


def _share(reader: OptionReader, at: str, entry: Mapping[str, Any]) -> Share:
    user = reader.one(at + "user", entry.get("user"), parse_user) or ""
    password = entry.get("password")
    if user or password:
        password = reader.one(at + "password", password, parse_sent_password) or ""
    if password and not user:
        reader.refuse(at + "user", "", "is nobody, and there is a password", "Name the user, or leave the password out")
    return Share(
        path=reader.one(at + "path", entry.get("path"), parse_mount_point) or "",
        server=reader.one(at + "server", entry.get("server") or "", parse_server) or "",
        share=reader.one(at + "share", entry.get("share"), parse_share) or "",
        user=user,
        password=password or "",
        domain=reader.one(at + "domain", entry.get("domain") or "", parse_line) or "",
        owner=_given(reader, at + "owner", entry.get("owner")),
        group=_given(reader, at + "group", entry.get("group")),
        file_mode=reader.one(at + "file_mode", entry.get("file_mode") or "0644", parse_mode) or "",
        directory_mode=reader.one(at + "directory_mode", entry.get("directory_mode") or "0755", parse_mode) or "",
        writable=reader.truth(at + "writable", entry.get("writable", False)),
        idle=reader.whole(at + "idle", entry.get("idle", IDLE), 0, 86400, "Write seconds, as in 600, or 0 for never"),
        options=reader.many(at + "options", entry.get("options"), parse_mount_option),
    )


def _given(reader: OptionReader, option: str, value: object) -> str:
    return "" if value in (None, "") else reader.one(option, value, parse_owner) or ""


# What Samba's words for a refusal mean.
WRONG_USER = ("NT_STATUS_LOGON_FAILURE", "NT_STATUS_WRONG_PASSWORD", "NT_STATUS_NO_SUCH_USER")
NO_SHARE = ("NT_STATUS_BAD_NETWORK_NAME", "NT_STATUS_OBJECT_PATH_NOT_FOUND")
NOT_ALLOWED = ("NT_STATUS_ACCESS_DENIED", "NT_STATUS_NETWORK_ACCESS_DENIED")


def shut_out(at: str, share: Share, status: str) -> Refusal | None:
    """What a server's refusal means for the options; None where it is no matter of theirs.

    :param at: the option in which the share stands, up to its dot
    """
    if status in WRONG_USER:
        problem = f"is not what {share.unc} takes for {share.user or 'a guest'}"
        return Refusal(at + "password", "(hidden)", problem, "Correct user and password, or add them to the server")
    if status in NO_SHARE:
        remedy = f"See `smbclient -L {share.server}` for those that it has"
        return Refusal(at + "share", share.share, f"is no share of {share.server}", remedy)
    if status in NOT_ALLOWED:
        problem = f"is not let into {share.unc}"
        return Refusal(at + "user", share.user or "(guest)", problem, "Let the user in on the server, or name another")
    return None


def is_ours(text: str) -> bool:
    """Whether a unit file was written here."""
    return text.startswith(HEADER)


def plan(shares: Sequence[Share], found: Found) -> Plan:
    """Whatever is not asked for any more goes."""
    wanted = upcall_files([share.server for share in shares], HEADER)
    for share in shares:
        wanted.update(share.files())
    if shares:
        wanted[UNITS + TARGET] = FileState(target(shares))
    changes = [
        FileChange(path, found.files.get(path), wanted.get(path), secret=path.startswith(CREDENTIALS))
        for path in sorted({*wanted, *found.files})
    ]
    files = file_steps(changes)
    after = UnitState(bool(shares), bool(shares))
    asleep = [unit for unit in found.asleep if UNITS + unit in wanted]
    states = [State(unit, "", _shown(after)) for unit in asleep]
    states.append(State(TARGET, _shown(found.target), _shown(after)))
    steps: list[Step] = []
    if files or found.target != after or found.unfinished or asleep:
        down = _units_of([change for step in files for change in step.changes if change.before])
        steps = [Mark(MARK), *_take_down(down, bool(shares)), *files, *_serve(found, bool(shares))]
        if not shares:
            steps = [Mark(MARK), *_serve(found, wanted=False), *_take_down(down, again=False), *files, _REREAD]
    return Plan(tuple(steps), tuple(states), result={"paths": [share.path for share in shares]})


def _shown(unit: UnitState) -> str:
    return "mounts shares when somebody looks, now and after every start\n" if unit.active and unit.enabled else ""


_READ_AGAIN = ("systemctl", "daemon-reload")
_REREAD = Run(_READ_AGAIN, "have systemd read its files again", recover=_READ_AGAIN)


def _units_of(changes: Sequence[FileChange]) -> list[str]:
    """The mounts that something changes about, each before what mounts it: so nobody mounts it in between."""
    stems: dict[str, None] = {}
    for change in changes:
        name = change.path.rpartition("/")[2]
        if change.path.startswith(CREDENTIALS):
            stems[name.replace("+", "\\x")] = None
        elif change.path.startswith(UNITS) and name != TARGET:
            stems[name.rpartition(".")[0]] = None
    return [f"{stem}.{kind}" for kind in ("automount", "mount") for stem in stems]


def _take_down(units: Sequence[str], again: bool) -> list[Step]:
    """Before the files go: afterwards systemd does not know any more what there was."""
    if not units:
        return []
    up = f"systemctl daemon-reload && systemctl start {TARGET}"
    undo = ("/bin/sh", "-c", up) if again else None
    return [Run(("systemctl", "stop", *units), "unmount what changes", undo=undo, timeout=3.0 * PATIENCE)]


def _serve(found: Found, wanted: bool) -> list[Step]:
    was = found.target
    if wanted:
        # Also where it runs: to start it starts those that it wants and that do not run yet.
        return [Serve(TARGET, "start", None if was.enabled else True, was, reread=True)]
    verb = "stop" if was.active else ""
    return [Serve(TARGET, verb, False if was.enabled else None, was)] if was.active or was.enabled else []
