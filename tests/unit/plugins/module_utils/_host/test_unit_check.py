# SPDX-License-Identifier: GPL-3.0-or-later
"""Units shown to the systemd of the machine that tests run on, and what it makes of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.unit_check import SYSTEMD, problems

needs_systemd = pytest.mark.skipif(
    not (shutil.which("systemd-analyze") and Path(SYSTEMD).exists()), reason="systemd is not installed"
)
# The program is nowhere, as before the packages of a service have come.
SERVICE = "[Unit]\nPartOf=web.socket\n[Service]\nExecStart=/usr/bin/no-such-program\n{}"
SOCKET = "[Unit]\nWants=web.service\n[Socket]\nListenStream=[::]:8000\nBindIPv6Only=ipv6-only\nService=web.service\n"


def found(more: str = "", socket: str = SOCKET) -> list[str]:
    units = {"web.socket": socket, "web.service": SERVICE.format(more)}
    return [f"{unit}: {problem}" for unit, problem in problems(Host(), units)]


@needs_systemd
def test_what_is_right_is_not_spoken_of() -> None:
    assert found("MemoryMax=200M\nDynamicUser=yes\n") == []


@needs_systemd
def test_a_setting_that_is_mistyped() -> None:
    (said,) = found("MemoryMx=200M\n")
    assert said == (
        "web.service: MemoryMx=200M (line 5 of web.service) is no setting of [Service] that this host's systemd knows. "
        "Write it as MemoryMax=."
    )


@needs_systemd
def test_a_value_that_is_none() -> None:
    (said,) = found("MemoryMax=much\n")
    assert said.startswith("web.service: MemoryMax=much (line 5 of web.service) means nothing to this host's systemd (")


@needs_systemd
def test_each_unit_is_looked_at() -> None:
    (said,) = found(socket=SOCKET.replace("ipv6-only", "ipv6"))
    assert said.startswith("web.socket: BindIPv6Only=ipv6 (line 5 of web.socket)")


@needs_systemd
def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found("MemoryMx=200M\n")
    assert list(tmp_path.iterdir()) == []


def test_without_units_or_systemd_there_is_nothing_to_ask() -> None:
    class Bare(Host):
        def which(self, tool: str) -> str | None:
            return f"/usr/bin/{tool}" if tool == "systemctl" else None

    assert problems(Host(), {}) == []
    assert problems(Bare(), {"web.service": "[Servce]\n"}) == []
