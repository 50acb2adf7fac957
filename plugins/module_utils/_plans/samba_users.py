# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What samba_users is going to do: accounts by which Samba lets users in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats.smbpasswd import Account
from .._values.errors import Refusal, ValueProblem
from .._values.nt_hash import nt_hash
from .._values.samba import parse_account, parse_password
from .conditions import Require
from .plan import Plan, State
from .steps import Run, Step

PACKAGE = "samba"
# pdbedit reads accounts from a file that it can lock; only root looks into this directory's.
_IMPORTING = """
umask 077
file=$(mktemp /run/homelab-ipv6.XXXXXXXX) && cat >"$file" && pdbedit -i "smbpasswd:$file"
code=$?
rm -f "$file"
exit $code
"""
IMPORT = ("sh", "-c", _IMPORTING)
AFTER = "has the password given, and may come in\n"
# A home that no user of Samba's alone has, as Debian's system accounts have it.
NOWHERE = "/nonexistent"


class User(NamedTuple):
    name: str
    password: str
    create: bool


def read_options(params: Mapping[str, Any]) -> list[User]:
    """The module's options.

    :raises Refusal: one that cannot be right; a password shows in none
    """
    users: list[User] = []
    for number, entry in enumerate(params["users"]):
        at = f"users[{number}]"
        try:
            name = parse_account(entry["name"])
        except ValueProblem as problem:
            raise Refusal.of(at + ".name", problem) from problem
        try:
            password = parse_password(entry["password"])
        except ValueProblem as problem:
            raise Refusal.of(f"{at}.password of {name}", problem) from problem
        if name in [user.name for user in users]:
            raise Refusal(at + ".name", name, "is there twice", "Put all of a user into one entry")
        users.append(User(name, password, entry["create"]))
    return users


def plan(users: Sequence[User], accounts: Mapping[str, Account], unix: Sequence[str]) -> Plan:
    """What has to be done.

    :param accounts: Samba's, by name
    :param unix: those of the users that are users of the machine
    :raises Refusal: a user is none of the machine's and is not to be made
    """
    steps: list[Step] = []
    states: list[State] = []
    for user in users:
        has_account = user.name in unix
        if not has_account and not user.create:
            remedy = "Add the user to the machine, or say create: true"
            raise Refusal("users", user.name, "is no user of this machine", remedy)
        account = accounts.get(user.name)
        own = [] if has_account else [_make(user.name)]
        own += _let_in(user, account)
        if own:
            steps += own
            states.append(
                State(f"Samba user {user.name}", _before(account), "has the password given, and may come in\n")
            )
    required: list[Step] = [Require("smbpasswd", PACKAGE), Require("pdbedit", PACKAGE)] if steps else []
    return Plan((*required, *steps), tuple(states), result={"users": [user.name for user in users]})


def _before(account: Account | None) -> str:
    if account is None:
        return ""
    return "has another password\n" if not account.disabled else "may not come in\n"


def _make(name: str) -> Run:
    home = ("--no-create-home", "--home-dir", NOWHERE, "--shell", "/usr/sbin/nologin")
    argv = ("useradd", "--system", "--user-group", *home, "--comment", "Samba user", name)
    return Run(argv, f"make the user {name}", undo=("userdel", name))


def _let_in(user: User, account: Account | None) -> list[Run]:
    """The password, and that it is not switched off."""
    steps: list[Run] = []
    if account is None or account.nt_hash != nt_hash(user.password):
        undo = ("pdbedit", "--delete", "--user", user.name) if account is None else IMPORT
        before = "" if account is None else account.line + "\n"
        why = f"set the password of {user.name}"
        # It asks twice. On a command line every user of the machine could read it.
        argv = ("smbpasswd", "-s", "-a", user.name)
        steps.append(Run(argv, why, undo, stdin=f"{user.password}\n" * 2, undo_stdin=before))
    if account is not None and account.disabled:
        undo = ("smbpasswd", "-d", user.name)
        steps.append(Run(("smbpasswd", "-e", user.name), f"let {user.name} in again", undo=undo))
    return steps
