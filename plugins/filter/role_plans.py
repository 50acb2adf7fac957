# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters that stand between the options of a role and its tasks; each is documented in a file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import (
    bridge,
    container_host,
    dhcp6_server,
    dual_stack,
    dual_stack_health,
    firewall,
    nspawn,
    radvd,
    samba_cups_client,
    samba_server,
    tunnel_role,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal


def bridge_plan(options: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the role, and the links of the host → units, and how the card changes hands."""
    return asdict(bridge.plan(options, network))


def firewall_plan(options: Mapping[str, Any], connection: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Options of the role, and how this run came in → what its template writes out."""
    return asdict(firewall.plan(options, connection))


def nspawn_plan(options: Mapping[str, Any], network: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Options of the role, and the links of the host → what its module makes."""
    return asdict(nspawn.plan(options, network=network))


def nspawn_hosts(machines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Variables of container hosts → static hosts for a DHCPv6 server."""
    try:
        return nspawn.hosts(list(machines))
    except Refusal as refusal:
        raise AnsibleFilterError(str(refusal)) from refusal


def radvd_plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the role → what its template writes out."""
    return asdict(radvd.plan(options))


def tunnel_plan(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the role → addresses and routes of the tunnel."""
    return asdict(tunnel_role.plan(options))


class FilterModule:
    """The filters under their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "bridge_plan": bridge_plan,
            "container_host_plan": container_host.profile,
            "container_host_verify": container_host.verify,
            "dhcp6_server_plan": dhcp6_server.plan,
            "dual_stack_service_health": dual_stack_health.health,
            "dual_stack_service_plan": dual_stack.plan,
            "firewall_plan": firewall_plan,
            "nspawn_hosts": nspawn_hosts,
            "nspawn_plan": nspawn_plan,
            "radvd_plan": radvd_plan,
            "samba_cups_client_plan": samba_cups_client.plan,
            "samba_server_plan": samba_server.plan,
            "tunnel_plan": tunnel_plan,
        }
