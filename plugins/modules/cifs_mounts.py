#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cifs_mounts
short_description: Shares of other machines, mounted when somebody looks into them
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Has systemd mount shares of SMB servers (cifs), each by a mount unit, which an automount unit starts when somebody
    looks into the directory. All hang on one target, C(homelab-ipv6-shares.target).
  - Neither start nor shutdown of the machine waits for a server. While a server is away, whoever looks into its share
    gets an error within a minute; when it is back, the next look finds it.
  - A name is asked for at each mount, and IPv6 is taken first where the server has it.
  - The kernel, too, asks for it when it has lost a server that is in use. Debian's C(key.dns_resolver) would tell it an
    IPv4 address or none. So a rule for request-key(8) names each server, and has it look for the first address that
    answers. This needs C(keyutils), which Debian installs with C(cifs-utils) unless told otherwise.
  - The set is the whole of it. What an earlier run made and is not named any more is unmounted and removed. Entries of
    C(/etc/fstab) and units of others are left alone, and a directory that one of them mounts something at is refused.
  - Before anything changes, servers that answer are asked whether they let the users in, where C(smbclient) is
    installed.
options:
  shares:
    description: The shares.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The directory where it is seen. One that is missing is made.
        type: str
        required: true
      server:
        description:
          - The server, by name or address. An IPv6 address stands without brackets, and is mounted as
            C(//2001-db8--10.ipv6-literal.net/SHARE), since no colon can stand there. That is taken here, too. No name
            server is asked for it.
        type: str
        required: true
      share:
        description: The name of the share on the server.
        type: str
        required: true
      user:
        description: The user of the server's. Without one, this machine comes as a guest.
        type: str
        default: ''
      password:
        description:
          - The user's password. It is written into a file below C(/etc/homelab-ipv6/cifs) that only root can read, and
            stands nowhere else.
        type: str
      domain:
        description: The domain or workgroup of the user, for a server that wants one.
        type: str
        default: ''
      owner:
        description: The user of this machine's, by name or number, to whom all files seem to belong. Root without.
        type: str
        default: ''
      group:
        description: The group, likewise.
        type: str
        default: ''
      file_mode:
        description: The permissions that all files seem to have, in octal and in quotes.
        type: str
        default: '0644'
      directory_mode:
        description: The permissions that all directories seem to have, in octal and in quotes.
        type: str
        default: '0755'
      writable:
        description: Whether it is mounted for writing, too.
        type: bool
        default: false
      idle:
        description: Seconds without use after which it is unmounted. With V(0) it stays.
        type: int
        default: 600
      options:
        description: Further options of mount.cifs(8), an item each.
        type: list
        elements: str
        default: []
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - name: mount.cifs(8)
    description: What the options mean.
    link: https://manpages.debian.org/bookworm/cifs-utils/mount.cifs.8.en.html
  - name: systemd.automount(5)
    description: How a directory is mounted when somebody looks into it.
    link: https://manpages.debian.org/bookworm/systemd/systemd.automount.5.en.html
"""

EXAMPLES = r"""
- name: Mount two shares when they are needed
  homelab.ipv6.cifs_mounts:
    shares:
      - path: /srv/photos
        server: nas.home.example
        share: photos
        user: anna
        password: "{{ vault_samba_anna }}"
        owner: anna
        writable: true
      - path: /srv/music
        server: 2001:db8:d:407::10
        share: music
"""

RETURN = r"""
paths:
  description: Where they are mounted.
  returned: success
  type: list
  elements: str
  sample: [/srv/photos, /srv/music]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [mark the beginning, write /etc/systemd/system/srv-photos.mount, enable and start homelab-ipv6-shares.target]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host import cifs
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import cifs_claims, cifs_mounts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.options import OptionReader
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan

SHARE = {
    "path": {"type": "str", "required": True},
    "server": {"type": "str", "required": True},
    "share": {"type": "str", "required": True},
    "user": {"type": "str", "default": ""},
    "password": {"type": "str", "no_log": True},
    "domain": {"type": "str", "default": ""},
    "owner": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
    "file_mode": {"type": "str", "default": "0644"},
    "directory_mode": {"type": "str", "default": "0755"},
    "writable": {"type": "bool", "default": False},
    "idle": {"type": "int", "default": 600},
    "options": {"type": "list", "elements": "str", "default": []},
}


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    reader = OptionReader("")
    shares = cifs_mounts.read(reader, "shares", params["shares"])
    if reader.refusals:
        raise reader.refusals[0]
    cifs_claims.refuse_claimed(shares, cifs.claims(host, shares))
    plan = cifs_mounts.plan(shares, cifs.found(host))
    if plan.changed:
        cifs.refuse_shut_out(host, shares)
    return plan


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "shares": {"type": "list", "elements": "dict", "required": True, "options": SHARE},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "cifs_mounts", build)


if __name__ == "__main__":
    main()
