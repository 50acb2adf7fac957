#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nspawn_containers
short_description: A host's systemd-nspawn containers, from the image to the first boot
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Makes images (by C(mmdebstrap), from a tarball or from a directory), makes each new container from one, as a copy or
    as a layer over it, gives it a machine-id, a host name and SSH host keys of its own before it first boots, writes
    the files that it is run from, and has it run, now and at every boot of the host.
  - Trees are made aside and moved when they are complete. Whatever ends a run, be it a full disk, a mirror that cannot
    be reached, or a power cut, no half image and no half container is left; the next run starts that one anew.
  - A container whose files change is restarted, and no other.
  - Containers of others are left alone. A file without the line that this module begins its own with is refused, and so
    is a tree that would be removed and was not made here.
  - Containers are done one after the other. Where one does not boot, it is taken back, the error has its last log
    lines, and those before it stay.
  - The role P(homelab.ipv6.nspawn#role) works the files out, and is the way to use this module.
options:
  images:
    description:
      - What containers are made from. One is made when the first container needs it, and then kept below
        C(/var/lib/homelab-ipv6/nspawn). Give a newer one another name. One that no container is an overlay over can
        also be deleted there, to have it made anew for the containers that are still to come.
      - Each of one of O(images[].suite), O(images[].tarball) and O(images[].directory). It has to have systemd,
        systemd-networkd included.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: How containers call it.
        type: str
        required: true
      suite:
        description: The release of Debian that C(mmdebstrap) makes it of, as in V(trixie).
        type: str
        default: ''
      sources:
        description:
          - Where C(mmdebstrap) takes packages from, as the addresses of mirrors or lines of C(sources.list). Debian's
            own mirror by default, with its security updates.
        type: list
        elements: str
        default: []
      packages:
        description: What C(mmdebstrap) installs beside the essential packages.
        type: list
        elements: str
        default: []
      tarball:
        description: A tarball of a whole system, on the host, packed in any way that C(tar) finds out by itself.
        type: path
        default: ''
      directory:
        description: A directory with a whole system, on the host. It is copied.
        type: path
        default: ''
  containers:
    description: The containers. Those that are not named are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, which is its host name too.
        type: str
        required: true
      state:
        description:
          - V(present) makes what is missing.
          - V(absent) stops it, and removes its files and, unless O(containers[].keep_data=true), its tree.
        type: str
        choices: [present, absent]
        default: present
      keep_data:
        description:
          - With O(containers[].state=absent), whether its tree below C(/var/lib/machines), or its layer below
            C(/var/lib/homelab-ipv6/nspawn-layers), stays.
        type: bool
        default: false
      image:
        description:
          - Which of O(images) a new container is made from. A tree that is there is kept. A layer that is there is
            refused under another image, and where the image is gone.
        type: str
      root:
        description:
          - V(copy) gives it a tree of its own in C(/var/lib/machines/NAME), independent of the image.
          - V(overlay) gives it a layer over the image, in C(/var/lib/homelab-ipv6/nspawn-layers/NAME), and a mount unit
            that puts both together in C(/var/lib/machines/NAME). Nobody writes to the image; it has to
            stay as long as the container does, and the kernel refuses the layer over any other one.
          - With user numbers of its own (C(PrivateUsers=pick)) an overlay holds the owners of all files, without copies
            of them.
          - An overlay wants a kernel with overlayfs, as Debian's has, and C(/var/lib/homelab-ipv6) on a file system
            that can be the upper one, such as ext4, xfs or btrfs. Where that is not so, the container is not made.
          - A container that was made in the other way is refused.
        type: str
        choices: [copy, overlay]
        default: copy
      machine_id:
        description:
          - Its machine-id, from which systemd-networkd makes the DUID. A tree with another one is refused.
          - With O(containers[].state=absent), by this a tree is known that has no file of this module's left.
        type: str
      bridge:
        description: The bridge that has to be there before it starts.
        type: str
      binds:
        description: What of the host it sees, as its C(.nspawn) file says. It does not start without.
        type: list
        elements: dict
        default: []
        suboptions:
          source:
            description: The path, which has to be there.
            type: path
            required: true
          idmap:
            description: Whether the file says C(idmap) of it, which the kernel cannot do for every file system.
            type: bool
            default: false
      files:
        description: The files on the host that it is run from.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description:
              - One of C(/etc/systemd/nspawn/NAME.nspawn), C(/etc/homelab-ipv6/nspawn/NAME/host0.network),
                C(/etc/systemd/system/systemd-nspawn@NAME.service.d/homelab-ipv6.conf) and
                C(/etc/systemd/network/10-homelab-ipv6-ve-NAME.network), the host's end of a link of its own. Those of
                them that are not listed are removed.
            type: path
            required: true
          content:
            description:
              - The whole text. Where it does not begin with the line that says who writes it, that is put first.
            type: str
            required: true
      started:
        description: Whether it runs, now and at every boot of the host.
        type: bool
        default: true
  boot_timeout:
    description: For how many seconds a container may boot before it counts as one that does not.
    type: int
    default: 60
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - plugin: homelab.ipv6.nspawn_plan
    plugin_type: filter
  - name: systemd-nspawn(1)
    description: What runs the containers.
    link: https://manpages.debian.org/bookworm/systemd-container/systemd-nspawn.1.en.html
  - name: mmdebstrap(1)
    description: What makes the images.
    link: https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html
"""

EXAMPLES = r"""
- name: A container from a tarball
  homelab.ipv6.nspawn_containers:
    images:
      - name: bookworm
        tarball: /srv/images/bookworm.tar
    containers:
      - name: web
        image: bookworm
        machine_id: 3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60
        files:
          - path: /etc/systemd/nspawn/web.nspawn
            content: |
              [Network]
              VirtualEthernet=yes

- name: Two that have all but what they write from one tree
  homelab.ipv6.nspawn_containers:
    images:
      - name: bookworm
        tarball: /srv/images/bookworm.tar
    containers:
      - name: first
        image: bookworm
        root: overlay
        machine_id: 3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f61
      - name: second
        image: bookworm
        root: overlay
        machine_id: 3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f62

- name: Take it away, and keep what is in it below /var/lib/machines
  homelab.ipv6.nspawn_containers:
    containers:
      - name: web
        state: absent
        keep_data: true
"""

RETURN = r"""
containers:
  description: The names of those that are there.
  returned: success
  type: list
  elements: str
  sample: [web]
missing:
  description: What the host has not and containers need, a sentence each. Only in check mode; else it is an error.
  returned: success
  type: list
  elements: str
  sample: ["images[0].tarball: /srv/images/bookworm.tar is not there on this host. Copy it there first."]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [make image bookworm from /srv/images/bookworm.tar, make /var/lib/machines/web from image bookworm]
"""

import functools
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.nspawn import look
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_containers
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_wanted import ROOTS, read_options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any], check_mode: bool) -> Plan:
    wanted = read_options(params)
    return nspawn_containers.plan(wanted, look(host, wanted), check_mode)


def main() -> None:
    image = {
        "name": {"type": "str", "required": True},
        "suite": {"type": "str", "default": ""},
        "sources": {"type": "list", "elements": "str", "default": []},
        "packages": {"type": "list", "elements": "str", "default": []},
        "tarball": {"type": "path", "default": ""},
        "directory": {"type": "path", "default": ""},
    }
    file = {"path": {"type": "path", "required": True}, "content": {"type": "str", "required": True}}
    bind = {"source": {"type": "path", "required": True}, "idmap": {"type": "bool", "default": False}}
    container = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "keep_data": {"type": "bool", "default": False},
        "image": {"type": "str"},
        "root": {"type": "str", "choices": [*ROOTS], "default": ROOTS[0]},
        "machine_id": {"type": "str"},
        "bridge": {"type": "str"},
        "binds": {"type": "list", "elements": "dict", "default": [], "options": bind},
        "files": {"type": "list", "elements": "dict", "default": [], "options": file},
        "started": {"type": "bool", "default": True},
    }
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "default": [], "options": image},
            "containers": {"type": "list", "elements": "dict", "default": [], "options": container},
            "boot_timeout": {"type": "int", "default": 60},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "nspawn_containers", functools.partial(build, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
