#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: socket_service
short_description: A service, the sockets that systemd holds for it, and its files, as one
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Writes the units of a service and of its sockets, and other files of the service, has systemd open the sockets and
    the service take them, and then comes to each socket like a client to see that the service does.
  - A line of a unit that the host's own systemd does not know, and would leave out with a word in its log, is refused
    before anything changes.
  - Where anything fails, the old files, sockets and service are back, and the error says what the service said.
  - Sockets stay open while their service is restarted; what comes meanwhile waits. Only what has changed is restarted.
  - Units that an earlier run wrote and that are no longer among O(files) are stopped and removed, other files below
    O(directory) likewise. Without O(files) and O(sockets) everything goes.
  - A unit of a wanted name that is somebody else's - a file without O(mark), or one of a package in another directory
    of systemd - is refused, and never removed.
  - The role P(homelab.ipv6.dual_stack_service#role) makes the units, and is the easier way.
options:
  name:
    description:
      - The name of the service, for messages, and for what is left of a run that was killed; the next one finishes it.
        It says nothing of units - those of a service are known by O(mark). So two services must not share either.
    type: str
    required: true
  mark:
    description:
      - The first line of each unit file of this service, a comment, by which those of earlier runs are known. Have it
        name the service.
    type: str
    required: true
  directory:
    description:
      - A directory whose files all belong to this service. Everything directly in it that is not among O(files) is
        removed, whoever wrote it; so never one that others use, too, such as C(/etc) or C(/usr/local/bin).
    type: path
  sockets:
    description: What the socket units open. Each unit, and each service, is among O(files).
    type: list
    elements: dict
    default: []
    suboptions:
      unit:
        description: The socket unit, with one socket. A V(Wants=) in it starts the service.
        type: str
        required: true
      service:
        description: The service that takes it. A V(PartOf=) in it names each of its socket units.
        type: str
        required: true
      descriptor:
        description: The name under which the service gets it, for messages.
        type: str
        required: true
      family:
        description: Whose packets arrive there.
        type: str
        choices: [ipv4, ipv6]
        required: true
      protocol:
        description: The protocol.
        type: str
        choices: [tcp, udp]
        default: tcp
      address:
        description: The address of this host on which it listens. Left out, all.
        type: str
        default: ''
      port:
        description: The port.
        type: int
        required: true
      started:
        description: Whether it is open.
        type: bool
        default: true
      enabled:
        description: Whether it is opened at every start of the machine.
        type: bool
        default: true
  timeout:
    description: How many seconds the service has to take what arrives at its sockets.
    type: int
    default: 20
  prefix:
    description: What a role puts before the names of its options, for messages about them.
    type: str
    default: ''
extends_documentation_fragment:
  - homelab.ipv6.attributes
  - homelab.ipv6.service_files
notes:
  - A connection without content is made to each TCP socket, an empty datagram sent to each UDP socket, from the host
    itself, whenever their service was started or restarted.
seealso:
  - module: homelab.ipv6.listen_info
  - name: systemd.socket(5)
    description: What a socket unit is.
    link: https://manpages.debian.org/bookworm/systemd/systemd.socket.5.en.html
  - name: sd_listen_fds(3)
    description: How a service finds its sockets.
    link: https://manpages.debian.org/bookworm/libsystemd-dev/sd_listen_fds.3.en.html
"""

EXAMPLES = r"""
- name: Serve a directory over IPv6, and stop only the process when it is updated
  homelab.ipv6.socket_service:
    name: shelf
    mark: "# of the service shelf"
    files:
      - path: /etc/systemd/system/shelf.socket
        content: |
          # of the service shelf
          [Unit]
          Wants=shelf.service
          [Socket]
          ListenStream=[::]:8000
          BindIPv6Only=ipv6-only
          FileDescriptorName=ipv6
          [Install]
          WantedBy=sockets.target
      - path: /etc/systemd/system/shelf.service
        content: |
          # of the service shelf
          [Unit]
          PartOf=shelf.socket
          [Service]
          ExecStart=/usr/bin/twist3 web --path /usr/share --listen systemd:domain=INET6:index=0
          DynamicUser=yes
          StateDirectory=shelf
          WorkingDirectory=%S/shelf
    sockets:
      - {unit: shelf.socket, service: shelf.service, descriptor: ipv6, family: ipv6, port: 8000}

- name: Take it away again
  homelab.ipv6.socket_service:
    name: shelf
    mark: "# of the service shelf"
"""

RETURN = r"""
units:
  description: The units of the service.
  returned: success
  type: list
  elements: str
  sample: [shelf.socket, shelf.service]
files:
  description: The files of the service.
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/system/shelf.socket, /etc/systemd/system/shelf.service]
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [write /etc/systemd/system/shelf.service, restart shelf.service]
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.socket_service import look
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import service_files, socket_service
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    wanted = socket_service.read_options(params)
    return socket_service.plan(wanted, look(host, wanted))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "mark": {"type": "str", "required": True},
            "directory": {"type": "path"},
            "files": service_files.FILES_SPEC,
            "sockets": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "unit": {"type": "str", "required": True},
                    "service": {"type": "str", "required": True},
                    "descriptor": {"type": "str", "required": True},
                    "family": {"type": "str", "choices": ["ipv4", "ipv6"], "required": True},
                    "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
                    "address": {"type": "str", "default": ""},
                    "port": {"type": "int", "required": True},
                    "started": {"type": "bool", "default": True},
                    "enabled": {"type": "bool", "default": True},
                },
            },
            "timeout": {"type": "int", "default": 20},
            "prefix": {"type": "str", "default": ""},
            **WAY_BACK_SPEC,
        },
        supports_check_mode=True,
    )
    run_module(module, "socket_service", build)


if __name__ == "__main__":
    main()
