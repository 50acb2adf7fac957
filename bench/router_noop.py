# SPDX-License-Identifier: GPL-3.0-or-later
"""A converge of the router profile that has nothing to do, against `ansible -m setup` on the same container.

The container has an uplink and a LAN; its tunnel is configured and not activated, since not every kernel has sit.
Whole commands are measured, in interleaved pairs. Exits with 1 where the profile costs more than its goals allow.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from measuring import Container, Goal, container, directory, interleaved, judge, median_ratio, say, seconds

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".cache/collections"))

# What Molecule's scenarios count tasks with, found once the path says so.
from ansible_collections.homelab.ipv6.molecule.shared.runs import Run, read  # noqa: E402

IMAGE = "debian12"
HOST = "router"
MOST_TASKS, MOST_TIMES = 30, 8
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
    "router_inbound": [{"name": "web", "ports": ["8080"], "destinations": ["2001:db8:1:2::c100"]}],
}


class Bench:
    def __init__(self, machine: Container, place: Path) -> None:
        self._records = place / "runs"
        (place / "hosts.json").write_text(json.dumps({HOST: {"hosts": {HOST: {**machine.variables, **OPTIONS}}}}))
        self._inventory = ["-i", str(place / "hosts.json")]
        self._environment = {
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "molecule/shared/callback_plugins"),
            "MOLECULE_EPHEMERAL_DIRECTORY": str(place),
        }

    def converge(self, **environment: str) -> float:
        command = ["ansible-playbook", *self._inventory, str(ROOT / "playbooks/router.yml")]
        took, said = seconds(command, **environment)
        self.changed = "changed=0 " not in said
        return took

    def setup(self) -> float:
        return seconds(["ansible", HOST, *self._inventory, "-m", "setup"])[0]

    def recorded(self) -> Run:
        """One converge, task by task. Not one of those that are measured."""
        self.converge(ANSIBLE_CALLBACKS_ENABLED="record", **self._environment)
        return read(max(self._records.iterdir()))


def table(run: Run) -> int:
    """Print the tasks on the managed host with the seconds of each; how many there are."""
    tasks = [result for result in run.results if result.on_host]
    print(f"\n{'tasks on the managed host':<70} seconds")
    for number, result in enumerate(tasks, 1):
        print(f"{number:3} {result.task[:65]:<66} {result.seconds:7.2f}")
    return len(tasks)


def measure(bench: Bench, count: int) -> list[Goal]:
    say("converging")
    bench.converge()
    bench.converge()
    if bench.changed:
        sys.exit("the second run changes something")
    tasks = table(bench.recorded())
    print()
    say(f"whole commands, {count} interleaved pairs")
    pairs = interleaved(count, ("setup", bench.setup), ("router", bench.converge))
    print(f"\n{'median, seconds':<48}")
    for name, side in zip(("ansible -m setup", "router, nothing to do"), zip(*pairs, strict=True), strict=True):
        print(f"{name:<48} {statistics.median(side):9.2f}")
    return [
        Goal("router, nothing to do: tasks on the managed host", tasks, MOST_TASKS, at_least=False),
        Goal("router, nothing to do / ansible -m setup", median_ratio(pairs), MOST_TIMES, at_least=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs of whole commands (default: 7)")
    count = parser.parse_args().pairs
    with container(IMAGE) as machine, directory() as place:
        machine.run("sh", "-c", NETWORK)
        return judge(measure(Bench(machine, place), count))


if __name__ == "__main__":
    sys.exit(main())
