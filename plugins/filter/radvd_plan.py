# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that stands between the options of the role `radvd` and its template."""

from __future__ import annotations

DOCUMENTATION = r"""
name: radvd_plan
short_description: What the options of the role radvd mean
version_added: 0.1.0
author: The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Checks the options of the role P(homelab.ipv6.radvd#role) and fills in what follows from them, for the role's
    template.
  - The role uses it; there is no need to call it.
options:
  _input:
    description: The role's options by name, without the prefix C(radvd_).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot be right
  vars:
    plan: "{{ options | homelab.ipv6.radvd_plan }}"
  ansible.builtin.assert:
    that: plan.problems == []
    fail_msg: "{{ plan.problems | join('\n') }}"
"""

RETURN = r"""
_value:
  description:
    - C(interfaces), with every value filled in, and C(problems), one sentence for each thing that is wrong; where it is
      not empty, nothing else is filled in.
  type: dict
"""

from dataclasses import asdict
from typing import Any, Callable

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.radvd import plan


def radvd_plan(options: dict[str, Any]) -> dict[str, Any]:
    return asdict(plan(options))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"radvd_plan": radvd_plan}
