# SPDX-License-Identifier: GPL-3.0-or-later
"""Kea's own examples of configurations: a host is put into each, and nothing else of them changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_config import KeaConfig, Reservation
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_kea
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_kea import Found, plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import options

EXAMPLES = Path("/usr/share/doc/kea/examples/kea6")
FOUND = sorted(EXAMPLES.glob("*.json"))
# Kea 2.2 has 27 of them, Kea 2.6 some more.
LEAST = 27
DUID = "00:03:00:01:52:54:00:65:43:21"

pytestmark = pytest.mark.skipif(not FOUND, reason="kea-doc is not installed")


def put(text: str, *hosts: dict[str, Any]) -> str:
    """The configuration with these hosts."""
    found = Found(FileState(text), installed=True, has_user=True, active=True, listening=True, socket=None)
    steps = plan(read_hosts(hosts), options(dhcp6_hosts_kea), found).steps
    after = [change.after for step in steps if isinstance(step, Files) for change in step.changes]
    return after[0].text if after and after[0] else text


def reserved(text: str) -> list[Reservation]:
    return [one.reservation for subnet in KeaConfig.parse(text).subnets for one in subnet.places]


def is_one_piece_longer(text: str, longer: str) -> bool:
    """Whether every byte of a text is still where it was, before or behind one piece that was put in."""
    added = len(longer) - len(text)
    same = next((index for index, pair in enumerate(zip(text, longer, strict=False)) if pair[0] != pair[1]), len(text))
    return any(longer[:at] + longer[at + added :] == text for at in range(max(0, same - added), same + 1))


def passes(path: Path) -> bool:
    return subprocess.run(["kea-dhcp6", "-t", path], capture_output=True, check=False).returncode == 0


def test_all_are_there() -> None:
    assert len(FOUND) >= LEAST


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_a_host_is_all_that_changes(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    subnets = KeaConfig.parse(text).subnets
    if not subnets:
        with pytest.raises(Refusal, match="lies outside every subnet that the server has"):
            put(text, {"name": "nas", "duid": DUID, "addresses": ["2001:db8::7777"]})
        return
    host = {"name": "nas", "duid": DUID, "addresses": [str(subnets[0].prefix[0x7777])]}
    longer = put(text, host)
    assert longer != text
    assert put(longer, host) == longer
    assert is_one_piece_longer(text, longer)
    assert [one for one in reserved(longer) if one.host == "nas"]
    assert reserved(put(longer)) == [one for one in reserved(longer) if one.host != "nas"] == reserved(text)
    if shutil.which("kea-dhcp6") is not None and passes(path):
        (tmp_path / "kea.conf").write_text(longer)
        assert passes(tmp_path / "kea.conf")
