# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that stands between the options of the role `firewall` and its template."""

from __future__ import annotations

DOCUMENTATION = r"""
name: firewall_plan
short_description: What the options of the role firewall mean
version_added: 0.1.0
author: The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Checks the options of the role P(homelab.ipv6.firewall#role) against each other and lays them out as the lists
    that the role's template writes the ruleset from.
  - The role uses it; there is no need to call it.
options:
  _input:
    description: The role's options by name, without the prefix C(firewall_).
    type: dict
    required: true
  connection:
    description:
      - The connection that the run came in on, with the keys C(client), C(server) and C(port), or nothing where it
        is not known.
    type: dict
"""

EXAMPLES = r"""
- name: Refuse what cannot be right
  vars:
    plan: "{{ options | homelab.ipv6.firewall_plan }}"
  ansible.builtin.assert:
    that: plan.problems == []
    fail_msg: "{{ plan.problems | join('\n') }}"
"""

RETURN = r"""
_value:
  description:
    - The lists that the template writes out. C(problems) holds one sentence for each thing that is wrong; where it is
      not empty, nothing else is filled in.
  type: dict
"""

from dataclasses import asdict
from typing import Any, Callable

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.firewall import plan


def firewall_plan(options: dict[str, Any], connection: dict[str, Any] | None = None) -> dict[str, Any]:
    return asdict(plan(options, connection))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"firewall_plan": firewall_plan}
