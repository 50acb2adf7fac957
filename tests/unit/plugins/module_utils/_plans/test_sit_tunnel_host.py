# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs a tunnel, from which address, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.iproute import Link
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.link_owners import NETWORK_MANAGER, Owner
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel import Request
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_config import (
    MARK,
    Uplink,
    networkd_files,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_host import Found, Networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.sit_tunnel_kernel import Kernel
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .sit_tunnel_hosts import (
    BARE,
    BY_NETWORKD,
    DEBIAN,
    KERNEL,
    LEASED,
    LINK,
    REQUEST,
    RUNNING,
    STATIC,
    planned,
    states,
)
from .test_sit_tunnel import request


@pytest.mark.parametrize(
    ("found", "provider"),
    [
        (BARE, "ifupdown"),
        (BY_NETWORKD, "networkd"),
        (replace(BARE, networkd=replace(RUNNING, enabled=False)), "networkd"),
        (replace(BY_NETWORKD, stanzas={}), "networkd"),
        (replace(BARE, stanzas={}, networkd=Networkd()), "runtime"),
    ],
)
def test_provider_is_who_runs_the_network(found: Found, provider: str) -> None:
    assert planned(found).result["provider"] == provider


def test_what_is_off_now_and_on_after_a_reboot_must_run() -> None:
    with pytest.raises(Refusal, match=r"provider: auto means systemd-networkd, which does not run"):
        planned(replace(BARE, networkd=replace(RUNNING, active=False)))
    with pytest.raises(Refusal, match=r"provider: networkd means systemd-networkd, which does not run"):
        planned(BARE, "networkd")
    assert planned(BARE, "networkd", activate=False).result["provider"] == "networkd"
    # In check mode a task before this one has not started it.
    foretold = planned(replace(BARE, networkd=replace(BARE.networkd, expected=True)), "networkd")
    assert foretold.result["provider"] == "networkd"


def test_what_runs_now_and_not_after_a_reboot_is_warned_about() -> None:
    assert "is not enabled" in planned(replace(BARE, networkd=replace(RUNNING, enabled=False))).warnings[0]
    assert planned(BY_NETWORKD).warnings == ()


@pytest.mark.parametrize(
    ("found", "provider", "wanted", "said"),
    [
        (replace(BARE, networkd=Networkd()), "networkd", REQUEST, "systemd-networkd is not installed"),
        (replace(BARE, stanzas={}), "ifupdown", REQUEST, "ifupdown is not installed"),
        (
            replace(BARE, stanzas={"/etc/network/interfaces": "auto lo\n"}),
            "ifupdown",
            REQUEST,
            "source /etc/network/interfaces.d/*",
        ),
        (BARE, "ifupdown", request(addresses=[]), "addresses: [] is empty, and ifupdown wants"),
    ],
)
def test_provider_that_cannot_is_refused(found: Found, provider: str, wanted: Request, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(found, provider, wanted)
    assert said in str(caught.value)


def test_kernel_without_sit_is_refused() -> None:
    with pytest.raises(Refusal, match=r"activate: true cannot be done: this kernel has no 6in4 .*activate: false"):
        planned(replace(BARE, no_sit="Unknown device type"))


@pytest.mark.parametrize(
    ("found", "wanted", "option", "said"),
    [
        (
            replace(BARE, kernel=Kernel(Link("he-ipv6", "bridge", 1500, True))),
            REQUEST,
            "name",
            "but bridge. Give the tunnel another name, such as he-tunnel",
        ),
        (replace(BARE, kernel=Kernel(Link("he-ipv6", "", 1500, True))), REQUEST, "name", "but a network card"),
        (
            replace(BARE, stanzas={**DEBIAN, "/etc/network/interfaces.d/old": "iface he-ipv6 inet6 v4tunnel\n"}),
            REQUEST,
            "name",
            "described by ifupdown (/etc/network/interfaces.d/old line 1)",
        ),
        (
            replace(
                BARE,
                networkd=replace(RUNNING, netdevs=[("/etc/systemd/network/he.netdev", "[NetDev]\nName=he-ipv6\n")]),
            ),
            REQUEST,
            "name",
            "described by systemd-networkd (/etc/systemd/network/he.netdev)",
        ),
        (
            replace(BARE, owners=[Owner(NETWORK_MANAGER, "/etc/NetworkManager/x")]),
            REQUEST,
            "name",
            "NetworkManager (/etc/NetworkManager/x)",
        ),
        (
            replace(BY_NETWORKD, files={"/etc/systemd/network/30-he-ipv6.network": FileState("[Match]\n")}),
            REQUEST,
            "name",
            "described by the file /etc/systemd/network/30-he-ipv6.network",
        ),
        (BARE, request(uplink="eth7"), "uplink", "Write one of eth1, wan0"),
        (BARE, request(remote="198.51.100.2"), "remote", "is an address of this host itself"),
        (BARE, request(local="192.0.2.9"), "local", "which has 198.51.100.2"),
        (replace(BARE, ipv4=[]), request(local="192.0.2.9"), "local", "which has none"),
        (BARE, request(local="dhcp4"), "local", "needs an uplink that systemd-networkd runs"),
        (
            replace(BY_NETWORKD, uplink_file="w.network", networkd=replace(RUNNING, version=252)),
            request(local="dhcp4", uplink="wan0"),
            "local",
            "is not followed by systemd 252",
        ),
    ],
)
def test_what_stands_in_the_way_is_named(found: Found, wanted: Request, option: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        planned(found, wanted=wanted)
    assert caught.value.option == option
    assert said in str(caught.value)


def test_other_netdevs_do_not_stand_in_the_way() -> None:
    netdevs = [("a.netdev", "nonsense"), ("b.netdev", "[NetDev]\nName=br0\n"), ("c.netdev", MARK + "\n")]
    assert planned(replace(BARE, networkd=replace(RUNNING, netdevs=netdevs))).changed


UPLINK = replace(BY_NETWORKD, ipv4=LEASED, way=("wan0", "192.0.2.2"), uplink_file="/run/systemd/network/w.network")


@pytest.mark.parametrize(
    ("found", "wanted", "local"),
    [
        (BARE, request(), "198.51.100.2"),
        (BARE, request(local="any"), "any"),
        (BARE, request(local="198.51.100.2"), "198.51.100.2"),
        (replace(BARE, way=("", "")), request(), "any"),
        (replace(BARE, ipv4=LEASED, way=("wan0", "192.0.2.2")), request(), "any"),
        (UPLINK, request(uplink="wan0"), "dhcp4"),
        (UPLINK, request(uplink="wan0", local="dhcp4"), "dhcp4"),
        (UPLINK, request(), "any"),
        (replace(UPLINK, networkd=replace(RUNNING, version=252)), request(uplink="wan0"), "any"),
        (replace(UPLINK, uplink_file=""), request(uplink="wan0"), "any"),
        (replace(BARE, way=("eth1", "203.0.113.1")), request(uplink="wan0"), "198.51.100.2"),
        (replace(BARE, way=("wan0", "198.51.100.2")), request(uplink="eth1"), "any"),
    ],
)
def test_own_end_is_found(found: Found, wanted: Request, local: str) -> None:
    assert planned(found, wanted=wanted).result["local"] == local


def test_lease_is_what_the_kernel_has_to_show() -> None:
    wanted = request(uplink="wan0", local="dhcp4")
    files = states(networkd_files(wanted, "dhcp4", Uplink("wan0", "/run/systemd/network/w.network")))
    kernel = replace(KERNEL, link=replace(LINK, local="192.0.2.2"))
    found = replace(UPLINK, kernel=kernel, files=files)
    assert not planned(found, wanted=wanted).changed
    assert not planned(replace(found, ipv4=STATIC), wanted=wanted).changed
    assert planned(replace(found, kernel=KERNEL), wanted=wanted).changed
