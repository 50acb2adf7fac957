# SPDX-License-Identifier: GPL-3.0-or-later
"""dhcp6_hosts with 10,000 static hosts, against what `kea-dhcp6 -t` takes for them; with 200, against blockinfile.

Run it as root where kea-dhcp6, dhcpd, dnsmasq and dhcp6s are installed and not confined: make bench-hosts does. It
touches no server of this machine: all files lie in a directory of its own, and nothing is reloaded.
Two things are measured. Modules: the program that Ansible sends to a host, from the moment at which its arguments are
validated to its end; in seconds of processor time, its own and that of the commands it runs (the checkers of the
servers among them), which other work on the machine hardly changes. Whole commands: ansible-playbook from start to end,
on either side with nothing to do. The other side is a loop of ansible.builtin.blockinfile with one item a host, which
is a little faster than one task a host.
Exits with 1 where a figure falls short of its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, NamedTuple

from measuring import Goal, directory, interleaved, judge, median_ratio, run, say, seconds

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".cache/collections"))

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.dhcpd import HostDeclaration, render  # noqa: E402

PYTHON = "/usr/bin/python3"
CHECK = "kea-dhcp6 -t"
MODULE = "homelab.ipv6.dhcp6_hosts"
FEW, MANY, WHOLE = 1_000, 10_000, 200
MOST_TIMES_CHECK, MOST_GROWTH, MOST_MEGABYTES, LEAST_TIMES_BLOCKS = 2, 11, 200, 30
# What a server needs before it has hosts, with a comment that has to survive.
CONFIGURATIONS = {
    "kea": """{ "Dhcp6": {
    // the house
    "interfaces-config": { "interfaces": [ ] },
    "lease-database": { "type": "memfile", "persist": false },
    "subnet6": [ { "id": 1, "subnet": "2001:db8:0:1::/64" } ]
} }
""",
    "dhcpd": "# the house\nsubnet6 2001:db8:0:1::/64 {\n}\n",
    "dnsmasq": "# the house\nport=0\ndhcp-range=2001:db8:0:1::,static,64\n",
    "dhcp6s": "# the house\n",
}
# Runs the program in its own way, from where it was taken apart, and says on standard error what it took.
DRIVER = """
import json, os, resource, runpy, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(sys.argv[1]), "debug_dir"))
from ansible.module_utils.basic import AnsibleModule
validate, began = AnsibleModule.__init__, []
def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)
def validated(self, *args, **kwargs):
    validate(self, *args, **kwargs)
    began[:] = time.monotonic(), spent()
AnsibleModule.__init__ = validated
sys.argv = [sys.argv[1], "execute"]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit:
    pass
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump([spent() - began[1], time.monotonic() - began[0], memory], sys.stderr)
"""


class Cost(NamedTuple):
    """What something took, in seconds and MiB."""

    processor: float
    wall: float
    memory: float = 0


# By provider, or what else was run, and the name of the set.
Costs = Mapping[tuple[str, str], Cost]


def hosts(count: int) -> list[dict[str, object]]:
    """Hosts with DUID-LLTs as clients make them, the same in each run."""
    dice = random.Random(1)  # noqa: S311 (no secret)
    return [
        {
            "name": f"host{number}",
            "duid": (b"\0\1\0\1" + dice.randbytes(10)).hex(":"),
            "addresses": [f"2001:db8:0:1::{number + 0x10:x}"],
            "hostname": f"host{number}.home.example",
        }
        for number in range(count)
    ]


def changed(given: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """The same with another address for one of them, in the middle."""
    middle = len(given) // 2
    return [
        {**host, "addresses": ["2001:db8:0:1::f:1"]} if at == middle else dict(host) for at, host in enumerate(given)
    ]


class Bench:
    """The module's program, taken apart, and the files that it works on."""

    def __init__(self, place: Path) -> None:
        # kea-dhcp6 looks at its file as its own user.
        place.chmod(0o755)
        self._place = place
        self._inventory = ["-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={PYTHON}"]
        options = {**self.options("dhcpd", "program"), "hosts": []}
        command = ["ansible", "localhost", *self._inventory, "-e", f"ansible_remote_tmp={place}/sent"]
        self.configure("dhcpd", "program")
        run(
            [*command, "-m", MODULE, "-a", json.dumps(options)],
            ANSIBLE_PIPELINING="0",
            ANSIBLE_KEEP_REMOTE_FILES="1",
        )
        (self._program,) = (place / "sent").glob("*/AnsiballZ_*.py")
        run([PYTHON, str(self._program), "explode"])
        self._arguments = self._program.parent / "debug_dir/args"
        self._sent = json.loads(self._arguments.read_text())

    def options(self, provider: str, name: str) -> dict[str, object]:
        base = self._place / f"{provider}-{name}"
        return {"provider": provider, "config_file": f"{base}.conf", "hosts_file": f"{base}.hosts", "reload": False}

    def configure(self, provider: str, name: str) -> None:
        """A configuration without hosts."""
        Path(str(self.options(provider, name)["config_file"])).write_text(CONFIGURATIONS[provider])

    def first(self, provider: str, name: str, given: Sequence[Mapping[str, object]]) -> Cost:
        """The run that makes the hosts known."""
        self.configure(provider, name)
        return self.module(provider, name, given, expected=True)

    def module(self, provider: str, name: str, given: Sequence[Mapping[str, object]], expected: bool) -> Cost:
        """One run of the module.

        :param expected: whether it is to change something
        """
        sent = self._sent["ANSIBLE_MODULE_ARGS"]
        arguments = {**sent, **self.options(provider, name), "hosts": given}
        self._arguments.write_text(json.dumps({**self._sent, "ANSIBLE_MODULE_ARGS": arguments}))
        done = subprocess.run([PYTHON, "-c", DRIVER, str(self._program)], capture_output=True, text=True, check=False)
        result = json.loads(done.stdout)
        if result.get("failed") or result["changed"] != expected:
            sys.exit(f"{provider}, {name}: {result.get('msg') or result['steps']}")
        return Cost(*json.loads(done.stderr))

    def check(self) -> Cost:
        """kea-dhcp6 on the file that the module has written."""
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run(["kea-dhcp6", "-t", str(self.options("kea", "many")["config_file"])])
        wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)

    def play(self, name: str, task: Mapping[str, object], expected: bool) -> float:
        """Seconds of a whole command."""
        path = self._place / f"{name}.yml"
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        took, said = seconds(["ansible-playbook", *self._inventory, str(path)])
        if ("changed=0 " not in said) != expected:
            sys.exit(f"{name} {'changes nothing' if expected else 'changes something'}:\n{said}")
        return took


def measure_modules(bench: Bench, count: int) -> list[Goal]:
    sizes = {"many": hosts(MANY), "few": hosts(FEW)}
    say("first apply")
    first = {(one, name): bench.first(one, name, given) for name, given in sizes.items() for one in CONFIGURATIONS}
    say(f"nothing to do, {count} interleaved rounds")
    rounds: list[Costs] = []
    for number in range(count):
        found = {(CHECK, "many"): bench.check()}
        for name, given in sizes.items():
            found.update({(one, name): bench.module(one, name, given, expected=False) for one in CONFIGURATIONS})
        shown = ", ".join(f"{one} {found[one, 'many'].processor:.2f} s" for one in (CHECK, *CONFIGURATIONS))
        print(f"  {number + 1}/{count}: {shown}", flush=True)
        rounds.append(found)
    say("one host changed")
    given = changed(sizes["many"])
    change = {(one, "many"): bench.module(one, "many", given, expected=True) for one in CONFIGURATIONS}
    show(first, rounds, change)
    memory = max(cost.memory for each in (first, change, *rounds) for cost in each.values())
    return [*_goals(rounds), Goal("most memory of any of these runs, MiB", memory, MOST_MEGABYTES, at_least=False)]


def show(first: Costs, rounds: Sequence[Costs], change: Costs) -> None:
    def row(title: str, costs: Sequence[Cost]) -> None:
        processor, wall = (statistics.median(cost[at] for cost in costs) for at in (0, 1))
        print(f"{title:<48} {processor:9.2f} {wall:9.2f}")

    print(f"\n{'10,000 hosts, seconds':<48} {'processor':>9} {'wall':>9}")
    row(CHECK, [each[CHECK, "many"] for each in rounds])
    for one in CONFIGURATIONS:
        row(f"{one}, first apply", [first[one, "many"]])
        row(f"{one}, nothing to do", [each[one, "many"] for each in rounds])
        row(f"{one}, one host changed", [change[one, "many"]])


def _goals(rounds: Sequence[Costs]) -> list[Goal]:
    def beside(one: tuple[str, str], other: tuple[str, str]) -> float:
        return median_ratio([(each[one].processor, each[other].processor) for each in rounds])

    def ratio(title: str, one: tuple[str, str], other: tuple[str, str], most: float) -> Goal:
        return Goal(title, beside(one, other), most, at_least=False)

    kea, *others = CONFIGURATIONS
    return [
        ratio(f"{kea} / {CHECK}", (CHECK, "many"), (kea, "many"), MOST_TIMES_CHECK),
        *(ratio(f"{name} / {kea}", (kea, "many"), (name, "many"), 1) for name in others),
        *(
            ratio(f"{name}, 10,000 hosts / 1,000", (name, "few"), (name, "many"), MOST_GROWTH)
            for name in CONFIGURATIONS
        ),
    ]


def blocks(bench: Bench, given: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The hosts as dhcpd's declarations, a block each, in one file as the module has them."""
    items = []
    for host in given:
        addresses = tuple(IPv6Address(address) for address in host["addresses"])
        one = HostDeclaration(host["name"], "duid", host["duid"], addresses, hostname=host["hostname"])
        items.append({"name": host["name"], "block": render([one]).partition("\n\n")[2].strip()})
    options = {
        "path": str(bench.options("dhcpd", "blocks")["hosts_file"]),
        "create": True,
        "mode": "0644",
        "marker": "# {mark} {{ item.name }}",
        "block": "{{ item.block }}",
    }
    return {"ansible.builtin.blockinfile": options, "loop": items, "loop_control": {"label": "{{ item.name }}"}}


def measure_commands(bench: Bench, count: int) -> list[Goal]:
    given = hosts(WHOLE)
    module = {MODULE: {**bench.options("dhcpd", "whole"), "hosts": given}}
    loop = blocks(bench, given)
    bench.configure("dhcpd", "whole")
    say("first apply, whole commands")
    for name, task in (("dhcp6_hosts", module), ("blockinfile", loop)):
        print(f"  {name}: {bench.play(name, task, expected=True):.2f} s", flush=True)
    say(f"nothing to do, whole commands, {count} interleaved pairs")
    pairs = interleaved(
        count,
        ("dhcp6_hosts", lambda: bench.play("dhcp6_hosts", module, expected=False)),
        ("blockinfile", lambda: bench.play("blockinfile", loop, expected=False)),
    )
    ratio = median_ratio(pairs)
    return [Goal("whole command, 200 hosts: blockinfile / dhcp6_hosts", ratio, LEAST_TIMES_BLOCKS, at_least=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of modules (default: 5)")
    parser.add_argument("--pairs", type=int, default=3, help="interleaved pairs of whole commands (default: 3)")
    counts = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("it has to run as root, as the module does")
    with directory() as place:
        bench = Bench(place)
        return judge([*measure_modules(bench, counts.rounds), *measure_commands(bench, counts.pairs)])


if __name__ == "__main__":
    sys.exit(main())
