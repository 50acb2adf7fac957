# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers as the module takes them, hosts of all kinds, and what is planned for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_containers as planning
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_files import paths, signed
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_wanted import read_options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState

ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
OTHER_ID = "4b0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
IMAGE = {"name": "trixie", "suite": "trixie", "sources": [], "packages": [], "tarball": "", "directory": ""}
RUNS, OFF = UnitState(True, True), UnitState(False, False)
TREE, IMAGE_TREE = "/var/lib/machines/web", "/var/lib/homelab-ipv6/nspawn/trixie"


def files(name: str, *which: int) -> list[dict[str, str]]:
    return [{"path": paths(name)[one], "content": signed(f"{name} {one}\n")} for one in which or (0, 2)]


def container(name: str = "web", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": "present",
        "keep_data": False,
        "image": "trixie",
        "root": "copy",
        "machine_id": ID if name == "web" else OTHER_ID,
        "bridge": "br0",
        "binds": [],
        "files": files(name),
        "started": True,
        **other,
    }


def found(*names: str, **other: Any) -> planning.Found:
    """A host on which these run as they shall."""
    machine_ids = {f"/var/lib/machines/{name}": container(name)["machine_id"] for name in names}
    units = {f"systemd-nspawn@{name}.service": RUNS for name in names}
    common: dict[str, Any] = {
        "trees": frozenset(machine_ids),
        "machine_ids": machine_ids,
        "files": {each["path"]: FileState(each["content"]) for name in names for each in files(name)},
        "units": {**units, planning.TARGET: UnitState(True, True), planning.NETWORKD: RUNS},
        "links": frozenset({"br0"}),
    }
    return planning.Found(**{**common, **other})


def planned(
    *containers: Mapping[str, Any],
    host: planning.Found | None = None,
    images: list[dict[str, Any]] | None = None,
    check_mode: bool = False,
) -> Plan:
    params = {"images": [IMAGE] if images is None else images, "containers": list(containers), "boot_timeout": 60}
    return planning.plan(read_options(params), found() if host is None else host, check_mode)


def steps(plan: Plan) -> list[str]:
    return [step.describe() for step in plan.steps]
