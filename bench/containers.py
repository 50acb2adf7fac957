# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of the role nspawn on one host: ten started at once against the same ten with hand-written files, and what
a converge with nothing to do costs with twenty of them against one.

Trees are the same on both sides; only what they are run from differs. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from measuring import Container, Goal, container, directory, interleaved, judge, median_ratio, say, seconds

ROOT = Path(__file__).parents[1]
IMAGE = "debian12-nspawn"
AT_ONCE, MANY = 10, 20
SLOWEST, DEAREST, DEAREST_START = 10.0, 1.5, 1.1
ROUTER = "2001:db8:0:1::1"
# A bridge whose host announces a prefix on it.
NETWORK = f"""
set -e
printf '[NetDev]\\nName=br0\\nKind=bridge\\n' >/etc/systemd/network/10-br0.netdev
printf '[Match]\\nName=br0\\n[Network]\\nAddress={ROUTER}/64\\nIPv6SendRA=yes\\nConfigureWithoutCarrier=yes\\n' \\
    >/etc/systemd/network/10-br0.network
printf '[IPv6Prefix]\\nPrefix=2001:db8:0:1::/64\\n' >>/etc/systemd/network/10-br0.network
systemctl start systemd-networkd
"""
# What somebody would write who follows the manual: the network file lies in the tree.
BY_HAND = """
set -e
for number in $(seq {count}); do
    name=c$number
    mkdir -p /etc/systemd/nspawn
    printf '[Exec]\\nBoot=yes\\nPrivateUsers=pick\\n[Network]\\nVirtualEthernet=yes\\nBridge=br0\\n' \\
        >/etc/systemd/nspawn/$name.nspawn
    printf '[Match]\\nName=host0\\n[Network]\\nDHCP=yes\\nIPv6AcceptRA=yes\\n' \\
        >/var/lib/machines/$name/etc/systemd/network/10-host0.network
    rm -rf /etc/systemd/system/systemd-nspawn@$name.service.d
done
systemctl daemon-reload
"""
KEEP = "rm -rf /srv/role; mkdir -p /srv/role; cd /etc/systemd; cp -a nspawn /srv/role; cp -a system /srv/role"
BY_ROLE = """
set -e
cp -a /srv/role/nspawn/. /etc/systemd/nspawn
for directory in /srv/role/system/systemd-nspawn@*.service.d; do
    [ ! -d "$directory" ] || cp -a "$directory" /etc/systemd/system
done
rm -f /var/lib/machines/c*/etc/systemd/network/10-host0.network
systemctl daemon-reload
"""
STOP = "systemctl stop 'systemd-nspawn@*.service'"
# Starts all of them and prints, for each, the seconds until it has pinged its router from an address of its own.
START = f"""
import pathlib, subprocess, sys, threading, time
names = [f"c{{number}}" for number in range(1, int(sys.argv[1]) + 1)]
took = dict.fromkeys(names, 999.0)
def watch(name, began):
    while time.monotonic() - began < 60:
        # Cheaper than to ask machined ten times a second.
        state = pathlib.Path("/run/systemd/machines", name)
        lines = state.read_text().splitlines() if state.exists() else []
        leader = "".join(line.partition("=")[2] for line in lines if line.startswith("LEADER="))
        if leader:
            ping = ["nsenter", f"--target={{leader}}", "--net", "ping", "-c1", "-W1", "-n", "{ROUTER}"]
            if subprocess.run(ping, capture_output=True).returncode == 0:
                took[name] = time.monotonic() - began
                return
        time.sleep(0.2)
began = time.monotonic()
units = [f"systemd-nspawn@{{name}}.service" for name in names]
subprocess.run(["systemctl", "start", "--no-block", *units], check=True)
threads = [threading.Thread(target=watch, args=(name, began)) for name in names]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*took.values())
"""


class Bed:
    """A host with containers, and what is done with it."""

    def __init__(self, machine: Container, place: Path) -> None:
        self.machine, self.place = machine, place
        self.slowest = 0.0
        playbook = [{"hosts": "host", "gather_facts": False, "roles": ["homelab.ipv6.nspawn"]}]
        (place / "play.yml").write_text(json.dumps(playbook))

    def converge(self, count: int) -> float:
        """Seconds of the whole command; remembers whether it changed something."""
        image = {"name": "small", "suite": "bookworm", "sources": ["deb [trusted=yes] copy:/srv/debs ./"]}
        containers = [{"name": f"c{number}"} for number in range(1, count + 1)]
        options = {"nspawn_images": [image], "nspawn_containers": containers, "nspawn_boot_timeout": 180}
        inventory = self.place / f"hosts{count}.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"host": {**self.machine.variables, **options}}}}))
        took, said = seconds(["ansible-playbook", "-i", str(inventory), str(self.place / "play.yml")])
        self.changed = "changed=0 " not in said
        return took

    def shell(self, script: str) -> None:
        self.machine.run("sh", "-c", script)

    def start(self, files: str) -> float:
        """Seconds until half of those that are started at once have a path, with these files."""
        self.shell(STOP)
        self.shell(files.replace("{count}", str(AT_ONCE)))
        time.sleep(2)
        took = [float(word) for word in self.machine.run("python3", "-c", START, str(AT_ONCE)).split()]
        if files is BY_ROLE:
            self.slowest = max(self.slowest, *took)
        return statistics.median(took)


def measure(bed: Bed, count: int) -> list[Goal]:
    say(f"{AT_ONCE} started at once, {count} interleaved pairs")
    starts = interleaved(count, ("by hand", lambda: bed.start(BY_HAND)), ("role", lambda: bed.start(BY_ROLE)))
    bed.shell(STOP)
    say(f"making {MANY} of them")
    bed.converge(MANY)
    bed.converge(MANY)
    if bed.changed:
        sys.exit("the second run changes something")
    say(f"converges with nothing to do, {count} interleaved pairs")
    pairs = interleaved(count, ("1 container", lambda: bed.converge(1)), (f"{MANY}", lambda: bed.converge(MANY)))
    median = statistics.median(one for one, _other in starts)
    print(f"\n{AT_ONCE} at once, by hand: median {median:.2f} s until there is a path")
    return [
        Goal(
            f"{AT_ONCE} at once, until there is a path: role / by hand",
            median_ratio(starts),
            DEAREST_START,
            at_least=False,
        ),
        Goal("the slowest of them, seconds", bed.slowest, SLOWEST, at_least=False),
        Goal(f"nothing to do: {MANY} containers / 1", median_ratio(pairs), DEAREST, at_least=False),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5, help="interleaved pairs (default: 5)")
    count = parser.parse_args().pairs
    with container(IMAGE) as machine, directory() as place:
        bed = Bed(machine, place)
        bed.shell(NETWORK)
        say(f"making {AT_ONCE} containers")
        bed.converge(AT_ONCE)
        bed.shell(KEEP)
        return judge(measure(bed, count))


if __name__ == "__main__":
    sys.exit(main())
