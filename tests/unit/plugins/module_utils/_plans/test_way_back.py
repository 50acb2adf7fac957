# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshot, present → acts: only what differs is touched, and in an order that works."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.way_back import (
    AddressState,
    LinkState,
    NeighbourState,
    Outcome,
    RouteState,
    RuleState,
    Terms,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import way_back as plans
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back import Act, Later, Lost, Mend, Write
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back_links import links
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back_systemd import lasting_units, volatile_units
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.way_back_terms import terms, too_short
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

WAN = LinkState("wan0", "", up=True, mtu=1500, mac="52:54:00:00:02:01")
BRIDGE = LinkState("br0", "bridge", up=True, mtu=1500, mac="02:00:00:00:00:01", data=(("vlan_filtering", "0"),))
VLAN = LinkState("wan0.10", "vlan", True, 1500, parent="wan0", data=(("id", "10"), ("protocol", "802.1Q")))
SIT = LinkState(
    "he0", "sit", True, 1480, data=(("proto", "ip6ip"), ("remote", "192.0.2.1"), ("local", "192.0.2.2"), ("ttl", "255"))
)
HOME = AddressState("wan0", "inet", "192.0.2.2", 24, broadcast="192.0.2.255", label="wan0")
LEASE = AddressState("wan0", "inet6", "2001:db8::5", 128, valid=1000, preferred=600)
DEFAULT = RouteState("4", tuple("unicast default via 192.0.2.1 dev wan0 table 254 proto 3 scope 0".split()))
ON_LINK = RouteState("4", tuple("unicast 192.0.2.0/24 dev wan0 table 254 proto 2 scope 253 src 192.0.2.2".split()))
OF_RA = RouteState("6", tuple("unicast default via fe80::1 dev wan0 table 254 proto 9 metric 1024".split()), 1800)


def argvs(mends: list[Mend]) -> list[str]:
    return [" ".join(mend.argv) for mend in mends if isinstance(mend, Act)]


def test_what_is_as_it_was_is_left_alone() -> None:
    older = LEASE._replace(valid=990, preferred=590)
    assert plans.addresses([HOME, LEASE], [older, HOME], [WAN], 10) == []
    assert plans.routes([DEFAULT, OF_RA], [OF_RA._replace(expires=1700), DEFAULT], [WAN], 10) == []
    assert links([WAN, BRIDGE, VLAN, SIT], [SIT, VLAN, BRIDGE, WAN]) == []
    assert plans.values({"net/x": "1"}, {"net/x": "1", "net/new": "5"}) == []
    assert plans.tables({"inet a": "x"}, {"inet a": "x"}) == []
    assert plans.rules([], []) == plans.neighbours([], []) == plans.interfaces(["lo"], ["lo", "x"]) == []


def test_wrong_address_goes_first() -> None:
    wrong = HOME._replace(local="203.0.113.9")
    assert argvs(plans.addresses([HOME], [wrong], [WAN], 0)) == [
        "ip address delete 203.0.113.9/24 dev wan0",
        "ip address replace 192.0.2.2/24 broadcast 192.0.2.255 dev wan0 scope global label wan0",
    ]


def test_lease_comes_back_for_the_time_that_it_has_left() -> None:
    assert argvs(plans.addresses([LEASE], [], [WAN], 100)) == [
        "ip address replace 2001:db8::5/128 dev wan0 scope global valid_lft 900 preferred_lft 500"
    ]
    assert plans.addresses([LEASE], [], [WAN], 999.5) == []
    # One that is deprecated by now.
    assert "valid_lft 300 preferred_lft 0" in argvs(plans.addresses([LEASE], [], [WAN], 700))[0]


def test_all_of_an_address_comes_back() -> None:
    address = AddressState("wan0", "inet", "10.0.0.1", 32, "10.0.0.2", "", "wan0:1", "link", False, True)
    assert argvs(plans.addresses([address], [], [WAN], 0)) == [
        "ip address replace 10.0.0.1 peer 10.0.0.2/32 dev wan0 scope link label wan0:1 noprefixroute nodad"
    ]


def test_who_made_an_address_is_said_where_it_is_known() -> None:
    own = AddressState("wan0", "inet6", "fe80::1", 64, scope="link", protocol="kernel_ll")
    assert argvs(plans.addresses([own], [], [WAN], 0)) == [
        "ip address replace fe80::1/64 dev wan0 scope link proto kernel_ll"
    ]
    # One that the kernel has made again, or that an older iproute2 was asked about.
    assert plans.addresses([own], [own._replace(protocol="")], [WAN], 0) == []


def test_the_route_that_an_address_brings_has_the_metric_that_it_had() -> None:
    assert argvs(plans.addresses([HOME._replace(metric=1024)], [], [WAN], 0))[0].endswith("label wan0 metric 1024")


def test_addresses_of_others_links_stay() -> None:
    assert plans.addresses([], [HOME._replace(link="ve-guest")], [WAN], 0) == []


def test_lease_that_appeared_is_no_loss_if_it_comes_again() -> None:
    (mend,) = plans.addresses([], [LEASE], [WAN], 0)
    assert mend.soft
    (mend,) = plans.addresses([], [HOME], [WAN], 0)
    assert not mend.soft


def test_routes_over_a_gateway_come_last() -> None:
    wrong = RouteState("4", tuple("unicast default via 192.0.2.99 dev wan0 table 254 proto 3".split()))
    assert argvs(plans.routes([DEFAULT, ON_LINK], [wrong], [WAN], 0)) == [
        "ip -4 route delete unicast default via 192.0.2.99 dev wan0 table 254 proto 3",
        "ip -4 route add unicast 192.0.2.0/24 dev wan0 table 254 proto 2 scope 253 src 192.0.2.2",
        "ip -4 route add unicast default via 192.0.2.1 dev wan0 table 254 proto 3 scope 0",
    ]


def test_routes_that_expire() -> None:
    assert argvs(plans.routes([OF_RA], [], [WAN], 100))[0].endswith("proto 9 metric 1024 expires 1700")
    assert plans.routes([OF_RA], [], [WAN], 1800) == []
    # networkd brings it, if it has a moment.
    assert plans.routes([OF_RA, DEFAULT], [DEFAULT], [WAN], 0, awaits_ra=True) == [
        Later("put the route default via fe80::1 dev wan0 back")
    ]
    assert len(argvs(plans.routes([OF_RA, DEFAULT], [], [WAN], 0, awaits_ra=True))) == 1
    (mend,) = plans.routes([], [OF_RA], [WAN], 0)
    assert mend.soft, "the next router advertisement brings it again"


def test_routes_of_addresses_go_with_them() -> None:
    assert plans.routes([], [ON_LINK], [WAN], 0) == []


def test_route_over_a_lost_link_is_told() -> None:
    assert plans.routes([DEFAULT], [], [], 0) == [Lost("route default via 192.0.2.1 dev wan0: its link is gone")]


def test_rules_come_before_they_go() -> None:
    had = RuleState("4", ("pref", "32766", "from", "all", "lookup", "254"))
    have = RuleState("6", ("pref", "5", "from", "all", "unreachable"))
    assert argvs(plans.rules([had], [have])) == [
        "ip -4 rule add pref 32766 from all lookup 254",
        "ip -6 rule delete pref 5 from all unreachable",
    ]


def test_neighbours() -> None:
    had, wrong = NeighbourState("192.0.2.1", "wan0", "02::1"), NeighbourState("192.0.2.1", "wan0", "02::9")
    assert argvs(plans.neighbours([had], [wrong])) == [
        "ip neighbour replace 192.0.2.1 lladdr 02::1 dev wan0 nud permanent"
    ]
    assert argvs(plans.neighbours([], [wrong])) == ["ip neighbour delete 192.0.2.1 dev wan0"]


def test_values_that_the_kernel_copies_come_first() -> None:
    keys = ["net/ipv6/conf/wan0/x", "net/ipv6/conf/default/x", "net/ipv6/conf/all/x", "net/ipv4/ip_forward"]
    mends = plans.values(dict.fromkeys(keys, "0"), dict.fromkeys(keys, "1"))
    assert [mend.key for mend in mends if isinstance(mend, Write)] == keys[::-1]
    # An interface that is gone took its values along.
    assert plans.values({"net/ipv6/conf/gone/x": "1"}, {}) == []


def test_tables_are_put_back_in_one_transaction_each() -> None:
    before = {"inet a": "table inet a {\n}\n", "ip gone": "table ip gone {\n}\n"}
    mends = plans.tables(
        before, {"inet a": "table inet a {\n\tchain x {\n\t}\n}\n", "ip6 evil": "table ip6 evil {\n}\n"}
    )
    assert [mend.stdin for mend in mends if isinstance(mend, Act)] == [
        "add table ip6 evil\ndelete table ip6 evil\n",
        "add table inet a\ndelete table inet a\ntable inet a {\n}\n",
        "add table ip gone\ndelete table ip gone\ntable ip gone {\n}\n",
    ]


def test_table_of_a_program_is_left_to_it() -> None:
    owned = "table ip a { # progname firewalld\n\tflags owner\n}\n"
    assert plans.tables({}, {"ip a": owned}) == []
    assert [mend.soft for mend in plans.tables({"ip a": owned}, {})] == [False]


def test_links_that_appeared_go_and_those_that_are_gone_come() -> None:
    new = [LinkState("br9", "bridge", True, 1500), LinkState("ve-guest", "veth", True, 1500), WAN]
    assert argvs(links([WAN, BRIDGE, VLAN, SIT], new)) == [
        "ip link delete dev br9",
        "ip link add name br0 type bridge vlan_filtering 0",
        "ip link add link wan0 name wan0.10 type vlan id 10 protocol 802.1Q",
        "ip link add name he0 type sit mode ip6ip remote 192.0.2.1 local 192.0.2.2 ttl 255",
    ]
    # Made by the kernel together with the first tunnel.
    assert links([WAN], [WAN, LinkState("sit0", "sit", False, 1480)]) == []


def test_what_cannot_be_changed_is_made_anew() -> None:
    assert argvs(links([VLAN], [VLAN._replace(data=(("id", "11"), ("protocol", "802.1Q")))])) == [
        "ip link delete dev wan0.10",
        "ip link add link wan0 name wan0.10 type vlan id 10 protocol 802.1Q",
    ]
    assert len(links([SIT], [SIT._replace(data=(("remote", "192.0.2.9"),))])) == 2


def test_physical_link_that_is_gone_is_told() -> None:
    assert links([WAN], []) == [Lost("interface wan0 is gone")]


def test_link_settings() -> None:
    had = WAN._replace(master="br0", vlans=((1, ("PVID", "Egress Untagged")),))
    have = WAN._replace(up=False, mtu=9000, mac="02::1")
    assert argvs(links([had], [have])) == [
        "ip link set dev wan0 master br0",
        "ip link set dev wan0 address 52:54:00:00:02:01",
        "ip link set dev wan0 mtu 1500",
        "ip link set dev wan0 up",
    ]
    assert argvs(links([WAN], [WAN._replace(master="br9")])) == ["ip link set dev wan0 nomaster"]
    assert argvs(links([had], [had._replace(vlans=((7, ()),))])) == [
        "bridge vlan delete dev wan0 vid 7",
        "bridge vlan add dev wan0 vid 1 pvid untagged",
    ]
    assert argvs(links([BRIDGE], [BRIDGE._replace(data=(("vlan_filtering", "1"),), mac="02::7")])) == [
        "ip link set dev br0 type bridge vlan_filtering 0"
    ]
    # The kernel holds a delay against the STP that there is (br_set_forward_delay).
    data = (("stp_state", "0"), ("vlan_filtering", "0"), ("forward_delay", "0"))
    have = (("stp_state", "1"), ("vlan_filtering", "0"), ("forward_delay", "1500"))
    assert argvs(links([BRIDGE._replace(data=data)], [BRIDGE._replace(data=have)])) == [
        "ip link set dev br0 type bridge stp_state 0",
        "ip link set dev br0 type bridge forward_delay 0",
    ]


@pytest.mark.parametrize("timeout", [9, 86_401, 0, -5])
def test_time_that_is_none(timeout: int) -> None:
    with pytest.raises(Refusal, match=f"^timeout: {timeout} is no time in which"):
        terms({"timeout": timeout}, "timeout")


@pytest.mark.parametrize("path", ["etc/x", "/", "/../", "/proc/sys/net", "/etc/../sys/class", "/dev"])
def test_path_that_cannot_be_remembered(path: str) -> None:
    with pytest.raises(Refusal, match=r"^paths: "):
        terms({"timeout": 120, "paths": [path]}, "timeout")


def test_terms() -> None:
    found = terms({"timeout": 60, "id": "a", "who": "me", "paths": ["/etc/x/"], "services": ["x.service"]}, "timeout")
    assert found == Terms("a", "me", 0.0, 0.0, 60, ("/etc/x",), ("x.service",))


def test_warning_about_a_time_that_was_too_short_before() -> None:
    last = Outcome("confirmed", "", terms({"timeout": 120}, ""), 0.0, 100.4)
    assert "60 s is less than the 100 s that the last change took" in too_short(last, 60)
    assert too_short(last, 120) == too_short(None, 10) == too_short(last._replace(result="reverted"), 10) == ""


def test_units_of_systemd() -> None:
    units = {**lasting_units("/opt/my python/bin/python3", "/var/lib/x.pyz"), **volatile_units(75)}
    assert (
        'ExecStart="/opt/my python/bin/python3" -I "/var/lib/x.pyz" revert\n' in units["homelab-ipv6-way-back.service"]
    )
    assert "\nOnActiveSec=75s\n" in units["homelab-ipv6-way-back.timer"]
    # Nothing by the calendar: somebody may set the clock.
    assert "OnCalendar" not in units["homelab-ipv6-way-back.timer"]
    for text in units.values():
        assert "{" not in text
        assert "DefaultDependencies=no" in text
