# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shutil
import subprocess
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_config import (
    KeaConfig,
    Reservation,
    Revision,
    secrets_of,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.syntax import SyntaxProblem

DATA = Path(__file__).parent / "data"
HOME = (DATA / "kea-home.conf").read_text()

needs_kea = pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed")

reservations = st.builds(
    Reservation,
    kind=st.just("duid"),
    identifier=st.binary(min_size=5, max_size=20).map(lambda tail: (b"\0\2" + tail).hex(":")),
    addresses=st.lists(st.ip_addresses(network="2001:db8:0:1::/64"), max_size=3).map(tuple),
    prefixes=st.lists(
        st.ip_addresses(network="2001:db8:100::/40").map(lambda address: IPv6Network((address, 56), strict=False)),
        max_size=2,
    ).map(tuple),
    hostname=st.none() | st.sampled_from(["nas", "nas.example.org"]),
    host=st.none() | st.sampled_from(["nas", "printer"]),
)


def accepted(text: str, path: Path) -> bool:
    path.write_text(text)
    done = subprocess.run(["kea-dhcp6", "-t", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return True


@given(st.lists(reservations, max_size=4))
def test_what_is_written_is_read_back(wanted: list[Reservation]) -> None:
    text = '{ "Dhcp6": { "subnet6": [ { "subnet": "2001:db8:0:1::/64" } ] } }'
    config = KeaConfig.parse(text)
    again = KeaConfig.parse(config.revised([Revision(config.subnets[0], add=wanted)]))
    assert [place.reservation for place in again.subnets[0].places] == wanted


@given(reservations, reservations)
def test_a_changed_reservation_reads_as_what_was_wanted(before: Reservation, after: Reservation) -> None:
    text = json.dumps({"Dhcp6": {"subnet6": [{"subnet": "2001:db8::/32", "reservations": [before.members()]}]}})
    for layout in (text, json.dumps(json.loads(text), indent=4)):
        config = KeaConfig.parse(layout)
        changed = config.revised([Revision(config.subnets[0], update={0: after})])
        again = KeaConfig.parse(changed).subnets[0].places[0].reservation
        # A context that is not ours is its user's to remove.
        assert again == after or (after.host is None and before.host == again.host)


def test_subnets_are_found_wherever_they_stand() -> None:
    config = KeaConfig.parse(HOME)
    assert [str(subnet.prefix) for subnet in config.subnets] == [
        "2001:db8:0:1::/64",
        "2001:db8:0:2::/64",
        "fd00:db8:0:2::/64",
    ]
    assert config.control_socket == "/run/kea/kea6-ctrl-socket"
    assert [place.reservation.identifier for place in config.everywhere] == ["52:54:00:aa:bb:cc"]


def test_reservations_are_read_with_their_lines() -> None:
    first, second = KeaConfig.parse(HOME).subnets[0].places
    assert first.reservation == Reservation(
        "duid",
        "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56",
        (IPv6Address("2001:db8:0:1::10"),),
        hostname="nas",
    )
    assert second.reservation.kind == "flex-id"
    assert first.line == HOME[: HOME.index("00:01:00:01:2A")].count("\n")


def test_every_other_byte_survives() -> None:
    config = KeaConfig.parse(HOME)
    new = Reservation("duid", "00:03:00:01:52:54:00:65:43:21", (IPv6Address("2001:db8:0:2::9"),), host="printer")
    text = config.revised([Revision(config.subnets[1], add=[new])])
    lines, before = text.splitlines(), HOME.splitlines()
    added = [line for line in lines if line not in before]
    assert '"duid": "00:03:00:01:52:54:00:65:43:21"' in "".join(added)
    back = KeaConfig.parse(text)
    again = back.revised([Revision(back.subnets[1], remove=[0])])
    assert again.replace('"reservations": [ ]', "") != again
    assert [line for line in again.splitlines() if line in before] == [
        line for line in before if line in again.splitlines()
    ]


def test_an_update_keeps_what_the_user_wrote_beside_it() -> None:
    config = KeaConfig.parse(HOME)
    wanted = Reservation(
        "duid",
        "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56",
        (IPv6Address("2001:db8:0:1::11"),),
        host="nas",
    )
    text = config.revised([Revision(config.subnets[0], update={0: wanted})])
    assert KeaConfig.parse(text).subnets[0].places[0].reservation == wanted
    start, end = HOME.index("// the box under the stairs"), HOME.index('"ip-addresses": [ "2001:db8:0:1::10" ]')
    assert HOME[start:end] in text
    assert '"option-data": [ { "name": "domain-search", "data": "example.org" } ]' in text
    assert '"room": "stairs"' in text
    assert '"hostname": "nas"' not in text


@needs_kea
def test_kea_accepts_the_fixture_and_what_becomes_of_it(tmp_path: Path) -> None:
    assert accepted(HOME, tmp_path / "before.conf")
    config = KeaConfig.parse(HOME)
    one = Reservation("duid", "00:03:00:01:52:54:00:65:43:21", (IPv6Address("2001:db8:0:1::9"),), host="printer")
    two = Reservation(
        "hw-address",
        "52:54:00:65:43:22",
        (IPv6Address("2001:db8:0:2::9"),),
        (IPv6Network("2001:db8:100::/56"),),
        "router.example.org",
        "router",
    )
    revisions = [
        Revision(config.subnets[0], update={0: one}, remove=[1]),
        Revision(config.subnets[1], add=[two]),
        Revision(config.subnets[2], add=[one]),
    ]
    # The third subnet's own addresses are elsewhere.
    revisions[2] = Revision(config.subnets[2], add=[Reservation("duid", one.identifier, (), (), "printer", "printer")])
    assert accepted(config.revised(revisions), tmp_path / "after.conf")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{ "Dhcp4": {} }', 'line 1, column 1: this configuration has no "Dhcp6"'),
        (
            '{ "Dhcp6": { "subnet6": [\n { "subnet": "lan" } ] } }',
            "line 2, column 2: a subnet6 has 'lan' as its subnet",
        ),
        ('{ "Dhcp6": { "subnet6": [ { } ] } }', "a subnet6 has None as its subnet"),
    ],
)
def test_what_is_no_configuration_of_kea_dhcp6(text: str, says: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        KeaConfig.parse(text)
    assert says in str(raised.value)


def test_includes_are_seen() -> None:
    text = """{ "Dhcp6": {
        "subnet6": [ <?include "more.json"?> { "subnet": "2001:db8::/64", "reservations": <?include "hosts.json"?> } ],
        "shared-networks": <?include "shared.json"?>
    } }"""
    config = KeaConfig.parse(text)
    assert [include.path for include in config.included_subnets] == ["shared.json", "more.json"]
    assert [include.path for include in config.subnets[0].includes] == ["hosts.json"]


def test_passwords_are_known() -> None:
    text = """{ "Dhcp6": { "lease-database": { "type": "mysql", "password": "s3cret" },
        "hosts-databases": [ { "type": "mysql", "password": "" } ] } }"""
    assert KeaConfig.parse(text).secrets() == ["s3cret"]
    assert secrets_of(text) == ["s3cret"]
    assert secrets_of(None) == secrets_of("subnet6 x { }") == []


@pytest.mark.parametrize(
    ("member", "socket"),
    [
        ('"valid-lifetime": 4000', None),
        ('"control-socket": { "socket-type": "unix", "socket-name": "kea6-ctrl-socket" }', "kea6-ctrl-socket"),
        ('"control-sockets": [ { "socket-type": "http" }, { "socket-type": "unix", "socket-name": "x" } ]', "x"),
    ],
)
def test_control_socket(member: str, socket: str | None) -> None:
    assert KeaConfig.parse('{ "Dhcp6": { ' + member + " } }").control_socket == socket


def test_what_kea_would_refuse_in_a_reservation_is_left_out() -> None:
    text = """{ "Dhcp6": { "subnet6": [ { "subnet": "2001:db8::/64", "reservations": [
        { "duid": "xyz", "ip-addresses": [ "2001:db8::1", "nonsense", 5 ], "user-context": { "room": "attic" } }
    ] } ] } }"""
    reservation = KeaConfig.parse(text).subnets[0].places[0].reservation
    assert reservation == Reservation("duid", "xyz", (IPv6Address("2001:db8::1"),))


def test_what_is_no_reservation_is_passed_over() -> None:
    text = """{ "Dhcp6": { "subnet6": [ { "subnet": "2001:db8::/64", "reservations": [
        "nonsense", 17, [ ], { "duid": "00:01:02", "hostname": "nas" }
    ] } ] } }"""
    [place] = KeaConfig.parse(text).subnets[0].places
    assert (place.number, place.line, place.reservation.hostname) == (3, 2, "nas")


def test_only_passwords_are_hidden() -> None:
    text = """{ "Dhcp6": { "lease-database": { "password": "s3cret", "name": "kea", "port": 5 },
        "option-data": [ { "name": "dns-servers" }, [ { "password": null } ] ] } }"""
    assert KeaConfig.parse(text).secrets() == ["s3cret"]
