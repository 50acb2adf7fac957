# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of a service, its sockets and its files, and what goes on meanwhile."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.socket_service import (
    Found,
    Wanted,
    plan,
    read_options,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.socket_steps import Leave, Take
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import UnitState
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal, ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.listener import Listener, Process

UNITS = "/etc/systemd/system/"
FOUR, SIX, SERVICE = "web-ipv4.socket", "web-ipv6.socket", "web.service"
APPLICATION = "/usr/local/lib/web/app.py"
KEY = "/usr/local/lib/web/key"
UP, OFF = UnitState(True, True), UnitState(False, False)
RUNS = UnitState(True, False)


def params(**changed: Any) -> dict[str, Any]:
    files = {**{UNITS + unit: f"# web\n{unit}" for unit in (FOUR, SIX, SERVICE)}, APPLICATION: "x = 1"}
    contents = changed.pop("contents", {})
    files.update({path: f"# web\n{text}" if path.startswith(UNITS) else text for path, text in contents.items()})
    sockets = [
        {"unit": unit, "service": SERVICE, "descriptor": family, "family": family, "protocol": "tcp", "address": "",
         "port": 8000, "started": True, "enabled": True}
        for unit, family in ((FOUR, "ipv4"), (SIX, "ipv6"))
    ]  # fmt: skip
    for socket, change in zip(sockets, changed.pop("each", ({}, {}))):
        socket.update(change)
    return {
        "name": "web",
        "mark": "# web",
        "directory": "/usr/local/lib/web/",
        "files": [{"path": path, "content": text, "mode": "0644"} for path, text in files.items()],
        "sockets": sockets,
        "timeout": 20,
        "prefix": "",
        **changed,
    }


def wanted(**changed: Any) -> Wanted:
    return read_options(params(**changed))


def bare(asked: Wanted, **changed: Any) -> Found:
    found = Found(dict.fromkeys(asked.files), dict.fromkeys(asked.units, OFF), (), set(), False)
    return found._replace(**changed)


def standing(asked: Wanted, **changed: Any) -> Found:
    units = {unit: RUNS if unit.endswith(".service") else UP for unit in asked.units}
    return Found(dict(asked.files), units, (), set(), False)._replace(**changed)


def take(made: Plan) -> Take:
    (step,) = [step for step in made.steps if isinstance(step, Take)]
    return step


def test_on_a_bare_host_everything_comes_and_every_socket_is_tried() -> None:
    asked = wanted()
    made = plan(asked, bare(asked))
    step = take(made)
    assert (step.enable, step.open, step.start, step.restart) == ((FOUR, SIX), (FOUR, SIX), (SERVICE,), ())
    assert [(probe.descriptor, probe.target, probe.where()) for probe in step.probes] == [
        ("ipv4", "127.0.0.1", "0.0.0.0:8000"),
        ("ipv6", "::1", "[::]:8000"),
    ]
    assert [made.steps[0].describe(), made.steps[-1].describe()] == [
        "mark the beginning",
        f"enable {FOUR}, {SIX}; open {FOUR}, {SIX}; start {SERVICE}",
    ]
    assert [(state.what, state.before, state.after) for state in made.states][1:] == [
        (SIX, "", "runs, is there at every start\n"),
        (SERVICE, "", "runs\n"),
    ]


def test_where_all_is_right_nothing_is_done() -> None:
    asked = wanted()
    made = plan(asked, standing(asked))
    assert (made.steps, made.diff()) == ((), [])


@pytest.mark.parametrize("changed", [APPLICATION, UNITS + SERVICE])
def test_sockets_stay_open_while_the_service_is_updated(changed: str) -> None:
    asked = wanted(contents={changed: "new"})
    step = take(plan(asked, standing(wanted())._replace(files=dict(wanted().files))))
    assert (step.open, step.start, step.restart) == ((), (), (SERVICE,))
    assert len(step.probes) == 2


def test_a_socket_that_changes_takes_the_service_along_and_leaves_the_other_open() -> None:
    asked = wanted(contents={UNITS + SIX: "another address"})
    step = take(plan(asked, standing(asked, files=dict(wanted().files))))
    assert (step.open, step.start, step.restart) == ((SIX,), (SERVICE,), ())


def test_with_a_process_each_only_the_one_concerned_is_touched() -> None:
    each = ({"service": "web-ipv4.service"}, {"service": "web-ipv6.service"})
    contents = {UNITS + "web-ipv4.service": "4", UNITS + "web-ipv6.service": "6"}
    asked = wanted(each=each, contents={**contents, UNITS + "web-ipv6.service": "new"})
    before = standing(asked, files=dict(wanted(each=each, contents=contents).files))
    step = take(plan(asked, before))
    assert (step.open, step.restart) == ((), ("web-ipv6.service",))
    assert [probe.descriptor for probe in step.probes] == ["ipv6"]


def test_a_family_that_is_stopped_ends_and_the_service_comes_back_for_the_other() -> None:
    asked = wanted(each=({"started": False, "enabled": False}, {}))
    step = take(plan(asked, standing(asked)))
    assert (step.stop, step.disable, step.open, step.restart) == ((FOUR,), (FOUR,), (), (SERVICE,))
    assert [probe.descriptor for probe in step.probes] == ["ipv6"]
    made = plan(asked, standing(asked, units={FOUR: OFF, SIX: UP, SERVICE: RUNS}))
    assert made.steps == ()


def test_where_all_are_stopped_so_is_the_service() -> None:
    off = {"started": False, "enabled": False}
    asked = wanted(each=(off, off))
    step = take(plan(asked, standing(asked)))
    assert (step.stop, step.restart, step.probes) == ((FOUR, SIX), (), ())


def test_one_that_is_only_to_be_off_at_the_next_start_goes_on() -> None:
    asked = wanted(each=({"enabled": False}, {}))
    step = take(plan(asked, standing(asked)))
    assert (step.disable, step.stop, step.open, step.restart) == ((FOUR,), (), (), ())


def test_a_service_that_does_not_run_is_started_beside_open_sockets() -> None:
    asked = wanted()
    step = take(plan(asked, standing(asked, units={FOUR: UP, SIX: UP, SERVICE: OFF})))
    assert (step.open, step.restart) == ((), (SERVICE,))


def test_what_an_earlier_run_left_goes_first_sockets_before_services() -> None:
    asked = wanted()
    before = standing(asked)
    units = {**before.units, "web-old.service": RUNS, "web-old.socket": UP, "web-off.socket": OFF}
    files = {**before.files, UNITS + "web-old.socket": FileState("# web\n"), "/usr/local/lib/web/old": FileState("")}
    made = plan(asked, before._replace(units=units, files=files))
    (leave,) = [step for step in made.steps if isinstance(step, Leave)]
    assert leave.units == ("web-old.socket", "web-old.service")
    assert leave.describe() == "stop and disable web-old.socket, web-old.service"
    assert "remove /usr/local/lib/web/old" in made.steps[2].describe()
    # Another application file than before.
    assert take(made).restart == (SERVICE,)


def test_a_leftover_unit_alone_leaves_the_service_as_it_is() -> None:
    asked = wanted()
    before = standing(asked)
    files = {**before.files, UNITS + "web-old.socket": FileState("# web\n")}
    made = plan(asked, before._replace(units={**before.units, "web-old.socket": UP}, files=files))
    assert take(made).describe() == "have systemd read its files again"


def test_without_files_everything_goes() -> None:
    before = standing(wanted())
    made = plan(wanted(files=[], sockets=[]), before)
    assert [type(step).__name__ for step in made.steps] == ["Mark", "Leave", "Files", "Take"]
    assert {state.after for state in made.states} == {""}


def test_a_run_that_was_killed_is_finished() -> None:
    asked = wanted()
    step = take(plan(asked, standing(asked, unfinished=True)))
    assert (step.open, step.start) == ((FOUR, SIX), (SERVICE,))


def test_units_of_others_are_refused_whoever_has_the_port() -> None:
    asked = wanted()
    path = "/usr/lib/systemd/system/web.service"
    with pytest.raises(Refusal) as refusal:
        plan(asked, bare(asked, others={SERVICE: path}, listeners=[other("0.0.0.0")]))
    assert str(refusal.value) == (
        f"name: web would have the unit web.service, and {path} is one that was not written for this service. Write "
        "another name; or, if nobody needs that unit, take it away first."
    )


@pytest.mark.parametrize(("before", "after"), [("0600", "0600"), ("0644", "0400"), ("0600", "0644")])
def test_what_nobody_else_reads_shows_in_no_diff(before: str, after: str) -> None:
    def with_key(mode: str, text: str) -> dict[str, Any]:
        made = params()
        made["files"].append({"path": KEY, "content": text, "mode": mode})
        return made

    asked, was = read_options(with_key(after, "hush, new")), read_options(with_key(before, "hush, old"))
    changed = plan(asked, standing(asked, files=dict(was.files)))
    gone = plan(wanted(), standing(asked))
    new = plan(asked, standing(asked, files={**asked.files, KEY: None}))
    for made, shows in ((changed, False), (new, after == "0644"), (gone, after == "0644")):
        assert KEY in str(made.diff())
        assert ("hush" in str(made.diff())) is shows


def other(address: str, *, v6only: bool | None = None, **changed: Any) -> Listener:
    process = Process("nginx", 7, "nginx.service")
    return Listener("tcp", ip_address(address), 8000, v6only=v6only, processes=(process,))._replace(**changed)


@pytest.mark.parametrize(
    ("listener", "says"),
    [
        (
            other("0.0.0.0"),
            "sockets[0].port: 8000 (tcp, ipv4) is taken by nginx (process 7, nginx.service) on 0.0.0.0:8000",
        ),
        (
            other("::", v6only=False),
            (
                "sockets[0].port: 8000 (tcp, ipv4) is taken by nginx (process 7, nginx.service) on [::]:8000, for "
                "IPv4 and IPv6 at once"
            ),
        ),
        (
            other("2001:db8::1", v6only=True),
            "sockets[1].port: 8000 (tcp, ipv6) is taken by nginx (process 7, nginx.service) on [2001:db8::1]:8000",
        ),
        (
            other("::", v6only=True, processes=(Process("systemd", 1),), socket_unit="ssh.socket"),
            "sockets[1].port: 8000 (tcp, ipv6) is taken by systemd (ssh.socket) on [::]:8000",
        ),
    ],
)  # fmt: skip
def test_a_port_that_is_taken_is_refused_with_whose_it_is(listener: Listener, says: str) -> None:
    asked = wanted()
    with pytest.raises(Refusal) as refusal:
        plan(asked, bare(asked, listeners=[listener]))
    assert str(refusal.value) == f"{says}. Stop that, or write another port."


@pytest.mark.parametrize(
    "listener",
    [
        other("0.0.0.0", port=8001),
        other("0.0.0.0", protocol="udp"),
        other("0.0.0.0", socket_unit=FOUR),
        # One of an earlier run, under another name.
        other("0.0.0.0", socket_unit="web-old.socket"),
        other("0.0.0.0", processes=(Process("twist", 8, SERVICE),)),
    ],
)
def test_others_and_our_own_are_not_in_the_way(listener: Listener) -> None:
    asked = wanted()
    before = bare(asked)
    plan(asked, before._replace(listeners=[listener], units={**before.units, "web-old.socket": UP}))


def test_what_is_stopped_needs_neither_port_nor_address() -> None:
    off = {"started": False, "enabled": False}
    asked = wanted(each=(off, off))
    plan(asked, bare(asked, listeners=[other("::", v6only=False)], foreign={IPv4Address(0), IPv6Address(0)}))


def test_the_address_of_another_host_is_refused() -> None:
    asked = wanted(each=({}, {"address": "2001:db8::9"}))
    with pytest.raises(Refusal) as refusal:
        plan(asked, bare(asked, foreign={IPv6Address("2001:db8::9")}))
    assert str(refusal.value) == (
        "sockets[1].address: 2001:db8::9 is no address of this host. Give it to an interface first, write one that is "
        "there, or leave it out for all."
    )


@pytest.mark.parametrize(("prefix", "option"), [("", "files[2].content"), ("role_", "role_settings")])
def test_a_unit_that_systemd_does_not_understand_is_refused(prefix: str, option: str) -> None:
    asked = wanted(prefix=prefix)
    problem = ValueProblem("MemoryMx=1G", "is no setting", "Write it as MemoryMax=")
    with pytest.raises(Refusal) as refusal:
        plan(asked, bare(asked, problems=[(SERVICE, problem)]))
    assert str(refusal.value) == f"{option}: MemoryMx=1G is no setting. Write it as MemoryMax=."


def test_a_role_has_its_options_named_as_it_names_them() -> None:
    asked = wanted(prefix="role_")
    with pytest.raises(Refusal, match=r"^role_sockets\[0\]\.port: 8000"):
        plan(asked, bare(asked, listeners=[other("0.0.0.0")]))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "a b"}, "name: 'a b' cannot be the name of a unit. Write it without a suffix, as in peers."),
        (
            {"files": [{"path": "web", "content": "", "mode": "0644"}]},
            "files[0].path: web is not absolute. Begin it with /.",
        ),
        (
            {"files": [{"path": "/web", "content": "", "mode": "rw"}]},
            "files[0].mode: 'rw' is no mode. Write it in octal and quotes, as \"0644\".",
        ),
        ({"files": []}, "sockets[0]: web-ipv4.socket is not among files. Hand its unit file in."),
        ({"each": ({"unit": "web"}, {})}, "sockets[0].unit: 'web' is no name of a socket. End it with .socket."),
        (
            {"each": ({"service": "web.socket"}, {})},
            "sockets[0].service: 'web.socket' is no name of a service. End it with .service.",
        ),
        (
            {"each": ({}, {"port": 0})},
            "sockets[1].port: 0 is not between 1 and 65535. Write a port, as in 8000.",
        ),
        ({"each": ({}, {"address": "x"})}, "sockets[1].address: 'x' is not an address. Leave it out for all."),
        (
            {"each": ({}, {"address": "192.0.2.1"})},
            "sockets[1].address: 192.0.2.1 is not of ipv6. Write one that is, or leave it out for all.",
        ),
        (
            {"each": ({}, {"address": "::ffff:192.0.2.1"})},
            (
                "sockets[1].address: ::ffff:192.0.2.1 is an IPv4 address in the clothes of an IPv6 one. Write "
                "192.0.2.1 at a socket of ipv4."
            ),
        ),
        (
            {"mark": "# other"},
            (
                "files[0].content: /etc/systemd/system/web-ipv4.socket does not begin with the mark of this service. "
                "Have each unit file begin with mark, on a line of its own; the next run knows them by it."
            ),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_right(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        wanted(**changed)
    assert str(refusal.value) == says
