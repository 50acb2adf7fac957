# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that stands between the options of the role `tunnel` and the module."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tunnel_plan
short_description: What the options of the role tunnel mean
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Checks the options of the role P(homelab.ipv6.tunnel#role) and makes the addresses and routes of
    M(homelab.ipv6.sit_tunnel) out of them.
  - The role uses it; there is no need to call it.
options:
  _input:
    description: The role's options by name, without the prefix C(tunnel_).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot be right
  vars:
    plan: "{{ options | homelab.ipv6.tunnel_plan }}"
  ansible.builtin.assert:
    that: plan.problems == []
    fail_msg: "{{ plan.problems | join('\n') }}"
"""

RETURN = r"""
_value:
  description:
    - C(addresses) and C(routes) as the module takes them, and C(problems), one sentence for each thing that is wrong;
      where it is not empty, the others are.
  type: dict
"""

from dataclasses import asdict
from typing import Any, Callable

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.tunnel_role import plan


def tunnel_plan(options: dict[str, Any]) -> dict[str, Any]:
    """Addresses and routes of the tunnel, and what is wrong with the options."""
    return asdict(plan(options))


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"tunnel_plan": tunnel_plan}
