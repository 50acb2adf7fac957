# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration that the role writes, before the real radvd."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import radvd_plan

TEMPLATE = Path(__file__).resolve().parents[4] / "roles/radvd/templates/radvd.conf.j2"
# Where root alone looks for programs.
RADVD = shutil.which("radvd", path=f"{os.environ['PATH']}:/usr/sbin")

FULL: dict[str, Any] = {
    "name": "br-lan.10",
    "managed": True,
    "other": True,
    "mtu": 1280,
    "hop_limit": 0,
    "preference": "high",
    "max_interval": 30,
    "lifetime": 0,
    "rdnss": [f"2001:db8::{number}" for number in range(1, 9)] + ["fe80::1"],
    "dnssl": [f"lan{number}.home.example" for number in range(8)],
    "prefixes": [
        {"prefix": "2001:db8:d:1::/64", "valid_lifetime": 4294967295, "preferred_lifetime": 0, "deprecate": True},
        {"prefix": "fd00:1:2::/48", "autonomous": False, "on_link": False},
    ],
}


def rendered(*interfaces: dict[str, Any]) -> str:
    plan = radvd_plan({"interfaces": list(interfaces)})
    assert plan["problems"] == []
    _settings, _newline, template = TEMPLATE.read_text(encoding="utf-8").partition("\n")
    environment = jinja2.Environment(  # noqa: S701 - no HTML
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(template).render(__radvd_plan=plan)


def try_out(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "radvd.conf"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    command = [str(RADVD), "--logmethod", "stderr_clean", "--configtest", "-C", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(RADVD is None, reason="radvd is not installed")
@pytest.mark.parametrize("interfaces", [[{"name": "lan0"}], [FULL], [{"name": "lan0"}, FULL]])
def test_radvd_takes_it(tmp_path: Path, interfaces: list[dict[str, Any]]) -> None:
    done = try_out(tmp_path, rendered(*interfaces))
    assert done.returncode == 0, done.stderr
    assert "syntax ok" in done.stderr


@pytest.mark.skipif(RADVD is None, reason="radvd is not installed")
def test_radvd_would_refuse_what_is_cut_off(tmp_path: Path) -> None:
    assert try_out(tmp_path, rendered(FULL)[:-4]).returncode != 0


def test_nothing_is_announced_that_was_not_asked_for() -> None:
    text = rendered({"name": "lan0"})
    for word in ("prefix", "RDNSS", "DNSSL", "AdvLinkMTU"):
        assert word not in text
    assert "AdvManagedFlag off;" in text
    assert "AdvOtherConfigFlag off;" in text
