# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that are a layer of their own over an image: made, run, removed, and refused where that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_containers as planning
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_files import paths, signed
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_layers import (
    mount_file,
    mount_path,
    mount_unit,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_wanted import read_options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Serve, UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import MakeLayer, RemoveTree, SweepTree
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
IMAGE = {"name": "trixie", "suite": "trixie", "sources": [], "packages": [], "tarball": "", "directory": ""}
RUNS, ACTIVE = UnitState(True, True), UnitState(True, False)
PLACE, LAYER = "/var/lib/machines/web", "/var/lib/homelab-ipv6/nspawn-layers/web"
IMAGE_TREE = "/var/lib/homelab-ipv6/nspawn/trixie"
UNIT, MOUNT = "systemd-nspawn@web.service", "var-lib-machines-web.mount"
MOUNT_FILE = "/etc/systemd/system/var-lib-machines-web.mount"
SETTINGS = paths("web")[0]
CONTAINER = {
    "name": "web",
    "state": "present",
    "keep_data": False,
    "image": "trixie",
    "root": "overlay",
    "machine_id": ID,
    "bridge": "br0",
    "binds": [],
    "files": [{"path": SETTINGS, "content": signed("[Exec]\n")}],
    "started": True,
}
# A host on which it runs.
RUNNING = planning.Found(
    trees=frozenset({LAYER, IMAGE_TREE, PLACE}),
    machine_ids={LAYER: ID, PLACE: ID},
    lowers={LAYER: IMAGE_TREE},
    files={SETTINGS: FileState(signed("[Exec]\n")), MOUNT_FILE: FileState(mount_file("web"))},
    units={UNIT: RUNS, MOUNT: ACTIVE, planning.TARGET: RUNS},
    links=frozenset({"br0"}),
)
STOPPED = RUNNING._replace(
    trees=frozenset({LAYER, IMAGE_TREE}), empty=frozenset({PLACE}), units={planning.TARGET: RUNS}
)


def planned(host: planning.Found, images: list[dict[str, Any]] | None = None, **other: Any) -> Plan:
    params = {"images": images or [IMAGE], "containers": [{**CONTAINER, **other}], "boot_timeout": 60}
    return planning.plan(read_options(params), host, check_mode=False)


def steps(plan: Plan) -> list[str]:
    return [step.describe() for step in plan.steps]


def test_from_nothing() -> None:
    plan = planned(planning.Found(links=frozenset({"br0"})))
    assert steps(plan) == [
        "make image trixie from trixie by mmdebstrap",
        "keep image trixie",
        "mark the beginning",
        "require systemd-nspawn",
        f"make {LAYER} over image trixie",
        f"write {SETTINGS}, write {MOUNT_FILE}",
        f"start {MOUNT}",
        f"enable and start {UNIT}",
        "keep container web",
        "have containers start at every boot",
    ]
    (layer,) = [step for step in plan.steps if isinstance(step, MakeLayer)]
    assert (layer.lower, layer.point, layer.identity) == (IMAGE_TREE, PLACE, (ID, "web"))
    # The unit is new to systemd.
    assert [step.reread for step in plan.steps if isinstance(step, Serve)] == [True, True]
    assert f"a layer over image trixie, machine-id {ID}" in "".join(one["after"] for one in plan.diff())


@pytest.mark.parametrize("host", [RUNNING, STOPPED._replace(units={**STOPPED.units, UNIT: RUNS})])
def test_nothing_to_do(host: planning.Found) -> None:
    assert steps(planned(host)) == []


def test_the_unit_that_mounts() -> None:
    assert (mount_unit("web"), mount_path("web")) == (MOUNT, MOUNT_FILE)
    # systemd-escape --path --suffix=mount /var/lib/machines/runner-1
    assert mount_unit("runner-1") == r"var-lib-machines-runner\x2d1.mount"
    assert mount_file("web").splitlines() == [
        "# Managed by Ansible (homelab.ipv6.nspawn_containers): edits here are lost at the next run.",
        "[Unit]",
        "RequiresMountsFor=/var/lib/homelab-ipv6/nspawn/ /var/lib/homelab-ipv6/nspawn-layers/",
        "",
        "[Mount]",
        "What=overlay",
        f"Where={PLACE}",
        "Type=overlay",
        f"Options=lowerdir={LAYER}/lower,upperdir={LAYER}/upper,workdir={LAYER}/work,redirect_dir=on,index=on,metacopy=on",
    ]


def test_another_unit_to_mount_it_restarts_it() -> None:
    plan = planned(RUNNING._replace(files={**RUNNING.files, MOUNT_FILE: FileState(signed("[Mount]\n"))}))
    assert steps(plan)[2:4] == [f"write {MOUNT_FILE}", f"restart {UNIT}"]


def test_a_run_that_was_killed_is_swept() -> None:
    assert SweepTree(LAYER) in planned(STOPPED._replace(leftovers=frozenset({LAYER}))).steps


@pytest.mark.parametrize("keep_data", [False, True])
def test_removal(keep_data: bool) -> None:
    plan = planned(RUNNING, state="absent", keep_data=keep_data)
    assert steps(plan) == [
        "mark the beginning",
        f"disable and stop {UNIT}",
        f"stop {MOUNT}",
        f"remove {SETTINGS}, remove {MOUNT_FILE}",
        "have systemd read its files again",
        f"remove {PLACE}",
        *([] if keep_data else [f"remove {LAYER}"]),
        "keep the removal of container web",
    ]
    if keep_data:
        kept = planning.Found(trees=frozenset({LAYER, IMAGE_TREE}), machine_ids={LAYER: ID}, lowers={LAYER: IMAGE_TREE})
        assert steps(planned(kept, state="absent", keep_data=True)) == []
        again = planned(kept._replace(links=frozenset({"br0"})))
        assert f"enable and start {UNIT}" in steps(again)
        assert not [step for step in again.steps if isinstance(step, MakeLayer)]


def test_removal_of_one_that_does_not_run() -> None:
    assert f"stop {MOUNT}" not in steps(planned(STOPPED, state="absent"))
    removed = [step.path for step in planned(STOPPED, state="absent").steps if isinstance(step, RemoveTree)]
    assert removed == [PLACE, LAYER]


def test_a_tree_at_the_place_of_a_layer_is_no_mount() -> None:
    # Whoever put it there, it is data.
    both = RUNNING._replace(units={})
    assert RemoveTree(PLACE) not in planned(both, state="absent", keep_data=True).steps


def test_what_a_killed_removal_has_left_is_swept() -> None:
    host = planning.Found(leftovers=frozenset({LAYER, PLACE}))
    assert [step for step in planned(host, state="absent").steps if isinstance(step, SweepTree)] == [
        SweepTree(PLACE),
        SweepTree(LAYER),
    ]


COPY = RUNNING._replace(trees=frozenset({PLACE, IMAGE_TREE}), machine_ids={PLACE: ID}, units={}, lowers={}, files={})


@pytest.mark.parametrize(
    ("host", "other", "said"),
    [
        (
            COPY,
            {},
            f"containers[0].root: overlay is wanted, and {PLACE} is a copy. Write root: copy, or remove the container",
        ),
        (
            STOPPED,
            {"root": "copy"},
            f"containers[0].root: copy is wanted, and {LAYER} is a layer. Write root: overlay, or remove the container",
        ),
        (
            RUNNING._replace(lowers={LAYER: IMAGE_TREE + "-old"}),
            {},
            (
                f"containers[0].image: trixie is not what web is a layer over, which is {IMAGE_TREE}-old. "
                "Write image: trixie-old, or remove the container first."
            ),
        ),
        (
            RUNNING._replace(lowers={}),
            {},
            "containers[0].image: trixie is not what web is a layer over, which is nothing. Write image: its name, or",
        ),
        (
            STOPPED._replace(trees=frozenset({LAYER})),
            {},
            (
                "containers[0].image: trixie is gone, and web is a layer over it, which is nothing over another one. "
                f"Bring {IMAGE_TREE} back as it was, or remove the container first."
            ),
        ),
    ],
)
def test_refused(host: planning.Found, other: Mapping[str, Any], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(host, **other)
    assert str(caught.value).startswith(said)
