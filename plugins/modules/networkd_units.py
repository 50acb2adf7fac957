#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: networkd_units
short_description: Write a set of systemd-networkd files, checked against its own vocabulary
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Writes any number of C(.netdev), C(.network) and C(.link) files and drop-ins of them to C(/etc/systemd/network) in
    one task; all of them move or none does.
  - systemd-networkd ignores what it does not know, with a line in its log. This module refuses it, with the right
    spelling or the right section; and so it does with a file without C([Match]), and a file that another one would keep
    from being used.
  - A key that is newer than the systemd of the host is refused with the release that it needs, and so is a value, such
    as C(KeepConfiguration=dynamic) on systemd 252. The vocabulary is that of the sources of systemd 252 (Debian 12) and
    257 (Debian 13); real daemons of both have been asked whether they agree.
  - A key under its old name, such as C(IPv6AcceptRouterAdvertisements=), is written under its new one, with a warning.
    An old name for what is written otherwise today, such as C(IPForward=) from systemd 256 on or the section C([DHCP]),
    is refused with what to write. A key that is not in the vocabulary is written, with a warning, only where the
    systemd of the host is newer than it.
  - C(networkctl reload) is run after a change if systemd-networkd runs. It applies changed C(.network) files to their
    links and makes new devices. A device that exists is changed by systemd 257 and later only, and no release takes a
    device away whose file has gone; where one of these is the case, a warning says so and what to do.
  - Before systemd 257, systemd-networkd takes no port of a bridge out of a VLAN, and does not have a bridge that exists
    look at VLANs. This module does so where C([BridgeVLAN]) or C(VLANFiltering=) has changed in a file of the set.
  - A file with a private key in it is readable by root and systemd-networkd only and does not show in diffs.
options:
  units:
    description: The files. Their names matter, since the first file that matches a link is the one used.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the file, such as V(20-lan.network), or of a drop-in, such as V(20-lan.network.d/10-mtu.conf).
        type: str
        required: true
      sections:
        description: Sections in the order in which they are written. A name may come more than once.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the section, without brackets.
            type: str
            required: true
          settings:
            description:
              - Keys and values. A list writes the key once for each of its values.
              - An empty text takes back what other files have said of the key.
            type: dict
            default: {}
      state:
        description:
          - V(present) writes the file.
          - V(absent) removes it.
        type: str
        choices: [present, absent]
        default: present
  reload:
    description:
      - Have systemd-networkd read its files again after a change, if it runs.
      - Where it does not run, the files are written and RV(pending) says that nothing is in force.
    type: bool
    default: true
  enable:
    description:
      - Have systemd-networkd run, now and at every boot. The boot does not wait for its links then, unless it did so
        before.
    type: bool
    default: false
  handover:
    description:
      - What to do where a C(.network) file of the set takes an interface by its name that ifupdown, NetworkManager or
        netplan configures.
      - V(refuse) says so and changes nothing.
      - V(adopt) hands the interface over in the same step. Its addresses, DHCP, gateway, resolvers, MTU and MAC
        address go on in a drop-in C(10-handed-over.conf), and the DUID and the IAID under which DHCP servers know it in
        C(20-asks-as.conf). A stanza of ifupdown stays in its file as a comment; a connection of NetworkManager stays,
        and NetworkManager is told to leave the interface alone. What a C(.network) file cannot say is refused.
      - V(replace) does the same without addresses, DHCP, gateway and resolvers, which the set gives anew.
      - Where the set makes the interface a port of a bridge (C(Bridge=)), the bridge is the one that goes on; MTU and
        MAC address stay with the interface. Then what systemd-networkd itself has done with the interface by another
        C(.network) file goes on there too, under the same IAID; that file stays, and is used no more.
    type: str
    choices: [refuse, adopt, replace]
    default: refuse
extends_documentation_fragment:
  - homelab.ipv6.attributes
seealso:
  - name: systemd.network(5)
    description: Sections and keys of .network files.
    link: https://manpages.debian.org/bookworm/systemd/systemd.network.5.en.html
  - name: systemd.netdev(5)
    description: Sections and keys of .netdev files.
    link: https://manpages.debian.org/bookworm/systemd/systemd.netdev.5.en.html
  - name: systemd.link(5)
    description: Sections and keys of .link files.
    link: https://manpages.debian.org/bookworm/udev/systemd.link.5.en.html
"""

EXAMPLES = r"""
- name: Bridge a network card, so that containers are members of its network
  homelab.ipv6.networkd_units:
    units:
      - name: 20-vbr0.netdev
        sections:
          - name: NetDev
            settings: {Name: vbr0, Kind: bridge}
      - name: 20-vbr0.network
        sections:
          - name: Match
            settings: {Name: vbr0}
          - name: Network
            settings: {DHCP: true, IPv6AcceptRA: true}
      - name: 20-enp6s0.network
        sections:
          - name: Match
            settings: {Name: enp6s0}
          - name: Network
            # The card itself takes no addresses, or IPv6 would have two ways out.
            settings: {Bridge: vbr0, IPv6AcceptRA: false, LinkLocalAddressing: false}

- name: Add two addresses and a route to a link that another file describes
  homelab.ipv6.networkd_units:
    units:
      - name: 10-uplink.network.d/50-more.conf
        sections:
          - name: Network
            settings:
              Address: ['2001:db8:1::1/64', '2001:db8:2::1/64']
          - name: Route
            settings: {Destination: '2001:db8:3::/48', Type: unreachable}

- name: Take an interface over from ifupdown
  homelab.ipv6.networkd_units:
    units:
      - name: 20-eth1.network
        sections:
          - name: Match
            settings: {Name: eth1}
          - name: Network
            settings: {Address: '2001:db8:1::1/64', IPv6AcceptRA: false}
    handover: adopt
    enable: true

- name: Take the bridge away again
  homelab.ipv6.networkd_units:
    units:
      - {name: 20-vbr0.netdev, state: absent}
      - {name: 20-vbr0.network, state: absent}
      - {name: 20-enp6s0.network, state: absent}
"""

RETURN = r"""
files:
  description: The files of the set.
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/network/20-lan.network]
reloaded:
  description: Whether systemd-networkd has read its files again, or would in check mode.
  returned: success
  type: bool
pending:
  description: What is written and not in force yet, and what to do about it.
  returned: success
  type: list
  elements: str
  sample: ['systemd-networkd does not run: the files are written, nothing is in force before it reads them.']
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: [write /etc/systemd/network/20-lan.network, have networkd read its files again]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.links import (
    owners,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._host.networkctl import (
    is_active,
    is_enabled,
    systemd_version,
    unit_files,
    waits_online,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._module import WAY_BACK_SPEC, run_module
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import handover, networkd_units
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Plan


def build(host: Host, params: Mapping[str, Any]) -> Plan:
    version = systemd_version(host)
    units, warnings = networkd_units.wanted(params["units"], Vocabulary(version))
    files = {unit.path: host.read_file(unit.path) for unit in units}
    found = networkd_units.Found(
        files={path: state for path, state in files.items() if state},
        others=[(path, text) for path, text in unit_files(host) if path not in files],
        links=host.list_names("/sys/class/net"),
        version=version,
        active=is_active(host),
        enabled=is_enabled(host),
        waits_online=waits_online(host),
    )
    handovers = [
        _handover(host, unit, name, units, params["handover"]) for unit, name in networkd_units.interfaces(units)
    ]
    return networkd_units.plan(units, found, warnings, params["reload"], params["enable"], handovers)


def _handover(
    host: Host, unit: networkd_units.WantedUnit, interface: str, units: Sequence[networkd_units.WantedUnit], how: str
) -> handover.Handover:
    owned = owners(host, interface)
    option = f"{unit.option}.sections.Match.Name"
    bridge = networkd_units.bridge_of(unit)
    if how == "refuse":
        handover.refuse(option, interface, owned)
    if how == "refuse" or not (owned or bridge):
        return handover.Handover()
    # Most runs take no link from anybody: they need not load what that takes.
    from ansible_collections.homelab.ipv6.plugins.module_utils._host import succession as read

    heir = None
    if bridge:
        heir = networkd_units.heir_of(bridge, units)
        owned = read.of_a_port(host, interface, owned, [each.path for each in units])
    succession = read.succession(host, interface, unit.path, heir, bridge, owned, keep=how == "adopt")
    files = read.handover_files(host, interface, [succession.unit, succession.heir])
    return handover.hand_over(option, interface, succession, owned, files)


def main() -> None:
    section = {"name": {"type": "str", "required": True}, "settings": {"type": "dict", "default": {}}}
    unit = {
        "name": {"type": "str", "required": True},
        "sections": {"type": "list", "elements": "dict", "options": section},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = AnsibleModule(
        argument_spec={
            **WAY_BACK_SPEC,
            "units": {"type": "list", "elements": "dict", "options": unit, "required": True},
            "reload": {"type": "bool", "default": True},
            "enable": {"type": "bool", "default": False},
            "handover": {"type": "str", "choices": ["refuse", "adopt", "replace"], "default": "refuse"},
        },
        supports_check_mode=True,
    )
    run_module(module, "networkd_units", build)


if __name__ == "__main__":
    main()
