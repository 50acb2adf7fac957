# SPDX-License-Identifier: GPL-3.0-or-later
"""A router to measure the profile on: a container with an uplink and a LAN, the profile's inventory, and its commands.

Its tunnel is configured and not activated, since not every kernel has sit.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from measuring import Container, container, directory, say, seconds

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".cache/collections"))

# What Molecule's scenarios count tasks with, found once the path says so.
from ansible_collections.homelab.ipv6.molecule.shared.runs import Result, read  # noqa: E402

IMAGE = "debian12"
HOST = "router"
# An uplink of stock Debian and a LAN that nothing configures yet, each with its other end in the same machine.
NETWORK = """
set -e
cat >/etc/network/interfaces.d/eth0 <<END
auto eth0
iface eth0 inet static
    address 192.0.2.2/24
    gateway 192.0.2.1
END
ip link add eth0 type veth peer name wan
ip link add lan0 type veth peer name lan
ip link set wan up
ip link set lan up
systemctl restart networking
"""
INBOUND = [{"name": "web", "ports": ["8080"], "destinations": ["2001:db8:1:2::c100"]}]
OPTIONS = {
    "router_tunnel_server_ipv4": "198.51.100.1",
    "router_tunnel_server_ipv6": "2001:db8:1:1::1",
    "router_tunnel_client_ipv6": "2001:db8:1:1::2/64",
    "router_tunnel_activate": False,
    "router_routed_prefixes": ["2001:db8:1:2::/64"],
    "router_lan": [{"interface": "lan0", "prefix": "2001:db8:1:2::/64"}],
    "router_dns": ["2001:db8:53::53"],
    "router_search": ["home.example"],
    "router_hosts": [
        {
            "name": f"desk{number}",
            "duid": f"00:02:00:00:ab:11:61:77:40:de:13:42:c3:{number:02x}",
            "addresses": [f"2001:db8:1:2::c1{number:02x}"],
        }
        for number in range(10)
    ],
    "router_inbound": INBOUND,
}


class Bed:
    def __init__(self, machine: Container, place: Path) -> None:
        self._records = place / "runs"
        (place / "hosts.json").write_text(json.dumps({HOST: {"hosts": {HOST: {**machine.variables, **OPTIONS}}}}))
        self._inventory = ["-i", str(place / "hosts.json")]
        self._environment = {
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "molecule/shared/callback_plugins"),
            "MOLECULE_EPHEMERAL_DIRECTORY": str(place),
        }

    def converge(self, options: Mapping[str, object] | None = None, **environment: str) -> float:
        """Seconds of the whole command."""
        extra = ["-e", json.dumps(options)] if options else []
        command = ["ansible-playbook", *self._inventory, *extra, str(ROOT / "playbooks/router.yml")]
        took, said = seconds(command, **environment)
        self.changed = "changed=0 " not in said
        return took

    def module(self, name: str) -> float:
        """Seconds of one module without options, as a whole command."""
        return seconds(["ansible", HOST, *self._inventory, "-m", name])[0]

    def recorded(self, options: Mapping[str, object] | None = None) -> list[Result]:
        """What ran on the host in one converge, task by task. Not one of those that are measured."""
        self.converge(options, ANSIBLE_CALLBACKS_ENABLED="record", **self._environment)
        return [result for result in read(max(self._records.iterdir())).results if result.on_host]


@contextlib.contextmanager
def bed() -> Iterator[Bed]:
    """A router on which the profile has nothing left to do."""
    with container(IMAGE) as machine, directory() as place:
        machine.run("sh", "-c", NETWORK)
        found = Bed(machine, place)
        say("converging")
        found.converge()
        found.converge()
        if found.changed:
            sys.exit("the second run changes something")
        yield found
