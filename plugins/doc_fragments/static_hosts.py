# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  hosts:
    description:
      - The static hosts, each known by exactly one of O(hosts[].duid), O(hosts[].machine_id), O(hosts[].from_lease)
        and O(hosts[].hwaddr).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The host's name in the server's configuration, and the one by which it is found again.
          - dnsmasq also makes it the host's name in DNS if there is no O(hosts[].hostname).
        type: str
        required: true
      duid:
        description:
          - The DUID under which the host asks, in any notation that programs show, be it C(00-01-00-01-…) from Windows,
            colons, bare digits, the C string from a dhclient lease file, or networkctl's C(DUID-EN/Vendor:0000ab11…).
          - Read it from the client, or from the server's log or leases. It cannot be computed from the MAC address.
          - Put it in quotes, since YAML takes some DUIDs for numbers.
          - It has up to 130 octets. dhcp6s and Kea 2.2 take no more than 128 of them; Kea 2.6 and dhcpd take all.
          - A warning names DUIDs of the list that differ in one octet or in nothing but the time of a DUID-LLT, as they
            do when one of them is mistyped, and a DUID-LLT without a time, which was probably computed.
        type: str
      machine_id:
        description:
          - The host's C(/etc/machine-id), from which systemd-networkd makes its DUID unless it is told otherwise. So a
            container's address can be given before the container first boots.
        type: str
      from_lease:
        description:
          - The name that the host has in the server's leases, with or without its domain. It is pinned to the DUID that
            has this name there now, and the result shows which that is. A name that no client has at present, or that
            several have, is refused, with what there is.
          - The host then stays pinned to that DUID for as long as this module's entry of its O(hosts[].name) is in the
            server's configuration, whether or not its lease is. A client chooses its name itself, so if another one
            comes with this name, a warning says so and nothing changes; write the other DUID as O(hosts[].duid) to move
            the host to it.
          - Another server, or one set up anew, knows nothing of this. There, and for a record of your own, write the
            DUID from the result as O(hosts[].duid).
          - dhcp6s keeps no leases, and dhcpd notes a client's name only when it has updated the DNS with it.
        type: str
      hwaddr:
        description:
          - The link-layer (MAC) address.
          - Kea finds it in some packets only, and dhcpd nowhere but inside a DUID-LL or DUID-LLT, of which a warning
            reminds; prefer the DUID. With dhcpd a host may not be there by such a DUID as well.
          - dnsmasq takes it from the link, and so knows it of clients that are on the server's own links.
          - dhcp6s does not look for it, and is refused.
        type: str
      addresses:
        description:
          - The addresses. Each must lie in a subnet of the server, and need not lie in a pool.
          - dhcpd gives a host one address a subnet. dnsmasq does so for each DUID; to a host that is known by its
            O(hosts[].hwaddr) and comes with several DUIDs it gives several.
          - Where dnsmasq takes a prefix from an interface (C(constructor:)), the subnet cannot be known beforehand, and
            a warning says of which addresses.
          - dhcp6s has no subnets and gives out what it is told; a warning says which addresses lie in no prefix of an
            interface that Debian's service serves. To anybody it gives an address that lies in one of its pools, so
            that such a one is refused.
          - Several interfaces of a host ask under one DUID, each under an IAID of its own (RFC 8415, section 12), and
            no server here can be told which interface is to have which address. Kea and dhcp6s give each interface
            one of the addresses, whichever is free. dnsmasq gives the address to one of them and to the others what is
            in the pool. dhcpd gives all of them the same address, with which only one of them works on a link, so have
            only one ask.
        type: list
        elements: str
        default: []
      prefixes:
        description: Prefixes that are delegated to the host. dnsmasq delegates none.
        type: list
        elements: str
        default: []
      hostname:
        description:
          - The name that the server knows the host by, for instance in dynamic DNS. No two hosts have the same.
          - dhcp6s knows no names; a warning says that it is left out.
        type: str
      subnet:
        description: The subnet, where no address tells it, or to make sure that the addresses lie in it.
        type: str
"""
