# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a server of files and printers and of its client: each fault by its name, with its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import samba_health
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.samba_health import Knock, Observed, ShareSeen

EXPECTED: dict[str, Any] = {"units": [], "loopback": [], "services": [], "shares": [], "printers": []}
SEEN = Observed({}, {}, {}, (), {}, {}, (), {})
V6, V4 = "2001:db8::10", "192.0.2.10"
SHARE = {"server": "nas", "share": "photos", "user": "anna", "path": "/srv/photos"}


def lines(seen: Observed, **expected: Any) -> list[str]:
    return [check.line() for check in samba_health.checks({**EXPECTED, **expected}, seen)]


def of_server(*knocks: Knock, port: int = 445) -> list[str]:
    return lines(SEEN._replace(knocks={("nas", port): knocks}))


def test_a_server_that_answers() -> None:
    assert of_server(Knock(V6, ""), Knock(V4, "")) == [f"ok      Samba of nas: answers at {V6}, {V4}"]


def test_a_family_that_this_machine_has_not_is_no_fault() -> None:
    gone = Knock(V6, "Network is unreachable")
    assert of_server(gone, Knock(V4, ""), port=631) == [f"ok      CUPS of nas: answers at {V4}"]
    assert of_server(gone)[0].startswith("BROKEN  Samba of nas: this machine has no address and route to it.")


@pytest.mark.parametrize(
    "silent",
    [
        Knock(V6, "timed out", echo=1.0),
        Knock(V6, "Permission denied"),
        Knock(V6, "No route to host", echo=1.0),
    ],
)
def test_port_445_over_ipv6_is_filtered(silent: Knock) -> None:
    broken, fine = of_server(silent, Knock(V4, ""))
    assert broken.startswith(
        f"BROKEN  Samba of nas: port 445 over IPv6 is filtered: {V6} does not answer, {V4} does. "
        "Let TCP port 445 in from the LAN over IPv6 in the server's firewall"
    )
    assert fine == f"ok      Samba of nas: answers at {V4}"


def test_filtered_and_alone() -> None:
    (line,) = of_server(Knock(V6, "timed out", echo=0.4))
    assert f"port 445 over IPv6 is filtered: {V6} does not answer, though the machine is there." in line


@pytest.mark.parametrize("knock", [Knock(V6, "timed out"), Knock(V6, "No route to host")])
def test_a_server_that_is_off(knock: Knock) -> None:
    (line,) = of_server(knock)
    assert f"{V6} does not answer at all ({knock.said}). Turn the server on, or correct its address" in line


@pytest.mark.parametrize("said", ["timed out", "No route to host"])
def test_an_address_that_nobody_has(said: str) -> None:
    line = of_server(Knock(V6, said), Knock(V4, ""))[0]
    assert f"nobody has {V6} any more, or all IPv6 to it is filtered; {V4} answers. Correct the address in DNS" in line


def test_nobody_listens() -> None:
    line = of_server(Knock(V6, "Connection refused", echo=1.0), Knock(V4, ""))[0]
    assert line.startswith(f"BROKEN  Samba of nas: nothing listens at port 445 over IPv6 ({V6}). Look at the server")


def test_a_name_that_leads_nowhere() -> None:
    assert of_server()[0].startswith("BROKEN  Samba of nas: its name leads nowhere. Correct the name")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", "ok      [::1]:631: answers"),
        ("timed out", "BROKEN  [::1]:631: loopback IPv6 is dropped: Samba will wait for CUPS. Accept all of loopback"),
        ("Permission denied", "BROKEN  [::1]:631: loopback IPv6 is dropped: Samba will wait for CUPS. Accept all of"),
        ("Connection refused", "BROKEN  [::1]:631: nothing listens there. Run the samba_server playbook"),
        ("Cannot assign requested address", "BROKEN  [::1]:631: loopback has no IPv6 (Cannot assign requested addr"),
    ],
)
def test_loopback(said: str, line: str) -> None:
    assert lines(SEEN._replace(loopback={631: said}), loopback=[631])[0].startswith(line)


def test_only_cups_is_waited_for_by_samba() -> None:
    line = lines(SEEN._replace(loopback={445: "timed out"}), loopback=[445])[0]
    assert "loopback IPv6 is dropped: programs of this machine will wait for Samba. Accept all" in line
    missing = lines(SEEN._replace(queues={("2001:db8::10", 631, "ink"): False}))[0]
    assert "See `lpstat -h [2001:db8::10]:631 -v`" in missing


def test_a_service_that_listens() -> None:
    service = {"unit": "smbd.service", "port": 445, "addresses": [V6, V4]}
    for at in ([V6, V4], ["::", "0.0.0.0"]):
        seen = SEEN._replace(listening={445: at}, own=[V6, V4])
        assert lines(seen, services=[service]) == [f"ok      Samba at port 445: listens at {V6}, {V4}"]


def test_a_service_that_listens_where_it_started() -> None:
    service = {"unit": "smbd.service", "port": 445, "addresses": ["2001:db8::11", V4]}
    (line,) = lines(SEEN._replace(listening={445: [V6, V4]}, own=["2001:db8::11", V4]), services=[service])
    deaf = f"does not listen at 2001:db8::11, and at {V6}, which this machine does not have any more."
    remedy = "The addresses have changed since it was set up: run the samba_server playbook, then restart smbd.service"
    assert line == f"BROKEN  Samba at port 445: {deaf} {remedy}"
    (line,) = lines(SEEN, services=[{**service, "port": 9999}])
    assert line.startswith(f"BROKEN  smbd.service at port 9999: does not listen at 2001:db8::11, {V4}. The addresses")


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (
            ShareSeen("", "", mounts=True, watched=True),
            "ok      share //nas/photos: opens for anna, and at /srv/photos",
        ),
        (
            ShareSeen("", "", mounts=False, watched=False),
            "ok      share //nas/photos: opens for anna; this kernel has no",
        ),
        (
            ShareSeen("", "", mounts=True, watched=False),
            "BROKEN  share //nas/photos: opens for anna, but nothing mounts",
        ),
        (
            ShareSeen("", "", mounts=True, watched=True, failed=True),
            "BROKEN  share //nas/photos: opens for anna, but cannot be mounted at /srv/photos. `journalctl",
        ),
        (
            ShareSeen("NT_STATUS_LOGON_FAILURE", "", mounts=True, watched=True),
            "BROKEN  share //nas/photos: user or password of anna is wrong. Correct samba_cups_client_shares",
        ),
        (
            ShareSeen("NT_STATUS_BAD_NETWORK_NAME", "", mounts=True, watched=True),
            "BROKEN  share //nas/photos: the server has no such share. See `smbclient -L nas`",
        ),
        (
            ShareSeen("NT_STATUS_ACCESS_DENIED", "", mounts=True, watched=True),
            "BROKEN  share //nas/photos: anna is not let in. Let the user in on the server",
        ),
        (
            ShareSeen("NT_STATUS_DISK_FULL", "it is full", mounts=True, watched=True),
            "BROKEN  share //nas/photos: it is full. See the server's journal",
        ),
    ],
)
def test_shares(seen: ShareSeen, line: str) -> None:
    assert lines(SEEN._replace(shares=(seen,)), shares=[SHARE])[0].startswith(line)


def test_a_guest_and_a_server_that_is_away() -> None:
    fine = ShareSeen("", "", mounts=True, watched=False)
    guest = {"server": "nas", "share": "public", "user": "", "path": None}
    assert lines(SEEN._replace(shares=(None, fine)), shares=[SHARE, guest]) == [
        "ok      share //nas/public: opens for a guest"
    ]


def test_queues() -> None:
    seen = SEEN._replace(queues={("nas", 631, "laser"): True, ("nas", 631, "ink"): False, (V6, 631, "ink"): False})
    assert lines(seen) == [
        "ok      queue laser of nas: takes jobs",
        "BROKEN  queue ink of nas: is not there. See `lpstat -h nas:631 -v` for those it has, and its spelling",
        f"BROKEN  queue ink of {V6}: is not there. See `lpstat -h [{V6}]:631 -v` for those it has, and its spelling",
    ]


def test_units() -> None:
    seen = SEEN._replace(active={"smbd.service": "active"}, enabled={"smbd.service": "enabled"})
    assert lines(seen, units=["smbd.service"]) == ["ok      smbd.service: runs, and will after a reboot"]
