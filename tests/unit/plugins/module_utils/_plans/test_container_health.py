# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a host of containers: each fault by its name, with its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import container_health
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.container_health import Inside, Observed, Router
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.health import Interface

OWN, PROMISED, LEASE = "2001:db8:d:407:e082:34ff:fe14:ad68/64", "2001:db8:d:407::80/128", "192.0.2.111/24"
LOCAL = "fe80::e082:34ff:fe14:ad68/64"
GATEWAY6, GATEWAY4 = "fe80::ff:fe00:1", "192.0.2.1"
DUID = "00:02:00:00:ab:11:de:c7:17:d1:7a:09:e1:da"
WEB = {"name": "web", "started": True, "bridge": "br0", "prefix": "", "host_ipv6": "", "ipv4": "",
       "addresses": ["2001:db8:d:407::80"], "duid": DUID}  # fmt: skip
BOX = {**WEB, "name": "box", "bridge": "", "prefix": "2001:db8:d:500::/64", "host_ipv6": "2001:db8:d:500::1/64",
       "ipv4": "10.9.1.1/28", "addresses": ["2001:db8:d:500::2"]}  # fmt: skip
EXPECTED: dict[str, Any] = {"units": [], "bridges": [], "routed_prefixes": [], "table": "", "containers": [WEB]}
UP = Interface(up=True, carrier=True, mtu=1500)
DOWN = Interface(up=False, carrier=False, mtu=1500)


def link(*addresses: str, failed: tuple[str, ...] = (), up: bool = True) -> Interface:
    return Interface(up=up, carrier=up, mtu=1500, addresses=addresses, failed=failed)


ROUTERS = {"6": [Router(GATEWAY6, 0.2)], "4": [Router(GATEWAY4, 0.1)]}
INSIDE = Inside("running", link=link(LOCAL, PROMISED, OWN, LEASE), port="vb-web", routers=ROUTERS)
BOX_INSIDE = INSIDE._replace(
    link=link(LOCAL, "2001:db8:d:500::2/64", "2001:db8:d:500::abcd/64", "10.9.1.4/28"), port="ve-box"
)
HOST_END = link("2001:db8:d:500::1/64", "10.9.1.1/28")
SEEN = Observed(
    active={"systemd-nspawn@web.service": "active", "systemd-nspawn@box.service": "active"},
    enabled={
        "systemd-nspawn@web.service": "enabled",
        "systemd-nspawn@box.service": "enabled",
        "machines.target": "enabled",
    },
    links={"eth0": UP, "br0": UP, "vb-web": UP, "ve-box": HOST_END},
    masters={"eth0": "br0", "br0": "", "vb-web": "br0", "ve-box": ""},
    routes=[("unicast", "2001:db8:d:500::/64", "ve-box"), ("unreachable", "2001:db8:d:500::/56", "lo")],
    forwarding={"all": True},
    forwarding_file="/etc/sysctl.d/nspawn.conf",
    forwarding_ipv4=True,
    tables=["inet homelab_ipv6"],
    ipv4=True,
    inside={"web": INSIDE, "box": BOX_INSIDE},
)


def lines(seen: Observed, **expected: Any) -> list[str]:
    return [check.line() for check in container_health.checks({**EXPECTED, **expected}, seen)]


def broken(seen: Observed, **expected: Any) -> list[str]:
    return [line for line in lines(seen, **expected) if line.startswith("BROKEN")]


def web(**other: Any) -> Observed:
    return SEEN._replace(inside={"web": INSIDE._replace(**other)})


def box(**other: Any) -> Observed:
    return SEEN._replace(inside={"box": BOX_INSIDE._replace(**other)})


def test_a_bridged_one_that_is_well() -> None:
    assert lines(SEEN) == [
        "ok      machines.target: starts containers with the host",
        "ok      systemd-nspawn@web.service: runs, and will after a reboot",
        "ok      web: its systemd: running",
        "ok      web: its link: vb-web, a port of br0",
        f"ok      web: its router for IPv6: {GATEWAY6} answers in 0.2 ms",
        f"ok      web: its address: {PROMISED}",
        "ok      web: its own IPv6 address: 2001:db8:d:407:e082:34ff:fe14:ad68",
        "ok      web: its IPv4 address: 192.0.2.111",
        f"ok      web: its router for IPv4: {GATEWAY4} answers in 0.1 ms",
    ]


def test_a_routed_one_that_is_well() -> None:
    found = lines(SEEN, containers=[BOX], routed_prefixes=["2001:db8:d:500::/56"], table="inet homelab_ipv6")
    assert found[:8] == [
        "ok      machines.target: starts containers with the host",
        "ok      IPv6 forwarding on the whole host: on",
        "ok      IPv6 forwarding after a reboot: set by /etc/sysctl.d/nspawn.conf",
        "ok      IPv4 forwarding on the whole host: on",
        "ok      unused part of 2001:db8:d:500::/56: unreachable 2001:db8:d:500::/56",
        "ok      firewall: table inet homelab_ipv6 is loaded",
        "ok      systemd-nspawn@box.service: runs, and will after a reboot",
        "ok      box: its systemd: running",
    ]
    assert "ok      ve-box: the host's way: unicast 2001:db8:d:500::/64 over ve-box" in found
    assert "ok      box: its address: 2001:db8:d:500::2/64" in found
    assert "ok      box: its own IPv6 address: 2001:db8:d:500::abcd" in found
    assert all(line.startswith("ok ") for line in found)


@pytest.mark.parametrize(
    ("active", "enabled", "begins"),
    [
        ("failed", "enabled", "failed. `journalctl -u systemd-nspawn@web.service -n 20` says why; then"),
        ("active", "disabled", "runs, but is disabled: it will be gone after a reboot. `systemctl enable systemd-ns"),
    ],
)
def test_one_that_does_not_run_or_will_not(active: str, enabled: str, begins: str) -> None:
    unit = "systemd-nspawn@web.service"
    inside = SEEN.inside if active == "active" else {}
    (line,) = broken(SEEN._replace(active={unit: active}, enabled={**SEEN.enabled, unit: enabled}, inside=inside))
    assert line.startswith(f"BROKEN  {unit}: {begins}")


def test_containers_that_do_not_start_with_the_host() -> None:
    seen = SEEN._replace(enabled={**SEEN.enabled, "machines.target": "disabled"})
    (line,) = broken(seen)
    assert line.startswith("BROKEN  machines.target: is disabled: no container will start with the host. `systemctl en")
    # Whether it was reached says nothing: a run starts containers by themselves.
    assert broken(SEEN._replace(active={**SEEN.active, "machines.target": "inactive"})) == []


@pytest.mark.parametrize("inside", [{}, {"web": INSIDE}])
def test_one_that_is_not_to_run_is_not_broken(inside: dict[str, Inside]) -> None:
    (line,) = lines(SEEN._replace(inside=inside), containers=[{**WEB, "started": False}])
    assert line.startswith(
        f"ok      web: {'runs all the same' if inside else 'does not run'}, and is not to be started"
    )


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (
            {"state": "degraded", "failed": ["nginx.service", "cron.service"]},
            "BROKEN  web: its systemd: degraded, since nginx.service, cron.service failed. `systemctl --machine=web st",
        ),
        (
            {"state": "", "said": "Connection refused", "up": True},
            "BROKEN  web: its systemd: does not answer: Connection refused. `journalctl -u",
        ),
        (
            {"state": "", "said": "No such file or directory", "dbus": False},
            "BROKEN  web: its systemd: not up yet: No such file or directory.",
        ),
        ({"state": "starting"}, "BROKEN  web: its systemd: starting. `systemctl --machine=web list-jobs` shows what"),
        (
            {"state": "", "said": "timed out"},
            "BROKEN  web: its systemd: not up yet: timed out. `journalctl -u systemd-",
        ),
    ],
)
def test_one_that_is_not_all_there(state: dict[str, Any], line: str) -> None:
    (found,) = broken(web(**state))
    assert found.startswith(line)


def test_one_without_dbus_is_not_broken() -> None:
    found = lines(web(state="", said="No such file or directory", up=True, dbus=False))
    assert "ok      web: its systemd: up; without D-Bus in it, its units cannot be asked for" in found


@pytest.mark.parametrize(
    ("links", "masters", "line"),
    [
        ({"br0": None}, {}, "there is no such interface. Run the container_host playbook, or have it"),
        ({"br0": DOWN}, {}, "it is down. `ip link set br0 up` brings it back"),
        (
            {"eth0": None},
            {},
            "its card eth0 is not there. See `ip link` for its name now, and correct container_host_b",
        ),
        (
            {},
            {"eth0": ""},
            "eth0 is not its port, so that nothing passes to the LAN and from it. `ip link set eth0 mas",
        ),
        ({"eth0": DOWN}, {}, "its card eth0 is down. `ip link set eth0 up`"),
        ({"eth0": Interface(True, False, 1500)}, {}, "no cable in eth0, or no machine at the other end. Plug in"),
    ],
)
def test_bridges(links: dict[str, Any], masters: dict[str, str], line: str) -> None:
    seen = SEEN._replace(
        links={name: one for name, one in {**SEEN.links, **links}.items() if one},
        masters={**SEEN.masters, **masters},
    )
    (found,) = broken(seen, bridges=[{"name": "br0", "card": "eth0"}], containers=[])
    assert found.startswith(f"BROKEN  bridge br0: {line}")


def test_a_bridge_of_somebody_elses() -> None:
    seen = SEEN._replace(masters={"vb-web": "br0"})
    (line,) = lines(seen, bridges=[{"name": "br0", "card": ""}], containers=[])
    assert line == "ok      bridge br0: up, with vb-web"


@pytest.mark.parametrize(
    ("inside", "host", "line"),
    [
        ({}, {"masters": {"vb-web": ""}}, "vb-web is no port of br0. `ip link set vb-web master br0 up` plugs it in"),
        (
            {},
            {"masters": {"vb-web": "br1"}},
            "vb-web is no port of br0, but of br1. `ip link set vb-web master br0 up`",
        ),
        ({}, {"links": {"vb-web": DOWN}}, "vb-web is down on the host. `ip link set vb-web up`"),
        ({"link": link(*INSIDE.link.addresses, up=False)}, {}, "host0 is down in the container."),  # type: ignore[union-attr]
        (
            {"port": ""},
            {},
            "it has no host0 that this host has the other end of. `systemctl restart systemd-nspawn@web",
        ),
        ({"link": None}, {}, "it has no host0 that this host has the other end of."),
    ],
)
def test_links(inside: dict[str, Any], host: dict[str, Any], line: str) -> None:
    (found,) = broken(web(**inside)._replace(**host))
    assert found.startswith(f"BROKEN  web: its link: {line}")


@pytest.mark.parametrize(
    ("addresses", "line"),
    [
        (
            (LOCAL, OWN, LEASE),
            "its address: 2001:db8:d:407::80 has not come by DHCPv6. See that the DHCPv6 server runs and has DUID "
            + DUID,
        ),
        (
            (LOCAL, OWN, LEASE, "2001:db8:d:407::1:5/128"),
            "its address: 2001:db8:d:407::80 has not come by DHCPv6, but 2001:db8:d:407::1:5. See that",
        ),
        ((LOCAL, PROMISED, OWN), "its IPv4 address: none has come by DHCP. See whether the DHCP server of the LAN"),
        ((LOCAL, PROMISED, OWN, "169.254.3.4/16"), "its IPv4 address: none has come by DHCP."),
    ],
)
def test_addresses_that_are_not_there(addresses: tuple[str, ...], line: str) -> None:
    (found,) = broken(web(link=link(*addresses)))
    assert found.startswith(f"BROKEN  web: {line}")


def test_an_address_that_another_machine_has() -> None:
    (found,) = broken(web(link=link(LOCAL, PROMISED, OWN, LEASE, failed=(PROMISED,))))
    assert found.startswith(f"BROKEN  web: its address: {PROMISED} is not usable: another machine has it")

    (line,) = broken(web(link=link(LOCAL, PROMISED, OWN, LEASE, failed=(OWN,))))
    assert line.startswith(f"BROKEN  web: its own IPv6 address: {OWN} is not usable: another machine has it")


def test_one_of_two_promised_addresses() -> None:
    (line,) = broken(SEEN, containers=[{**WEB, "addresses": ["2001:db8:d:407::80", "2001:db8:d:407::81"]}])
    assert line.startswith("BROKEN  web: its address: 2001:db8:d:407::81 has not come by DHCPv6. See that")


def test_a_lan_without_slaac_is_no_fault() -> None:
    found = lines(web(link=link(LOCAL, PROMISED, LEASE)))
    assert "ok      web: its own IPv6 address: none, since the router leaves addresses to DHCPv6" in found
    assert all(line.startswith("ok ") for line in found)


def test_no_address_at_all() -> None:
    (line,) = broken(web(link=link(LOCAL, LEASE)), containers=[{**WEB, "addresses": []}])
    assert line.startswith(
        "BROKEN  web: its own IPv6 address: none by SLAAC. On the router, see that radvd announces a"
    )


def test_no_router_advertisement() -> None:
    router, own = broken(web(link=link(LOCAL, PROMISED, LEASE), routers={"4": ROUTERS["4"]}))
    assert router.startswith(
        "BROKEN  web: its router for IPv6: it has no default route, as where no router advertisement comes. See on the"
    )
    assert own == "BROKEN  web: its own IPv6 address: none by SLAAC. See the line about its router for IPv6"


def test_no_default_route_for_ipv4() -> None:
    (line,) = broken(web(routers={"6": ROUTERS["6"]}))
    assert line.startswith("BROKEN  web: its router for IPv4: it has no default route. See whether the DHCP server of")


def test_routers_of_which_one_answers() -> None:
    routers = [Router("fe80::1", None), Router("fe80::2", 0.5)]
    assert broken(web(routers={**ROUTERS, "6": routers})) == []
    (line,) = broken(web(routers={**ROUTERS, "6": routers[:1]}))
    assert line.startswith("BROKEN  web: its router for IPv6: fe80::1 does not answer. See the lines about the bridge")


def test_a_network_without_ipv4_is_no_fault() -> None:
    seen = web(link=link(LOCAL, PROMISED, OWN), routers={"6": ROUTERS["6"]})
    assert [line for line in lines(seen._replace(ipv4=False)) if "IPv4" in line] == []
    routed = {**BOX, "ipv4": ""}
    bare = box(link=link(LOCAL, "2001:db8:d:500::2/64", "2001:db8:d:500::abcd/64"), routers={"6": ROUTERS["6"]})
    assert [line for line in lines(bare, containers=[routed]) if "IPv4" in line] == []


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ({"forwarding": {"all": False}}, "IPv6 forwarding on the whole host: off. `sysctl -w net.ipv6.conf.all.forw"),
        ({"forwarding_file": ""}, "IPv6 forwarding after a reboot: no file under /etc/sysctl.d sets it. Run the conta"),
        ({"forwarding_ipv4": False}, "IPv4 forwarding on the whole host: off. `sysctl -w net.ipv4.ip_forward=1`"),
        ({"tables": []}, "firewall: table inet homelab_ipv6 is not loaded. `systemctl restart homelab-ipv6-fi"),
        ({"routes": SEEN.routes[:1]}, "unused part of 2001:db8:d:500::/56: there is no unreachable route for"),
        ({"routes": SEEN.routes[1:]}, "ve-box: the host's way: there is no unicast route for 2001:db8:d:500::/64 over"),
        ({"links": {"ve-box": link("10.9.1.1/28")}}, "ve-box: the host's address: 2001:db8:d:500::1/64 is not there."),
        ({"links": {"ve-box": link("2001:db8:d:500::1/64")}}, "ve-box: the host's address: 10.9.1.1/28 is not there."),
    ],
)  # fmt: skip
def test_what_routed_ones_need_of_the_host(host: dict[str, Any], line: str) -> None:
    expected = {"containers": [BOX], "routed_prefixes": ["2001:db8:d:500::/56"], "table": "inet homelab_ipv6"}
    (found,) = broken(SEEN._replace(**host), **expected)
    assert found.startswith(f"BROKEN  {line}")


def test_what_a_routed_one_lacks() -> None:
    found = broken(box(link=link(LOCAL), routers={}), containers=[BOX])
    assert [line.partition(". ")[2] for line in found] == [
        "`systemctl restart systemd-networkd` on this host announces its prefix anew",
        "`systemctl restart systemd-nspawn@box.service` has it read its files anew",
        "See the line about its router for IPv6",
        "`systemctl restart systemd-networkd` on this host, whose DHCP server it asks",
        "`systemctl restart systemd-networkd` on this host, whose DHCP server it asks",
    ]
    (own,) = broken(box(link=link(LOCAL, "2001:db8:d:500::2/64", "10.9.1.4/28")), containers=[BOX])
    assert own.endswith("none by SLAAC. `networkctl reconfigure ve-box` on this host announces its prefix anew")
    (silent,) = broken(box(routers={**ROUTERS, "6": [Router("fe80::1", None)]}), containers=[BOX])
    assert silent.endswith("See on this host whether ve-box is up, and that its firewall lets echo requests in")
