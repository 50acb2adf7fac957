# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl_set against a loop of ansible.posix.sysctl over the same keys, on one container, both already converged.

Run it where the lab's podman is: tests/lab/enter .venv/bin/python bench/sysctl_set.py (make bench-sysctl does).
Two things are measured. Whole commands: ansible-playbook from start to end, in which the fixed cost of any play lies.
Modules: the program that Ansible sends to the host, started there by that host's Python, without Ansible around it;
in seconds of processor time, its own and that of the commands it runs, which other work on the machine hardly changes.
Exits with 1 where a ratio falls short of its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

IMAGE = "localhost/homelab-ipv6-debian12"
CONTAINER = "bench-sysctl"
# Writable keys of every interface whose value neither follows from another key nor from the traffic.
KEYS = (
    "accept_ra",
    "accept_ra_defrtr",
    "accept_ra_from_local",
    "accept_ra_min_hop_limit",
    "accept_ra_mtu",
    "accept_ra_pinfo",
    "accept_redirects",
    "accept_source_route",
    "autoconf",
    "dad_transmits",
    "drop_unicast_in_l2_multicast",
    "drop_unsolicited_na",
    "enhanced_dad",
    "force_mld_version",
    "hop_limit",
    "keep_addr_on_down",
    "max_addresses",
    "ndisc_notify",
    "ndisc_tclass",
    "proxy_ndp",
    "router_solicitation_interval",
    "router_solicitations",
    "suppress_frag_ndisc",
    "use_tempaddr",
)
INTERFACES = 20
# One start of Python differs from the next by more than the modules differ from each other.
ROUNDS = 60
ENVIRONMENT = {
    "ANSIBLE_HOST_KEY_CHECKING": "0",
    "ANSIBLE_LOCALHOST_WARNING": "0",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_PIPELINING": "1",
}
INVENTORY = [
    "-i",
    f"{CONTAINER},",
    "-e",
    "ansible_connection=containers.podman.podman ansible_python_interpreter=/usr/bin/python3",
]


@dataclass(frozen=True)
class Goal:
    """A ratio and the side of a bound on which it has to be."""

    what: str
    ratio: float
    bound: float
    at_least: bool

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def row(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{self.what:<62} {self.ratio:6.2f}   {sign} {self.bound:<4g} {'ok' if self.met else 'SHORT'}"


def run(argv: Sequence[str], **environment: str) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, **ENVIRONMENT, **environment}
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def in_container(*argv: str) -> str:
    return run(["podman", "exec", CONTAINER, *argv])


def start() -> dict[str, str]:
    """Start the container, and tell the keys with the values that they have there."""
    run(
        [
            "podman",
            "run",
            "-d",
            "--rm",
            "--privileged",
            "--systemd=always",
            "--network=none",
            "--name",
            CONTAINER,
            IMAGE,
        ]
    )
    # Until systemd answers at all.
    ask = ["podman", "exec", CONTAINER, "systemctl", "is-system-running", "--wait"]
    deadline = time.monotonic() + 120
    while subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() not in (
        "running",
        "degraded",
    ):
        if time.monotonic() > deadline:
            sys.exit(f"{CONTAINER} does not come up")
        time.sleep(0.2)
    for number in range(0, INTERFACES, 2):
        in_container("ip", "link", "add", f"bench{number}", "type", "veth", "peer", "name", f"bench{number + 1}")
    names = [f"net.ipv6.conf.bench{number}.{key}" for number in range(INTERFACES) for key in KEYS]
    values = in_container("sysctl", "-n", *names).split()
    if len(values) != len(names):
        sys.exit(f"{len(names)} keys, but {len(values)} values: this kernel lacks some")
    return dict(zip(names, values, strict=True))


def set_task(values: Mapping[str, str]) -> dict[str, object]:
    return {"homelab.ipv6.sysctl_set": {"name": f"90-set-{len(values)}", "values": dict(values)}}


def loop_task(values: Mapping[str, str]) -> dict[str, object]:
    """The same job: file and running value of each key."""
    options = {
        "name": "{{ item.key }}",
        "value": "{{ item.value }}",
        "sysctl_file": "/etc/sysctl.d/91-loop.conf",
        "sysctl_set": True,
    }
    return {"ansible.posix.sysctl": options, "loop": [{"key": key, "value": value} for key, value in values.items()]}


class Bench:
    def __init__(self, directory: Path, values: Mapping[str, str]) -> None:
        few = dict(list(values.items())[:48])
        self.few, self.many = few, values
        self._directory = directory
        for name, task in (("set-48", set_task(few)), ("set-480", set_task(values)), ("loop-48", loop_task(few))):
            play = {"hosts": "all", "gather_facts": False, "tasks": [{"name": name, **task}]}
            (directory / f"{name}.yml").write_text(json.dumps([play]))

    def play(self, name: str) -> float:
        """Seconds of a whole command."""
        started = time.monotonic()
        said = run(["ansible-playbook", *INVENTORY, str(self._directory / f"{name}.yml")])
        took = time.monotonic() - started
        self.converged = "changed=0 " in said
        return took

    def pairs(self, name: str, count: int) -> list[tuple[float, float]]:
        """(sysctl_set with 48 keys, the other) in turn, so that what else the machine does falls on both."""
        found = []
        for number in range(count):
            pair = (self.play("set-48"), self.play(name))
            print(f"  {number + 1}/{count}: set-48 {pair[0]:.2f} s, {name} {pair[1]:.2f} s", flush=True)
            found.append(pair)
        return found

    def programs(self) -> dict[str, str]:
        """Name → path in the container of the program that Ansible sends for a task."""
        first_key, first_value = next(iter(self.few.items()))
        item = {
            "name": first_key,
            "value": first_value,
            "sysctl_file": "/etc/sysctl.d/91-loop.conf",
            "sysctl_set": True,
        }
        tasks: dict[str, tuple[str, object]] = {
            "set-48": ("homelab.ipv6.sysctl_set", set_task(self.few)["homelab.ipv6.sysctl_set"]),
            "set-480": ("homelab.ipv6.sysctl_set", set_task(self.many)["homelab.ipv6.sysctl_set"]),
            "loop-item": ("ansible.posix.sysctl", item),
        }
        found = {}
        for name, (module, options) in tasks.items():
            place = f"/root/bench/{name}"
            run(
                [
                    "ansible",
                    "all",
                    *INVENTORY,
                    "-e",
                    f"ansible_remote_tmp={place}",
                    "-m",
                    module,
                    "-a",
                    json.dumps(options),
                ],
                ANSIBLE_PIPELINING="0",
                ANSIBLE_KEEP_REMOTE_FILES="1",
            )
            found[name] = in_container("sh", "-c", f"ls {place}/*/AnsiballZ_*.py").strip()
        return found


DRIVER = """
import json, resource, subprocess, sys, time
programs, count = json.loads(sys.argv[1])
times = {name: [] for name in programs}
walls = {name: [] for name in programs}
def spent():
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime
for number in range(count):
    for name in sorted(programs, reverse=number % 2 == 1):
        before, started = spent(), time.monotonic()
        said = subprocess.run(["/usr/bin/python3", programs[name]], capture_output=True, text=True)
        walls[name].append(time.monotonic() - started)
        times[name].append(spent() - before)
        if said.returncode or json.loads(said.stdout)["changed"]:
            sys.exit(name + " is not converged: " + said.stdout + said.stderr)
print(json.dumps([times, walls]))
"""


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Of the pairs' own ratios: what was measured side by side met the same machine."""
    return statistics.median(other / mine for mine, other in pairs)


def measure(bench: Bench, count: int, say: Callable[[str], None]) -> list[Goal]:
    say("converging")
    for name in ("set-48", "loop-48", "set-480"):
        bench.play(name)
    for name in ("set-48", "loop-48", "set-480"):
        bench.play(name)
        if not bench.converged:
            sys.exit(f"{name} changes something in its second run")
    say(f"whole commands, {count} interleaved pairs")
    loops, many = bench.pairs("loop-48", count), bench.pairs("set-480", count)
    rounds = ROUNDS
    say(f"modules, {rounds} interleaved rounds")
    times, walls = json.loads(in_container("python3", "-c", DRIVER, json.dumps([bench.programs(), rounds])))
    middle = {name: statistics.median(found) for name, found in times.items()}
    wall = {name: statistics.median(found) for name, found in walls.items()}

    def beside(one: str, other: str) -> float:
        return median_ratio(list(zip(times[one], times[other], strict=True)))

    mine, loop = (statistics.median(side) for side in zip(*loops, strict=True))
    print()
    print(f"{'median, seconds':<48} {'48 keys':>9} {'480 keys':>9}")
    print(f"{'sysctl_set, whole command':<48} {mine:9.2f} {statistics.median(pair[1] for pair in many):9.2f}")
    print(f"{'loop of ansible.posix.sysctl, whole command':<48} {loop:9.2f}")
    for kind, found in (("processor", middle), ("wall", wall)):
        print(f"{f'sysctl_set, module, {kind}':<48} {found['set-48']:9.3f} {found['set-480']:9.3f}")
        print(f"{f'ansible.posix.sysctl, module of one item, {kind}':<48} {found['loop-item']:9.3f}")
    print()
    return [
        Goal("whole command, 48 keys: loop / sysctl_set", median_ratio(loops), 9, at_least=True),
        Goal(
            "module: sysctl_set with 48 keys / one item of the loop", beside("loop-item", "set-48"), 1, at_least=False
        ),
        Goal("whole command: sysctl_set with 480 keys / with 48", median_ratio(many), 12, at_least=False),
        Goal("module: sysctl_set with 480 keys / with 48", beside("set-48", "set-480"), 12, at_least=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs of whole commands (default: 7)")
    count = parser.parse_args().pairs

    def say(what: str) -> None:
        print(f"bench: {what}", flush=True)

    say(f"starting {IMAGE}")
    try:
        values = start()
        with tempfile.TemporaryDirectory() as directory:
            # Nobody's own settings.
            os.environ["ANSIBLE_CONFIG"] = f"{directory}/ansible.cfg"
            Path(directory, "ansible.cfg").touch()
            goals = measure(Bench(Path(directory), values), count, say)
    finally:
        subprocess.run(["podman", "rm", "-f", "-t", "0", "-i", CONTAINER], capture_output=True, check=False)
    print(f"{'ratio':<62} {'':6}     goal")
    for goal in goals:
        print(goal.row())
    return 0 if all(goal.met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
