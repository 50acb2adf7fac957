#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: samba_users
short_description: Users whom Samba lets in, and their passwords
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Gives users a password in Samba, and lets those in again who were switched off. All of them, or none.
  - A password is compared with what Samba keeps of it, so that a run with nothing to change changes nothing.
  - Passwords never stand on a command line, in a file, in a diff or in a message.
  - Users who are not named are left alone.
options:
  users:
    description: The users.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, which is that of a user of the machine as well.
        type: str
        required: true
      password:
        description: The password for Samba. Keep it in a vault.
        type: str
        required: true
      create:
        description:
          - Whether a user whom the machine does not have is made, as a system user who can log in nowhere else.
        type: bool
        default: true
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - name: smbpasswd(8)
    description: What is done by hand.
    link: https://manpages.debian.org/bookworm/samba-common-bin/smbpasswd.8.en.html
"""

EXAMPLES = r"""
- name: Let Anna and Ben in
  homelab.ipv6.samba_users:
    users:
      - name: anna
        password: "{{ vault_anna }}"
      - name: ben
        password: "{{ vault_ben }}"
        create: false
"""

RETURN = r"""
users:
  description: The names.
  returned: success
  type: list
  elements: str
  sample: [anna, ben]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [require smbpasswd, make the user anna, set the password of anna]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.samba import accounts, unix_users
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import samba_users
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

USER = {
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "create": {"type": "bool", "default": True},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    users = samba_users.read_options(params)
    return samba_users.plan(users, accounts(host), unix_users(host, [user.name for user in users]))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "users": {"type": "list", "elements": "dict", "required": True, "options": USER},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "samba_users", build)


if __name__ == "__main__":
    main()
