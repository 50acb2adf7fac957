# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import dhcp6s
from ansible_collections.homelab.ipv6.plugins.module_utils._host.dhcp6s import find
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import Options
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_dhcp6s import SERVICE


def options(folder: Path, service: str = "no-such-service", content: str | None = None) -> Options:
    return Options(str(folder / "main"), str(folder / "hosts"), content, True, None, True, True, True, service)


def test_all_that_is_included_is_read_but_the_hosts(tmp_path: Path) -> None:
    main, more, hosts = (tmp_path / name for name in ("main", "more", "hosts"))
    main.write_text(f'include "{more}";\ninclude "{hosts}";\ninclude "{tmp_path}/absent";\n')
    more.write_text("broken {")
    hosts.write_text("# hosts\n")
    found = find(Host(), options(tmp_path))
    assert found.included == {str(more): "broken {"}
    assert found.config is not None
    assert found.hosts is not None
    assert (found.active, found.links) == (False, ())
    assert find(Host(), options(tmp_path, content="")).included == {}


class Served(Host):
    """A host with one interface; the rest is real."""

    def run(
        self,
        argv: Sequence[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        if argv[0] != "ip":
            return super().run(argv, stdin, timeout, env)
        if argv[-1] != "lan0":
            return Outcome(1, "", f'Device "{argv[-1]}" does not exist.')
        addresses = [("2001:db8:0:1::1", 64, "global"), ("2001:db8:0:1::99", 128, "global"), ("fe80::1", 64, "link")]
        infos = [{"local": local, "prefixlen": length, "scope": scope} for local, length, scope in addresses]
        return Outcome(0, json.dumps([{"ifname": "lan0", "addr_info": infos}]), "")


def test_the_prefixes_of_the_interfaces_that_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = tmp_path / "defaults"
    monkeypatch.setattr(dhcp6s, "DEFAULTS", str(defaults))
    assert find(Served(), options(tmp_path, SERVICE)).links == ()
    defaults.write_text('# If empty, the server is deactivated: INTERFACES="no1"\nINTERFACES="lan0 lan1" # both\n')
    assert find(Served(), options(tmp_path, SERVICE)).links == (IPv6Network("2001:db8:0:1::/64"),)
    assert find(Served(), options(tmp_path)).links == ()
