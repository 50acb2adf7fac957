# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts of dual-stack services under load, and what it costs that systemd opens their sockets.

One container is server and client. Services are what the role dual_stack_service makes of the example and of Twisted's
web server, Debian's and the newest. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measuring import Container, Goal, container, directory, judge, median_ratio, run, say

ROOT = Path(__file__).parents[1]
IMAGE, PYTHON = "debian13-twisted", "3.13"
LOAD = ROOT / "molecule/shared/load.py"
TAC = ROOT / "playbooks/examples/files/peers.tac"
LOOPBACKS = {"IPv4": "127.0.0.1", "IPv6": "::1"}
# What twist web listens on by itself; on IPv6 it would take IPv4, too.
DIRECT = {"IPv4": "tcp:{port}:interface=127.0.0.1", "IPv6": "tcp6:{port}:interface=\\:\\:1"}
RATE, SECONDS, RESTARTS = 1000, 60, 10
LEAST_RATIO = 0.95
WEB = ["{twist}", "web", "--path=/srv/shelf", "--listen={endpoint}"]
# Each rate is the median of this many turns, of this many seconds.
PAIRS, TURN = 25, 1


class Service(NamedTuple):
    """A service to restart, and whether a restart may reset connections."""

    name: str
    what: str
    port: int
    drains: bool


class Bed:
    """A container with services of the role."""

    def __init__(self, machine: Container, place: Path) -> None:
        self.machine, self.place = machine, place
        self.services: list[Service] = []
        inventory = {"all": {"hosts": {"web": machine.variables}}}
        (place / "hosts.json").write_text(json.dumps(inventory))

    def serve(self, service: Service, **options: Any) -> None:
        """Have the role set it up."""
        given = {"name": service.name, "port": service.port, **options}
        role = {"role": "homelab.ipv6.dual_stack_service"}
        role |= {f"dual_stack_service_{key}": value for key, value in given.items()}
        play = {"hosts": "web", "gather_facts": False, "roles": [role]}
        (self.place / "play.json").write_text(json.dumps([play]))
        run(["ansible-playbook", "-i", str(self.place / "hosts.json"), str(self.place / "play.json")])
        self.services.append(service)

    def load(self, rate: float, seconds: float, port: int, *hosts: str) -> dict[str, Any]:
        said = self.machine.run("python3", "/root/load.py", str(rate), str(seconds), str(port), *hosts)
        found: dict[str, Any] = json.loads(said)
        return found


def fetch_newest(bed: Bed) -> str:
    """Bring the newest Twisted to the container; its requirements, each pinned."""
    wheels = bed.place / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    run([*pip, f"--python-version={PYTHON}", f"--dest={wheels}", "twisted"])
    subprocess.run(["podman", "cp", str(wheels), f"{bed.machine.name}:/srv/wheels"], check=True)
    names = (path.name.split("-")[:2] for path in sorted(wheels.iterdir()))
    return "".join(f"{name}=={version}\n" for name, version in names)


@contextlib.contextmanager
def bed() -> Iterator[Bed]:
    with container(IMAGE) as machine, directory() as place:
        found = Bed(machine, place)
        subprocess.run(["podman", "cp", str(LOAD), f"{machine.name}:/root/load.py"], check=True)
        # A page for the web servers; ports for some hundred thousand connections.
        machine.run("sh", "-c", "mkdir /srv/shelf; echo hello >/srv/shelf/index.html")
        machine.run("sysctl", "-qw", "net.ipv4.ip_local_port_range=10000 65000")
        say("having the role set up the services")
        command = ["{twistd}", "--nodaemon", "--pidfile=", "--no_save", "--python", "{files}/peers.tac"]
        files = [{"name": "peers.tac", "content": TAC.read_text()}]
        found.serve(Service("peers", "the example", 8000, drains=True), command=command, files=files)
        debians = re.findall(r"[0-9.]+", machine.run("/usr/bin/twist3", "--version"))[0]
        found.serve(Service("shelf", f"twist web of Debian, {debians}", 8001, drains=False), command=WEB)
        pinned = fetch_newest(found)
        newest = re.findall(r"(?mi)^twisted==(.*)$", pinned)[0]
        found.serve(
            Service("newest", f"twist web, {newest}", 8002, drains=False),
            command=WEB,
            requirements=pinned,
            pip_options=["--no-index", "--find-links=/srv/wheels"],
        )
        yield found


def restarted(bed: Bed, service: Service) -> dict[str, Any]:
    """What became of the requests on both families while the service was restarted over and over."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        began = time.monotonic()
        asked = pool.submit(bed.load, RATE, SECONDS, service.port, *LOOPBACKS.values())
        for number in range(RESTARTS):
            at = (number + 0.5) * SECONDS / RESTARTS
            time.sleep(max(0.0, began + at - time.monotonic()))
            bed.machine.run("systemctl", "restart", f"{service.name}.service")
        return asked.result()


def restarts(bed: Bed) -> list[Goal]:
    kinds = ("asked", "rate", "answered", "refused", "reset", "closed", "late", "longest")
    print(f"\n{RATE} requests a second for {SECONDS} s on both families, {RESTARTS} restarts meanwhile")
    heads = ("asked", "a second", "answered", "refused", "reset", "closed", "late", "longest")
    print(f"{'':<32}" + "".join(f"{head:>9}" for head in heads), flush=True)
    goals = []
    for service in bed.services:
        found = restarted(bed, service)
        print(f"{service.what:<32}" + "".join(f"{found[kind]:>9}" for kind in kinds), flush=True)
        if found["other"]:
            print(f"{'':<32} and {found['other']}")
        lost = found["reset"] + found["closed"] + found["late"] + sum(found["other"].values())
        goals.append(Goal(f"{service.what}: asked a second", found["rate"], 0.99 * RATE, at_least=True))
        goals.append(Goal(f"{service.what}: refused", found["refused"], 0, at_least=False))
        if service.drains:
            goals.append(Goal(f"{service.what}: lost otherwise", lost, 0, at_least=False))
    return goals


def listen_directly(bed: Bed, port: int, family: str) -> None:
    """The same web server in the same sandbox, with a socket that it opens itself."""
    text = bed.machine.run("cat", "/etc/systemd/system/shelf.service")
    settings = re.findall(r"(?ms)^\[Service\]$\n(.*?)(?=^\[|\Z)", text)[0]
    kept = [line for line in settings.splitlines() if line and not line.startswith(("ExecStart=", "StateDirectory="))]
    properties = [f"--property={line}" for line in kept if not line.startswith("WorkingDirectory=")]
    listen = DIRECT[family].format(port=port)
    command = ["/usr/bin/twist3", "web", "--path=/srv/shelf", f"--listen={listen}"]
    bed.machine.run("systemd-run", "--quiet", f"--unit=direct-{family}", *properties, *command)


def wait_for(bed: Bed, port: int, host: str) -> None:
    deadline = time.monotonic() + 30
    while not bed.load(1, 1, port, host)["answered"]:
        if time.monotonic() > deadline:
            sys.exit(f"nobody answers on port {port} of {host}")


def costs(bed: Bed) -> list[Goal]:
    """Requests a second of a socket of systemd against one that the server opens, in turns."""
    goals = []
    print(f"\nrequests a second, {PAIRS} times {TURN} s in turns")
    for number, (family, host) in enumerate(LOOPBACKS.items()):
        port = 8010 + number
        listen_directly(bed, port, family)
        wait_for(bed, port, host)
        pairs: list[Sequence[float]] = []
        for _turn in range(PAIRS):
            sides = [("direct", port), ("of systemd", 8001)]
            # Whoever comes second may find a machine that others have made busy meanwhile.
            order = sides if len(pairs) % 2 == 0 else sides[::-1]
            found = {name: bed.load(0, TURN, at, host) for name, at in order}
            if any(each["answered"] != each["asked"] for each in found.values()):
                sys.exit(f"not all were answered: {found}")
            pairs.append([found[name]["rate"] for name, _at in sides])
            print(
                f"  {family} {len(pairs)}/{PAIRS}: direct {pairs[-1][0]:.0f}, of systemd {pairs[-1][1]:.0f}", flush=True
            )
        bed.machine.run("systemctl", "stop", f"direct-{family}.service")
        what = f"{family}: requests a second, socket of systemd / direct"
        goals.append(Goal(what, median_ratio(pairs), LEAST_RATIO, at_least=True))
    return goals


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("restarts", "costs"), help="one of the two tables")
    only = parser.parse_args().only
    with bed() as found:
        goals = [] if only == "costs" else restarts(found)
        goals += [] if only == "restarts" else costs(found)
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
