# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of containers on a host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import nspawn
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_containers as planning
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import nspawn_wanted
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.nspawn_binds import Source
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.trees import staged

ID = "3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60"
SHOWN = """\
Id=machines.target
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=systemd-networkd.service
LoadState=loaded
ActiveState=inactive
UnitFileState=disabled

Id=systemd-machined.service
LoadState=MACHINED
ActiveState=inactive
UnitFileState=static

Id=systemd-nspawn@web.service
LoadState=loaded
ActiveState=activating
UnitFileState=enabled
"""


class Systemd(Host):
    def __init__(self, machined: str = "loaded") -> None:
        self.machined, self.calls = machined, 0

    def which(self, tool: str) -> str | None:
        return "/usr/bin/" + tool if self.machined else None

    def run(self, _argv: Sequence[str], *_how: object, **_more: object) -> Outcome:
        self.calls += 1
        return Outcome(0, SHOWN.replace("MACHINED", self.machined), "")


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[nspawn_wanted.Wanted, ...]:
    for name in ("MACHINES", "IMAGES", "LAYERS", "MARKS"):
        monkeypatch.setattr(nspawn_wanted, name, f"{tmp_path}/{name.lower()}/")
    image = {"name": "whole", "suite": "", "sources": [], "packages": [], "tarball": "", "directory": str(tmp_path)}
    common = {
        "state": "present",
        "keep_data": False,
        "image": "whole",
        "bridge": "lo",
        "files": [],
        "started": True,
        "binds": [],
    }
    containers = [
        {**common, "name": "web", "machine_id": ID, "root": "copy"},
        {**common, "name": "mail", "machine_id": ID, "root": "overlay", "bridge": "no0"},
    ]
    return nspawn_wanted.read_options({"images": [image], "containers": containers, "boot_timeout": 60})


def test_nothing_is_there(wanted: tuple[nspawn_wanted.Wanted, ...]) -> None:
    host = Systemd()
    found = nspawn.look(host, wanted)
    assert (found.trees, found.leftovers, found.unfinished, found.files) == (frozenset(), frozenset(), frozenset(), {})
    assert found.links == {"lo"}
    assert len(found.sources) == 1
    # One question for all.
    assert host.calls == 1


def test_what_is_there(wanted: tuple[nspawn_wanted.Wanted, ...], tmp_path: Path) -> None:
    web, mail = wanted
    (Path(web.tree) / "etc").mkdir(parents=True)
    (Path(web.tree) / "etc/machine-id").write_text(ID + "\n")
    Path(staged(mail.tree)).mkdir(parents=True)
    (tmp_path / "marks").mkdir()
    Path(mail.mark).touch()
    found = nspawn.look(Systemd(), wanted)
    assert found.trees == {web.tree}
    assert found.machine_ids == {web.tree: ID}
    assert found.leftovers == {mail.tree}
    assert found.unfinished == {"mail"}


def test_a_layer_tells_what_it_lies_over(wanted: tuple[nspawn_wanted.Wanted, ...], tmp_path: Path) -> None:
    web, mail = wanted
    (Path(mail.layer) / "upper/etc").mkdir(parents=True)
    (Path(mail.layer) / "upper/etc/machine-id").write_text(ID + "\n")
    (Path(mail.layer) / "lower").symlink_to(tmp_path / "images/whole")
    Path(mail.place).mkdir(parents=True)
    Path(web.place).mkdir(parents=True)
    found = nspawn.look(Systemd(), wanted)
    assert found.trees == {mail.layer}
    assert found.machine_ids == {mail.layer: ID}
    assert found.lowers == {mail.layer: f"{tmp_path}/images/whole"}
    # A place to mount something, or what is left of one.
    assert found.empty == {mail.place, web.place}


def test_what_is_no_tree_is_somebody_elses(wanted: tuple[nspawn_wanted.Wanted, ...], tmp_path: Path) -> None:
    web, mail = wanted
    Path(mail.place).mkdir(parents=True)
    Path(web.place + ".raw").touch()
    assert nspawn.look(Systemd(), wanted).others == {web.place: web.place + ".raw"}
    Path(web.place + ".raw").unlink()
    Path(web.place).symlink_to(tmp_path)
    assert nspawn.look(Systemd(), wanted).others == {web.place: web.place}


def test_what_containers_are_to_see(wanted: tuple[nspawn_wanted.Wanted, ...], tmp_path: Path) -> None:
    web, mail = wanted
    binds = [Source(path, "", True) for path in ("/proc", str(tmp_path), f"{tmp_path}/none")]
    found = nspawn.look(
        Systemd(), [web._replace(binds=tuple(binds)), mail._replace(binds=(Source("/sys", "", False),))]
    )
    assert found.sources == {str(tmp_path), "/proc", "/sys"}
    # What is not to be shown with other owners is not looked at.
    assert found.unmappable >= {"/proc"}
    assert found.unmappable <= {"/proc", str(tmp_path)}


def test_units(wanted: tuple[nspawn_wanted.Wanted, ...]) -> None:
    found = nspawn.look(Systemd(), wanted)
    assert found.units[planning.TARGET] == UnitState(True, True)
    # It is about to run.
    assert found.units["systemd-nspawn@web.service"] == UnitState(True, True)
    assert not found.networkd
    assert not found.masked
    assert nspawn.look(Systemd("masked"), wanted).masked
    # No systemd at all.
    assert nspawn.look(Systemd(""), wanted).units == {}
