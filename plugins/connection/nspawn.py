# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks inside a container, over whatever connection its host is reached by."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nspawn
short_description: Run tasks inside a systemd-nspawn container
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Reaches the host of a container as any other (by ssh, unless told otherwise), and has the container's own systemd
    run each command there, by C(systemd-run --machine). So commands are the container's in every respect, its limits
    and its users included, and the container needs neither sshd nor an address.
  - Variables of the connection to the host, such as C(ansible_host), C(ansible_user) or C(ansible_ssh_common_args), are
    those of the host and go into the container's entry in the inventory.
  - Commands run as root in the container, so tasks there need no C(become).
options:
  container:
    description: The name of the container.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_nspawn_container
  via:
    description: The connection plugin for the host.
    type: str
    default: ssh
    vars:
      - name: ansible_nspawn_via
  privilege:
    description:
      - What comes before commands on the host where that is not reached as root, as in V(sudo -n). It may not ask for a
        password.
    type: str
    default: ''
    vars:
      - name: ansible_nspawn_privilege
  pipelining:
    description: Whether modules go to Python by its standard input, which saves a file for each task.
    type: bool
    default: true
    vars:
      - name: ansible_pipelining
      - name: ansible_nspawn_pipelining
notes:
  - The container needs systemd and D-Bus, the host systemd 252 or newer. Containers of P(homelab.ipv6.nspawn#role) have
    both, and Python.
  - What a command leaves running goes on until it ends or the container does, so that tasks may have C(async).
seealso:
  - plugin: homelab.ipv6.nspawn
    plugin_type: inventory
  - name: systemd-run(1)
    description: What runs the commands.
    link: https://manpages.debian.org/bookworm/systemd/systemd-run.1.en.html
"""

EXAMPLES = r"""
# An inventory: the container web on the host attic, which is reached by ssh.
container_host:
  hosts:
    attic:
      ansible_host: 2001:db8:d:407::5
      ansible_user: root
container:
  hosts:
    web:
  vars:
    ansible_connection: homelab.ipv6.nspawn
    ansible_host: 2001:db8:d:407::5
    ansible_user: root

# Or, from the lists that the role is given, by the inventory plugin of the same name.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import connection_loader

SSH = "ssh"
# Quiet, or systemd-run says on standard error what it calls the unit; collected, or a command that fails leaves a unit
# that has failed, and the container counts as degraded.
# What a command leaves running goes on when it ends, as over ssh: else a task with `async` would end as it begins.
RUN = (
    "systemd-run",
    "--quiet",
    "--pipe",
    "--wait",
    "--collect",
    "--service-type=exec",
    "--property=User=root",
    "--property=KillMode=process",
)
# systemd-run could not do what it was asked to, and nothing has run.
NOT_RUN = ("Failed to connect to bus", "Failed to create bus connection", "Failed to start transient service unit")
# Nor here, since sudo or doas wanted somebody to answer.
ASKED = ("sudo: a password is required", "sudo: a terminal is required", "doas: Authentication required")


class Connection(ConnectionBase):
    """A connection inside another one."""

    transport = "homelab.ipv6.nspawn"
    has_pipelining = True
    # There is none on the way in.
    has_tty = False

    def __init__(self, play_context: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(play_context, *args, **kwargs)
        self._more = {key: kwargs[key] for key in ("task_uuid", "ansible_playbook_pid") if key in kwargs}
        self._outer: ConnectionBase | None = None

    def _resolve_option_variables(self, variables: Mapping[str, Any], templar: Any) -> dict[str, Any]:
        """The variables of this connection and of the one that it is in."""
        found: dict[str, Any] = super()._resolve_option_variables(variables, templar)
        self._outer = self._load(found.get("ansible_nspawn_via") or SSH)
        return {**self._outer._resolve_option_variables(variables, templar), **found}

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """The options of this connection and of the one that it is in."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._host.set_options(task_keys=task_keys, var_options=var_options)

    def _load(self, name: str) -> ConnectionBase:
        outer = connection_loader.get(name, self._play_context, new_stdin=None, **self._more)
        if outer is None:
            raise AnsibleError(f"ansible_nspawn_via: {name} is no connection plugin. Write one such as {SSH}.")
        if outer.transport == self.transport:
            raise AnsibleError(f"ansible_nspawn_via: {name} is this one. Write the one by which the host is reached.")
        return outer

    @property
    def _host(self) -> ConnectionBase:
        if self._outer is None:
            self._outer = self._load(self.get_option("via"))
        return self._outer

    def _connect(self) -> Connection:
        self._host._connect()
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command in the container.

        :raises AnsibleConnectionFailure: it cannot be reached
        """
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        name = self.get_option("container")
        # A shell that logs in would say what it says to people.
        words = [*RUN, f"--machine={name}", "--", "/bin/sh", "-c", cmd]
        command = f"{self.get_option('privilege')} {shlex.join(words)}".strip()
        # A terminal would mix both outputs and echo what comes in.
        code, out, err = self._host.exec_command(command, in_data=in_data, sudoable=False)
        said = err.decode(errors="replace").strip()
        if code != 0 and said.startswith(ASKED):
            privilege = self.get_option("privilege")
            remedy = "Have that host ask this user for none (NOPASSWD in sudoers), or reach it as root."
            raise AnsibleConnectionFailure(
                f"ansible_nspawn_privilege: {privilege} wants a password on the host of {name}. {remedy}"
            )
        if code != 0 and said.startswith(NOT_RUN):
            remedy = f"See on the host what `machinectl status {name}` says."
            raise AnsibleConnectionFailure(f"The container {name} cannot be reached: {said}. {remedy}")
        return code, out, err

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file into the container."""
        super().put_file(in_path, out_path)
        try:
            data = Path(in_path).read_bytes()
        except OSError as error:
            raise AnsibleError(f"{in_path}: {error.strerror}.") from None
        # Where a command gets no input it may get all that is left of ours: an empty file is made without any.
        command = f"cat >{shlex.quote(out_path)}" if data else f": >{shlex.quote(out_path)}"
        self._transfer(out_path, command, data or None)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file out of the container."""
        super().fetch_file(in_path, out_path)
        data = self._transfer(in_path, f"cat {shlex.quote(in_path)}", None)
        Path(out_path).write_bytes(data)

    def _transfer(self, path: str, command: str, data: bytes | None) -> bytes:
        code, out, err = self.exec_command(command, in_data=data, sudoable=False)
        if code != 0:
            raise AnsibleError(f"{path} of the container cannot be copied: {err.decode(errors='replace').strip()}.")
        return out

    def reset(self) -> None:
        """Begin anew, also on the way to the host."""
        self._host.reset()

    def close(self) -> None:
        """End this connection, and the one that it is in."""
        if self._outer is not None:
            self._outer.close()
        self._connected = False
