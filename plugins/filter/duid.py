# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for DUIDs; their documentation lies beside this file."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import Duid
from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import networkd_duid as from_machine_id
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem


def duid(value: object) -> str:
    """A DUID in any notation, in its canonical form."""
    try:
        return str(Duid.parse(value))
    except ValueProblem as problem:
        raise AnsibleFilterError(f"duid: {problem}") from problem


def networkd_duid(value: object) -> str:
    """The DUID of systemd-networkd on a host with this machine-id."""
    try:
        return str(from_machine_id(value))
    except ValueProblem as problem:
        raise AnsibleFilterError(f"networkd_duid: {problem}") from problem


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[[Any], str]]:
        return {"duid": duid, "networkd_duid": networkd_duid}
