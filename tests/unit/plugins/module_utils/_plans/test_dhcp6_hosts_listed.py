# SPDX-License-Identifier: GPL-3.0-or-later
"""What is the same for all servers that read hosts from a file of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcp6s, dhcpd, dnsmasq
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import (
    dhcp6_hosts_dhcp6s,
    dhcp6_hosts_dhcpd,
    dhcp6_hosts_dnsmasq,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.conditions import Require
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal

from .hosts_frame import NAS, TV, Frame, files


@dataclasses.dataclass(frozen=True)
class Server:
    """A server, a configuration of it, the line by which that names the file of hosts, and whom that file names."""

    frame: Frame
    config: str
    line: str
    names: Callable[[str], list[str | None]]

    @property
    def config_file(self) -> str:
        return str(self.frame.provider.CONFIG_FILE)

    @property
    def hosts_file(self) -> str:
        return str(self.frame.provider.HOSTS_FILE)


UP = {"installed": True, "active": True, "listening": True}
SERVERS = [
    Server(
        Frame(dhcp6_hosts_dhcp6s, dhcp6_hosts_dhcp6s.Found(None, None, **UP)),
        "# mine\ninterface lan0 { address-pool guests 3600; };\n"
        "pool guests { range 2001:db8:0:1::1000 to 2001:db8:0:1::1fff; };\n",
        f'include "{dhcp6_hosts_dhcp6s.HOSTS_FILE}";\n',
        lambda text: [host.name for host in dhcp6s.hosts(dhcp6s.parse(text))],
    ),
    Server(
        Frame(dhcp6_hosts_dhcpd, dhcp6_hosts_dhcpd.Found(None, None, **UP)),
        "# mine\nsubnet6 2001:db8:0:1::/64 { }\n",
        f'include "{dhcp6_hosts_dhcpd.HOSTS_FILE}";\n',
        lambda text: [host.name for host in dhcpd.hosts(text, dhcpd.parse(text))],
    ),
    Server(
        Frame(dhcp6_hosts_dnsmasq, dhcp6_hosts_dnsmasq.Found(None, None, None, "", **UP)),
        "# mine\ndhcp-range=2001:db8:0:1::1000,2001:db8:0:1::1fff\n",
        f"dhcp-hostsfile={dhcp6_hosts_dnsmasq.HOSTS_FILE}\n",
        lambda text: [entry.name for entry in dnsmasq.parse_hosts(text)],
    ),
]


@pytest.fixture(params=SERVERS, ids=["dhcp6s", "dhcpd", "dnsmasq"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.param
    return found


def test_hosts_get_a_file_and_the_configuration_a_line(server: Server) -> None:
    found = files(server.frame.planned(server.config, None, NAS, TV))
    assert found[server.config_file] == server.config + server.line
    assert server.names(found[server.hosts_file]) == ["nas", "tv"]
    assert not server.frame.planned(found[server.config_file], found[server.hosts_file], NAS, TV).changed


def test_the_line_fits_the_file(server: Server) -> None:
    with_line = server.config + server.line
    for config, expected in (
        (server.config.rstrip("\n"), with_line),
        (server.config.replace("\n", "\r\n"), with_line.replace("\n", "\r\n")),
    ):
        assert files(server.frame.planned(config, None, NAS))[server.config_file] == expected


def test_purge(server: Server) -> None:
    planned = server.frame.planned
    first = files(planned(server.config, None, NAS))
    config, listed = first[server.config_file], first[server.hosts_file]
    both = files(planned(config, listed, TV, purge=False))[server.hosts_file]
    assert server.names(both) == ["tv", "nas"]
    alone = files(planned(config, both, TV))[server.hosts_file]
    assert server.names(alone) == ["tv"]
    with pytest.raises(Refusal, match="is also the address of nas in"):
        planned(config, listed, {**TV, "addresses": NAS["addresses"]}, purge=False)


def test_whom_the_set_names_is_not_kept_beside_it(server: Server) -> None:
    first = files(server.frame.planned(server.config, None, NAS))
    renamed = server.frame.planned(
        first[server.config_file], first[server.hosts_file], {**NAS, "name": "storage"}, purge=False
    )
    assert [host["name"] for host in renamed.result["hosts"]] == ["storage"]


def test_steps_that_are_left_out(server: Server) -> None:
    down = dataclasses.replace(server.frame.running, active=False)
    cases: list[tuple[dict[str, Any], list[type]]] = [
        ({"found": down}, [Require, Files]),
        ({"reload": False}, [Require, Files]),
        ({"validate": False}, [Files, Restart]),
    ]
    for given, kinds in cases:
        plan = server.frame.planned(server.config, None, NAS, **given)
        assert [type(step) for step in plan.steps] == kinds


def test_config_content_is_the_whole_file(server: Server) -> None:
    found = files(server.frame.planned('"nonsense', None, NAS, config_content=server.config))
    assert found[server.config_file] == server.config + server.line
    again = server.frame.planned(found[server.config_file], found[server.hosts_file], NAS, config_content=server.config)
    assert not again.changed
