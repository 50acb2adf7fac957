#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: container_health_info
short_description: Tell whether the containers of a host work, and if not, what to do
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Looks at a host of systemd-nspawn containers and into each of them - units, bridges and their ports, forwarding and
    routes, the firewall table, addresses of both families, and whether each reaches its routers - and returns one line
    for each thing that has to work.
  - A line says what was looked at, what was found, and for what is broken what to do about it.
  - Changes nothing. All containers are looked at side by side; one whose systemd does not answer is waited for at most
    ten seconds a question. In each one's network an echo request goes to its routers, three where none answers. Of
    what is installed in a container only its systemd and its D-Bus are asked.
  - Where something is broken, and a container was started less than half a minute ago, it looks again until that time
    is over, since addresses may still be on their way.
  - Containers that are not in O(containers) are left out.
options:
  units:
    description: systemd units of the host that must run and be enabled.
    type: list
    elements: str
    default: []
  bridges:
    description: Bridges that must be there.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the bridge.
        type: str
        required: true
      card:
        description: The network card that must be its port. Empty, none is looked for.
        type: str
        default: ''
  routed_prefixes:
    description: Prefixes whose unused parts must be unreachable.
    type: list
    elements: str
    default: []
  table:
    description: nftables table that must be loaded, as C(inet homelab_ipv6). Left out, none is looked for.
    type: str
    default: ''
  containers:
    description: The containers.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      started:
        description: Whether it must run, now and after a reboot. Where not, nothing of it is broken.
        type: bool
        default: true
      bridge:
        description: The bridge that the host's end of its link must be a port of. Empty for a link of its own.
        type: str
        default: ''
      prefix:
        description: The prefix of a container with a link of its own.
        type: str
        default: ''
      host_ipv6:
        description: The host's IPv6 address on a link of its own, with the length of its prefix.
        type: str
        default: ''
      ipv4:
        description: Likewise for IPv4. Without it, a container with a link of its own need not have any.
        type: str
        default: ''
      addresses:
        description: IPv6 addresses that it must have.
        type: list
        elements: str
        default: []
      duid:
        description: The DUID by which a DHCPv6 server knows it, for the line.
        type: str
        default: ''
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
seealso:
  - module: homelab.ipv6.health_info
  - plugin: homelab.ipv6.container_host_verify
    plugin_type: filter
    description: Works the options out from those of the role P(homelab.ipv6.container_host#role).
"""

EXAMPLES = r"""
- name: Look at a container on a bridge
  homelab.ipv6.container_health_info:
    bridges:
      - name: br0
        card: enp6s0
    containers:
      - name: web
        bridge: br0
        addresses: ["2001:db8:d:407::80"]
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
    - what: "web: its router for IPv6"
      seen: fe80::ff:fe00:1 answers in 0.2 ms
      ok: true
      remedy: ""
      line: "ok      web: its router for IPv6: fe80::ff:fe00:1 answers in 0.2 ms"
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.container_health import look
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

BRIDGE = {"name": {"type": "str", "required": True}, "card": {"type": "str", "default": ""}}
CONTAINER = {
    "name": {"type": "str", "required": True},
    "started": {"type": "bool", "default": True},
    "bridge": {"type": "str", "default": ""},
    "prefix": {"type": "str", "default": ""},
    "host_ipv6": {"type": "str", "default": ""},
    "ipv4": {"type": "str", "default": ""},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "duid": {"type": "str", "default": ""},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    return Plan(result={"checks": [check.row() for check in look(host, params)]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "default": []},
            "bridges": {"type": "list", "elements": "dict", "options": BRIDGE, "default": []},
            "routed_prefixes": {"type": "list", "elements": "str", "default": []},
            "table": {"type": "str", "default": ""},
            "containers": {"type": "list", "elements": "dict", "options": CONTAINER, "default": []},
        },
        supports_check_mode=True,
    )
    run_module(module, "container_health_info", build)


if __name__ == "__main__":
    main()
