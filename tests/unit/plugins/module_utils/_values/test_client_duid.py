# SPDX-License-Identifier: GPL-3.0-or-later
"""DUIDs and IAIDs against those that Kea saw from the clients themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values import client_duid
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem

MAC = bytes.fromhex("020000000105")


@pytest.mark.parametrize(
    ("machine_id", "networkd", "network_manager"),
    [
        (
            "292b411c9f7b53ba46a7c01c2b5a7044\n",
            "00:04:bf:45:13:49:e7:be:46:c8:9f:c3:81:6b:0b:35:d4:86",
            "00:04:78:a1:cb:aa:af:8d:44:be:60:3d:f2:fd:04:68:e8:17",
        ),
        (
            "c737bbd7a21306f9e12dcbf4557726dc\n",
            "00:04:91:ee:11:dd:02:f5:4a:94:93:36:9c:68:40:74:ae:e3",
            "00:04:a8:af:cb:31:24:99:99:01:48:63:49:99:7c:b2:76:b8",
        ),
    ],
)
def test_uuids_from_the_machine_id(machine_id: str, networkd: str, network_manager: str) -> None:
    assert str(client_duid.networkd_uuid_duid(machine_id)) == networkd
    assert str(client_duid.network_manager_duid(machine_id)) == network_manager


def test_what_is_no_machine_id_makes_no_uuid() -> None:
    for make in (client_duid.networkd_uuid_duid, client_duid.network_manager_duid):
        with pytest.raises(ValueProblem, match="uninitialized is not a machine-id"):
            make("uninitialized")


def test_link_layer() -> None:
    assert str(client_duid.link_layer_duid(MAC)) == "00:03:00:01:02:00:00:00:01:05"


@pytest.mark.parametrize(
    ("time", "duid"),
    [
        (dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "00:01:00:01:00:00:1a:25:02:00:00:00:01:05"),
        (None, "00:01:00:01:00:00:00:00:02:00:00:00:01:05"),
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "00:01:00:01:00:00:00:00:02:00:00:00:01:05"),
    ],
)
def test_link_layer_time(time: dt.datetime | None, duid: str) -> None:
    assert str(client_duid.networkd_link_layer_time_duid(MAC, time)) == duid


@pytest.mark.parametrize(
    ("text", "iaid"), [(MAC, 309693253), (bytes.fromhex("020000000106"), 1633686861), (b"eth2", 75918208)]
)
def test_iaid_from_address_or_name(text: bytes, iaid: int) -> None:
    assert client_duid.hashed_iaid(text) == iaid
