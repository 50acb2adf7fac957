#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dhcp6_identity_info
short_description: Tell under which DUIDs and IAIDs a machine asks for DHCPv6
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Lists the DUID of each DHCPv6 client that is installed on a machine or has left a file there - systemd-networkd,
    NetworkManager, dhclient, dhcpcd, wide-dhcpv6-client and dibbler-client - so that it can be put into the list of
    static hosts of M(homelab.ipv6.dhcp6_hosts).
  - What a running client says beats what its files would have it use. What is computed comes from rules that were
    compared with what a server saw.
  - A source that cannot be read, or holds what cannot be a DUID, is a warning; the rest is returned.
  - Changes nothing.
options: {}
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
notes:
  - Run it as root (C(become=true)); several clients keep their files from others.
  - The DUIDs that systemd-networkd and NetworkManager compute come from C(/etc/machine-id). Clones of one image share
    it, and so one DUID and one address, until C(/etc/machine-id) is emptied before the image is copied.
  - systemd-networkd's computed DUID is listed wherever there is a machine-id, also where networkd does not run, since
    it will ask under that one when it does.
  - One host has one DUID for each of its clients. A machine that moves from ifupdown to systemd-networkd asks under
    another one.
  - NetworkManager's words for making a DUID, such as V(ll) or V(stable-uuid) in C(ipv6.dhcp-duid), are followed only
    where it runs and has asked.
seealso:
  - module: homelab.ipv6.dhcp6_hosts
    description: Takes the DUIDs.
  - plugin: homelab.ipv6.networkd_duid
    plugin_type: filter
    description: The DUID of a machine that cannot be asked yet, from its machine-id.
"""

EXAMPLES = r"""
- name: Ask each machine under which DUIDs it asks
  homelab.ipv6.dhcp6_identity_info:
  register: identity

- name: Say what runs now
  ansible.builtin.debug:
    msg: "{{ item.client }} asks on {{ item.interface or 'any interface' }} as {{ item.duid }}, IAID {{ item.iaid }}"
  loop: "{{ identity.duids | selectattr('running') }}"
  loop_control:
    label: "{{ item.source }}"

- name: Give each machine of the LAN its address, by the DUID under which it asks on eth0
  homelab.ipv6.dhcp6_hosts:
    provider: kea
    hosts:
      - name: "{{ inventory_hostname }}"
        duid: "{{ identity.duids | selectattr('running') | selectattr('interface', 'eq', 'eth0') | map(attribute='duid')
          | first }}"
        addresses: ["{{ lan_address }}"]
    purge: false
  delegate_to: router
"""

RETURN = r"""
duids:
  description: One entry for each client, and for each interface and IAID of it as far as they are known.
  returned: success
  type: list
  elements: dict
  contains:
    client:
      description: V(systemd-networkd), V(NetworkManager), V(dhclient), V(dhcpcd), V(wide-dhcpv6-client) or
        V(dibbler-client).
      type: str
    duid:
      description: The DUID, as lower-case pairs with colons.
      type: str
    duid_type:
      description: V(DUID-LLT), V(DUID-EN), V(DUID-LL), V(DUID-UUID) or V(unknown).
      type: str
    duid_time:
      description: When a DUID-LLT was made, by the clock that the machine had then, in UTC; null for other types.
      type: str
    type:
      description: The same as RV(duids[].duid_type).
      type: str
    interface:
      description: The interface on which the client asks; null where the DUID holds for all, or none can be told.
      type: str
    iaid:
      description: The IAID under which it asks there; null where it cannot be told.
      type: int
    source:
      description: The file or command that it was read from, or V(computed from /etc/machine-id).
      type: str
    running:
      description: Whether that client runs now.
      type: bool
  sample:
    - client: dhclient
      duid: 00:01:00:01:32:9a:ed:8b:02:00:00:00:01:00
      duid_type: DUID-LLT
      duid_time: "2026-11-26T13:15:55+00:00"
      type: DUID-LLT
      interface: eth0
      iaid: 256
      source: /var/lib/dhcp/dhclient6.eth0.leases
      running: true
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.identity import identities
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, _params: Mapping[str, Any]) -> Plan:
    found, warnings = identities(host)
    return Plan(warnings=tuple(warnings), result={"duids": [identity.row() for identity in found]})


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    run_module(module, "dhcp6_identity_info", build)


if __name__ == "__main__":
    main()
