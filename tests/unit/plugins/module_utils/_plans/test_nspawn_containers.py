# SPDX-License-Identifier: GPL-3.0-or-later
"""What nspawn_containers is going to do, on hosts of all kinds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_containers as planning
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_files import paths, signed
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run, Serve, UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import Keep, MakeTree, SweepTree
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .nspawn_machines import (
    ID,
    IMAGE,
    IMAGE_TREE,
    OTHER_ID,
    TREE,
    container,
    files,
    found,
    planned,
    steps,
)


def test_from_nothing() -> None:
    plan = planned(container(), container("mail"), host=planning.Found(links=frozenset({"br0"})))
    assert steps(plan) == [
        "make image trixie from trixie by mmdebstrap",
        "keep image trixie",
        "mark the beginning",
        "require systemd-nspawn",
        "make /var/lib/machines/web from image trixie",
        "write /etc/systemd/nspawn/web.nspawn, write /etc/homelab-ipv6/nspawn/web/host0.network",
        "enable and start systemd-nspawn@web.service",
        "keep container web",
        "mark the beginning",
        "require systemd-nspawn",
        "make /var/lib/machines/mail from image trixie",
        "write /etc/systemd/nspawn/mail.nspawn, write /etc/homelab-ipv6/nspawn/mail/host0.network",
        "enable and start systemd-nspawn@mail.service",
        "keep container mail",
        "have containers start at every boot",
    ]
    image, tree = [step for step in plan.steps if isinstance(step, MakeTree)][:2]
    assert (image.identity, image.tool) == (None, ("mmdebstrap", "mmdebstrap"))
    assert tree.identity == (ID, "web")
    assert plan.result == {"containers": ["web", "mail"], "missing": []}
    text = "".join(one["after"] for one in plan.diff())
    assert f"a copy of image trixie, machine-id {ID}" in text
    assert "web 0\n" in text


def test_nothing_to_do() -> None:
    plan = planned(container(), container("mail"), host=found("web", "mail"))
    assert (steps(plan), plan.changed) == ([], False)


@pytest.mark.parametrize(
    ("image", "argv"),
    [
        ({"tarball": "/srv/a.tar"}, ["tar", "--extract"]),
        ({"directory": "/srv/a"}, ["cp", "--archive"]),
        (
            {"suite": "trixie", "sources": ["http://a", "deb http://b c main"], "packages": ["dbus", "nginx"]},
            ["mmdebstrap"],
        ),
    ],
)
def test_images(image: dict[str, Any], argv: list[str]) -> None:
    given = {**IMAGE, "suite": "", **image}
    host = found(sources=frozenset({given["tarball"] or given["directory"]}))
    (made, _tree) = [
        step for step in planned(container(), images=[given], host=host).steps if isinstance(step, MakeTree)
    ]
    assert (made.path, list(made.argv[: len(argv)])) == (IMAGE_TREE, argv)
    if given["suite"]:
        assert "--include=dbus,nginx" in made.argv
        assert made.argv[-4:] == ("trixie", "{tree}", "http://a", "deb http://b c main")


def test_an_image_that_is_there_is_kept() -> None:
    host = found(trees=frozenset({IMAGE_TREE}))
    assert "make image trixie from trixie by mmdebstrap" not in steps(planned(container(), host=host))


def test_only_what_changed_is_restarted() -> None:
    changed = container(files=[*files("web"), {"path": paths("web")[1], "content": "[Service]\nMemoryMax=1G\n"}])
    plan = planned(changed, container("mail"), host=found("web", "mail"))
    assert steps(plan) == [
        "mark the beginning",
        "require systemd-nspawn",
        "write /etc/systemd/system/systemd-nspawn@web.service.d/homelab-ipv6.conf",
        "restart systemd-nspawn@web.service",
        "keep container web",
    ]
    (serve,) = [step for step in plan.steps if isinstance(step, Serve)]
    assert (serve.reread, serve.enabled, serve.patience) == (True, None, 60)


def test_a_file_that_is_no_longer_wanted_goes() -> None:
    plan = planned(container(files=files("web", 0)), host=found("web"))
    assert "remove /etc/homelab-ipv6/nspawn/web/host0.network" in steps(plan)


def test_started_and_stopped() -> None:
    plan = planned(container(started=False), host=found("web"))
    assert "disable and stop systemd-nspawn@web.service" in steps(plan)
    stopped = found("web", units={planning.TARGET: UnitState(True, True)})
    assert steps(planned(container(started=False), host=stopped)) == []
    assert "enable and start systemd-nspawn@web.service" in steps(planned(container(), host=stopped))


def test_the_host_end_of_a_link_is_read_before_the_link_is_there() -> None:
    routed = container(bridge="", files=files("web", 0, 2, 3))
    plan = planned(routed, host=found("web"))
    names = steps(plan)
    assert names.index("have networkd read its files again") < names.index("restart systemd-nspawn@web.service")


def test_a_run_that_was_killed_is_finished() -> None:
    plan = planned(container(), host=found("web", unfinished=frozenset({"web"})))
    (serve,) = [step for step in plan.steps if isinstance(step, Serve)]
    # Files may have been written that it has not been started with.
    assert (serve.verb, serve.reread) == ("restart", True)
    swept = planned(container(), host=found("web", leftovers=frozenset({TREE})))
    assert SweepTree(TREE) in swept.steps
    routed = container(bridge="", files=files("web", 0, 2, 3))
    host = found("web", unfinished=frozenset({"web"}))
    host = host._replace(files={**host.files, paths("web")[3]: FileState(signed("web 3\n"))})
    assert "have networkd read its files again" in steps(planned(routed, host=host))


@pytest.mark.parametrize("keep_data", [False, True])
def test_removal(keep_data: bool) -> None:
    host = found("web", "mail")
    dropin = paths("web")[1]
    host = host._replace(files={**host.files, dropin: FileState(signed("[Service]\n"))})
    gone = container(state="absent", keep_data=keep_data)
    plan = planned(gone, container("mail"), host=host)
    assert steps(plan) == [
        "mark the beginning",
        "disable and stop systemd-nspawn@web.service",
        f"remove /etc/systemd/nspawn/web.nspawn, remove {dropin}, remove /etc/homelab-ipv6/nspawn/web/host0.network",
        "have systemd read its files again",
        *([] if keep_data else ["remove /var/lib/machines/web"]),
        "keep the removal of container web",
    ]
    assert plan.result == {"containers": ["mail"], "missing": []}
    kept = found(trees=frozenset({TREE}) if keep_data else frozenset())
    assert steps(planned(gone, host=kept)) == []


def test_data_that_was_kept_is_taken_up_again() -> None:
    kept = found(trees=frozenset({TREE}), machine_ids={TREE: ID})
    plan = planned(container(), host=kept)
    assert not [step for step in plan.steps if isinstance(step, MakeTree)]
    assert "enable and start systemd-nspawn@web.service" in steps(plan)


def test_removal_sweeps_and_finishes_too() -> None:
    gone = container(state="absent")
    assert SweepTree(TREE) in planned(gone, host=found(leftovers=frozenset({TREE}))).steps
    plan = planned(gone, host=found(unfinished=frozenset({"web"})))
    assert "have systemd read its files again" in steps(plan)
    link = paths("web")[3]
    plan = planned(gone, host=found(files={link: FileState(signed("x"))}))
    assert [step.why for step in plan.steps if isinstance(step, Run)] == ["have networkd read its files again"]
    # Where no networkd runs there is none to read it.
    plan = planned(gone, host=found(files={link: FileState(signed("x"))}, units={}))
    assert not [step for step in plan.steps if isinstance(step, Run)]


def test_steps_need_the_tool_first() -> None:
    plan = planned(container(), host=found())
    first = [step for step in plan.steps if isinstance(step, (Require, MakeTree, Keep))]
    assert [type(step).__name__ for step in first] == ["MakeTree", "Keep", "Require", "MakeTree", "Keep"]


MISSING = [
    (
        {},
        found("web", links=frozenset(), units={}),
        "containers[0].bridge: br0 is not there on this host. Make the bridge first, or write the name of one that is",
    ),
    (
        {"machine_id": OTHER_ID},
        found("web"),
        (
            f"containers[0].machine_id: {OTHER_ID} is not the machine-id in {TREE}/etc/machine-id, which is {ID}: its "
            f"DUID would be another one. Write machine_id: {ID}, or remove the container first."
        ),
    ),
    (
        {},
        found("web", machine_ids={}),
        (
            f"containers[0].machine_id: {ID} is not the machine-id in {TREE}/etc/machine-id, which is none: its DUID "
            f"would be another one. Write it into {TREE}/etc/machine-id, or remove the container first."
        ),
    ),
    (
        {"bridge": "", "files": files("web", 0, 2, 3)},
        found(units={}),
        (
            "containers[0].files: web is routed, and this host's end of its link is configured by systemd-networkd, "
            "which does not run here. Start systemd-networkd.service first."
        ),
    ),
    (
        {},
        found("web", units={}, masked=True),
        (
            "containers[0].name: web cannot start, since systemd-machined.service, which knows a host's containers, is "
            "masked on this host. Run systemctl unmask systemd-machined.service there."
        ),
    ),
]


@pytest.mark.parametrize(("other", "host", "said"), MISSING)
def test_what_the_host_has_not(other: dict[str, Any], host: planning.Found, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(container(**other), host=host)
    assert str(caught.value).startswith(said)
    # A play may have yet to bring it about.
    plan = planned(container(**other), host=host, check_mode=True)
    assert [warning.startswith(said) for warning in plan.warnings] == [True]
    assert plan.warnings[0].endswith("A run that is no check would end here.")
    assert [sentence.startswith(said) for sentence in plan.result["missing"]] == [True]


@pytest.mark.parametrize("source", ["tarball", "directory"])
def test_what_an_image_is_made_of_has_to_be_there(source: str) -> None:
    images = [{**IMAGE, "suite": "", source: "/srv/a"}]
    with pytest.raises(
        Refusal, match=rf"^images\[0\]\.{source}: /srv/a is not there on this host\. Copy it there first"
    ):
        planned(container(), images=images)


def test_a_bridge_that_is_gone_is_no_matter_to_one_that_stays_as_it_is() -> None:
    assert steps(planned(container(), host=found("web", links=frozenset()))) == []


@pytest.mark.parametrize(
    ("images", "containers", "said"),
    [
        ([], [container()], "containers[0].image: 'trixie' is no image. Write one of images: none."),
        (None, [container(image=None)], "containers[0].image: '' is no image. Write one of images: trixie."),
        (None, [container(), container()], "containers[1].name: web is there twice. Leave one out."),
        (None, [container("..")], "containers[0].name: '..' cannot be the name of a container."),
        (None, [container(machine_id=None)], "containers[0].machine_id: None "),
        (
            None,
            [container(files=[{"path": "/etc/passwd", "content": ""}])],
            "containers[0].files: /etc/passwd is no file that a container is run from. Those of a container are /etc/",
        ),
        ([{**IMAGE, "name": "../a"}], [], "images[0].name: '../a' cannot be the name of a container."),
        ([{**IMAGE, "suite": ""}], [], "images[0].suite: nothing is given to make the image from."),
        ([{**IMAGE, "directory": "/srv"}], [], "images[0].suite: suite and directory are given, and an image is made"),
        ([{**IMAGE, "suite": "", "tarball": "a:b"}], [], "images[0].tarball: 'a:b' is not absolute."),
    ],
)
def test_refused(images: list[dict[str, Any]] | None, containers: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(*containers, images=images)
    assert str(caught.value).startswith(said)
