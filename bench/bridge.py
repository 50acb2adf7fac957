# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a host is away while the role `bridge` plugs its card into a bridge: the longest gap of pings.

Each round takes a new container of each release, whose card is run by ifupdown and once more by systemd-networkd, and
lives by DHCP of both families; from the other end of the card's cable it is pinged twenty times a second, under the
addresses that it has before. Exits with 1 where a gap is longer than its goal, or an address is another one afterwards.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import time
from pathlib import Path

from measuring import Container, Goal, container, directory, judge, run, say

IMAGES = {"Debian 12": "debian12-full", "Debian 13": "debian13-full"}
LONGEST_GAP = 5
NETWORK = """
set -e
ip netns add lan
ip link add eth0 address 02:00:00:00:12:01 type veth peer name lan0 netns lan
ip netns exec lan sh -ec '
    sysctl --quiet net.ipv6.conf.all.forwarding=1
    ip address add 192.0.2.1/24 dev lan0
    ip address add 2001:db8:5::1/64 dev lan0 nodad
    ip link set lan0 up'
cat >/run/lan.conf <<END
port=0
interface=lan0
bind-dynamic
dhcp-authoritative
dhcp-range=192.0.2.100,192.0.2.199,1h
dhcp-range=2001:db8:5::1000,2001:db8:5::1fff,64,1h
enable-ra
dhcp-option=option:router,192.0.2.1
dhcp-leasefile=/run/lan.leases
pid-file=/run/lan.pid
END
ip netns exec lan dnsmasq --conf-file=/run/lan.conf
"""
MANAGERS = {
    "ifupdown": """
printf 'auto eth0\\niface eth0 inet dhcp\\niface eth0 inet6 dhcp\\n' >/etc/network/interfaces.d/eth0
ifup eth0
""",
    "networkd": """
printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=yes\\n' >/etc/systemd/network/20-eth0.network
systemctl disable --quiet systemd-networkd-wait-online
systemctl enable --quiet --now systemd-networkd
""",
}
ADDRESSES = "ip -oneline address show dev {0} scope global -tentative | awk '{{print $4}}' | sort"
PATIENCE = 60
PLAY = [{"hosts": "all", "gather_facts": False, "roles": ["homelab.ipv6.bridge"]}]


def addresses(machine: Container, interface: str) -> list[str]:
    """Those of both families, as soon as they are there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = machine.run("sh", "-c", ADDRESSES.format(interface)).split()
        if len(found) == 2:
            return found
        if time.monotonic() > deadline:
            sys.exit(f"{interface} has not got an address of each family, but {found}")
        time.sleep(0.2)


def longest_gap(machine: Container, family: int) -> float:
    said = machine.run("cat", f"/root/ping{family}")
    stamps = [float(stamp) for stamp in re.findall(r"^\[([\d.]+)\] .* time=", said, re.MULTILINE)]
    now = float(machine.run("date", "+%s.%N"))
    return max(later - earlier for earlier, later in itertools.pairwise([*stamps, now]))


def measure(image: str, manager: str, place: Path) -> tuple[float, float, bool]:
    """(longest gap over IPv4, over IPv6, whether the addresses are the same)."""
    with container(image) as machine:
        machine.run("sh", "-c", NETWORK + MANAGERS[manager])
        before = addresses(machine, "eth0")
        for address in before:
            family = 6 if ":" in address else 4
            ping = f"exec ping -n -D -i 0.05 {address.partition('/')[0]} >/root/ping{family}"
            machine.run(
                "systemd-run", "--quiet", f"--unit=ping{family}", "ip", "netns", "exec", "lan", "sh", "-c", ping
            )
        inventory = {"all": {"hosts": {"host": {**machine.variables, "bridge_interface": "eth0"}}}}
        (place / "hosts.json").write_text(json.dumps(inventory))
        (place / "play.json").write_text(json.dumps(PLAY))
        run(["ansible-playbook", "-i", str(place / "hosts.json"), str(place / "play.json")])
        after = addresses(machine, "br0")
        # What comes to light a little later, such as an address that goes again.
        time.sleep(3)
        return longest_gap(machine, 4), longest_gap(machine, 6), before == after == addresses(machine, "br0")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="new containers of each kind (default: 3)")
    count = parser.parse_args().rounds
    goals: list[Goal] = []
    moved = 0
    with directory() as place:
        for (release, image), manager in itertools.product(IMAGES.items(), MANAGERS):
            rounds = [measure(image, manager, place) for _number in range(count)]
            for name, gaps in zip(("IPv4", "IPv6"), list(zip(*rounds, strict=True))[:2], strict=True):
                say(f"{release}, {manager}, {name}: " + ", ".join(f"{gap:.2f} s" for gap in gaps))
                goals.append(Goal(f"{release}, {manager}: longest gap over {name}, s", max(gaps), LONGEST_GAP, False))
            moved += sum(not same for _four, _six, same in rounds)
    goals.append(Goal("hosts with another address afterwards", moved, 0, at_least=False))
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
