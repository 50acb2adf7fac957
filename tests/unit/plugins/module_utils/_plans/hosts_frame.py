# SPDX-License-Identifier: GPL-3.0-or-later
"""What plans of static hosts are tested with, whichever server serves them."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import Options, read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileChange, Files, FileState, Plan

NAS = {"name": "nas", "duid": "00:03:00:01:52:54:00:65:43:21", "addresses": ["2001:db8:0:1::10"]}
TV = {"name": "tv", "duid": "00:03:00:01:52:54:00:65:43:22", "addresses": ["2001:db8:0:1::11"]}


def options(provider: ModuleType, **given: Any) -> Options:
    """As a task leaves them that gives hosts and no more."""
    usual = {
        "config_file": provider.CONFIG_FILE,
        "hosts_file": getattr(provider, "HOSTS_FILE", ""),
        "config_content": None,
        "ensure_include": True,
        "control_socket": None,
        "purge": True,
        "validate": True,
        "reload": True,
        "service": provider.SERVICE,
    }
    return Options(**{**usual, **given})


def changes(found: Plan) -> list[FileChange]:
    return [change for step in found.steps if isinstance(step, Files) for change in step.changes]


def files(found: Plan) -> dict[str, str]:
    """Path → text of the files that a plan writes."""
    return {change.path: change.after.text for change in changes(found) if change.after}


class Frame:
    """A provider that has hosts in a file of their own, and its server, which runs."""

    def __init__(self, provider: ModuleType, running: Any) -> None:
        self.provider = provider
        self.running = running

    def planned(
        self, config: str | None, written: str | None, *hosts: dict[str, Any], found: Any = None, **given: Any
    ) -> Plan:
        """The plan for these hosts, where the configuration and the file of hosts have these texts."""
        found = dataclasses.replace(
            found or self.running,
            config=None if config is None else FileState(config),
            hosts=None if written is None else FileState(written),
        )
        plan: Plan = self.provider.plan(read_hosts(hosts), options(self.provider, **given), found)
        return plan
