#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dhcp6_leases_info
short_description: Tell which DHCPv6 client has which address
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Reads the lease file of a DHCPv6 server, and tells who has which address or delegated prefix until when.
  - The server may go on writing meanwhile. A last line that it has not finished is left out; any other line that cannot
    be read is named in a warning, with its file, line and column, and the rest is read.
  - Changes nothing.
options:
  provider:
    description:
      - The server.
      - V(kea) is ISC's Kea, C(kea-dhcp6), with its leases in files (C(memfile)). Like Kea itself when it starts, the
        module also reads what lies beside the file while Kea cleans it up (C(.completed), or C(.2) and C(.1)).
      - V(dhcpd) is ISC's older DHCP server. A host with a fixed address gets no lease from it, and so is not seen here.
      - V(dnsmasq) delegates no prefixes. DHCPv4 leases in the same file are passed over.
      - V(dhcp6s) is the server of WIDE-DHCPv6. It keeps its leases in memory alone, so that there is nothing to read,
        and is refused. Read a client's DUID on the client, or in the log of C(dhcp6s -D).
    type: str
    choices: [kea, dhcpd, dnsmasq, dhcp6s]
    default: kea
  lease_file:
    description:
      - The file with the leases.
      - By default the one that role P(homelab.ipv6.dhcp6_server#role) has the server write, where it runs it; otherwise
        Debian's. That is V(/var/lib/dhcp/dhcpd6.leases) for dhcpd, V(/var/lib/misc/dnsmasq.leases) for dnsmasq, and for
        Kea what its configuration says or else V(/var/lib/kea/kea-leases6.csv).
    type: path
  all:
    description: Also tell of leases that have ended, were given back, or were declined by the client.
    type: bool
    default: false
extends_documentation_fragment:
  - homelab.ipv6.attributes.info_module
seealso:
  - module: homelab.ipv6.dhcp6_hosts
    description: Gives a client the same address each time.
  - module: homelab.ipv6.dhcp6_identity_info
    description: Asks the client itself for its DUID.
  - plugin: homelab.ipv6.duid
    plugin_type: filter
  - name: Kea's memfile
    description: How Kea stores leases in files.
    link: https://kea.readthedocs.io/en/stable/arm/dhcp6-srv.html#memfile-basic-storage-for-leases
  - name: dhcpd.leases(5)
    description: The lease file of dhcpd.
    link: https://manpages.debian.org/bookworm/isc-dhcp-server/dhcpd.leases.5.en.html
"""

EXAMPLES = r"""
- name: See who has which address
  homelab.ipv6.dhcp6_leases_info:
  register: dhcp6

- name: Show it
  ansible.builtin.debug:
    msg: "{{ item.address or item.prefix }} {{ item.hostname or '?' }} {{ item.duid }} until {{ item.expires }}"
  loop: "{{ dhcp6.leases }}"
  loop_control:
    label: "{{ item.address or item.prefix }}"

- name: Pin the printer to the address that it has now
  homelab.ipv6.dhcp6_hosts:
    purge: false
    hosts:
      - name: printer
        duid: "{{ printer.duid }}"
        addresses: ["{{ printer.address }}"]
  vars:
    printer: "{{ dhcp6.leases | selectattr('hostname', 'eq', 'printer.home.example') | first }}"

- name: Read what another dhcpd wrote, ended leases and all
  homelab.ipv6.dhcp6_leases_info:
    provider: dhcpd
    lease_file: /var/lib/dhcp/dhcpd6.leases-lab
    all: true
"""

RETURN = r"""
leases:
  description: The leases, addresses first, in order.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: Either V(address) or V(prefix).
      type: str
    address:
      description: The address; null for a delegated prefix.
      type: str
    prefix:
      description: The delegated prefix; null for an address.
      type: str
    temporary:
      description: Whether the client asked for a temporary address (IA_TA).
      type: bool
    duid:
      description: The client's DUID in its canonical form; null where the server does not know whose the lease is, such
        as an address that Kea saw declined.
      type: str
    duid_type:
      description: C(DUID-LLT), C(DUID-EN), C(DUID-LL), C(DUID-UUID) or C(unknown); null without a DUID.
      type: str
    duid_time:
      description: When a DUID-LLT was made, by the client's clock, in UTC; null for other types.
      type: str
    iaid:
      description: Which of the client's interfaces it is, as the client numbers them.
      type: int
    hostname:
      description: The client's name, without a dot at its end; null where the server wrote none. dhcpd writes it only
        when it has updated the DNS.
      type: str
    expires:
      description: When the lease ends, in UTC; null for one that never ends.
      type: str
    state:
      description:
        - V(active), V(expired), V(released) (given back by the client or removed by a command) or V(declined) (the
          client found it in use).
        - V(free) is a lease that dhcpd has not given to anybody again; V(registered) an address that Kea 2.7 or newer
          was told of by a client that chose it itself.
      type: str
    subnet_id:
      description: Kea's number of the subnet; null for other servers.
      type: int
  sample:
    - type: address
      address: 2001:db8:0:1::100
      prefix: null
      temporary: false
      duid: 00:01:00:01:32:9a:ea:19:02:00:00:00:00:01
      duid_type: DUID-LLT
      duid_time: "2026-11-26T13:00:57+00:00"
      iaid: 1
      hostname: nas.home.example
      expires: "2026-11-26T15:01:15+00:00"
      state: active
      subnet_id: 7
lease_file:
  description: The file that was read.
  returned: success
  type: str
  sample: /var/lib/kea/kea-leases6.csv
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.leases import find
from ansible_collections.homelab.ipv6.plugins.module_utils._module import run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import leases
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    provider = params["provider"]
    leases.refuse_unwritten(provider)
    return leases.plan(provider, find(host, provider, params["lease_file"]), time.time(), params["all"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "provider": {"type": "str", "choices": ["kea", "dhcpd", "dnsmasq", "dhcp6s"], "default": "kea"},
            "lease_file": {"type": "path"},
            "all": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run_module(module, "dhcp6_leases_info", build)


if __name__ == "__main__":
    main()
