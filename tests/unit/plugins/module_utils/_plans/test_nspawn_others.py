# SPDX-License-Identifier: GPL-3.0-or-later
"""What nspawn_containers leaves as it is, since others have made it, and what of the host containers are to see."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_files import paths, signed
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .nspawn_machines import (
    ID,
    OTHER_ID,
    RUNS,
    TREE,
    container,
    found,
    planned,
    steps,
)

SETTINGS = paths("web")[0]
OWN = {SETTINGS: FileState("[Exec]\nBoot=yes\n")}
ABSENT = {"state": "absent", "machine_id": None}


@pytest.mark.parametrize(
    ("other", "host", "said"),
    [
        (
            {},
            {"files": OWN},
            f"name: web has a file that somebody else has written and that would be overwritten, {SETTINGS}.",
        ),
        (
            {"files": []},
            {"files": OWN},
            "name: web has a file that somebody else has written and that would be removed, ",
        ),
        (ABSENT, {"files": OWN}, "name: web has a file that somebody else has written and that would be removed, "),
        ({}, {"others": {TREE: TREE + ".raw"}}, f"name: web is what somebody else's container is called, {TREE}.raw."),
        (
            {**ABSENT, "machine_id": OTHER_ID},
            {"trees": {TREE}, "machine_ids": {TREE: ID}},
            (
                f"state: absent would remove {TREE}, which was not made here: its machine-id is {ID}. Write "
                f"machine_id: {ID} beside it, or leave the container out of the list."
            ),
        ),
        (
            ABSENT,
            {"trees": {TREE}, "machine_ids": {TREE: ""}},
            (
                f"state: absent would remove {TREE}, which was not made here: its machine-id is none. Run machinectl "
                "remove web there, or leave the container out of the list."
            ),
        ),
        (
            {**ABSENT, "keep_data": True},
            {"units": {"systemd-nspawn@web.service": RUNS}},
            "state: absent would stop systemd-nspawn@web.service, which was not made here. Run systemctl disable --now",
        ),
    ],
)
def test_what_others_have_stays(other: dict[str, Any], host: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(container(**other), host=found(**host))
    assert str(caught.value).startswith(f"containers[0].{said}")


@pytest.mark.parametrize(
    ("host", "removed"),
    [
        # Data that was kept is known by its machine-id, a run that was killed by its mark.
        ({"trees": {TREE}, "machine_ids": {TREE: ID}}, True),
        ({"trees": {TREE}, "unfinished": {"web"}}, True),
        ({"trees": {TREE}, "files": {SETTINGS: FileState(signed("x"))}}, True),
        ({}, False),
    ],
)
def test_what_is_ours_goes(host: dict[str, Any], removed: bool) -> None:
    plan = planned(container(state="absent"), host=found(**host))
    assert (f"remove {TREE}" in steps(plan)) == removed


def test_data_of_others_is_kept_without_a_word() -> None:
    host = found(trees=frozenset({TREE}), machine_ids={TREE: OTHER_ID})
    assert steps(planned(container(state="absent", keep_data=True), host=host)) == []


def test_a_file_says_who_writes_it() -> None:
    plan = planned(container(files=[{"path": SETTINGS, "content": "[Exec]\n"}]), host=found())
    texts = [
        change.after.text for step in plan.steps if isinstance(step, Files) for change in step.changes if change.after
    ]
    assert texts == [signed("[Exec]\n")]
    assert texts[0].startswith("# Managed by Ansible (homelab.ipv6.nspawn")
    assert signed(texts[0]) == texts[0]


BINDS = [{"source": "/srv/web", "idmap": False}, {"source": "/srv/mail", "idmap": True}]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (
            {"sources": {"/srv/web"}},
            "source: /srv/mail is not there on this host, and the container is to see it. Make it",
        ),
        (
            {"sources": {"/srv/web", "/srv/mail"}, "unmappable": {"/srv/mail"}},
            (
                "source: /srv/mail is on a file system of which this kernel cannot show other owners, so that a "
                "container with users of its own could not write there. Have it on another one, such as ext4, xfs or "
                "btrfs, or write private_users: identity, or idmap: false where it is enough that everybody may."
            ),
        ),
    ],
)
def test_what_it_sees_of_the_host_has_to_be_usable(host: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(container(binds=BINDS), host=found(**host))
    assert str(caught.value).startswith(f"containers[0].binds[1].{said}")
    # One that stays as it is has no need of it, nor has one that is not started.
    assert steps(planned(container(binds=BINDS), host=found("web", **host))) == []
    planned(container(binds=BINDS, started=False), host=found(**host))


def test_what_it_sees_of_the_host_is_usable() -> None:
    host = found(sources={"/srv/web", "/srv/mail"}, unmappable={"/srv/web"})
    assert "enable and start systemd-nspawn@web.service" in steps(planned(container(binds=BINDS), host=host))
