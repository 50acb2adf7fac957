# SPDX-License-Identifier: GPL-3.0-or-later
"""The data are what systemd 252 (Debian 12) and 257 (Debian 13) said about data/unit_verify/units, and what they know.

The units lay in /run/dual-units. Of the settings, those of other kinds of units are left out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.unit_verify import Doubt, doubts, explain, settings

DATA = Path(__file__).parent / "data/unit_verify"
UNITS = {path.name: path.read_text() for path in (DATA / "units").iterdir()}
each_version = pytest.mark.parametrize("version", ["252", "257"])


def explained(version: str) -> list[str]:
    known = settings((DATA / f"items-{version}.txt").read_text())
    found = doubts((DATA / f"verify-{version}.txt").read_text(), "/run/dual-units")
    return [str(explain(doubt, UNITS[doubt.unit], known)) for doubt in sorted(found)]


@each_version
def test_names_that_are_wrong_come_with_the_right_ones(version: str) -> None:
    here = "(line {} of web.service) is no setting of [Service] that this host's systemd knows."
    found = explained(version)
    for said in (
        f"MemoryMaxx=200M {here.format(9)} Write it as MemoryMax=.",
        f"memorymax=200M {here.format(10)} Write it as MemoryMax=.",
        f"After=network.target {here.format(16)} It belongs into [Unit].",
        "[Servce] (line 19 of web.service) is no section of web.service. Write it as [Service].",
    ):
        assert said in found


@each_version
def test_values_that_are_wrong_come_with_what_systemd_said(version: str) -> None:
    found = explained(version)
    assert (
        "MemoryMax=20X (line 11 of web.service) means nothing to this host's systemd (Invalid memory limit '20X', "
        "ignoring: Invalid argument). See systemd.directives(7) for the page that says what MemoryMax= takes."
    ) in found
    for line in ("ProtectSystem=strictt", "Restart=sometimes", "SystemCallFilter=@nosuch", "Environment=foo"):
        assert [said for said in found if said.startswith(f"{line} (line ")]
    assert [said for said in found if said.startswith("BindIPv6Only=ipv6 (line 5 of web-ipv6.socket) means nothing")]


@each_version
def test_what_it_takes_is_not_doubted_nor_what_is_only_old(version: str) -> None:
    found = doubts((DATA / f"verify-{version}.txt").read_text(), "/run/dual-units")
    assert [doubt.number for doubt in found if doubt.unit == "web.service"] == [9, 10, 11, 12, 13, 14, 15, 16, 19]
    assert {doubt.unit for doubt in found} == {"web.service", "web-ipv6.socket"}


def test_units_elsewhere_are_not_meant() -> None:
    said = "/etc/systemd/system/web.service.d/x.conf:2: Unknown key 'x' in section [Service], ignoring.\n"
    assert doubts(said, "/run/units") == []


@pytest.mark.parametrize(
    ("content", "number", "says"),
    [
        ("x\n", 1, "x (line 1 of web.service) is no setting of [] that this host's systemd knows. See systemd."),
        ("[Q9]\n", 1, "[Q9] (line 1 of web.service) is no section of web.service. See systemd.directives(7)"),
        ("[Service]\nQQQ=1\n", 2, "QQQ=1 (line 2 of web.service) is no setting of [Service] that"),
        ("", 1, "'' (line 1 of web.service) is no setting of [] that"),
    ],
)
def test_without_anything_alike_the_manual_is_named(content: str, number: int, says: str) -> None:
    known = {"Unit": ["After"], "Service": ["MemoryMax"]}
    problem = str(explain(Doubt("web.service", number, "ignoring"), content, known))
    assert problem.startswith(says)
    assert problem.endswith("for those that there are.")


def test_settings_before_any_section_belong_to_none() -> None:
    assert settings("a=b\n[Unit]\nAfter=UNIT [...]\n\nnothing\n") == {"Unit": ["After"]}
