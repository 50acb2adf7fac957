# SPDX-License-Identifier: GPL-3.0-or-later
"""State files of systemd-networkd 252 (Debian 12) and 257 (Debian 13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host

DATA = Path(__file__).parent / "data/networkd"


@pytest.fixture(params=["252", "257"])
def version(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A host on which d0 has a .network file, d1 none, and networkd does not know d2."""
    for index, name in enumerate(("d0", "d1", "d2"), 3):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "ifindex").write_text(f"{index}\n")
    (tmp_path / "links").mkdir()
    for index, name in enumerate(("d0", "d1"), 3):
        (tmp_path / "links" / str(index)).write_text((DATA / request.param / name).read_text())
    monkeypatch.setattr(networkd, "SYS_CLASS_NET", str(tmp_path / "class"))
    monkeypatch.setattr(networkd, "NETIF_LINKS", str(tmp_path / "links"))
    return str(request.param)


@pytest.mark.usefixtures("version")
def test_link_with_a_network_file() -> None:
    state = networkd.link_state(Host(), "d0")
    assert state["NETWORK_FILE"] == "/etc/systemd/network/50-d0.network"
    assert state["ADMIN_STATE"] in ("configuring", "configured")
    assert networkd.runs_by_networkd(Host(), "d0")


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("interface", ["d1", "d2", "d3"])
def test_link_that_networkd_leaves_alone(interface: str) -> None:
    assert not networkd.runs_by_networkd(Host(), interface)
    assert "NETWORK_FILE" not in networkd.link_state(Host(), interface)


def test_unmanaged_beats_the_file(tmp_path: Path, version: str) -> None:
    text = (DATA / version / "d0").read_text()
    for state in ("configuring", "configured"):
        text = text.replace(f"ADMIN_STATE={state}\n", "ADMIN_STATE=unmanaged\n")
    (tmp_path / "links/3").write_text(text)
    assert not networkd.runs_by_networkd(Host(), "d0")
