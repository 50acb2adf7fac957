# SPDX-License-Identifier: GPL-3.0-or-later
"""The host, the other end of its cable, and what is plugged into its bridge beside the card.

``cable`` is a network of its own: a router that sends frames with and without tags, and announces a prefix in VLAN 10
and another one without a tag. ``trunk`` is a port that takes tags as they are, as a virtual machine's may.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import yaml
from homelab_lab.machine import ROUTER
from homelab_lab.vm import VirtualMachine

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "debian12"
PAGE = (ROOT / "docs/bridge-over-a-card.md").read_text(encoding="utf-8")
FIRST, *_others, VLANS = [yaml.safe_load(block)[0] for block in re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)]
# Of a container's service, and of its port: both as the page has them, under the names that it gives them.
(DROPIN, DROPIN_TEXT), (PORT_FILE, PORT_TEXT) = re.findall(
    r"(?ms)`(/etc/[^`]+)`[^`]*^```ini\n(.*?)^```$", PAGE.partition("\n## VLANs\n")[2]
)
TAGS = (10, 20, 29, 30)
UNTAGGED = 1
HOST, HOST_IPV4 = "2001:db8:5::22", "192.0.2.22"
WEB = 'nsenter --target "$(machinectl show web --property=Leader --value)" --net'
CABLE, TRUNK = "ip netns exec cable", "ip netns exec trunk"
RADVD = "\n".join(
    f"interface {link} {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix {prefix}::/64 {{}}; }};"
    for link, prefix in (("port", "2001:db8:5"), ("port.10", "2001:db8:10"))
)
PLUG_IN = f"""
set -e
ip netns add cable
ip netns exec cable sysctl -qw net.ipv6.conf.all.forwarding=1
ip link add enp6s0 address 52:54:00:05:00:22 type veth peer name port netns cable
ip link set enp6s0 up
ip -n cable link set port up
ip -n cable address add 192.0.2.1/24 dev port
ip -n cable address add 2001:db8:5::1/64 dev port nodad
for tag in {" ".join(map(str, TAGS))}; do
    ip -n cable link add link port name port.$tag type vlan id $tag
    ip -n cable link set port.$tag up
    ip -n cable address add 2001:db8:$tag::1/64 dev port.$tag nodad
done
cat >/root/radvd.conf
systemd-run --quiet --collect --unit=announce {CABLE} radvd --nodaemon --config /root/radvd.conf --pidfile /run/ra.pid
"""
# As systemd-nspawn names the host's end, so that networkd takes it for one of a container.
PLUG_IN_A_PORT = """
set -e
ip netns add {0}
ip link add vb-{0} type veth peer name host0 netns {0}
ip link set vb-{0} master br0 up
ip -n {0} link set host0 up
"""
PLUG_IN_TRUNK = PLUG_IN_A_PORT.format("trunk") + "".join(
    f"""
ip -n trunk link add link host0 name host0.{tag} type vlan id {tag}
ip -n trunk link set host0.{tag} up
ip -n trunk address add 2001:db8:{tag}::7/64 dev host0.{tag} nodad
"""
    for tag in TAGS
)
# The host's own /usr is that of the container; all else is empty and in memory.
MAKE_WEB = """
set -e
mkdir -p /var/lib/machines/web /etc/systemd/nspawn
mountpoint -q /var/lib/machines/web || mount --bind / /var/lib/machines/web
cat >/etc/systemd/nspawn/web.nspawn <<'END'
[Exec]
Boot=yes
Parameters=systemd.firstboot=no
PrivateUsers=no
[Files]
Volatile=yes
[Network]
Bridge=br0
END
"""


class Bed:
    """The host and its cable.

    :cvar seen: what is worth reading in the end
    """

    seen: ClassVar[list[str]] = []

    def __init__(self, machine: VirtualMachine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder

    def run(self, script: str, timeout: float = 60, check: bool = True, stdin: str | None = None) -> str:
        done = self.machine.run(ROUTER, script, timeout=timeout, check=check, stdin=stdin)
        return (done.stdout + done.stderr).strip()

    def succeeds(self, script: str, timeout: float = 60) -> bool:
        return self.machine.run(ROUTER, script, timeout=timeout, check=False).returncode == 0

    def until(self, script: str, patience: int = 60) -> str:
        return self.run(f"timeout {patience} sh -c 'until {script}; do sleep 0.5; done'", timeout=patience + 10)

    def write(self, path: str, text: str) -> None:
        self.run(f"mkdir -p '{Path(path).parent}'; cat >'{path}'", stdin=text)

    def plug_in(self) -> None:
        self.run(PLUG_IN, stdin=RADVD)
        self.until(f"{CABLE} ping -6 -c 1 -W 1 {HOST} >/dev/null")

    def converge(self, play: dict[str, Any]) -> str:
        """Run a play; what it says."""
        (self.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        argv = ["ansible-playbook", "-i", str(self.folder / "hosts.json"), str(self.folder / "play.yml")]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def vlans(self, port: str) -> dict[int, set[str]]:
        """The VLANs of a port, each with what the kernel says of it."""
        self.seen.append(self.run(f"bridge -compressvlans vlan show dev {port}"))
        (shown,) = json.loads(self.run(f"bridge -json vlan show dev {port}"))
        return {entry["vlan"]: set(entry.get("flags", ())) for entry in shown["vlans"]}

    def passes(self, tag: int) -> bool:
        """Whether a tagged frame gets from the trunk to the cable, and another one back."""
        return self.succeeds(f"{TRUNK} ping -6 -c 2 -i 0.3 -W 2 -I host0.{tag} 2001:db8:{tag}::1")

    def host_answers(self) -> bool:
        """Whether it does under its own addresses, to frames without a tag."""
        ping = f"{CABLE} ping -c 2 -i 0.3 -W 2"
        return self.succeeds(f"{ping} {HOST} && {ping} {HOST_IPV4} && {ping} -I port fe80::5054:ff:fe05:22")

    def heard(self, where: str, link: str, script: str) -> list[str]:
        """The frames on a link while something is done."""
        lines = self.run(
            f"rm -f /root/heard; {where} timeout 30 tcpdump -lnnei {link} >/root/heard 2>/root/listening & "
            "timeout 20 sh -c 'until grep -q ^listening /root/listening; do sleep 0.1; done';"
            f"{{ {script}; }} >/dev/null 2>&1; sleep 2; kill %1 2>/dev/null || kill $!; wait; cat /root/heard"
        )
        return lines.splitlines()


def echo(size: int) -> re.Pattern[str]:
    """What tells a ping of that size (-s) in a line of tcpdump."""
    return re.compile(rf"echo request.* length {size + 8}$")


def tags(lines: list[str], size: int) -> set[int]:
    """Under which tags pings of that size went by; 0 stands for none."""
    found = (re.search(r"\bvlan (\d+)", line) for line in lines if echo(size).search(line))
    return {int(tag[1]) if tag else 0 for tag in found}
