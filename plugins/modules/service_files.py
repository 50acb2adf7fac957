#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: service_files
short_description: A service and the files that it reads, as one
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Writes the files that a service reads, be they its configuration, its unit or a drop-in of another's, and has it
    run with them, now and at every start.
  - The new files are written beside the old ones, checked by the program that will read them, and moved together. If
    the service then does not take them, the old files and the old service are back, and the error says what it said.
  - A run that was killed between the files and the service is finished by the next one.
options:
  unit:
    description: The whole name of the service, as in V(radvd.service).
    type: str
    required: true
  check:
    description:
      - The command that looks at the new files before they move, word by word.
      - C({staged:PATH}) stands for the place where the new content of PATH lies meanwhile.
      - Without it nothing is checked.
    type: list
    elements: str
    default: []
  package:
    description: The package that brings the program of O(check); the message names it where it is missing.
    type: str
  removed:
    description: Files that the service shall not have any more, while it goes on. A service that runs is told.
    type: list
    elements: path
    default: []
  header:
    description:
      - How files of this set begin, as in V(# Written by Ansible). By default it is not looked at.
      - A file that begins otherwise is somebody else's. Where one of the set takes its place, it is kept beside that,
        once, with C(.before-homelab-ipv6) behind its name, and is back when the set's goes. Nor is it removed itself.
    type: str
    default: ''
  apply:
    description: How a service that runs already takes new files. One that does not run is started, see O(start).
    type: str
    choices: [reload, restart]
    default: restart
  start:
    description:
      - Have the service run, now and at every start.
      - Turned off, it is left as it is, for files that a service of somebody else's takes up - one that runs is told,
        one that does not will read them when it starts.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the files and has the service run.
      - V(absent) stops and disables the service, and then removes the files.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - homelab.ipv6.attributes
  - homelab.ipv6.service_files
seealso:
  - name: systemctl(1)
    description: What enable, start, reload and restart mean.
    link: https://manpages.debian.org/bookworm/systemd/systemctl.1.en.html
"""

EXAMPLES = r"""
- name: Announce a prefix, or leave everything as it was
  homelab.ipv6.service_files:
    unit: radvd.service
    files:
      - path: /etc/radvd.conf
        content: |
          interface lan0 {
              AdvSendAdvert on;
              prefix 2001:db8:0:1::/64 { };
          };
    check: [/usr/sbin/radvd, --logmethod, stderr_clean, --configtest, -C, '{staged:/etc/radvd.conf}']
    package: radvd
    apply: reload

- name: A service of one's own
  homelab.ipv6.service_files:
    unit: greet.service
    files:
      - path: /etc/systemd/system/greet.service
        content: |
          [Service]
          Type=oneshot
          RemainAfterExit=yes
          ExecStart=/bin/echo hello
          [Install]
          WantedBy=multi-user.target

- name: Take it away again
  homelab.ipv6.service_files:
    unit: greet.service
    files:
      - path: /etc/systemd/system/greet.service
    state: absent
"""

RETURN = r"""
unit:
  description: The service.
  returned: success
  type: str
  sample: radvd.service
files:
  description: The files of the set.
  returned: success
  type: list
  elements: str
  sample: [/etc/radvd.conf]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [require /usr/sbin/radvd, write /etc/radvd.conf, reload radvd.service]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.service import unit_state
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import service_files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    wanted = service_files.read_options(params)
    present = {path: host.read_file(path) for path in wanted.read}
    return service_files.plan(wanted, present, unit_state(host, wanted.unit), host.exists(wanted.mark))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "required": True},
            "files": service_files.FILES_SPEC,
            "check": {"type": "list", "elements": "str", "default": []},
            "package": {"type": "str"},
            "removed": {"type": "list", "elements": "path", "default": []},
            "header": {"type": "str", "default": ""},
            "apply": {"type": "str", "choices": ["reload", "restart"], "default": "restart"},
            "start": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "service_files", build)


if __name__ == "__main__":
    main()
