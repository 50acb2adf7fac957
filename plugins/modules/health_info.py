#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: health_info
short_description: Tell whether an IPv6 router works, and if not, what to do
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Looks at everything that an IPv6 router needs - tunnel, routes, forwarding, LAN addresses, units, the DHCPv6
    server's socket, the firewall table, and hosts that should answer - and returns one line for each.
  - A line says what was looked at, what was found, and for what is broken what to do about it.
  - Changes nothing. It sends echo requests to the O(targets) and nothing else.
options:
  tunnel:
    description: The 6in4 tunnel that should be there. Left out, none is looked for.
    type: dict
    suboptions:
      name:
        description: Interface of the tunnel.
        type: str
        required: true
      server_ipv4:
        description: The broker's IPv4 address.
        type: str
        required: true
      client_ipv6:
        description: Own IPv6 address on the tunnel, with prefix length.
        type: str
        required: true
      mtu:
        description: MTU of the tunnel in bytes.
        type: int
        default: 1480
      routed_prefixes:
        description: Prefixes whose unused parts must be unreachable.
        type: list
        elements: str
        default: []
  lans:
    description: Interfaces on which the router serves a prefix.
    type: list
    elements: dict
    default: []
    suboptions:
      interface:
        description: Name of the interface.
        type: str
        required: true
      address:
        description: The router's address there, with prefix length.
        type: str
        required: true
  units:
    description: systemd units that must run and be enabled.
    type: list
    elements: str
    default: []
  dhcp6_unit:
    description: Unit of the DHCPv6 server. Left out, its socket is not looked for.
    type: str
  table:
    description: nftables table that must be loaded, as C(inet homelab_ipv6). Left out, none is looked for.
    type: str
  targets:
    description: Hosts that must answer an echo request.
    type: list
    elements: dict
    default: []
    suboptions:
      what:
        description: What the host is, for the line.
        type: str
        required: true
      address:
        description: Its IPv4 or IPv6 address.
        type: str
        required: true
      size:
        description: Size of the IP packet in bytes, to see whether full-size packets pass. 0 for a small one.
        type: int
        default: 0
      remedy:
        description: What to do if it does not answer.
        type: str
        required: true
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
"""

EXAMPLES = r"""
- name: Look at the router
  homelab.ipv6.health_info:
    lans:
      - interface: eth1
        address: 2001:db8:d:407::1/64
    units: [radvd.service]
    targets:
      - what: the broker's end of the tunnel
        address: 2001:db8:c:407::1
        size: 1480
        remedy: Compare both ends with the tunnel's page
  register: health

- name: Say what is broken
  ansible.builtin.debug:
    msg: "{{ health.checks | rejectattr('ok') | map(attribute='line') }}"
"""

RETURN = r"""
checks:
  description: Everything that was looked at, in the order in which it builds up.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: What was looked at.
      type: str
    seen:
      description: What was found.
      type: str
    ok:
      description: Whether that is well.
      type: bool
    remedy:
      description: What to do about it, empty where all is well.
      type: str
    line:
      description: All of it in one line.
      type: str
  sample:
    - what: radvd.service
      seen: runs, and will after a reboot
      ok: true
      remedy: ""
      line: "ok      radvd.service: runs, and will after a reboot"
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.health import observe
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import health
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

TUNNEL = {
    "name": {"type": "str", "required": True},
    "server_ipv4": {"type": "str", "required": True},
    "client_ipv6": {"type": "str", "required": True},
    "mtu": {"type": "int", "default": 1480},
    "routed_prefixes": {"type": "list", "elements": "str", "default": []},
}
LAN = {"interface": {"type": "str", "required": True}, "address": {"type": "str", "required": True}}
TARGET = {
    "what": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "size": {"type": "int", "default": 0},
    "remedy": {"type": "str", "required": True},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    checks = health.router(params, observe(host, params["units"], params["targets"]))
    return Plan(result={"checks": [check.row() for check in checks]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "tunnel": {"type": "dict", "options": TUNNEL},
            "lans": {"type": "list", "elements": "dict", "options": LAN, "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "dhcp6_unit": {"type": "str"},
            "table": {"type": "str"},
            "targets": {"type": "list", "elements": "dict", "options": TARGET, "default": []},
        },
        supports_check_mode=True,
    )
    run_module(module, "health_info", build)


if __name__ == "__main__":
    main()
