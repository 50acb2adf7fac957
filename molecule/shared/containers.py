# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and removes a scenario's containers. `create` and `destroy` of all scenarios; Molecule sets the environment.

    containers.py up | down | reboot NAME…

A platform of molecule.yml names its `image` (of tests/lab) and its `links`, veth pairs that are joined by hand so that
no address management of podman's interferes. `volumes` are directories on the disk of the machine that runs the
scenario, where a container's own file system, an overlay, will not do:

    - name: client12
      image: debian12
      volumes: [/var/lib/machines]
      links:
        - {name: eth0, mac: "02:00:00:00:12:02", peer: router12, peer_name: lan0}
        - {name: tun0, peer: router12, peer_name: standin, stands_for: sit}

A link that `stands_for` another kind is made only where the kernel has not that kind.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

KEY = os.environ["HOMELAB_KEY"]
NAME = os.environ["MOLECULE_SCENARIO_NAME"]
PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
RUNS = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "runs"
PLATFORMS: list[dict[str, Any]] = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text())["platforms"]
LABELS = {"homelab-ipv6-molecule": KEY, "homelab-ipv6-scenario": f"{KEY}-{NAME}"}
# Booting takes 2 s; a busy machine is given its time.
BOOT_PATIENCE = 60
WAIT = "until [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done; systemctl is-system-running --wait"


def execute(*argv: str, timeout: float = 60, accept: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode not in accept:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def container(name: str) -> str:
    return f"{KEY}-{NAME}-{name}"


def build_images() -> None:
    """What is there already is not built again."""
    images = [platform["image"].partition("-") for platform in PLATFORMS]
    suites = sorted({suite for suite, _dash, _variant in images})
    variants = [f"--variant={variant}" for variant in sorted({variant for _suite, _dash, variant in images if variant})]
    execute(str(PROJECT / "tests/lab/lab"), "images", *variants, *suites, timeout=2400)


def start(platform: dict[str, Any]) -> None:
    name = platform["name"]
    labels = [f"--label={label}={value}" for label, value in LABELS.items()]
    volumes = [f"--volume={path}" for path in platform.get("volumes", [])]
    execute(
        "podman", "run", "--detach", "--privileged", "--systemd=always", "--network=none", *volumes,
        f"--name={container(name)}", f"--hostname={name}", *labels, f"localhost/homelab-ipv6-{platform['image']}",
    )  # fmt: skip
    wait_for(name)


def wait_for(name: str) -> None:
    # "degraded" will do: a unit that cannot work in containers is no obstacle.
    state = execute("podman", "exec", container(name), "sh", "-c", WAIT, timeout=BOOT_PATIENCE, accept=(0, 1))
    if state not in {"running", "degraded"}:
        raise SystemExit(f"{container(name)} is {state!r} instead of running")


def join(pids: dict[str, str], name: str, link: dict[str, str]) -> None:
    ends = [(name, link["name"], link.get("mac")), (link["peer"], link["peer_name"], link.get("peer_mac"))]
    words: list[str] = []
    for owner, interface, mac in ends:
        address = ["address", mac] if mac else []
        words += [*(["peer"] if words else []), "name", interface, *address, "netns", pids[owner]]
        if owner == name:
            words += ["type", "veth"]
    execute("ip", "link", "add", *words)


def kernel_has(kind: str) -> bool:
    """Try it out, in a network namespace that is gone when the command ends."""
    argv = ["unshare", "--net", "ip", "link", "add", "probe", "type", kind, "remote", "192.0.2.1"]
    return subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0


def up() -> None:
    down()
    build_images()
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(start, PLATFORMS))
    plug_in([platform["name"] for platform in PLATFORMS])


def plug_in(names: list[str]) -> None:
    """Make the links of these, each once."""
    everybody = [platform["name"] for platform in PLATFORMS]
    found = json.loads(execute("podman", "inspect", *map(container, everybody)))
    pids = {name: str(one["State"]["Pid"]) for name, one in zip(everybody, found, strict=True)}
    for platform in PLATFORMS:
        for link in platform.get("links", []):
            if {platform["name"], link["peer"]}.isdisjoint(names):
                continue
            if "stands_for" not in link or not kernel_has(link["stands_for"]):
                join(pids, platform["name"], link)


def reboot(*names: str) -> None:
    """All processes of a machine end, in the order that its systemd has for it, and its init starts again.

    Its links end with it, and are made anew once it is up, as by a network card that is slow: what the other end of a
    link belonged to has to take it up again.
    """
    execute("podman", "restart", "--time=60", *map(container, names), timeout=180)
    for name in names:
        wait_for(name)
    plug_in(list(names))


def down() -> None:
    label, value = "homelab-ipv6-scenario", LABELS["homelab-ipv6-scenario"]
    found = execute("podman", "ps", "--all", "--quiet", f"--filter=label={label}={value}").split()
    if found:
        # A host of containers leaves whole systems behind.
        execute("podman", "rm", "--force", "--volumes", "--time=0", *found, timeout=300)
    # The records of runs on these containers; see callback_plugins/record.py.
    shutil.rmtree(RUNS, ignore_errors=True)


if __name__ == "__main__":
    {"up": up, "down": down, "reboot": reboot}[sys.argv[1]](*sys.argv[2:])
