# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: router_plan
short_description: Check the router profile's options and say what each of its blocks gets
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Looks at all options of the P(homelab.ipv6.router#role) role together with the links that the host has, and refuses
    what cannot be right with one message that names option, value and remedy.
  - The role does so before its first change. In a playbook it tells beforehand what the role would set.
positional: _input, network
options:
  _input:
    description: The options of the role, without their prefix C(router_).
    type: dict
    required: true
  network:
    description: What M(homelab.ipv6.link_info) returned for the host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the interfaces
  homelab.ipv6.link_info:
  register: network

- name: Show the units that the role would write
  ansible.builtin.debug:
    msg: "{{ (options | homelab.ipv6.router_plan(network)).units }}"
  vars:
    options:
      tunnel_name: he-ipv6
      tunnel_server_ipv4: 192.0.2.1
      tunnel_server_ipv6: 2001:db8:c:407::1
      tunnel_client_ipv6: 2001:db8:c:407::2/64
      tunnel_mtu: 1480
      tunnel_activate: false
      routed_prefixes: [2001:db8:d:407::/64]
      uplink: auto
      lan:
        - interface: eth1
          prefix: 2001:db8:d:407::/64
      dns: []
      search: []
      routes: []
      hosts: []
      dhcp6_stateless: false
      adopt: false
      verify_targets: []
"""

RETURN = r"""
_value:
  description: What each block of the profile gets.
  type: dict
  contains:
    problems:
      description: What cannot be right, as a sentence that names option, value and remedy. Where it is not empty, the
        rest is not there.
      type: list
    uplink:
      description: The interface over which IPv4 comes in.
      type: str
    tunnel:
      description: Both ends of the tunnel, its prefix and MTU.
      type: dict
    routed:
      description: The prefixes that the broker routes here.
      type: list
    firewall:
      description: Tunnels and LANs for P(homelab.ipv6.firewall#role).
      type: dict
    radvd:
      description: Interfaces for P(homelab.ipv6.radvd#role).
      type: list
    dhcp6:
      description: Subnets for P(homelab.ipv6.dhcp6_server#role).
      type: list
    verify:
      description: What M(homelab.ipv6.health_info) has to look for.
      type: dict
    hosts:
      description: The static hosts with their DUIDs in canonical form.
      type: list
    units:
      description: The units for M(homelab.ipv6.networkd_units).
      type: list
    accept_ra:
      description: What keeps the other interfaces listening to router advertisements, for
        M(homelab.ipv6.sysctl_set).
      type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.router_profile import profile
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal


def router_plan(options: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    """The profile's plan, or the sentence that says why there is none."""
    try:
        return {**profile(options, network), "problems": []}
    except Refusal as refusal:
        return {"problems": [str(refusal)]}


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"router_plan": router_plan}
