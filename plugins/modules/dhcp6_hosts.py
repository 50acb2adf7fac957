#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dhcp6_hosts
short_description: Static hosts of a DHCPv6 server as one set
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Gives hosts that are known by their DUID (or link-layer address) the IPv6 addresses, delegated prefixes and names
    that are meant for them. All hosts are given at once; what is wrong with one of them is said before anything
    changes.
  - The new configuration is written beside the old one, checked by the server's own checker, moved in one go and
    applied. If the server does not come back, the old files and the old server do, and the error says what it said.
  - For Kea the hosts become reservations in the configuration's subnets. Every byte beside them stays as it is,
    comments included. A reservation that this module wrote says so in its C(user-context); one that does not is its
    user's and is left alone, unless it is for a host of O(hosts), by identifier and subnet, and so is taken over.
  - For dhcpd the hosts become a file of their own, O(hosts_file), and the configuration includes it. Only that file is
    ever rewritten.
  - For dnsmasq they become such a file as well, a C(dhcp-hostsfile). dnsmasq reads it anew at a signal, without a
    restart; leases stay. Only the first time, when its configuration gets to name the file, it restarts.
  - For dhcp6s they become a file that its configuration includes. It has no mode that only checks, so it is given the
    new configuration in a way that has it read the whole and end before it opens a socket. It reads its configuration
    once, and so restarts.
options:
  provider:
    description:
      - The server.
      - V(kea) is ISC's Kea, C(kea-dhcp6).
      - V(dhcpd) is ISC's older DHCP server.
      - V(dnsmasq) is dnsmasq, which has to have a C(dhcp-range) of IPv6.
      - V(dhcp6s) is the server of WIDE-DHCPv6, Debian's C(wide-dhcpv6-server).
    type: str
    choices: [kea, dhcpd, dnsmasq, dhcp6s]
    default: kea
  config_file:
    description:
      - The server's configuration.
      - By default V(/etc/kea/kea-dhcp6.conf) for Kea, V(/etc/dhcp/dhcpd6.conf) for dhcpd, V(/etc/dnsmasq.conf) for
        dnsmasq and V(/etc/wide-dhcpv6/dhcp6s.conf) for dhcp6s.
      - dhcp6s needs nothing in it but its hosts, and Debian comes without one. Where there is none it is made.
    type: path
  config_content:
    description:
      - The whole text of O(config_file), without these hosts, where the file belongs to the caller.
      - Configuration and hosts are then planned, checked and moved as one. Without it the file that is there is edited.
    type: str
  hosts_file:
    description:
      - The file of hosts for dhcpd, dnsmasq or dhcp6s, which belongs to this module.
      - By default V(/etc/dhcp/homelab-ipv6-hosts6.conf) for dhcpd,
        V(/etc/dnsmasq.d-available/homelab-ipv6-hosts6.conf) for dnsmasq, where Debian's AppArmor profile lets it read,
        and V(/etc/wide-dhcpv6/homelab-ipv6-hosts6.conf) for dhcp6s.
    type: path
  lease_file:
    description:
      - The file with the server's leases, read for O(hosts[].from_lease).
      - By default the one that M(homelab.ipv6.dhcp6_leases_info) reads; for Kea, the one that O(config_file) names.
    type: path
  ensure_include:
    description:
      - Have the configuration name O(hosts_file) if it does not.
      - The O(config_file) of dhcpd or dhcp6s gets a line that includes it.
      - dnsmasq gets C(homelab-ipv6.conf) in its directory of further configurations (Debian's C(/etc/dnsmasq.d)), or a
        line at the end of O(config_file) where it reads none.
      - V(false) leaves it to you; a warning then says which line is missing, and where.
    type: bool
    default: true
  control_socket:
    description:
      - Kea's control socket, over which it takes the new configuration without a restart.
      - By default the one that its configuration names. Empty, or where nobody answers, the service is restarted.
    type: str
  purge:
    description:
      - V(true) removes the hosts that this module wrote earlier and that O(hosts) does not name any more, and so in Kea
        a reservation of your own that was taken over, with all options in it.
      - V(false) keeps them. O(hosts_file) is written anew all the same, from what this module puts into it, so that
        what was added there by hand is dropped (C(option host-name) for dhcpd, a lease time for dnsmasq). Keep such
        hosts in the server's own configuration.
    type: bool
    default: true
  validate:
    description:
      - Have the server's own checker look at the new configuration before it is moved.
      - dhcp6s sees with it whether the interfaces exist that its configuration names.
    type: bool
    default: true
  reload:
    description:
      - Apply the configuration to the server if it runs. A server that does not run is not started.
      - A Kea with a control socket reloads, and so does dnsmasq where nothing but hosts changed; others restart.
      - dhcp6s forgets at a restart who has which address. A host that renews its lease then is told so, asks anew at
        once, and gets its own address again. Another client may find that an address of a pool has gone to somebody.
    type: bool
    default: true
  service:
    description:
      - The systemd service to restart.
      - By default V(kea-dhcp6-server) for Kea, V(isc-dhcp-server) for dhcpd, V(dnsmasq) for dnsmasq and
        V(wide-dhcpv6-server) for dhcp6s. Debian's service of dhcp6s has its interfaces from
        C(/etc/default/wide-dhcpv6-server).
    type: str
  preferred_lifetime:
    description:
      - For how many seconds new connections use an address or prefix, in the hosts of dhcp6s, which has it from each of
        them. Clients renew after half of it.
      - Hosts that O(purge=false) keeps also keep theirs. Other servers have it from their configuration.
    type: int
    default: 14400
  valid_lifetime:
    description: For how many seconds such an address or prefix stays valid if the client does not renew it.
    type: int
    default: 86400
extends_documentation_fragment:
  - homelab.ipv6.static_hosts
  - homelab.ipv6.attributes
notes:
  - Several interfaces of one host ask with one DUID. O(hosts[].addresses) says what each server gives them.
  - A client that renews its lease with dnsmasq (2.90 and 2.91 were tried) keeps the address that it has when its entry
    changes or goes. The new one is given when it asks afresh, after a restart for instance. An address from the range
    that it got before it was listed it then keeps beside the static one, until the lease of it ends.
  - A client that dhcp6s (20080615-23 was tried) does not know ends it by asking whether an old address is right
    (Confirm), unless the interface has an C(address-pool). Debian's service does not start it again, and goes on to
    look active; that of role P(homelab.ipv6.dhcp6_server#role) starts it again.
  - Cloned machines share a machine-id and so a DUID; give each its own first.
seealso:
  - plugin: homelab.ipv6.duid
    plugin_type: filter
  - plugin: homelab.ipv6.networkd_duid
    plugin_type: filter
  - module: homelab.ipv6.dhcp6_leases_info
    description: Shows the names and DUIDs that the server's leases hold.
  - module: homelab.ipv6.dhcp6_identity_info
    description: Asks the client itself for its DUID.
  - name: Host reservations in Kea
    description: What a reservation can do.
    link: https://kea.readthedocs.io/en/stable/arm/dhcp6-srv.html#host-reservations-in-dhcpv6
  - name: dhcpd.conf(5)
    description: The host declaration.
    link: https://manpages.debian.org/bookworm/isc-dhcp-server/dhcpd.conf.5.en.html
  - name: dnsmasq(8)
    description: The options dhcp-host and dhcp-hostsfile.
    link: https://manpages.debian.org/bookworm/dnsmasq-base/dnsmasq.8.en.html
  - name: dhcp6s.conf(5)
    description: The host statement.
    link: https://manpages.debian.org/bookworm/wide-dhcpv6-server/dhcp6s.conf.5.en.html
"""

EXAMPLES = r"""
- name: Give three machines their addresses
  homelab.ipv6.dhcp6_hosts:
    hosts:
      - name: nas
        # Copied from Windows' ipconfig /all, a log, a lease file: any notation.
        duid: 00-01-00-01-2A-3B-4C-5D-52-54-00-12-34-56
        addresses: ["2001:db8:0:1::10"]
      - name: buildbot
        # A container with systemd-networkd: its DUID follows from its machine-id.
        machine_id: 0123456789abcdef0123456789abcdef
        addresses: ["2001:db8:0:1::20"]
      - name: second-router
        duid: "00:03:00:01:52:54:00:65:43:21"
        addresses: ["2001:db8:0:1::2"]
        prefixes: ["2001:db8:0:100::/56"]

- name: Pin two machines that have addresses from the pool, by the names that they gave
  homelab.ipv6.dhcp6_hosts:
    purge: false
    hosts:
      - name: printer
        from_lease: BRW008077310107
        addresses: ["2001:db8:0:1::30"]
      - name: laptop
        from_lease: laptop.home.example
        addresses: ["2001:db8:0:1::31"]
  register: pinned

- name: Show their DUIDs, to be written into the playbook
  ansible.builtin.debug:
    msg: "{{ dict(pinned.hosts | map(attribute='name') | zip(pinned.hosts | map(attribute='duid'))) }}"

- name: Add one host to those that are there
  homelab.ipv6.dhcp6_hosts:
    provider: dhcpd
    purge: false
    hosts:
      - name: printer
        duid: "00:03:00:01:00:80:77:31:01:07"
        addresses: ["2001:db8:0:1::30"]

- name: Give a machine an address and a network behind it by WIDE's dhcp6s
  homelab.ipv6.dhcp6_hosts:
    provider: dhcp6s
    valid_lifetime: 43200
    hosts:
      - name: second-router
        duid: "00:03:00:01:52:54:00:65:43:21"
        addresses: ["2001:db8:0:1::2"]
        prefixes: ["2001:db8:0:100::/56"]

- name: Write configuration and hosts as one
  homelab.ipv6.dhcp6_hosts:
    config_content: "{{ lookup('template', 'kea-dhcp6.conf.j2') }}"
    hosts: "{{ static_hosts }}"
"""

RETURN = r"""
hosts:
  description: The hosts that the server has from this module, DUIDs and addresses in their canonical form.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The host's name.
      type: str
    duid:
      description: The DUID, as it was given, computed or found in the leases; null for a host that is known by its
        link-layer address.
      type: str
    duid_type:
      description: C(DUID-LLT), C(DUID-EN), C(DUID-LL), C(DUID-UUID) or C(unknown); null without a DUID.
      type: str
    duid_time:
      description: When a DUID-LLT was made, by the client's clock, in UTC; null for other types.
      type: str
    hwaddr:
      description: The link-layer address; null for a host that is known by its DUID.
      type: str
    addresses:
      description: The addresses.
      type: list
      elements: str
    prefixes:
      description: The delegated prefixes.
      type: list
      elements: str
    hostname:
      description: The name that the server knows the host by; null where none was given.
      type: str
  sample:
    - name: nas
      duid: 00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56
      duid_type: DUID-LLT
      duid_time: "2022-06-14T13:40:45+00:00"
      hwaddr: null
      addresses: ["2001:db8:0:1::10"]
      prefixes: []
      hostname: null
unmanaged:
  description: Static hosts in the server's configuration that this module left alone, and where they stand.
  returned: success
  type: list
  elements: dict
  sample:
    - duid: 00:01:00:01:2a:3b:4c:5d:52:54:00:ab:cd:ef
      line: 42
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [require kea-dhcp6, write /etc/kea/kea-dhcp6.conf, have kea-dhcp6-server reload its configuration]
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcp6s, dhcpd, kea_config
from ansible_collections.homelab.ipv6.plugins.module_utils._host import dhcp6s as dhcp6s_host
from ansible_collections.homelab.ipv6.plugins.module_utils._host import dhcpd as dhcpd_host
from ansible_collections.homelab.ipv6.plugins.module_utils._host import dnsmasq as dnsmasq_host
from ansible_collections.homelab.ipv6.plugins.module_utils._host import kea as kea_host
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dhcp6s as dhcp6s_plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dhcpd as dhcpd_plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dnsmasq as dnsmasq_plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_kea as kea_plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import (
    DHCP6_PORT,
    Options,
    read_hosts,
    refuse_relative,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_writing import unheard
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.duid_doubts import doubts

# Options that no provider has a use for.
ELSEWHERE = ("provider", "hosts", "lease_file")
# What reads the host, and what plans.
PROVIDERS = {
    "kea": (kea_host, kea_plan),
    "dhcpd": (dhcpd_host, dhcpd_plan),
    "dnsmasq": (dnsmasq_host, dnsmasq_plan),
    "dhcp6s": (dhcp6s_host, dhcp6s_plan),
}


def build(host, params):
    read, planning = PROVIDERS[params["provider"]]
    given = {key: value for key, value in params.items() if key not in (*ELSEWHERE, *WAY_BACK_SPEC)}
    given["config_file"] = params["config_file"] or planning.CONFIG_FILE
    given["hosts_file"] = params["hosts_file"] or getattr(planning, "HOSTS_FILE", "")
    given["service"] = params["service"] or planning.SERVICE
    refuse_relative({key: params[key] for key in ("config_file", "hosts_file", "lease_file")})
    options = Options(**given)
    if all(item.get("from_lease") is None for item in params["hosts"]):
        hosts, warnings = read_hosts(params["hosts"]), []
        found = read.find(host, options)
    else:
        # Most sets need no leases, and so not load what reads them.
        from ansible_collections.homelab.ipv6.plugins.module_utils._host import leases
        from ansible_collections.homelab.ipv6.plugins.module_utils._plans.from_lease import LeaseNames

        found = read.find(host, options)
        names = LeaseNames(
            params["provider"],
            time.time(),
            find=lambda: leases.find(host, params["provider"], params["lease_file"], params["config_file"]),
            present=lambda: planning.present(options, found),
        )
        hosts, warnings = read_hosts(params["hosts"], names.duid), names.warnings
    plan = planning.plan(hosts, options, found)
    owners = []
    if found.listening and not found.active:
        # Likewise; as a rule a server that listens is the service.
        from ansible_collections.homelab.ipv6.plugins.module_utils._host.sockets import units_of

        owners = units_of(host, planning.TOOL, DHCP6_PORT)
    deaf = unheard(options, planning.TOOL, found, owners, plan.steps)
    return plan._replace(warnings=(*plan.warnings, *warnings, *deaf, *doubts(hosts)))


def main():
    host_options = {
        "name": {"type": "str", "required": True},
        "duid": {"type": "str"},
        "machine_id": {"type": "str"},
        "from_lease": {"type": "str"},
        "hwaddr": {"type": "str"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "prefixes": {"type": "list", "elements": "str", "default": []},
        "hostname": {"type": "str"},
        "subnet": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            **WAY_BACK_SPEC,
            "provider": {"type": "str", "choices": ["kea", "dhcpd", "dnsmasq", "dhcp6s"], "default": "kea"},
            "hosts": {"type": "list", "elements": "dict", "required": True, "options": host_options},
            "config_file": {"type": "path"},
            # Kept out of the host's log.
            "config_content": {"type": "str", "no_log": True},
            "hosts_file": {"type": "path"},
            "lease_file": {"type": "path"},
            "ensure_include": {"type": "bool", "default": True},
            "control_socket": {"type": "str"},
            "purge": {"type": "bool", "default": True},
            "validate": {"type": "bool", "default": True},
            "reload": {"type": "bool", "default": True},
            "service": {"type": "str"},
            "preferred_lifetime": {"type": "int", "default": 14400},
            "valid_lifetime": {"type": "int", "default": 86400},
        },
        supports_check_mode=True,
    )
    # The diff shows the configuration, but for the keys and passwords in it. dnsmasq has none.
    module.no_log_values.discard(module.params["config_content"])
    for format_of in (kea_config, dhcp6s, dhcpd):
        module.no_log_values.update(format_of.secrets_of(module.params["config_content"]))
    run_module(module, "dhcp6_hosts", build)


if __name__ == "__main__":
    main()
