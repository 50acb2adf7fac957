#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cups_queues
short_description: The queues of a CUPS server
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Makes queues, changes those that differ, and says which is the default. All of them, or none.
  - Talks to cupsd over its socket, wherever C(client.conf) leads.
options:
  queues:
    description: The queues.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the queue. To CUPS small and capital letters are the same. Where only they change, the queue is
            removed and made anew, if an earlier run made it; one of others is refused.
        type: str
        required: true
      uri:
        description:
          - Where the printer is. An IPv6 address stands in brackets, as in V(ipp://[2001:db8::9]/ipp/print).
          - One with a password in it is refused, since C(lpadmin) takes it on its command line alone.
          - V(file:/PATH) needs C(FileDevice Yes) in C(/etc/cups/cups-files.conf).
        type: str
        required: true
      driver:
        description:
          - V(everywhere) asks the printer what it can do (IPP Everywhere, AirPrint), so that it has to be there.
          - Otherwise a model as C(lpinfo -m) names it.
        type: str
        default: everywhere
      description:
        description: What people read. The name by default.
        type: str
        default: ''
      location:
        description: Where it stands. Without it, where the printer itself says so, if it does.
        type: str
        default: ''
      shared:
        description: Whether others than this machine may print.
        type: bool
        default: true
  default:
    description: The default queue. Without it, that stays as it is.
    type: str
  set:
    description:
      - The name of this set of queues, where more than one task has queues on a machine. What one set made is left
        alone by the others.
    type: str
    default: ''
  purge:
    description: Whether queues that an earlier run made and that are not named any more are removed. Others never are.
    type: bool
    default: true
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - name: lpadmin(8)
    description: What is done by hand.
    link: https://manpages.debian.org/bookworm/cups-client/lpadmin.8.en.html
"""

EXAMPLES = r"""
- name: Have a printer that says itself what it can do
  homelab.ipv6.cups_queues:
    queues:
      - name: laser
        uri: ipp://[2001:db8:0:1::9]/ipp/print
        location: Hall
    default: laser
"""

RETURN = r"""
queues:
  description: The names.
  returned: success
  type: list
  elements: str
  sample: [laser]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [require lpadmin, make the queue laser]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import cups_queues
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

QUEUE = {
    "name": {"type": "str", "required": True},
    "uri": {"type": "str", "required": True},
    "driver": {"type": "str", "default": "everywhere"},
    "description": {"type": "str", "default": ""},
    "location": {"type": "str", "default": ""},
    "shared": {"type": "bool", "default": True},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    queues, default = cups_queues.read_options(params)
    path = cups_queues.kept_path(params)
    # Where CUPS has been removed, its queues have gone with it, whatever its files say.
    there = queues or host.which("cupsd") is not None
    printers = host.read_text(cups_queues.PRINTERS) if there else None
    found = cups_queues.read_host(printers, path, host.read_file(path))
    return cups_queues.plan(queues, default, params["purge"], found)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "queues": {"type": "list", "elements": "dict", "required": True, "options": QUEUE},
            "default": {"type": "str"},
            "set": {"type": "str", "default": ""},
            "purge": {"type": "bool", "default": True},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "cups_queues", build)


if __name__ == "__main__":
    main()
