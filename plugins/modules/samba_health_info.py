#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: samba_health_info
short_description: Tell whether files and printers work over IPv6, and if not, what to do
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Looks at a server of files and printers (Samba, CUPS) or at a client of one, over each family apart, and returns one
    line for each thing that has to work.
  - A line says what was looked at, what was found, and for what is broken what to do about it.
  - Among what it finds by its name are port 445 filtered over IPv6 alone, with which drives fail at logon, and loopback
    dropped over IPv6, with which Samba waits for CUPS.
  - Changes nothing. It connects to the servers that are named, and sends them an echo request where they do not answer.
    Where a share could not be mounted the last time, it looks into the directory, which mounts it if it can be.
options:
  units:
    description: systemd units that must run and be enabled.
    type: list
    elements: str
    default: []
  loopback:
    description: TCP ports that must answer at C([::1]) of this machine.
    type: list
    elements: int
    default: []
  services:
    description: What must listen on this machine.
    type: list
    elements: dict
    default: []
    suboptions:
      unit:
        description: The unit to restart where it does not.
        type: str
        required: true
      port:
        description: The TCP port.
        type: int
        required: true
      addresses:
        description: The addresses at which it must listen.
        type: list
        elements: str
        required: true
  shares:
    description: Shares of other machines that must open.
    type: list
    elements: dict
    default: []
    suboptions:
      server:
        description: The server, by name or address. An IPv6 address stands without brackets.
        type: str
        required: true
      share:
        description: The name of the share.
        type: str
        required: true
      user:
        description: The user, for the line.
        type: str
        default: ''
      credentials:
        description: The file with user and password, as C(smbclient -A) reads it. Without one, as a guest.
        type: path
      path:
        description: Where it is mounted when somebody looks. Left out, that is not looked at.
        type: str
  printers:
    description: CUPS servers that must answer, and their queues.
    type: list
    elements: dict
    default: []
    suboptions:
      server:
        description: The server, by name or address. An IPv6 address stands without brackets.
        type: str
        required: true
      port:
        description: The TCP port.
        type: int
        default: 631
      queue:
        description: A queue that it must have. Left out, none is looked for.
        type: str
        default: ''
  timeout:
    description:
      - Seconds that a connection may take. In three the kernel finds out that nobody has an address of its network.
    type: int
    default: 4
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
seealso:
  - module: homelab.ipv6.health_info
"""

EXAMPLES = r"""
- name: Look at a share over each family
  homelab.ipv6.samba_health_info:
    shares:
      - server: nas.home.example
        share: public
    printers:
      - server: nas.home.example
        queue: laser
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
    - what: Samba of nas.home.example
      seen: answers at 2001:db8:0:5::10, 192.0.2.10
      ok: true
      remedy: ""
      line: "ok      Samba of nas.home.example: answers at 2001:db8:0:5::10, 192.0.2.10"
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.samba_health import observe
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import samba_health
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

SERVICE = {
    "unit": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "addresses": {"type": "list", "elements": "str", "required": True},
}
SHARE = {
    "server": {"type": "str", "required": True},
    "share": {"type": "str", "required": True},
    "user": {"type": "str", "default": ""},
    "credentials": {"type": "path"},
    "path": {"type": "str"},
}
PRINTER = {
    "server": {"type": "str", "required": True},
    "port": {"type": "int", "default": 631},
    "queue": {"type": "str", "default": ""},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    checks = samba_health.checks(params, observe(host, params))
    return Plan(result={"checks": [check.row() for check in checks]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "default": []},
            "loopback": {"type": "list", "elements": "int", "default": []},
            "services": {"type": "list", "elements": "dict", "options": SERVICE, "default": []},
            "shares": {"type": "list", "elements": "dict", "options": SHARE, "default": []},
            "printers": {"type": "list", "elements": "dict", "options": PRINTER, "default": []},
            "timeout": {"type": "int", "default": 4},
        },
        supports_check_mode=True,
    )
    run_module(module, "samba_health_info", build)


if __name__ == "__main__":
    main()
