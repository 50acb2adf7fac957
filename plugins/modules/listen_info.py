#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: listen_info
short_description: Tell what listens on a port, for which family, and whose it is
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Lists the TCP sockets that listen and the UDP sockets that anybody can send to - on which address, for IPv4, IPv6 or
    both, in which process and unit of systemd, and for a socket that systemd opened, by which socket unit.
  - Tells an IPv6 socket that leaves IPv4 to others (C(IPV6_V6ONLY)) from one that takes IPv4 peers as mapped addresses,
    C(::ffff:192.0.2.1).
  - Changes nothing.
options:
  port:
    description: Only this one, 1 to 65535. Left out, all.
    type: int
  protocol:
    description: Only this one. Left out, both.
    type: str
    choices: [tcp, udp]
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
notes:
  - Run it as root (C(become=true)); others see the processes of their own alone.
  - Reads what C(ss) of the package iproute2 says. The sockets are those of the network namespace that the task runs in.
  - A service that was given a socket by systemd has it open together with process 1. RV(listeners[].unit) is then the
    service, RV(listeners[].socket_unit) the unit that opened it. Where the service has not been started yet, systemd
    alone has it, and RV(listeners[].unit) is empty.
seealso:
  - name: ss(8)
    description: What is read.
    link: https://manpages.debian.org/bookworm/iproute2/ss.8.en.html
  - name: ipv6(7)
    description: What C(IPV6_V6ONLY) and C(net.ipv6.bindv6only) mean.
    link: https://manpages.debian.org/bookworm/manpages/ipv6.7.en.html
"""

EXAMPLES = r"""
- name: Look who has port 8000
  homelab.ipv6.listen_info:
    port: 8000
    protocol: tcp
  register: port

- name: See that IPv4 and IPv6 have a socket each
  ansible.builtin.assert:
    that:
      - port.listeners | map(attribute='families') | sort == [['ipv4'], ['ipv6']]
      - port.listeners | selectattr('mapped') | length == 0
    fail_msg: "{{ port.listeners | to_nice_json }}"
"""

RETURN = r"""
listeners:
  description: One entry for each socket; TCP before UDP.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: V(tcp) or V(udp).
      type: str
    address:
      description: The local address; V(0.0.0.0) or V(::) where the socket takes what comes to any.
      type: str
    port:
      description: The local port.
      type: int
    interface:
      description: The interface that the socket is bound to, or the zone of a link-local address; empty for none.
      type: str
    families:
      description: Whose packets arrive there, V(ipv4), V(ipv6) or both.
      type: list
      elements: str
    v6only:
      description: Whether an IPv6 socket leaves IPv4 to others; null for an IPv4 socket.
      type: bool
    mapped:
      description: Whether it is an IPv6 socket that IPv4 peers reach, with addresses like C(::ffff:192.0.2.1).
      type: bool
    unit:
      description: The systemd unit of the first process that serves the socket; empty where there is none.
      type: str
    socket_unit:
      description: The systemd socket unit that holds the socket open; empty where none does.
      type: str
    processes:
      description: The processes that have it open, as C(name), C(pid) and C(unit), by number.
      type: list
      elements: dict
  sample:
    - protocol: tcp
      address: "::"
      port: 8000
      interface: ""
      families: [ipv6]
      v6only: true
      mapped: false
      unit: hello-ipv6.service
      socket_unit: hello-ipv6.socket
      processes:
        - {name: systemd, pid: 1, unit: init.scope}
        - {name: python3, pid: 412, unit: hello-ipv6.service}
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.sockets import listeners
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal
from ansible_collections.homelab.ipv6.plugins.module_utils._values.link import HIGHEST_PORT
from ansible_collections.homelab.ipv6.plugins.module_utils._values.listener import TCP, UDP


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    port, protocol = params["port"], params["protocol"]
    if port is not None and not 1 <= port <= HIGHEST_PORT:
        raise Refusal("port", port, f"is not between 1 and {HIGHEST_PORT}", "Write a port, or leave it out for all")
    found = listeners(host, port, (protocol,) if protocol else (TCP, UDP))
    return Plan(result={"listeners": [listener.row() for listener in found]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={"port": {"type": "int"}, "protocol": {"type": "str", "choices": [TCP, UDP]}},
        supports_check_mode=True,
    )
    run_module(module, "listen_info", build)


if __name__ == "__main__":
    main()
