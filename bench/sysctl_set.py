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
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from measuring import Container, Goal, container, directory, interleaved, judge, median_ratio, run, say, seconds

IMAGE = "debian12"
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
ROUNDS = 200


def keys(machine: Container) -> dict[str, str]:
    """480 keys with the values that they have on the machine."""
    for number in range(0, INTERFACES, 2):
        machine.run("ip", "link", "add", f"bench{number}", "type", "veth", "peer", "name", f"bench{number + 1}")
    names = [f"net.ipv6.conf.bench{number}.{key}" for number in range(INTERFACES) for key in KEYS]
    values = machine.run("sysctl", "-n", *names).split()
    if len(values) != len(names):
        sys.exit(f"{len(names)} keys, but {len(values)} values: this kernel lacks some")
    return dict(zip(names, values, strict=True))


def set_task(values: Mapping[str, str]) -> dict[str, object]:
    # sysctl_set reads the files that sort behind its own. Behind that of 48 keys lies the loop's, as the job requires,
    # and not the one of 480, which is another measurement's.
    name = {48: "90-set-48", 480: "80-set-480"}[len(values)]
    return {"homelab.ipv6.sysctl_set": {"name": name, "values": dict(values)}}


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
    def __init__(self, machine: Container, place: Path, values: Mapping[str, str]) -> None:
        few = dict(list(values.items())[:48])
        self.machine, self.few, self.many = machine, few, values
        self._place = place
        self._inventory = ["-i", str(place / "hosts.json")]
        hosts = {"all": {"hosts": {"bench": machine.variables}}}
        (place / "hosts.json").write_text(json.dumps(hosts))
        for name, task in (("set-48", set_task(few)), ("set-480", set_task(values)), ("loop-48", loop_task(few))):
            play = {"hosts": "all", "gather_facts": False, "tasks": [{"name": name, **task}]}
            (place / f"{name}.yml").write_text(json.dumps([play]))

    def play(self, name: str) -> float:
        """Seconds of a whole command."""
        took, said = seconds(["ansible-playbook", *self._inventory, str(self._place / f"{name}.yml")])
        self.converged = "changed=0 " in said
        return took

    def pairs(self, name: str, count: int) -> list[tuple[float, ...]]:
        """(sysctl_set with 48 keys, the other) in turn."""
        return interleaved(count, ("set-48", lambda: self.play("set-48")), (name, lambda: self.play(name)))

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
            command = ["ansible", "all", *self._inventory, "-e", f"ansible_remote_tmp={place}"]
            run(
                [*command, "-m", module, "-a", json.dumps(options)],
                ANSIBLE_PIPELINING="0",
                ANSIBLE_KEEP_REMOTE_FILES="1",
            )
            found[name] = self.machine.run("sh", "-c", f"ls {place}/*/AnsiballZ_*.py").strip()
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


def measure(bench: Bench, count: int) -> list[Goal]:
    say("converging")
    for name in ("set-48", "loop-48", "set-480"):
        bench.play(name)
    for name in ("set-48", "loop-48", "set-480"):
        bench.play(name)
        if not bench.converged:
            sys.exit(f"{name} changes something in its second run")
    say(f"whole commands, {count} interleaved pairs")
    loops, many = bench.pairs("loop-48", count), bench.pairs("set-480", count)
    say(f"modules, {ROUNDS} interleaved rounds")
    times, walls = json.loads(bench.machine.run("python3", "-c", DRIVER, json.dumps([bench.programs(), ROUNDS])))
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
    with container(IMAGE) as machine, directory() as place:
        return judge(measure(Bench(machine, place, keys(machine)), count))


if __name__ == "__main__":
    sys.exit(main())
