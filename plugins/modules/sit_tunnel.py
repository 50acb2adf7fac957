#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sit_tunnel
short_description: Keep a 6in4 tunnel, in the kernel and across reboots
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Makes a tunnel that carries IPv6 inside IPv4 (protocol 41, RFC 4213), such as Hurricane Electric gives, with its
    addresses and routes, and a configuration that brings it back at boot.
  - The kernel's state and the configuration are both compared with what is asked for, and a drift in either is
    corrected. A tunnel that is up stays up meanwhile where the kernel lets it.
  - After a change it is waited until the link is up and its addresses can be used. If that does not come, everything
    is as it was before and the message says what was seen.
  - What this module has not written it does not touch. A tunnel of that name in somebody else's configuration, or an
    interface of that name that is no 6in4 tunnel, is refused.
options:
  name:
    description: Name of the interface, at most 15 characters, such as V(he-ipv6).
    type: str
    required: true
  state:
    description:
      - V(present) has the tunnel.
      - V(absent) removes it, with its configuration. Only O(name) is needed; give O(routes) too where O(provider) was
        V(runtime), so that C(unreachable) and C(blackhole) routes go as well.
    type: str
    choices: [present, absent]
    default: present
  remote:
    description:
      - IPv4 address of the other end, C(Server IPv4 Address) on Hurricane Electric's page.
      - Required with O(state=present).
    type: str
  local:
    description:
      - IPv4 address of this end, or how to find it. Behind NAT it is the private address.
      - V(auto) takes the address that the way to O(remote) starts from if it is static. If a DHCP client has set it,
        the tunnel follows it as V(dhcp4) does where that is possible, and is V(any) elsewhere.
      - V(any) leaves the choice to the route of each packet. Packets are still taken from O(remote) only.
      - V(dhcp4) has systemd-networkd 257 or later follow the DHCP client of O(uplink).
    type: str
    default: auto
  ttl:
    description: Time to live of the IPv4 packets.
    type: int
    default: 255
  mtu:
    description:
      - Largest IPv6 packet in the tunnel, 20 bytes less than the uplink carries. V(1480) on Ethernet, V(1472) with
        PPPoE.
      - The other end must have the same; on Hurricane Electric's page it stands under C(Advanced).
    type: int
    default: 1480
  mtu_force:
    description: Take an O(mtu) above 1480, for uplinks that carry more than 1500 bytes all the way.
    type: bool
    default: false
  addresses:
    description:
      - IPv6 addresses of this end, each with its prefix length; C(Client IPv6 Address) on Hurricane Electric's page.
      - All that the interface shall have beside its link-local ones.
    type: list
    elements: str
    default: []
  routes:
    description: Routes that belong to the tunnel.
    type: list
    elements: dict
    default: []
    suboptions:
      destination:
        description: The prefix that the route leads to; V(default) is V(::/0).
        type: str
        required: true
      type:
        description:
          - V(unicast) leads into the tunnel.
          - V(unreachable) answers that there is no way, V(blackhole) does not answer. A router needs one of them for
            its whole routed prefix, or packets to parts of it that no LAN uses go to and fro between it and the broker
            (RFC 7084).
        type: str
        choices: [unicast, unreachable, blackhole]
        default: unicast
      gateway:
        description: The next router. A tunnel has one other end, so none is needed.
        type: str
      source:
        description: The address that the host itself prefers to send from.
        type: str
      metric:
        description: The lowest wins among routes to one destination. The kernel's own default is 1024.
        type: int
      table:
        description: Routing table, V(main) or a number.
        type: str
        default: main
  uplink:
    description:
      - The interface that the IPv4 packets leave by. Needed for O(local=dhcp4) only.
      - Where systemd-networkd runs it, its configuration gets a drop-in that names the tunnel, and the interface is
        configured anew when that is added. Elsewhere, and without this option, the tunnel depends on no interface.
    type: str
  provider:
    description:
      - What brings the tunnel up at boot.
      - V(networkd) is systemd-networkd, V(ifupdown) Debian's C(/etc/network/interfaces.d). V(runtime) writes no
        configuration, so the tunnel is gone after a reboot.
      - V(auto) is V(networkd) where it runs or is enabled, or where ifupdown is not installed; otherwise V(ifupdown),
        and V(runtime) where neither is there.
      - When the provider changes, the old one's configuration is removed if this module has written it.
    type: str
    choices: [auto, networkd, ifupdown, runtime]
    default: auto
  activate:
    description:
      - V(false) writes the configuration only, for an image, or a container whose kernel has no C(sit).
      - With V(true) on a kernel without C(sit) the request is refused before anything changes.
    type: bool
    default: true
  timeout:
    description: Seconds to wait for the link and its addresses, each.
    type: float
    default: 15
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - module: homelab.ipv6.networkd_units
  - name: RFC 4213
    description: Basic transition mechanisms for IPv6 hosts and routers.
    link: https://www.rfc-editor.org/rfc/rfc4213
  - name: RFC 7084
    description: Basic requirements for IPv6 customer edge routers.
    link: https://www.rfc-editor.org/rfc/rfc7084
"""

EXAMPLES = r"""
- name: A tunnel of Hurricane Electric, with the default route and a routed /48
  homelab.ipv6.sit_tunnel:
    name: he-ipv6
    remote: 198.51.100.1
    addresses: ['2001:db8:c:407::2/64']
    routes:
      - destination: default
      - destination: 2001:db8:4070::/48
        type: unreachable

- name: The same behind PPPoE, by commands only, to try it until the next reboot
  homelab.ipv6.sit_tunnel:
    name: he-ipv6
    remote: 198.51.100.1
    mtu: 1472
    addresses: ['2001:db8:c:407::2/64']
    routes:
      - destination: default
    provider: runtime

- name: Write the configuration in a container, where the kernel has no tunnels
  homelab.ipv6.sit_tunnel:
    name: he-ipv6
    remote: 198.51.100.1
    addresses: ['2001:db8:c:407::2/64']
    activate: false

- name: Take the tunnel away
  homelab.ipv6.sit_tunnel:
    name: he-ipv6
    state: absent
"""

RETURN = r"""
provider:
  description: What brings the tunnel up at boot; empty with O(state=absent).
  returned: success
  type: str
  sample: networkd
local:
  description: This end, as the configuration says it.
  returned: success
  type: str
  sample: any
files:
  description: The configuration files.
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/network/30-he-ipv6.netdev, /etc/systemd/network/30-he-ipv6.network]
activated:
  description: Whether the kernel's state was looked at and corrected; O(activate).
  returned: success
  type: bool
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample:
    - change the MTU of he-ipv6 from 1280 to 1480
    - 'wait: he-ipv6 to be up'
"""

import functools
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.tunnel import look
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import sit_tunnel, sit_tunnel_plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any], check_mode: bool) -> Plan:
    if params["state"] == "absent":
        name, routes = sit_tunnel.read_name(params), sit_tunnel.read_routes(params)
        return sit_tunnel_plan.absent(name, routes, params["activate"], look(host, name, None, None, check_mode))
    request = sit_tunnel.read_request(params)
    found = look(host, request.name, request.remote, request.uplink, check_mode)
    return sit_tunnel_plan.present(request, params["provider"], params["activate"], params["timeout"], found)


def main() -> None:
    route = {
        "destination": {"type": "str", "required": True},
        "type": {"type": "str", "choices": ["unicast", "unreachable", "blackhole"], "default": "unicast"},
        "gateway": {"type": "str"},
        "source": {"type": "str"},
        "metric": {"type": "int"},
        "table": {"type": "str", "default": "main"},
    }
    module = AnsibleModule(
        argument_spec={
            **WAY_BACK_SPEC,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "remote": {"type": "str"},
            "local": {"type": "str", "default": "auto"},
            "ttl": {"type": "int", "default": 255},
            "mtu": {"type": "int", "default": 1480},
            "mtu_force": {"type": "bool", "default": False},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "routes": {"type": "list", "elements": "dict", "options": route, "default": []},
            "uplink": {"type": "str"},
            "provider": {"type": "str", "choices": ["auto", "networkd", "ifupdown", "runtime"], "default": "auto"},
            "activate": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 15},
        },
        required_if=[("state", "present", ["remote"])],
        supports_check_mode=True,
    )
    run_module(module, "sit_tunnel", functools.partial(build, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
