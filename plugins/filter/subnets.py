# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prefix plan of a home; its documentation is below."""

from __future__ import annotations

DOCUMENTATION = r"""
name: subnets
short_description: A /64 for each LAN out of a /48 or /56
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Splits a routed prefix into subnets of 64 bits, one for each name.
  - A list of names numbers them in its order, beginning with 0. Names appended at its end move none of the others.
  - A dictionary gives each name its number, so that names can go and come in any order. The number is what stands in
    the fourth group of the address, so that V('0x10') makes C(2001:db8:4070:10::/64).
  - A /64 is refused, since a LAN takes a whole one; so are more names than there are subnets, and one number for two.
positional: names
options:
  _input:
    description: The prefix, C(Routed /48) on Hurricane Electric's page or what a provider delegates.
    type: str
    required: true
  names:
    description: The names in order, or a number for each name.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Number the LANs in the order of the list
  ansible.builtin.debug:
    msg: "{{ '2001:db8:4070::/48' | homelab.ipv6.subnets(['lan', 'guest', 'containers']) }}"
  # msg:
  #   lan: 2001:db8:4070::/64
  #   guest: 2001:db8:4070:1::/64
  #   containers: 2001:db8:4070:2::/64

- name: Give each LAN a number that it keeps
  ansible.builtin.debug:
    msg: "{{ ('2001:db8:4070::/48' | homelab.ipv6.subnets({'lan': 1, 'guest': '0x20'})).guest }}"
  # msg: 2001:db8:4070:20::/64
"""

RETURN = r"""
_value:
  description: The subnet of each name.
  type: dict
  sample: {lan: '2001:db8:4070::/64', guest: '2001:db8:4070:1::/64'}
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.prefix import plan_subnets


def subnets(prefix: object, names: object) -> dict[str, str]:
    """A /64 of the prefix for each name."""
    if isinstance(names, str) or not isinstance(names, (Mapping, Sequence)):
        raise AnsibleFilterError(f"subnets: {names!r} is neither a list nor a dictionary. Write ['lan', 'guest'].")
    try:
        return plan_subnets(prefix, names)
    except ValueProblem as problem:
        raise AnsibleFilterError(f"subnets: {problem}") from problem


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"subnets": subnets}
