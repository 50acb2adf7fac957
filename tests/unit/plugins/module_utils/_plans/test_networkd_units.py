# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.networkd_vocabulary import Vocabulary
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.networkd_units import (
    DIRECTORY,
    RELOAD,
    Found,
    WantedUnit,
    plan,
    wanted,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Run
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal


def unit(name: str, *sections: tuple[str, dict[str, Any]], state: str = "present") -> dict[str, Any]:
    written = [{"name": each, "settings": settings} for each, settings in sections]
    return {"name": name, "sections": written or None, "state": state}


BRIDGE = unit("20-br0.netdev", ("NetDev", {"Name": "br0", "Kind": "bridge"}))
LAN = unit("20-br0.network", ("Match", {"Name": "br0"}), ("Network", {"IPv6AcceptRA": False, "DHCP": "No"}))
TUNNEL_KEY = unit(
    "30-wg0.netdev", ("NetDev", {"Name": "wg0", "Kind": "wireguard"}), ("WireGuard", {"PrivateKey": "c2VjcmV0"})
)


def read(*units: dict[str, Any], version: int = 257) -> list[WantedUnit]:
    return wanted(units, Vocabulary(version))[0]


def planned(units: list[WantedUnit], reload: bool = True, **found: Any) -> Plan:
    return plan(units, Found(**{"files": {}, "active": True, **found}), [], reload)


def state(units: list[WantedUnit]) -> dict[str, FileState]:
    return {each.path: each.state for each in units if each.state}


def test_set_is_written_as_one_and_read_again() -> None:
    done = planned(read(BRIDGE, LAN))
    files, reload = done.steps
    assert isinstance(files, Files)
    assert [change.path for change in files.changes] == [DIRECTORY + "20-br0.netdev", DIRECTORY + "20-br0.network"]
    assert files.changes[1].after is not None
    assert files.changes[1].after.text.endswith("[Match]\nName=br0\n\n[Network]\nIPv6AcceptRA=no\nDHCP=No\n")
    assert isinstance(reload, Run)
    assert reload.argv == reload.recover == RELOAD
    assert done.result["reloaded"] is True
    assert done.result["pending"] == []


def test_second_run_does_nothing() -> None:
    units = read(BRIDGE, LAN)
    done = planned(units, files=state(units), links=["br0"])
    assert not done.changed
    assert not done.steps
    assert done.result["reloaded"] is False
    assert done.warnings == ()


@pytest.mark.parametrize(
    ("active", "reload", "why"), [(False, True, "systemd-networkd does not run"), (True, False, "reload is false")]
)
def test_files_alone_are_said_not_to_be_in_force(active: bool, reload: bool, why: str) -> None:
    done = planned(read(BRIDGE), reload, active=active)
    assert [type(step) for step in done.steps] == [Files]
    assert done.result["pending"][0].startswith(why)
    assert done.warnings == tuple(done.result["pending"])


def test_list_repeats_its_key() -> None:
    item = unit(
        "9-x.network", ("Match", {"Name": "x"}), ("Network", {"DNS": ["2001:db8::1", "2001:db8::2"], "NTP": []})
    )
    text = next(iter(state(read(item)).values())).text
    assert text.endswith("[Network]\nDNS=2001:db8::1\nDNS=2001:db8::2\n")


def test_dropin_needs_no_match() -> None:
    units = read(unit("10-lan.network.d/50-mtu.conf", ("Link", {"MTUBytes": 1400})))
    assert units[0].path == DIRECTORY + "10-lan.network.d/50-mtu.conf"
    assert "MTUBytes=1400" in state(units)[units[0].path].text


@pytest.mark.parametrize(
    ("item", "option", "said"),
    [
        (unit("a.netdev", ("Netdev", {"Name": "x"})), "units[0].sections[0].name", "Write it as [NetDev]"),
        (
            unit("a.netdev", ("NetDev", {"Name": "x", "Kind": "Bridge"})),
            "units[0].sections[0].settings.Kind",
            "Write it as bridge",
        ),
        (
            unit("a.network", ("Match", {"Name": "x"}), ("Network", {"ipv6acceptra": "no"})),
            "units[0].sections[1].settings.ipv6acceptra",
            "Write it as IPv6AcceptRA=",
        ),
        (unit("a.network", ("Network", {"DHCP": True})), "units[0].sections", "ignore the whole file"),
        (unit("a.network", ("Match", {})), "units[0].sections", "ignore the whole file"),
        (unit("a.netdev", ("NetDev", {"Name": "x"})), "units[0].sections", "has no Kind="),
        (
            unit("a.netdev", ("NetDev", {"Name": "far-too-long-a-name", "Kind": "bridge"})),
            "units[0].sections.NetDev.Name",
            "more than 15",
        ),
        (
            unit("a.netdev", ("NetDev", {"Name": "x", "Kind": "sit"}), ("Bridge", {"STP": True})),
            "units[0].sections[1].name",
            "means nothing for Kind=sit",
        ),
        (unit("a.network", ("Match", {"Name": None})), "units[0].sections[0].settings.Name", "is empty"),
        (unit("a.network", ("Match", {"Name": {"a": 1}})), "units[0].sections[0].settings.Name", "plain value"),
        (unit("a.network", ("Match", {"Name": "a\nb"})), "units[0].sections[0].settings.Name", "more than one line"),
        (unit("a.network"), "units[0].sections", "has nothing in [Match]"),
        (unit("a.network.d/b.conf"), "units[0].sections", "says nothing"),
        (unit("a.network", ("Match", {"Name": "x"}), state="absent"), "units[0].sections", "shall be absent"),
        (unit("../a.network"), "units[0].name", "is no name"),
        (unit("a.conf"), "units[0].name", "is no name"),
        (unit("a.network.d/b/c.conf"), "units[0].name", "is no name"),
    ],
)
def test_what_networkd_would_ignore_is_refused(item: dict[str, Any], option: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(item)
    assert caught.value.option == option
    assert said in str(caught.value)


def test_one_file_twice_is_refused() -> None:
    with pytest.raises(Refusal, match="stands in the set twice"):
        read(LAN, LAN)


def test_old_name_is_written_by_its_new_one() -> None:
    item = unit("a.network", ("Match", {"Name": "x"}), ("Network", {"IPv6AcceptRouterAdvertisements": "no"}))
    units, (warning,) = wanted([item], Vocabulary(252))
    assert state(units)[DIRECTORY + "a.network"].text.endswith("[Network]\nIPv6AcceptRA=no\n")
    assert warning.startswith("a.network: IPv6AcceptRouterAdvertisements= in [Network] is the name from before")


@pytest.mark.parametrize(
    ("version", "file", "section", "settings", "said"),
    [
        (257, "a.network", "Network", {"IPForward": True}, "IPForward= in [Network] is read and ignored"),
        (252, "a.network", "Network", {"IPv6Forwarding": True}, "needs systemd 256; this host has 252"),
        (252, "a.network", "Network", {"KeepConfiguration": "dynamic"}, "systemd 257 knows; this host has 252"),
        (257, "a.network", "DHCP", {"UseDNS": True}, "Write UseDNS= in [DHCPv4] or UseDNS= in [DHCPv6] in its place"),
        (
            257,
            "a.network",
            "Network",
            {"IPv6AcceptRouterAdvertisements": False, "IPv6AcceptRA": True},
            "is the old name of IPv6AcceptRA=, which stands there too. Keep IPv6AcceptRA= alone.",
        ),
        # Its words are those of the new name.
        (257, "a.network", "DHCPv4", {"UseDomainName": "Route"}, "UseDomains=Route is not a value that systemd knows"),
    ],
)
def test_what_is_of_another_release_is_refused(
    version: int, file: str, section: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refusal) as caught:
        read(unit(file, ("Match", {"Name": "x"}), (section, settings)), version=version)
    (first,) = list(settings)[:1]
    assert caught.value.option == f"units[0].sections[1].settings.{first}"
    assert said in str(caught.value)


def test_key_that_a_newer_systemd_may_know_is_written() -> None:
    item = unit("a.network", ("Match", {"Name": "x", "Quux": "1"}))
    units, warnings = wanted([item], Vocabulary(300))
    assert "Quux=1" in state(units)[DIRECTORY + "a.network"].text
    assert "may know it" in warnings[0]


def test_absent_files_go() -> None:
    before = state(read(BRIDGE, LAN))
    gone = read(unit("20-br0.netdev", state="absent"), unit("20-br0.network", state="absent"))
    done = planned(gone, files=before, links=["br0"])
    assert isinstance(done.steps[0], Files)
    assert [change.after for change in done.steps[0].changes] == [None, None]
    assert "networkctl delete br0" in done.result["pending"][0]
    assert not planned(gone).changed


@pytest.mark.parametrize(("version", "pending"), [(252, True), (257, False), (None, False)])
def test_device_that_exists_is_changed_by_newer_systemd_alone(version: int | None, pending: bool) -> None:
    before = state(read(BRIDGE))
    changed = read(unit("20-br0.netdev", ("NetDev", {"Name": "br0", "Kind": "bridge", "MTUBytes": 1400})))
    done = planned(changed, files=before, links=["br0"], version=version)
    assert bool(done.result["pending"]) is pending
    assert planned(changed, files=before, links=[], version=version).result["pending"] == []


def test_device_of_a_file_that_cannot_be_read_is_nobodys() -> None:
    gone = read(unit("20-br0.netdev", state="absent"))
    done = planned(gone, files={gone[0].path: FileState("not a unit file")}, links=["br0"])
    assert done.changed
    assert done.result["pending"] == []


def test_link_files_wait_for_the_link() -> None:
    item = unit("10-x.link", ("Match", {"MACAddress": "52:54:00:00:00:01"}), ("Link", {"Name": "x"}))
    assert "next boot" in planned(read(item)).result["pending"][0]


def test_private_key_is_kept() -> None:
    done = planned(read(TUNNEL_KEY))
    assert isinstance(done.steps[0], Files)
    after = done.steps[0].changes[0].after
    assert after is not None
    assert (after.mode, after.group) == (0o640, "systemd-network")
    assert "c2VjcmV0" not in str(done.diff())


def other(name: str, text: str) -> list[tuple[str, str]]:
    return [(f"/usr/lib/systemd/network/{name}", text)]


def test_two_files_for_one_device_are_refused() -> None:
    others = other("90-vm.netdev", "[NetDev]\nName=br0\nKind=dummy\n")
    with pytest.raises(Refusal, match=r"describes br0, which /usr/lib/systemd/network/90-vm.netdev already does"):
        planned(read(BRIDGE), others=others)


@pytest.mark.parametrize(
    ("text", "covers"),
    [
        ("[Match]\nName=br0\n", True),
        ("[Match]\nName=eth* br*\n", True),
        ("[Match]\nName=br1\n", False),
        ("[Match]\nName=!br1\n", False),
        ("[Match]\nName=br0\nVirtualization=container\n", False),
        ("[Match]\nMACAddress=52:54:00:00:00:01\n", False),
        ("nonsense", False),
    ],
)
def test_file_that_would_never_be_used_is_refused(text: str, covers: bool) -> None:
    others = other("10-all.network", text)
    if covers:
        with pytest.raises(Refusal, match=r"comes after /usr/lib/systemd/network/10-all\.network"):
            planned(read(LAN), others=others)
    else:
        planned(read(LAN), others=others)
    # A file that comes later, or one of the set under its own name, takes nothing away.
    planned(read(LAN), others=other("90-all.network", text))
    planned(read(LAN), others=other("20-br0.network", text))
    planned(read(unit("20-br0.network", state="absent")), others=others)
