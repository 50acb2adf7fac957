# SPDX-License-Identifier: GPL-3.0-or-later
"""The tunnel as it is and as it shall be."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv6Interface, IPv6Network

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.iproute import Link
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Await
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel import Route
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_config import (
    Uplink,
    networkd_files,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_host import Found
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_kernel import Kernel
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_plan import absent
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run

from .sit_tunnel_hosts import (
    BARE,
    BY_NETWORKD,
    CONVERGED,
    DEBIAN,
    DEFAULT,
    KERNEL,
    LOOPED,
    NONE,
    REQUEST,
    RUNNING,
    commands,
    planned,
    states,
)
from .test_sit_tunnel import request

each_provider = pytest.mark.parametrize("provider", CONVERGED)


@each_provider
def test_second_run_does_nothing(provider: str) -> None:
    plan = planned(CONVERGED[provider], provider)
    assert plan.steps == ()
    assert plan.diff() == []
    assert plan.result["provider"] == provider
    assert plan.result["local"] == "198.51.100.2"


def test_tunnel_by_commands() -> None:
    plan = planned(BARE, "runtime")
    assert commands(plan) == [
        "ip tunnel add name he-ipv6 mode sit remote 198.51.100.1 local 198.51.100.2 ttl 255",
        "ip link set dev he-ipv6 mtu 1480 up",
        "ip -6 addr add 2001:db8:c:407::2/64 dev he-ipv6",
        "ip -6 route replace ::/0 dev he-ipv6 metric 1024 proto static",
        "ip -6 route replace unreachable 2001:db8:4070::/48 metric 1024 proto static",
    ]
    assert [type(step) for step in plan.steps[-3:]] == [Await, Await, Await]
    assert all(step.timeout == 5 for step in plan.steps if isinstance(step, Await))


def test_tunnel_by_ifupdown() -> None:
    plan = planned(BARE)
    assert isinstance(plan.steps[0], Files)
    assert commands(plan) == ["ifquery he-ipv6", "ifup --force he-ipv6"]
    query = plan.steps[1]
    assert isinstance(query, Run)
    assert query.undo == ("ifdown", "--force", "he-ipv6")


def test_tunnel_by_networkd() -> None:
    plan = planned(BY_NETWORKD)
    assert isinstance(plan.steps[0], Files)
    assert commands(plan) == ["networkctl reload"]
    reload = plan.steps[1]
    assert isinstance(reload, Run)
    assert reload.undo == ("ip", "tunnel", "del", "name", "he-ipv6")
    assert reload.recover == ("networkctl", "reload")


@each_provider
def test_configuration_alone(provider: str) -> None:
    found = {"networkd": BY_NETWORKD}.get(provider, BARE)
    plan = planned(replace(found, no_sit="Unknown device type"), provider, activate=False)
    assert [type(step) for step in plan.steps] == [Files] * (provider != "runtime")
    assert plan.states == ()
    assert plan.result["activated"] is False


DRIFTED = Kernel(
    Link("he-ipv6", "sit", 1400, False, "198.51.100.66", "any", 64),
    (IPv6Interface("2001:db8:99::9/64"),),
    (replace(DEFAULT, destination=IPv6Network("2001:db8:77::/64")), replace(DEFAULT, metric=512, protocol="boot")),
)
LINK_MENDED = [
    "ip tunnel change name he-ipv6 mode sit remote 198.51.100.1 local 198.51.100.2 ttl 255",
    "ip link set dev he-ipv6 mtu 1480",
    "ip link set dev he-ipv6 up",
]


@pytest.mark.parametrize("provider", ["runtime", "ifupdown"])
def test_drift_is_mended_without_dropping_the_link(provider: str) -> None:
    plan = planned(replace(CONVERGED[provider], kernel=DRIFTED), provider)
    assert commands(plan) == [
        *LINK_MENDED,
        "ip -6 addr add 2001:db8:c:407::2/64 dev he-ipv6",
        "ip -6 route replace ::/0 dev he-ipv6 metric 1024 proto static",
        "ip -6 route replace unreachable 2001:db8:4070::/48 metric 1024 proto static",
        "ip -6 addr del 2001:db8:99::9/64 dev he-ipv6",
        "ip -6 route flush exact 2001:db8:77::/64 metric 1024 table 254 proto static dev he-ipv6",
    ]
    undone = [" ".join(step.undo) for step in plan.steps if isinstance(step, Run) and step.undo]
    assert undone == [
        "ip tunnel change name he-ipv6 mode sit remote 198.51.100.66 local any ttl 64",
        "ip link set dev he-ipv6 mtu 1400",
        "ip link set dev he-ipv6 down",
        "ip -6 addr del 2001:db8:c:407::2/64 dev he-ipv6",
        "ip -6 route del ::/0 dev he-ipv6 metric 1024 proto static",
        "ip -6 route del unreachable 2001:db8:4070::/48 metric 1024 proto static",
        "ip -6 addr add 2001:db8:99::9/64 dev he-ipv6",
        "ip -6 route replace 2001:db8:77::/64 dev he-ipv6 metric 1024 proto static",
    ]
    assert plan.diff()


def test_networkd_mends_its_own_drift() -> None:
    plan = planned(replace(CONVERGED["networkd"], kernel=DRIFTED))
    assert commands(plan) == ["networkctl reconfigure he-ipv6", *LINK_MENDED]


def test_lost_link_is_made_by_networkd_again() -> None:
    assert commands(planned(replace(CONVERGED["networkd"], kernel=NONE))) == ["networkctl reload"]


def test_changed_file_is_read_again_and_that_is_enough() -> None:
    plan = planned(CONVERGED["networkd"], wanted=request(addresses=["2001:db8:c:407::3/64"]))
    assert commands(plan) == ["networkctl reload"]


def test_dropin_of_a_user_is_no_drift() -> None:
    more = replace(KERNEL, addresses=(*KERNEL.addresses, IPv6Interface("2001:db8:99::9/64")))
    found = replace(CONVERGED["networkd"], kernel=more)
    assert commands(planned(found)) == ["networkctl reconfigure he-ipv6"]
    assert not planned(replace(found, extended=True)).changed


def test_routes_of_others_stay() -> None:
    by_hand = replace(DEFAULT, destination=IPv6Network("2001:db8:77::/64"), protocol="boot")
    by_bird = replace(LOOPED, destination=IPv6Network("2001:db8:88::/64"))
    found = replace(CONVERGED["ifupdown"], kernel=replace(KERNEL, routes=(*KERNEL.routes, by_hand, by_bird)))
    assert not planned(found).changed


def test_route_that_left_the_configuration_goes() -> None:
    plan = planned(CONVERGED["ifupdown"], wanted=request(routes=[]))
    assert commands(plan) == [
        "ip -6 route flush exact ::/0 metric 1024 table 254 proto static dev he-ipv6",
        "ip -6 route flush exact 2001:db8:4070::/48 metric 1024 table 254 proto static type unreachable",
    ]


def test_route_of_another_sort_is_replaced_and_can_be_brought_back() -> None:
    through = replace(LOOPED, type="unicast", link="he-ipv6")
    plan = planned(replace(CONVERGED["ifupdown"], kernel=replace(KERNEL, routes=(DEFAULT, through))))
    step = plan.steps[0]
    assert isinstance(step, Run)
    assert step.undo
    assert " ".join(step.undo) == "ip -6 route replace 2001:db8:4070::/48 dev he-ipv6 metric 1024 proto static"


def test_provider_can_change() -> None:
    plan = planned(replace(CONVERGED["ifupdown"], networkd=RUNNING))
    files = plan.steps[0]
    assert isinstance(files, Files)
    assert {change.path: change.after is None for change in files.changes} == {
        "/etc/systemd/network/30-he-ipv6.netdev": False,
        "/etc/systemd/network/30-he-ipv6.network": False,
        "/etc/network/interfaces.d/he-ipv6": True,
    }
    assert commands(plan) == ["networkctl reload"]


def test_networkd_lets_go_before_another_takes_over() -> None:
    plan = planned(CONVERGED["networkd"], "runtime")
    assert isinstance(plan.steps[2], Await)
    assert plan.steps[2].why == "networkd to let go of he-ipv6"
    assert commands(plan)[0] == "networkctl reload"
    assert len(commands(plan)) == 4


def test_dropin_goes_with_its_uplink() -> None:
    old = networkd_files(REQUEST, "198.51.100.2", Uplink("wan0", "w.network"))
    plan = planned(replace(CONVERGED["networkd"], files=states(old)))
    files = plan.steps[0]
    assert isinstance(files, Files)
    assert [change.path for change in files.changes if change.after is None] == [
        "/etc/systemd/network/w.network.d/30-he-ipv6.conf"
    ]


FORMER = (Route(IPv6Network("2001:db8:4070::/48"), "unreachable"), Route(IPv6Network("2001:db8:5::/48"), "unreachable"))


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            "runtime",
            [
                "ip tunnel del name he-ipv6",
                "ip -6 route flush exact 2001:db8:4070::/48 metric 1024 table 254 proto static type unreachable",
            ],
        ),
        ("ifupdown", ["ifdown --force he-ipv6"]),
        ("networkd", ["networkctl reload", "ip tunnel del name he-ipv6"]),
    ],
)
def test_tunnel_goes_with_all_that_is_ours(provider: str, expected: list[str]) -> None:
    found = CONVERGED[provider]
    plan = absent("he-ipv6", FORMER if provider == "runtime" else (), True, found)
    assert commands(plan) == expected
    gone = [change for step in plan.steps if isinstance(step, Files) for change in step.changes]
    assert {change.path for change in gone} == set(found.files)
    assert all(change.after is None for change in gone)
    assert "he-ipv6" in plan.diff()[-1]["before"]
    assert not absent("he-ipv6", FORMER, True, replace(BARE, networkd=found.networkd)).changed


def test_configuration_alone_goes() -> None:
    plan = absent("he-ipv6", (), False, CONVERGED["networkd"])
    assert [type(step) for step in plan.steps] == [Files]


@pytest.mark.parametrize(
    "found",
    [
        replace(BARE, kernel=Kernel(Link("he-ipv6", "bridge", 1500, True))),
        replace(BARE, kernel=KERNEL, stanzas={**DEBIAN, "/x": "iface he-ipv6 inet6 v4tunnel\n"}),
        replace(BARE, kernel=KERNEL, files={"/etc/network/interfaces.d/he-ipv6": FileState("# mine\n")}),
    ],
)
def test_what_is_of_others_is_left_alone(found: Found) -> None:
    plan = absent("he-ipv6", FORMER, True, found)
    assert not plan.changed
    assert "is left alone" in plan.warnings[0]


# As `ip -oneline` of iproute2 6.1 printed them.
UP = "16: he-ipv6@NONE: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT\n"
USABLE = """\
16: he-ipv6    inet6 2001:db8:c:407::3/64 scope global \\       valid_lft forever preferred_lft forever
16: he-ipv6    inet6 2001:db8:c:407::2/64 scope global \\       valid_lft forever preferred_lft forever
"""
ROUTES = """\
2001:db8:c:407::/64 dev he-ipv6 proto kernel metric 256 pref medium
unreachable 2001:db8:4070::/48 dev lo proto static metric 1024 pref medium
default dev he-ipv6 proto static metric 1024 pref medium
"""


@pytest.mark.parametrize(
    ("number", "text", "there"),
    [
        (0, UP, True),
        (0, UP.replace("UP,LOWER_UP", "LOWER_UP"), False),
        (1, USABLE, True),
        (1, USABLE.replace("global", "global tentative", 1), False),
        (1, USABLE.replace("407::3/", "407::33/"), False),
        (2, ROUTES, True),
        (2, ROUTES.replace("unreachable ", ""), False),
        (2, ROUTES.replace("default dev he-ipv6", "default dev wan0"), False),
        (2, ROUTES.replace("metric 1024", "metric 10240"), False),
    ],
)
def test_what_is_waited_for(number: int, text: str, there: bool) -> None:
    plan = planned(BARE, "runtime", request(addresses=["2001:db8:c:407::2/64", "2001:db8:c:407::3/64"]))
    step = [step for step in plan.steps if isinstance(step, Await)][number]
    assert bool(re.search(step.pattern, text, re.MULTILINE)) is there


def test_nothing_more_is_waited_for_than_there_will_be() -> None:
    plan = planned(BARE, "runtime", request(addresses=[], routes=[]))
    assert len([step for step in plan.steps if isinstance(step, Await)]) == 1
