#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sysctl_set
short_description: Set many kernel parameters as one set
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Sets any number of kernel parameters (sysctls) in one task, the running values and a file under C(/etc/sysctl.d)
    together, so that they hold now and after a reboot.
  - The set is authoritative for its own file and touches no other. A parameter that is no longer in the set leaves the
    file; its running value stays as it is until the next boot.
  - A file that would undo the set at boot is named and the request refused, since a value that does not survive a
    reboot is worse than none.
  - Keys are compared as the kernel knows them, so C(net.ipv6.conf.eth0/10.forwarding) and
    C(net/ipv6/conf/eth0.10/forwarding) are one key.
options:
  name:
    description:
      - Name of the set, and of its file C(/etc/sysctl.d/NAME.conf).
      - At boot files are read in the order of their names and the last one that sets a key wins.
      - A name is refused if its file would hide one of the distribution, or is a link to a file of somebody else, as
        C(99-sysctl.conf) is on Debian 12.
    type: str
    required: true
  values:
    description:
      - Key and value of each parameter. Truth values are written as 1 and 0.
    type: dict
    default: {}
  ipv6_interfaces:
    description:
      - IPv6 parameters of single interfaces, the interface first. Its name may hold dots.
    type: dict
    default: {}
  state:
    description:
      - V(present) sets all of it.
      - V(absent) removes the file. Running values stay, since nobody knows what they were before.
    type: str
    choices: [present, absent]
    default: present
  runtime:
    description: Set the running values.
    type: bool
    default: true
  persistent:
    description: Write the file.
    type: bool
    default: true
  missing:
    description:
      - What to do about a parameter that the kernel does not have yet, for instance of an interface that comes later.
      - V(fail) refuses the set.
      - V(defer) writes it to the file; systemd sets it when the interface appears.
    type: str
    choices: [fail, defer]
    default: fail
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - module: ansible.posix.sysctl
    description: One key a task.
  - name: sysctl.d(5)
    description: Format and order of the files.
    link: https://manpages.debian.org/bookworm/systemd/sysctl.d.5.en.html
  - name: Linux IP sysctl documentation
    description: What the parameters do.
    link: https://docs.kernel.org/networking/ip-sysctl.html
"""

EXAMPLES = r"""
- name: Forward IPv6, and go on accepting router advertisements from the uplink
  homelab.ipv6.sysctl_set:
    name: 90-router
    values:
      net.ipv6.conf.all.forwarding: 1
    ipv6_interfaces:
      eth0:
        accept_ra: 2

- name: Prepare an interface that appears later
  homelab.ipv6.sysctl_set:
    name: 90-guests
    ipv6_interfaces:
      eth0.10:
        accept_ra: false
    missing: defer

- name: Take the second set away again
  homelab.ipv6.sysctl_set:
    name: 90-guests
    state: absent
"""

RETURN = r"""
deferred:
  description: Keys that the kernel does not have yet; they are in the file only.
  returned: success
  type: list
  elements: str
  sample: [net.ipv6.conf.eth0/10.accept_ra]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [write /etc/sysctl.d/90-router.conf, set /proc/sys/net/ipv6/conf/all/forwarding to 1]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.networkd import runs_by_networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._host.sysctl import (
    dropins,
    ipv6_interfaces,
    running_values,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import sysctl
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    path = sysctl.dropin_path(params["name"])
    wanted = sysctl.wanted(params["values"], params["ipv6_interfaces"])
    running = running_values(host, [item.key for item in wanted])
    found = sysctl.Found(
        running=running,
        dropin=host.read_file(path),
        dropin_link=host.link_target(path),
        others=[(other, text) for other, text in dropins(host) if other != path],
        # They are told to whoever named one that is not there.
        interfaces=ipv6_interfaces(host) if len(running) < len(wanted) else (),
        ra_by_networkd=[name for name in sysctl.ra_interfaces(wanted) if runs_by_networkd(host, name)],
    )
    if params["state"] == "absent":
        return sysctl.absent(path, found)
    return sysctl.present(
        path, wanted, found, params["runtime"], params["persistent"], missing_fails=params["missing"] == "fail"
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **WAY_BACK_SPEC,
            "name": {"type": "str", "required": True},
            "values": {"type": "dict", "default": {}},
            "ipv6_interfaces": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "runtime": {"type": "bool", "default": True},
            "persistent": {"type": "bool", "default": True},
            "missing": {"type": "str", "choices": ["fail", "defer"], "default": "fail"},
        },
        supports_check_mode=True,
    )
    run_module(module, "sysctl_set", build)


if __name__ == "__main__":
    main()
