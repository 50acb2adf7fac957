# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState, KernelValue, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sysctl import (
    HEADER,
    Found,
    absent,
    dropin_path,
    present,
    ra_interfaces,
    wanted,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

PATH = "/etc/sysctl.d/90-router.conf"
CONF = "net/ipv6/conf/"
RUNNING = {
    CONF + "all/forwarding": "0",
    CONF + "eth0/accept_ra": "1",
    CONF + "eth0/forwarding": "0",
    CONF + "eth1/forwarding": "1",
}
BARE = Found(running=RUNNING, dropin=None, others=[], interfaces=["eth0", "eth1"])


def plan(
    values: Mapping[str, object] | None = None,
    interfaces: Mapping[str, Any] | None = None,
    found: Found = BARE,
    missing_fails: bool = True,
    runtime: bool = True,
    persistent: bool = True,
) -> Plan:
    return present(PATH, wanted(values or {}, interfaces or {}), found, runtime, persistent, missing_fails)


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(Refusal) as caught:
        plan(*arguments, **named)
    return str(caught.value)


def written(made: Plan) -> str:
    (change,) = made.steps[0].changes  # type: ignore[union-attr]
    assert change.path == PATH
    return str(change.after.text)


def set_values(made: Plan) -> list[str]:
    return [step.describe() for step in made.steps if isinstance(step, KernelValue)]


def test_file_and_running_values_are_one_plan() -> None:
    made = plan({"net.ipv6.conf.all.forwarding": True}, {"eth0": {"accept_ra": 2}})
    assert written(made) == (f"# {HEADER}\nnet.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.eth0.accept_ra = 2\n")
    assert set_values(made) == [
        "set /proc/sys/net/ipv6/conf/all/forwarding to 1",
        "set /proc/sys/net/ipv6/conf/eth0/accept_ra to 2",
    ]
    assert made.diff()[1] == {
        "before_header": "running values",
        "after_header": "running values",
        "before": "net.ipv6.conf.all.forwarding = 0\nnet.ipv6.conf.eth0.accept_ra = 1\n",
        "after": "net.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.eth0.accept_ra = 2\n",
    }
    assert made.result == {"deferred": []}


def test_nothing_changes_where_all_is_so() -> None:
    unlike = BARE._replace(running={**RUNNING, "net/ipv4/x": "0"})
    first = plan(
        {"net.ipv6.conf.all.forwarding": 1, "net.ipv4.x": "1 2"},
        found=unlike,
    )
    there = {**RUNNING, CONF + "all/forwarding": "1", "net/ipv4/x": "1 2"}
    again = plan(
        {"net.ipv6.conf.all.forwarding": 1, "net.ipv4.x": "1\t2"},
        found=BARE._replace(running=there, dropin=FileState(written(first))),
    )
    assert (again.steps, again.diff(), again.changed) == ((), [], False)


def test_file_with_other_owner_or_mode_is_put_right() -> None:
    text = written(plan({"net.ipv6.conf.all.forwarding": 0}))
    made = plan({"net.ipv6.conf.all.forwarding": 0}, found=BARE._replace(dropin=FileState(text, mode=0o600)))
    assert made.diff()[0]["before"] == "mode 0600, owner root, group root\n"


def test_interface_is_written_after_all_has_overwritten_it() -> None:
    made = plan({"net.ipv6.conf.all.forwarding": 1}, {"eth0": {"forwarding": 0}, "eth1": {"forwarding": 1}})
    # eth0 is 0 now, but will not be once all is 1.
    assert set_values(made) == [
        f"set /proc/sys/{CONF}all/forwarding to 1",
        f"set /proc/sys/{CONF}eth0/forwarding to 0",
        f"set /proc/sys/{CONF}eth1/forwarding to 1",
    ]


def test_running_values_alone_or_file_alone() -> None:
    values = {"net.ipv6.conf.all.forwarding": 1}
    assert [type(step) for step in plan(values, persistent=False).steps] == [KernelValue]
    made = plan(values, runtime=False)
    assert "forwarding = 1" in written(made)
    assert len(made.steps) == 1
    assert len(made.diff()) == 1


def test_missing_interface_is_refused() -> None:
    assert refusal(interfaces={"eth9": {"accept_ra": 2}}) == (
        "ipv6_interfaces.eth9.accept_ra: 2 cannot be set: there is no interface eth9 with IPv6 on this host. Use one "
        "of eth0, eth1, or say missing: defer to have it set when it appears."
    )


def test_missing_key_is_refused() -> None:
    unknown = "cannot be set: this kernel has no {}. Correct the name; `sysctl -a` lists those that exist."
    assert refusal({"net.ipv6.nosuch": 1}) == "values.net.ipv6.nosuch: 1 " + unknown.format("net.ipv6.nosuch")
    assert refusal(interfaces={"all": {"nosuch": 1}}) == (
        "ipv6_interfaces.all.nosuch: 1 " + unknown.format("net.ipv6.conf.all.nosuch")
    )
    assert "this kernel has no net.ipv6.conf.eth0.nosuch" in refusal(interfaces={"eth0": {"nosuch": 1}})


def test_missing_key_is_deferred_and_the_file_is_the_same_when_it_has_come() -> None:
    interfaces = {"eth0.10": {"accept_ra": False}}
    made = plan(interfaces=interfaces, missing_fails=False)
    assert made.result == {"deferred": ["net.ipv6.conf.eth0/10.accept_ra"]}
    assert set_values(made) == []
    come = BARE._replace(running={CONF + "eth0.10/accept_ra": "0"}, dropin=FileState(written(made)))
    assert not plan(interfaces=interfaces, missing_fails=False, found=come).changed
    assert not plan(interfaces=interfaces, found=come).changed


def test_missing_key_matters_for_running_values_only() -> None:
    made = plan(interfaces={"eth9": {"accept_ra": 2}}, runtime=False)
    assert "net.ipv6.conf.eth9.accept_ra = 2\n" in written(made)
    assert made.result == {"deferred": []}


@pytest.mark.parametrize("runtime", [True, False])
def test_accept_ra_where_networkd_takes_the_advertisements(runtime: bool) -> None:
    found = BARE._replace(ra_by_networkd=["eth0"])
    assert refusal(interfaces={"eth0": {"accept_ra": 2}}, found=found, runtime=runtime) == (
        "ipv6_interfaces.eth0.accept_ra: 2 has no effect: systemd-networkd runs the RA client of eth0 itself. Set "
        "IPv6AcceptRA=yes in its .network file instead, and leave accept_ra out."
    )
    # Off is what networkd makes of it, and other keys and interfaces are not its.
    plan(interfaces={"eth0": {"accept_ra": 0, "forwarding": 1}, "eth1": {"forwarding": 1}}, found=found)


def test_interfaces_whose_ra_client_matters() -> None:
    items = wanted({"net.ipv6.conf.a/1.accept_ra": 2, "kernel.x": 1}, {"b": {"accept_ra": 0, "mtu": 1}})
    assert ra_interfaces(items) == ["a.1", "b"]


SHADOW = "would be undone at boot by {} line {} ({}). Remove that line, or give this set a name that sorts behind {}."


@pytest.mark.parametrize(
    ("name", "text", "undone"),
    [
        ("99-sysctl.conf", "net.ipv6.conf.all.forwarding=0", (1, "0")),
        ("99-sysctl.conf", "# head\nnet/ipv6/conf/all/forwarding = 0", (2, "0")),
        ("99-sysctl.conf", "-net.ipv6.conf.all.forwarding = 0", (1, "0")),
        # A line without a value takes the key out of what earlier files have set.
        ("99-sysctl.conf", "-net.ipv6.conf.all.forwarding", (1, "leaves it out")),
        ("99-sysctl.conf", "net.ipv6.conf.all.forwarding=1", None),
        ("89-early.conf", "net.ipv6.conf.all.forwarding=0", None),
        # What is named outright beats every pattern.
        ("99-sysctl.conf", "net.ipv6.conf.*.forwarding=0", None),
        ("99-sysctl.conf", "net.ipv6.conf.eth1.forwarding=0\n-net.ipv4.ip_forward", None),
    ],
)
def test_file_that_wins_at_boot(name: str, text: str, undone: tuple[int, str] | None) -> None:
    found = BARE._replace(others=[("/usr/lib/sysctl.d/" + name, text)])
    values = {"net.ipv6.conf.all.forwarding": 1}
    if undone is None:
        plan(values, found=found)
        return
    message = SHADOW.format("/usr/lib/sysctl.d/" + name, *undone, name)
    assert refusal(values, found=found) == "values.net.ipv6.conf.all.forwarding: 1 " + message
    # Without a file of ours there is nothing that could be undone.
    plan(values, found=found, persistent=False)


@pytest.mark.parametrize(("later", "refused"), [("1", True), ("0", False)])
def test_later_file_that_writes_all_interfaces(later: str, refused: bool) -> None:
    found = BARE._replace(others=[("/etc/sysctl.d/99-x.conf", f"net.ipv6.conf.all.forwarding={later}")])
    interfaces: dict[str, Any] = {"eth0": {"forwarding": 1 - int(later)}}
    if refused:
        message = SHADOW.format("/etc/sysctl.d/99-x.conf", 1, 1, "99-x.conf")
        assert refusal(interfaces=interfaces, found=found) == "ipv6_interfaces.eth0.forwarding: 0 " + message
    else:
        # conf/all is 0 at boot, and systemd does not write what is there.
        plan(interfaces=interfaces, found=found)
    plan(interfaces={"eth0": {"forwarding": int(later), "accept_ra": 0}}, found=found)


def test_file_of_others_is_neither_hidden_nor_written_through_a_link() -> None:
    others = [("/usr/lib/sysctl.d/90-router.conf", "")]
    values = {"net.ipv6.conf.all.forwarding": 1}
    assert refusal(values, found=BARE._replace(others=others)) == (
        "name: 90-router would hide /usr/lib/sysctl.d/90-router.conf. Give this set a name of its own."
    )
    assert refusal(values, found=BARE._replace(dropin_link="/etc/sysctl.conf")) == (
        "name: 90-router is a file of somebody else: /etc/sysctl.d/90-router.conf is a link to /etc/sysctl.conf. Give "
        "this set a name of its own."
    )


def test_absent_takes_the_file_and_leaves_the_running_values() -> None:
    made = absent(PATH, BARE._replace(dropin=FileState("x\n")))
    assert [step.describe() for step in made.steps] == ["remove " + PATH]
    assert not absent(PATH, BARE).changed


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "90-router.conf"])
def test_name_that_is_no_file_name(name: str) -> None:
    with pytest.raises(Refusal, match=r"is not a file name without its ending\. Write it as 90-router"):
        dropin_path(name)
    assert dropin_path("90-router") == PATH


@pytest.mark.parametrize(
    ("values", "interfaces", "message"),
    [
        ({"forwarding": 1}, {}, "values.forwarding: 'forwarding' is not a sysctl key. Write it as net.ipv6.conf.all."),
        ({"net.x": [1]}, {}, "values.net.x: [1] is not a value of a kernel parameter. Write a number or a line of"),
        ({"net.*.x": 1}, {}, "values.net.*.x: net.*.x is a pattern. Name each key: a set is authoritative for what"),
        ({}, {"eth*": {"mtu": 1}}, "ipv6_interfaces.eth*.mtu: net/ipv6/conf/eth*/mtu is a pattern. Name each key"),
        ({}, {"a b": {"mtu": 1}}, "ipv6_interfaces.a b.mtu: 'a b' cannot be an interface name. Use a name that"),
        ({}, {"eth0": {"a.b": 1}}, "ipv6_interfaces.eth0.a.b: 'a.b' is not an IPv6 parameter. Use a name below"),
        ({}, {"eth0": {"mtu": None}}, "ipv6_interfaces.eth0.mtu: None is not a value of a kernel parameter."),
        ({}, {"eth0": "mtu=1"}, "ipv6_interfaces.eth0: 'mtu=1' is not a mapping. Write key: value, as accept_ra: 2."),
        (
            {"net.ipv6.conf.eth0/10.mtu": 1280},
            {"eth0.10": {"mtu": 1300}},
            "ipv6_interfaces.eth0.10.mtu: 1300 contradicts values.net.ipv6.conf.eth0/10.mtu: 1280, which is the same",
        ),
    ],
)
def test_request_that_cannot_be_right(values: dict[str, object], interfaces: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal) as caught:
        wanted(values, interfaces)
    assert str(caught.value).startswith(message)


def test_one_key_in_two_notations_with_one_value_is_one() -> None:
    items = wanted({"net.ipv6.conf.a/1.mtu": 1280, "net/ipv6/conf/a.1/mtu": "1280"}, {"a.1": {"mtu": 1280}})
    assert [(item.key, item.value) for item in items] == [(CONF + "a.1/mtu", "1280")]
