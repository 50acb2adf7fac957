# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_kea
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_kea import (
    SERVICE,
    Found,
    plan,
    socket_path,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart, SocketCommand
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS, TV, options

RUNNING = Found(None, installed=True, has_user=True, active=True, listening=True, socket=None)


def config(*reservations: dict[str, Any], **more: Any) -> str:
    subnets = [
        {"subnet": "2001:db8:0:1::/64", "reservations": list(reservations)},
        {"subnet": "2001:db8:0:2::/64"},
    ]
    return json.dumps({"Dhcp6": {"subnet6": subnets, **more}}, indent=4)


def reservation(duid: str, address: str, **more: Any) -> dict[str, Any]:
    return {"duid": duid, "ip-addresses": [address], **more}


def planned(text: str | None, *hosts: dict[str, Any], found: Found = RUNNING, **given: Any) -> Plan:
    state = None if text is None else FileState(text)
    return plan(read_hosts(hosts), options(dhcp6_hosts_kea, **given), dataclasses.replace(found, config=state))


def written(found: Plan) -> str:
    (files,) = (step for step in found.steps if isinstance(step, Files))
    (change,) = files.changes
    assert change.after
    return change.after.text


def reservations(text: str, subnet: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["Dhcp6"]["subnet6"][subnet].get("reservations", [])
    return found


def ours(name: str) -> dict[str, str]:
    return {"managed-by": "homelab.ipv6", "host": name}


def test_hosts_become_reservations_and_a_second_run_changes_nothing() -> None:
    text = written(planned(config(), NAS, TV))
    assert reservations(text) == [
        reservation(NAS["duid"], "2001:db8:0:1::10", **{"user-context": ours("nas")}),
        reservation(TV["duid"], "2001:db8:0:1::11", **{"user-context": ours("tv")}),
    ]
    again = planned(text, NAS, TV)
    assert not again.changed
    assert again.steps == ()


def test_a_host_that_left_the_set_leaves_the_file_and_a_users_own_stays() -> None:
    before = config(reservation("00:02:00:00:00:01:05", "2001:db8:0:1::99"))
    text = written(planned(written(planned(before, NAS, TV)), TV))
    assert [one["ip-addresses"] for one in reservations(text)] == [["2001:db8:0:1::99"], ["2001:db8:0:1::11"]]
    assert not planned(
        written(planned(written(planned(before, NAS)))),
    ).changed


def test_without_purge_hosts_join_those_that_are_there() -> None:
    first = written(planned(config(), NAS))
    second = planned(first, TV, purge=False)
    assert [one["user-context"]["host"] for one in reservations(written(second))] == ["nas", "tv"]
    assert [host["name"] for host in second.result["hosts"]] == ["tv", "nas"]
    moved = written(planned(first, {**NAS, "addresses": ["2001:db8:0:2::10"]}, purge=False))
    assert reservations(moved) == []
    assert reservations(moved, 1)[0]["ip-addresses"] == ["2001:db8:0:2::10"]


def test_without_purge_what_stays_counts() -> None:
    first = written(planned(config(), NAS))
    with pytest.raises(Refusal, match=r"hosts\[0\]\.addresses\[0\]: 2001:db8:0:1::10 is also the address of nas"):
        planned(first, {**TV, "addresses": NAS["addresses"]}, purge=False)


def test_a_host_in_two_subnets_stays_in_both_without_purge() -> None:
    both = {**NAS, "addresses": ["2001:db8:0:1::10", "2001:db8:0:2::10"]}
    text = written(planned(config(), both))
    assert not planned(text, purge=False).changed
    assert not planned(text, both).changed


def test_a_users_own_reservation_for_the_same_host_is_taken_over_with_what_else_it_says() -> None:
    theirs = reservation("00:03:00:01:52:54:00:65:43:21", "2001:db8:0:1::77", **{"client-classes": ["office"]})
    found = planned(config(theirs), NAS)
    assert reservations(written(found)) == [
        {**theirs, "ip-addresses": ["2001:db8:0:1::10"], "user-context": ours("nas")}
    ]
    assert found.result["unmanaged"] == []


def test_a_new_duid_for_a_known_name_is_the_same_reservation() -> None:
    text = written(planned(written(planned(config(), NAS, TV)), {**NAS, "duid": "00:03:00:01:52:54:00:00:00:01"}, TV))
    assert [one["duid"] for one in reservations(text)] == ["00:03:00:01:52:54:00:00:00:01", TV["duid"]]


def test_names_that_change_places() -> None:
    swapped = [{**NAS, "name": "tv"}, {**TV, "name": "nas"}]
    text = written(planned(written(planned(config(), NAS, TV)), *swapped))
    assert [(one["duid"], one["user-context"]["host"]) for one in reservations(text)] == [
        (NAS["duid"], "tv"),
        (TV["duid"], "nas"),
    ]


def test_an_address_of_a_users_own_reservation_is_refused_with_its_line() -> None:
    text = config(reservation("00:02:00:00:00:01:05", "2001:db8:0:1::10"))
    with pytest.raises(Refusal) as raised:
        planned(text, NAS)
    assert "2001:db8:0:1::10 is also the address of the reservation in /etc/kea/kea-dhcp6.conf line 7" in str(
        raised.value
    )


def test_unmanaged_reservations_are_listed() -> None:
    own = reservation("00:02:00:00:00:01:05", "2001:db8:0:1::99")
    everywhere = {"hw-address": "52:54:00:aa:bb:cc", "hostname": "roaming"}
    found = planned(config(own, reservations=[everywhere]), NAS)
    assert found.result["unmanaged"] == [
        {"duid": "00:02:00:00:00:01:05", "line": 7},
        {"hw-address": "52:54:00:aa:bb:cc", "line": 20},
    ]


def test_steps_of_a_running_server_with_and_without_socket() -> None:
    require, files, last = planned(config(), NAS).steps
    assert require == Require("kea-dhcp6", "kea-dhcp6-server")
    assert isinstance(files, Files)
    assert files.check is not None
    assert files.check.argv[-3:] == ("kea-dhcp6", "-t", "{staged:/etc/kea/kea-dhcp6.conf}")
    assert files.check.argv[0] == "setpriv"
    assert last == Restart(SERVICE, 547)
    found = dataclasses.replace(RUNNING, socket="/run/kea/kea6-ctrl-socket")
    last = planned(config(), NAS, found=found).steps[-1]
    assert isinstance(last, SocketCommand)
    assert json.loads(last.request) == {"command": "config-reload"}
    assert (last.unit, last.udp6_port) == (SERVICE, 547)


@pytest.mark.parametrize(
    ("found", "given", "kinds"),
    [
        (dataclasses.replace(RUNNING, active=False), {}, [Require, Files]),
        (RUNNING, {"reload": False}, [Require, Files]),
        (RUNNING, {"validate": False}, [Files, Restart]),
        (dataclasses.replace(RUNNING, active=False, installed=False), {"validate": False}, [Require, Files]),
    ],
)
def test_steps_that_are_left_out(found: Found, given: dict[str, Any], kinds: list[type]) -> None:
    assert [type(step) for step in planned(config(), NAS, found=found, **given).steps] == kinds


def test_a_server_that_was_deaf_before_need_not_listen_after() -> None:
    found = dataclasses.replace(RUNNING, listening=False, has_user=False)
    steps = planned(config(), NAS, found=found).steps
    assert steps[-1] == Restart(SERVICE, None)
    assert isinstance(steps[1], Files)
    assert steps[1].check
    assert steps[1].check.argv[0] == "kea-dhcp6"


def test_config_content_is_the_whole_file() -> None:
    content = config(**{"valid-lifetime": 1000})
    found = planned(written(planned(config(), TV)), NAS, config_content=content)
    assert json.loads(written(found))["Dhcp6"]["valid-lifetime"] == 1000
    assert [one["duid"] for one in reservations(written(found))] == [NAS["duid"]]
    assert not planned(written(found), NAS, config_content=content).changed
    merged = planned(written(planned(config(), TV)), NAS, config_content=content, purge=False)
    assert [one["duid"] for one in reservations(written(merged))] == [NAS["duid"], TV["duid"]]


def test_config_content_replaces_what_cannot_be_read_or_is_not_there() -> None:
    expected = written(planned(config(), NAS))
    assert written(planned("{ nonsense", NAS, config_content=config())) == expected
    assert written(planned(None, NAS, config_content=config())) == expected


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        (
            "{ nonsense",
            {},
            "config_file: /etc/kea/kea-dhcp6.conf line 1, column 3 cannot be read: 'n' stands where a name",
        ),
        (
            config(),
            {"config_content": "{\n"},
            "config_content: its line 1, column 1 cannot be read: this { is never closed",
        ),
        (None, {}, "config_file: /etc/kea/kea-dhcp6.conf does not exist"),
        ('{ "Dhcp6": { "subnet6": [ <?include "x.json"?> ] } }', {}, "not looking into the included x.json: none)"),
        (
            '{ "Dhcp6": { "subnet6": [ { "subnet": "2001:db8:0:1::/64", "reservations": [ <?include "x"?> ] } ] } }',
            {},
            "takes its reservations from x by <?include?>",
        ),
    ],
)
def test_refusals(text: str | None, given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal) as raised:
        planned(text, NAS, **given)
    assert says in str(raised.value)


def test_a_bare_host_lists_what_will_come() -> None:
    bare = Found(None, installed=False, has_user=False, active=False, listening=False, socket=None)
    found = planned(None, NAS, found=bare)
    assert found.changed
    assert isinstance(found.steps[0], Require)
    assert NAS["duid"] in found.diff()[0]["after"]
    assert "not installed yet" in found.warnings[0]
    whole = planned(None, NAS, found=bare, config_content=config())
    assert whole.changed
    assert whole.warnings == ()


def test_a_duid_that_an_older_kea_refuses_is_named_if_it_does() -> None:
    long = {**NAS, "duid": (b"\0\2" + bytes(128)).hex(":")}
    (files,) = (step for step in planned(config(), long).steps if isinstance(step, Files))
    assert files.check
    assert files.check.hint == "Kea 2.2 takes no DUID of more than 128 octets, and here such a one has nas"
    (files,) = (step for step in planned(config(), NAS).steps if isinstance(step, Files))
    assert files.check
    assert files.check.hint == ""


def test_passwords_do_not_show_and_their_file_is_not_for_everyone() -> None:
    content = config(**{"lease-database": {"type": "mysql", "password": "s3cret"}})
    found = planned(None, NAS, config_content=content)
    assert "s3cret" in written(found)
    assert "s3cret" not in json.dumps(found.diff())
    (files,) = (step for step in found.steps if isinstance(step, Files))
    assert files.changes[0].after
    assert (files.changes[0].after.mode, files.changes[0].after.group) == (0o640, "_kea")


@pytest.mark.parametrize(
    ("option", "text", "path"),
    [
        ("/run/x", None, "/run/x"),
        ("", config(), None),
        (None, None, None),
        (None, "nonsense", None),
        (None, config(), None),
        (None, config(**{"control-socket": {"socket-type": "unix", "socket-name": "k"}}), "/run/kea/k"),
        (None, config(**{"control-socket": {"socket-type": "unix", "socket-name": "/srv/k"}}), "/srv/k"),
    ],
)
def test_the_socket_is_the_one_of_the_server_that_runs(option: str | None, text: str | None, path: str | None) -> None:
    assert socket_path(option, None if text is None else FileState(text)) == path
