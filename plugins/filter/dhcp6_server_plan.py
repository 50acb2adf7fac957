# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that stands between the options of the role `dhcp6_server` and its tasks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dhcp6_server_plan
short_description: What the options of the role dhcp6_server mean
version_added: 0.1.0
author: The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Checks the options of the role P(homelab.ipv6.dhcp6_server#role), static hosts included, and writes the server's
    configuration from them.
  - The role uses it; there is no need to call it.
options:
  _input:
    description: The role's options by name, without the prefix C(dhcp6_server_).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See the configuration that the role would write
  ansible.builtin.debug:
    msg: "{{ (options | homelab.ipv6.dhcp6_server_plan).config }}"
  vars:
    options:
      provider: kea
      interfaces: []
      subnets:
        - prefix: 2001:db8:0:1::/64
          interface: lan0
      dns: []
      search: []
      valid_lifetime: 86400
      preferred_lifetime: 14400
      hosts: []
"""

RETURN = r"""
_value:
  description:
    - C(config), the text of the server's configuration, C(interfaces), those that it listens on, and C(problems), a
      sentence that says what is wrong; where it is not empty, the others are.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_server import plan


def dhcp6_server_plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the role → the server's configuration."""
    return plan(options)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dhcp6_server_plan": dhcp6_server_plan}
