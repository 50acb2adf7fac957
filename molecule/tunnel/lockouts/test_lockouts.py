# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to lock oneself out of the finished router that need its tunnel or a clock of its own; it comes back by itself.

The others are in tests/wayback, in a container.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from homelab_lab import addresses
from homelab_lab.machine import Machine
from homelab_wayback.watched import Watched, result_of

Data = dict[str, Any]
Show = Callable[..., None]

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
INVENTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab.yml"
TIMEOUT = 20
# A processor that is emulated takes many times as long for what is done when the time is up, and the longer the more
# else this machine does. How fast it is on a real one is shown by the rows in containers.
GRACE, GRACE_EMULATED = 10, 120
# The uplink's addresses and routes, sent with a tag that the other end does not expect.
TAGGED = """
set -e
ip link add link wan0 name wan0.7 type vlan id 7
ip address flush dev wan0
ip address add 198.51.100.2/24 dev wan0.7
ip link set wan0.7 up
ip route replace default via 198.51.100.1 dev wan0.7
"""
DROPPED = "nft insert rule inet homelab_ipv6 input iifname wan0 tcp dport 22 drop"
# Nobody is let in by the tunnel who did not ask for it.
LET_IN = "nft insert rule inet homelab_ipv6 input_ipv6 iifname he-ipv6 tcp dport 22 accept"
FROM_BROKER = ("broker", "echo | nc -w5 198.51.100.2 22 | grep -q SSH")
THROUGH_TUNNEL = ("internet", "echo | nc -w10 2001:db8:c:407::2 22 | grep -q SSH")


@dataclass(frozen=True)
class Row:
    """:param breaking: a shell script that does it, as a play might
    :param then: another, once the line is cut
    :param preparing: one that runs before the host is armed
    :param probe: where, and what, works before and after, and not in between
    :param through_tunnel: Ansible itself comes in that way
    :param sets_clock: which in a container is this machine's
    """

    name: str
    breaking: str
    then: str = "true"
    preparing: str = "true"
    probe: tuple[str, str] = FROM_BROKER
    through_tunnel: bool = False
    sets_clock: bool = False


ROWS = [
    Row("wrong VLAN", TAGGED),
    Row("clock a day ahead", DROPPED, then="date -s '+1 day'", sets_clock=True),
    Row("clock two days back", DROPPED, then="date -s '-2 days'", sets_clock=True),
    Row(
        "wrong remote of the tunnel that Ansible comes in by",
        """
        sed -i 's/^Remote=.*/Remote=198.51.100.66/' /etc/systemd/network/*.netdev
        ip tunnel change he-ipv6 remote 198.51.100.66
        """,
        preparing=LET_IN,
        probe=THROUGH_TUNNEL,
        through_tunnel=True,
    ),
]


@pytest.fixture(autouse=True)
def _as_it_was(lab: Machine) -> Iterator[None]:
    yield
    if lab.kind == "vm":
        lab.run("router", f"date -s @{time.time():.0f}")
    lab.run("router", "systemctl restart homelab-ipv6-firewall")


def module(data: Data, through_tunnel: bool, **options: Any) -> dict[str, Any]:
    """commit_confirm alone, as Ansible runs it."""
    argv = ["ansible", "gateway", f"--inventory={INVENTORY}", "-m", "homelab.ipv6.commit_confirm"]
    if through_tunnel:
        # From a host beyond the broker; the lab carries standard input and output there.
        address = addresses.host(data["tunnel"]["client_ipv6"])
        inner = f"{PROJECT}/tests/lab/lab exec --name {os.environ['HOMELAB_KEY']}-tunnel internet -- nc {address} 22"
        argv += ["-e", json.dumps({"ansible_ssh_args": f'-o ProxyCommand="{inner}" -o ControlPath=none'})]
    # Molecule's settings have results in YAML.
    environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    done = subprocess.run(
        [*argv, "-a", json.dumps(options)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return result_of(done)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_back_by_itself(lab: Machine, data: Data, row: Row, show: Show) -> None:
    if row.sets_clock and lab.kind != "vm":
        pytest.skip("a container has this machine's clock")
    host = Watched(lab)
    grace = GRACE_EMULATED if host.run("systemd-detect-virt").strip() == "qemu" else GRACE

    def open_() -> bool:
        place, script = row.probe
        return lab.run(place, script, check=False).returncode == 0

    lab.run("router", row.preparing)
    assert open_()
    before = host.look()
    armed = module(data, row.through_tunnel, state="armed", timeout=TIMEOUT)
    end = time.monotonic() + TIMEOUT
    assert armed["ansible_facts"]["homelab_ipv6_way_back"]["armed"], armed
    lab.run("router", row.breaking)
    assert not open_(), "the line stays: this is no way to lock oneself out"
    lab.run("router", row.then)
    while host.is_armed() and time.monotonic() < end + grace:
        time.sleep(0.5)
    took = time.monotonic() - end
    show(f"{row.name}: back by itself {took:.1f} s after its time was up")
    # The time of a look is the test's own.
    left = host.difference(before)
    while left and time.monotonic() < end + grace:
        left = host.difference(before)
    assert left == []
    assert open_()
    outcome = host.outcome()
    assert (outcome["result"], outcome["why"], outcome["lost"]) == ("reverted", "timeout", [])
    assert host.leftovers() == []


def test_confirmed_through_the_tunnel(lab: Machine, data: Data) -> None:
    """Arming and confirming both come in by the tunnel: what is kept was seen to work from there."""
    host = Watched(lab)
    lab.run("router", LET_IN)
    armed = module(data, True, state="armed", timeout=300)["ansible_facts"]["homelab_ipv6_way_back"]
    kept = module(data, True, state="confirmed", id=armed["id"])
    assert kept["outcome"]["result"] == "confirmed"
    assert not host.is_armed()
    assert host.leftovers() == []
