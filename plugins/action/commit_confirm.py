# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""commit_confirm on the controller: only here can a new connection to the host be opened."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

FACT = "homelab_ipv6_way_back"
# ssh takes the first value that it meets, so these stand before all others. A line that is cut shows itself within
# seconds, where ssh itself would wait for hours.
UNSHARED = (
    "-o ControlMaster=no -o ControlPath=none -o ServerAliveInterval=5 -o ServerAliveCountMax=2 -o ConnectionAttempts=1"
)


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True
    # ansible-core says nothing about its type.
    _connection: Any

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = dict(self._task.args)
        fact = self._fact(variables)
        who = arguments.get("who") or _who()
        arguments["who"] = who
        state = arguments.get("state")
        if not arguments.get("id"):
            # A fact may have been kept from another run: that one's change is not this one's.
            mine = fact.get("who") == who and fact.get("id")
            if state == "armed":
                arguments["id"] = mine or str(uuid.uuid4())
            elif mine:
                arguments["id"] = mine
        if state == "confirmed" and not self._task.check_mode:
            return self._confirm(arguments, variables, fact)
        return self._module(arguments, variables)

    @staticmethod
    def _fact(variables: dict[str, Any]) -> dict[str, Any]:
        return dict((variables.get("ansible_facts") or {}).get(FACT) or {})

    def _module(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        result = self._execute_module("homelab.ipv6.commit_confirm", arguments, task_vars=variables)
        return dict(result)

    def _confirm(self, arguments: dict[str, Any], variables: dict[str, Any], fact: dict[str, Any]) -> dict[str, Any]:
        old = self._connection
        try:
            self._connection = self._new_connection(old)
            return self._module(arguments, variables)
        except AnsibleConnectionFailure as error:
            until = f" at {fact['until']}" if fact.get("until") else " when its time is up"
            said = str(error).strip().rstrip(".")
            msg = f"The change is not kept: no new connection to the host ({said}). It goes back by itself{until}."
            return {"failed": True, "changed": False, "msg": msg}
        finally:
            if self._connection is not old:
                self._remove_tmp_path(self._connection._shell.tmpdir)
                self._connection.close()
            self._connection = old

    def _new_connection(self, old: Any) -> Any:
        """A connection like the one that Ansible has, except that it shares nothing with it."""
        new = self._load(old.ansible_name) or self._load(old._load_name)
        new._options, new._origins = dict(old._options), dict(old._origins)
        new._shell._options, new._shell._origins = dict(old._shell._options), dict(old._shell._origins)
        new.set_become_plugin(old.become)
        if new.has_option("ssh_args"):
            new.set_option("ssh_args", f"{UNSHARED} {old.get_option('ssh_args') or ''}".strip())
        return new

    def _load(self, name: str) -> Any:
        return self._shared_loader_obj.connection_loader.get(
            name,
            self._play_context,
            new_stdin=None,
            task_uuid=self._task._uuid,
            ansible_playbook_pid=str(os.getppid()),
        )


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container without a name for its user.
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()} (ansible process {os.getppid()})"
