# SPDX-License-Identifier: GPL-3.0-or-later
"""dhcp6_leases_info as Ansible runs it. Real servers and clients are in Molecule's scenario dhcp6_server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "module_utils/_formats/data/leases"


def test_it_tells_and_changes_nothing(island: Any) -> None:
    path = str(DATA / "kea-2.6/kea-leases6.csv")
    options = {"lease_file": path, "all": True}
    told = [island.module("dhcp6_leases_info", check_mode=check_mode, **options) for check_mode in (True, False)]
    assert told[0] == told[1]
    assert (told[0]["changed"], told[0]["lease_file"], len(told[0]["leases"])) == (False, path, 13)
    assert "warnings" not in told[0]


def test_a_line_that_cannot_be_read_is_a_warning(island: Any, tmp_path: Path) -> None:
    path = tmp_path / "leases"
    path.write_bytes(b"0 1 2001:db8::1 \xff\xfe 00:01:02\nnonsense\n0 2 2001:db8::2")
    told = island.module("dhcp6_leases_info", provider="dnsmasq", lease_file=str(path))
    assert [lease["address"] for lease in told["leases"]] == ["2001:db8::1"]
    [warning] = told["warnings"]
    assert f"{path}, line 2, column 1: 1 words, where a lease has 5. It is left out." in str(warning)


def test_refusals_are_one_message(island: Any, tmp_path: Path) -> None:
    missing = island.module("dhcp6_leases_info", provider="dnsmasq", lease_file=str(tmp_path / "none"))
    assert (missing["failed"], missing["option"]) == (True, "lease_file")
    assert f"lease_file: {tmp_path}/none is no file. Name the file" in missing["msg"]
    unwritten = island.module("dhcp6_leases_info", provider="dhcp6s")
    assert (unwritten["failed"], unwritten["option"]) == (True, "provider")
    assert "keeps its leases in memory alone" in unwritten["msg"]
