# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The containers of all container hosts as hosts, so that plays go on inside them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nspawn
short_description: The containers of hosts that are in the inventory, as hosts
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Adds each container in the lists of the hosts of earlier inventory sources as a host of its own, reached through its
    host by P(homelab.ipv6.nspawn#connection). Nothing is asked of any machine.
  - Each is in the group C(containers_HOST), and that is in the group C(containers).
  - What begins with C(ansible_) among the variables of the host, and so leads to it, leads to the container as well,
    with the value that it has when a play runs. Those of its shell, its interpreters and C(become) do not. Where the
    host is reached by C(become) with C(sudo), C(ansible_nspawn_privilege) is V(sudo -n) in the group
    C(containers_HOST).
  - Containers with C(state=absent) or C(started=false) are left out.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [homelab.ipv6.nspawn]
  lists:
    description: The variables of hosts that hold lists of containers, as P(homelab.ipv6.nspawn#role) takes them.
    type: list
    elements: str
    default: [nspawn_containers, container_host_containers]
  prefix_host:
    description:
      - Whether containers are called C(HOST-NAME) and not C(NAME), for container hosts that have containers of one
        name.
    type: bool
    default: false
  use_vars_plugins:
    description: Whether C(group_vars/) and C(host_vars/) beside the earlier inventory sources are read for the lists.
    type: bool
    default: true
notes:
  - The file is called C(nspawn.yml), or something that ends so, and comes after the other sources. Sources are read in
    the order in which they are given, those in a directory by their names.
  - A list is worked out from the variables of its host. What other hosts have, C(hostvars) and C(groups), is not there
    yet.
seealso:
  - plugin: homelab.ipv6.nspawn
    plugin_type: connection
"""

EXAMPLES = r"""
# nspawn.yml: ansible-playbook -i hosts.yml -i nspawn.yml site.yml
plugin: homelab.ipv6.nspawn

# Then, in a play:
#
# - hosts: containers
#   tasks:
#     - ansible.builtin.apt: {name: nginx}

# Two hosts with containers of one name, from lists that are called otherwise:
#
# plugin: homelab.ipv6.nspawn
# prefix_host: true
# lists: [runners]
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

CONNECTION = "homelab.ipv6.nspawn"
PARENT = "containers"
# They are about what runs at the end of the way, which is the container.
NOT_ON_THE_WAY = ("ansible_become", "ansible_connection", "ansible_facts", "ansible_nspawn_", "ansible_shell_")
PRIVILEGE = "sudo -n"


class InventoryModule(BaseInventoryPlugin):
    """Containers, from the lists of their hosts."""

    NAME = CONNECTION

    def verify_file(self, path: str) -> bool:
        """Files of this plugin are known by their names."""
        return bool(super().verify_file(path)) and Path(path).name.endswith(("nspawn.yml", "nspawn.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the containers.

        :raises AnsibleParserError: a list that cannot be right
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for name in list(inventory.hosts):
            variables = self._variables(inventory.hosts[name])
            for container in self._containers(name, variables):
                self._add(name, variables, container)

    def _variables(self, host: Any) -> Mapping[str, Any]:
        """All that is known of a host by now."""
        known = get_group_vars(host.get_groups())
        own = host.get_vars()
        if self.get_option("use_vars_plugins"):
            sources = self.inventory.processed_sources
            known = combine_vars(known, get_vars_from_inventory_sources(self.loader, sources, host.get_groups(), "all"))
            own = combine_vars(own, get_vars_from_inventory_sources(self.loader, sources, [host], "all"))
        found: Mapping[str, Any] = combine_vars(combine_vars(known, own), self._vars)
        return found

    def _value(self, host: str, variables: Mapping[str, Any], variable: str) -> Any:
        self.templar.available_variables = variables
        try:
            return self.templar.template(variables[variable])
        except AnsibleError as error:
            raise AnsibleParserError(f"{variable} of {host} cannot be worked out: {error}") from error

    def _containers(self, host: str, variables: Mapping[str, Any]) -> Iterator[str]:
        """The names of those that run."""
        seen: set[str] = set()
        for variable in self.get_option("lists"):
            containers = self._value(host, variables, variable) if variable in variables else []
            if not isinstance(containers, list) or not all(
                isinstance(each, dict) and each.get("name") for each in containers
            ):
                said = f"{variable} of {host} is not a list of containers, each with a name. Mend it there"
                raise AnsibleParserError(f"{said}, or write the names of the lists: lists.")
            for each in containers:
                if each.get("state", "present") == "present" and each.get("started", True) and each["name"] not in seen:
                    seen.add(each["name"])
                    yield str(each["name"])

    def _add(self, host: str, variables: Mapping[str, Any], container: str) -> None:
        name = f"{host}-{container}" if self.get_option("prefix_host") else container
        if name in self.inventory.hosts:
            problem = f"{container} on {host} is called as a host that is in the inventory already"
            raise AnsibleParserError(f"{problem}. Write prefix_host: true, or give it another name.")
        group = self._group(host, variables)
        self.inventory.add_host(name, group=group)
        way = [key for key in variables if key.startswith("ansible_") and not key.startswith(NOT_ON_THE_WAY)]
        for variable in way:
            if not variable.endswith("_interpreter"):
                self.inventory.set_variable(name, variable, _of(host, variable))
        if "ansible_host" not in way:
            self.inventory.set_variable(name, "ansible_host", host)
        self.inventory.set_variable(name, "ansible_connection", CONNECTION)
        self.inventory.set_variable(name, "ansible_nspawn_container", container)

    def _group(self, host: str, variables: Mapping[str, Any]) -> str:
        """The group of a host's containers, with what a user may want to have otherwise for all of them."""
        group = str(self.inventory.add_group(self._sanitize_group_name(f"{PARENT}_{host}")))
        self.inventory.add_group(PARENT)
        self.inventory.add_child(PARENT, group)
        if "ansible_connection" in variables:
            self.inventory.set_variable(group, "ansible_nspawn_via", _of(host, "ansible_connection"))
        become = self._value(host, variables, "ansible_become") if "ansible_become" in variables else False
        if boolean(become) and variables.get("ansible_become_method", "sudo") == "sudo":
            self.inventory.set_variable(group, "ansible_nspawn_privilege", PRIVILEGE)
        return group


def _of(host: str, variable: str) -> Any:
    """What the host has when it is needed: neither a secret nor what is looked up somewhere is kept here."""
    return trust_as_template(f"{{{{ hostvars[{host!r}][{variable!r}] }}}}")
