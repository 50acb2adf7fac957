# SPDX-License-Identifier: GPL-3.0-or-later
"""cups_queues with a real cupsd, in a place where nothing of the machine's changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("cupsd") is None, reason="cups is not installed")
# Without a location cupsd believes nobody, not even root.
CONF = """\
Listen /run/cups/cups.sock
DirtyCleanInterval 0
IdleExitTimeout 0
<Location />
</Location>
"""
DRIVER = "drv:///sample.drv/generic.ppd"
LASER = {"name": "laser", "uri": "socket://[2001:db8::9]:9100", "driver": DRIVER}
# A number sign begins a comment in cupsd's files.
INKJET = {"name": "inkjet", "uri": "socket://printer.home.example", "driver": DRIVER, "description": "Bob's #1 and #2"}


@pytest.fixture
def place(island: Any, tmp_path: Path) -> Iterator[Any]:
    """A cupsd with a configuration and a state of its own."""
    setup = f"""
        ip link set lo up
        mount -t tmpfs tmpfs {tmp_path}
        mkdir {tmp_path}/up {tmp_path}/work
        mount -t overlay overlay -o lowerdir=/etc,upperdir={tmp_path}/up,workdir={tmp_path}/work /etc
        for directory in /var/spool/cups /var/cache/cups /var/log/cups /run/cups /var/lib/homelab-ipv6; do
            mkdir -p $directory
            mount -t tmpfs tmpfs $directory
        done
        rm -f /etc/cups/printers.conf*
        printf '{CONF}' >/etc/cups/cupsd.conf
        cupsd
    """
    island.run("sh", "-ec", setup)
    try:
        yield island
    finally:
        island.run("sh", "-c", "kill $(cat /run/cups/cupsd.pid)", check=False)


@pytest.fixture
def have(place: Any) -> Callable[..., dict[str, Any]]:
    def run(*queues: dict[str, Any], **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = place.module("cups_queues", queues=list(queues), **options)
        return result

    return run


def there(place: Any) -> str:
    text: str = place.run("lpstat", "-h", "/run/cups/cups.sock", "-v", "-d", check=False)
    return text


def test_queues_are_made_once(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    foretold = have(LASER, INKJET, default="inkjet", check_mode=True)
    assert "laser" not in there(place)
    done = have(LASER, INKJET, default="inkjet")
    assert (foretold["changed"], foretold["diff"], foretold["steps"]) == (True, done["diff"], done["steps"])
    assert done["steps"][:4] == [
        "require lpadmin",
        "make the queue laser",
        "make the queue inkjet",
        "make inkjet the default",
    ]
    said = there(place)
    assert "device for laser: socket://[2001:db8::9]:9100" in said
    assert "device for inkjet: socket://printer.home.example" in said
    assert "system default destination: inkjet" in said
    assert have(LASER, INKJET, default="inkjet")["steps"] == []


def test_what_differs_is_changed_and_only_that(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER, INKJET)
    changed = {**INKJET, "location": "Hall #3, shelf #4", "shared": False}
    done = have(LASER, changed)
    assert done["steps"][:2] == ["require lpadmin", "make the queue inkjet"]
    assert "laser" not in json.dumps(done["diff"])
    # The first number sign of a line alone is escaped.
    assert "Location Hall \\#3, shelf #4\n" in place.run("cat", "/etc/cups/printers.conf")
    assert have(LASER, changed)["steps"] == []


def test_another_driver_is_a_difference(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER)
    assert have({**LASER, "driver": "drv:///sample.drv/laserjet.ppd"})["changed"]
    assert "LaserJet" in place.run("cat", "/etc/cups/printers.conf")


def test_only_what_was_made_here_goes(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    place.run("lpadmin", "-h", "/run/cups/cups.sock", "-p", "users", "-v", "socket://192.0.2.9", "-m", DRIVER, "-E")
    have(LASER, INKJET)
    assert have(LASER, purge=False)["steps"] == []
    assert have(LASER)["steps"][:2] == ["require lpadmin", "remove the queue inkjet"]
    assert "inkjet" not in there(place)
    assert "device for users" in there(place)
    assert have(LASER)["steps"] == []


def test_the_last_one_goes_too(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER, set="one")
    assert have(set="two")["steps"] == []
    assert have(set="one")["steps"][:2] == ["require lpadmin", "remove the queue laser"]
    assert "laser" not in there(place)
    assert place.run("ls", "/var/lib/homelab-ipv6") == ""
    assert have(set="one")["steps"] == []


def test_another_case_is_the_same_queue_for_cups(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER, INKJET, default="inkjet")
    renamed = {**INKJET, "name": "InkJet"}
    done = have(LASER, renamed)
    assert done["steps"][:4] == [
        "require lpadmin",
        "remove the queue inkjet",
        "make the queue InkJet",
        "make InkJet the default",
    ]
    said = there(place)
    assert "device for InkJet: socket://printer.home.example" in said
    assert "system default destination: InkJet" in said
    assert "inkjet" not in said
    assert have(LASER, renamed)["steps"] == []


def test_another_case_is_taken_back(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(INKJET, default="inkjet")
    before = there(place)
    failed = have({**INKJET, "name": "InkJet"}, {**LASER, "driver": "nobody's"})
    assert failed["msg"].endswith("Everything is as it was before.")
    assert there(place) == before
    assert have(INKJET, default="inkjet")["steps"] == []


def test_another_case_of_somebody_elses_is_refused(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    place.run("lpadmin", "-h", "/run/cups/cups.sock", "-p", "Laser", "-v", "socket://192.0.2.9", "-m", DRIVER, "-E")
    assert have(LASER)["msg"].startswith(
        "queues[0].name: laser is for CUPS the same as its queue Laser, which was not made here. Name it Laser, or"
    )
    assert "device for Laser: socket://192.0.2.9" in there(place)


def test_a_password_that_somebody_gave_shows_nowhere(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER)
    uri = "socket://anna:geheim@192.0.2.9"
    place.run("lpadmin", "-h", "/run/cups/cups.sock", "-p", "laser", "-v", uri)
    for queues in ([LASER], []):
        refused = have(*queues)
        assert "laser is a queue with a password in its URI, which could not be undone. Remove it by" in refused["msg"]
        assert "geheim" not in json.dumps({key: value for key, value in refused.items() if key != "invocation"})


def test_all_or_none(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    have(LASER)
    before = there(place)
    failed = have({**LASER, "uri": "socket://[2001:db8::8]"}, {**INKJET, "driver": "nobody's"})
    assert failed["msg"].startswith("make the queue inkjet (lpadmin -h /run/cups/cups.sock -p inkjet")
    assert failed["msg"].endswith("Everything is as it was before.")
    assert there(place) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"queues": [{**LASER, "name": "a b"}]},
            "queues[0].name: 'a b' cannot be the name of a queue. Write up to 127",
        ),
        ({"queues": [{**LASER, "uri": "ipp://2001:db8::9/"}]}, "queues[0].uri: ipp://2001:db8::9/ names no host that"),
        (
            {"queues": [LASER, {**LASER, "name": "Laser"}]},
            "queues[1].name: Laser is there twice. Give each queue a name",
        ),
        ({"queues": [LASER], "default": "inkjet"}, "default: inkjet is not among queues. Name one of laser."),
        (
            {"queues": [{**LASER, "uri": "ipp://anna:geheim@nas/printers/laser"}]},
            "queues[0].uri: ipp://(hidden)@nas/printers/laser has a password in it. Leave it out, and have the printer",
        ),
        ({"queues": [LASER], "set": "../a"}, "set: ../a is no name of a set. Write letters, digits and underscores"),
        ({"queues": [{**LASER, "location": "a\nb"}]}, r"queues[0].location: 'a\nb' does not fit on one line. Write it"),
    ],
)
def test_what_cannot_be_right(island: Any, options: dict[str, Any], said: str) -> None:
    refused = island.module("cups_queues", **options)
    assert refused["failed"]
    assert said in refused["msg"]


def test_a_queue_of_another_server_changes(place: Any, have: Callable[..., dict[str, Any]]) -> None:
    # cupsd takes no word about sharing such a one once it is made; and the server says where it stands.
    place.run(
        "sh", "-c", "printf 'Listen 127.0.0.1:631\n' >>/etc/cups/cupsd.conf; kill -HUP $(cat /run/cups/cupsd.pid)"
    )
    have({**LASER, "location": "Hall"})
    other = {"name": "other", "uri": "ipp://127.0.0.1/printers/laser", "driver": "everywhere", "shared": False}
    assert "msg" not in have({**LASER, "location": "Hall"}, other)
    assert have({**LASER, "location": "Hall"}, other)["steps"] == []
    changed = have({**LASER, "location": "Hall"}, {**other, "description": "Another"})
    assert changed["steps"][:2] == ["require lpadmin", "make the queue other"]
    assert have({**LASER, "location": "Hall"}, {**other, "description": "Another"})["steps"] == []
