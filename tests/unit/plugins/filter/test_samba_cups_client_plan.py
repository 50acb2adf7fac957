# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter samba_cups_client_plan: what its modules are told, and what it refuses in which words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule

SHARE = {"path": "/srv/photos", "server": "nas.home.example", "share": "photos", "user": "anna", "password": "an apple"}
OPTIONS: dict[str, Any] = {"shares": [SHARE], "cups_server": "", "printers": [], "default_printer": ""}
LASER = {"name": "laser", "uri": "ipp://[2001:db8::10]/printers/laser"}


def plan(**other: Any) -> dict[str, Any]:
    result: dict[str, Any] = FilterModule().filters()["samba_cups_client_plan"]({**OPTIONS, **other})
    return result


def test_shares_are_told_to_the_module_in_full() -> None:
    (share,) = plan()["shares"]
    assert {key: share[key] for key in SHARE} == SHARE
    assert (share["file_mode"], share["writable"], share["options"]) == ("0644", False, [])


def test_what_is_looked_at_has_no_password() -> None:
    verify = plan()["verify"]
    assert verify["units"] == ["homelab-ipv6-shares.target"]
    assert verify["shares"][0]["credentials"] == "/etc/homelab-ipv6/cifs/srv-photos"
    assert "apple" not in str(verify)
    guest = plan(shares=[{**SHARE, "user": "", "password": ""}])["verify"]["shares"][0]
    assert "credentials" not in guest


def test_a_machine_that_only_prints() -> None:
    assert plan(shares=[], cups_server="nas")["verify"] == {
        "units": [],
        "shares": [],
        "printers": [{"server": "nas", "port": 631, "queue": ""}],
    }


@pytest.mark.parametrize(
    ("server", "line"),
    [
        ("nas.home.example", "ServerName nas.home.example:631"),
        ("2001:db8::10", "ServerName [2001:db8::10]:631"),
        ("[2001:db8::10]:80", "ServerName [2001:db8::10]:80"),
    ],
)
def test_the_server_in_client_conf(server: str, line: str) -> None:
    planned = plan(cups_server=server, default_printer="laser")
    assert planned["client_conf"] == line
    assert planned["default"] == "laser"
    assert planned["verify"]["printers"][0]["queue"] == "laser"


def test_queues_of_its_own() -> None:
    uris = ["ipp://nas:8631/printers/ink", "ipp://[2001:db8::9]/ipp/print", "socket://192.0.2.9", "file:/tmp/x"]
    more = [{"name": f"q{at}", "uri": uri} for at, uri in enumerate(uris)]
    zoned = {"name": "zoned", "uri": "ipp://[v1.fe80::1+eth0]/ipp/print"}
    planned = plan(printers=[LASER, *more, zoned], default_printer="laser")
    assert planned["queues"][0] == {
        **LASER,
        "driver": "everywhere",
        "description": "",
        "location": "",
        "shared": False,
    }
    assert planned["client_conf"] == ""
    assert planned["verify"]["printers"] == [
        {"server": "2001:db8::10", "port": 631, "queue": "laser"},
        {"server": "nas", "port": 8631, "queue": "ink"},
        {"server": "2001:db8::9", "port": 631, "queue": ""},
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"cups_server": "nas", "printers": [LASER]},
            "samba_cups_client_printers: laser are not used beside samba_cups_client_cups_server.",
        ),
        (
            {"printers": [LASER], "default_printer": "ink"},
            "samba_cups_client_default_printer: ink is not among samba_cups_client_printers. Name one of laser",
        ),
        (
            {"printers": [LASER, {**LASER, "name": "Laser"}]},
            "samba_cups_client_printers[1].name: Laser is there twice.",
        ),
        ({"cups_server": "nas:x"}, "samba_cups_client_cups_server: nas:x has no port that can be."),
        ({"shares": [{**SHARE, "server": "nas:445"}]}, "samba_cups_client_shares[0].server: 'nas:445' is no server."),
        ({"shares": SHARE}, "samba_cups_client_shares: "),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    planned = plan(**options)
    assert list(planned) == ["problems"]
    assert said in "\n".join(planned["problems"])
