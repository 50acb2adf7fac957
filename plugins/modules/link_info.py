#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: link_info
short_description: Tell what configures each network interface, and how Ansible came in
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Lists the network interfaces of a host, and for each what configures it - ifupdown, NetworkManager or
    systemd-networkd - with the file in which that stands.
  - Tells on which address and port the ssh connection of this very task arrived, also behind C(sudo), which hides it
    from the environment.
  - Changes nothing.
options: {}
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
seealso:
  - module: homelab.ipv6.networkd_units
    description: Hands an interface over to systemd-networkd.
"""

EXAMPLES = r"""
- name: Look at the interfaces
  homelab.ipv6.link_info:
  register: network

- name: Say who configures eth0
  ansible.builtin.debug:
    msg: "{{ network.links.eth0.managed_by | map(attribute='source') }}"
  when: "'eth0' in network.links"
"""

RETURN = r"""
links:
  description: All interfaces but loopback, by name.
  returned: success
  type: dict
  contains:
    kind:
      description: What the kernel names it - V(bridge), V(vlan), V(wlan), V(bond) and so on; empty for what is plain
        Ethernet to it, such as a network card or one end of a veth pair.
      type: str
    master:
      description: The bridge or bond of which it is a port, empty where there is none.
      type: str
    mac:
      description: Link-layer address.
      type: str
    mtu:
      description: Size of the largest packet, in bytes.
      type: int
    operstate:
      description: State of the link as the kernel puts it.
      type: str
    accept_ra:
      description: Running value of C(net.ipv6.conf.IFACE.accept_ra); null where the interface has no IPv6.
      type: int
    networkd:
      description: Whether systemd-networkd configures the interface.
      type: bool
    network_file:
      description: The C(.network) file that systemd-networkd applies, empty where none.
      type: str
    says_accept_ra:
      description: Whether that file, or a drop-in to it, says C(IPv6AcceptRA=) outright.
      type: bool
    addresses:
      description: Its addresses of both families with the lengths of their prefixes, link-local ones too.
      type: list
      elements: str
    networks:
      description: Networks that the host reaches over it without a router, by its addresses and by routes, as those
        that router advertisements tell of. Link-local ones are left out.
      type: list
      elements: str
    ra_default:
      description: Whether a router advertisement has set a default route over it.
      type: bool
    managed_by:
      description: What else configures the interface, as a list of C(manager), C(source) and C(obstacles), the
        settings that systemd-networkd could not take over.
      type: list
      elements: dict
  sample:
    eth0:
      kind: ""
      master: ""
      mac: 02:00:00:00:00:01
      mtu: 1500
      operstate: up
      accept_ra: 1
      networkd: false
      network_file: ""
      says_accept_ra: false
      addresses: [192.0.2.10/24, 2001:db8:0:1::10/64, fe80::ff:fe00:1/64]
      networks: [192.0.2.0/24, '2001:db8:0:1::/64']
      ra_default: true
      managed_by:
        - manager: ifupdown
          source: /etc/network/interfaces line 12
          obstacles: []
uplink:
  description: The interface of the IPv4 default route, empty where there is none.
  returned: success
  type: str
  sample: eth0
loopback_file:
  description: The C(.network) file that systemd-networkd applies to the loopback interface, empty where none.
  returned: success
  type: str
  sample: ""
name_servers:
  description: Addresses of the name servers that the host asks, without those on itself and link-local ones.
  returned: success
  type: list
  elements: str
  sample: ['2001:db8:0:1::53', 192.0.2.53]
sit:
  description: Whether the kernel has 6in4 tunnels (module C(sit)). It is not loaded to find out.
  returned: success
  type: bool
  sample: true
ssh_connection:
  description: C(client), C(client_port), C(server) and C(port) of the ssh connection of this task; empty for other
    connections.
  returned: success
  type: dict
  sample: {client: 2001:db8::2, client_port: '41514', server: 2001:db8::1, port: '22'}
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.links import (
    default_link,
    kernel_has,
    links,
    loopback_file,
    name_servers,
    owners,
    ssh_connection,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, _params: Mapping[str, Any]) -> Plan:
    found = {
        link.name: {
            "kind": link.kind,
            "master": link.master,
            "mac": link.mac,
            "mtu": link.mtu,
            "operstate": link.operstate,
            "accept_ra": link.accept_ra,
            "networkd": link.by_networkd,
            "network_file": link.network_file,
            "says_accept_ra": link.says_accept_ra,
            "addresses": list(link.addresses),
            "networks": list(link.networks),
            "ra_default": link.ra_default,
            "managed_by": [
                {"manager": owner.manager, "source": owner.source, "obstacles": list(owner.obstacles)}
                for owner in owners(host, link.name)
            ],
        }
        for link in links(host)
    }
    result = {
        "links": found,
        "uplink": default_link(host),
        "ssh_connection": ssh_connection(host),
        "loopback_file": loopback_file(host),
        "name_servers": name_servers(host),
        "sit": kernel_has(host, "sit"),
    }
    return Plan(result=result)


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    run_module(module, "link_info", build)


if __name__ == "__main__":
    main()
