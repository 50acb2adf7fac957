# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and printers over IPv6: what loopback is worth to Samba, IPv6 against IPv4, and a client whose server is away.

A server and a client of the lab, each set up by its role. Samba asks CUPS at [::1]:631, as the article's did; CUPS's
socket, the role's and Debian's default, would hide what is measured. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from measuring import Container, Goal, container, directory, interleaved, judge, median_ratio, run, say, seconds

COLLECTIONS = Path(__file__).parents[1] / ".cache/collections"
IMAGE = "debian12-samba"
GIB = 1 << 30
# Rounds of two times each, of which the one comes first and last, so that what drifts falls on both.
COPIES, BOOTS = 24, 10
LISTS = 3
# Without loopback Samba asks for half a minute (cups connection timeout), gives up, and asks again after twelve minutes
# and a half (printcap cache time). Nobody waits that long here.
PATIENCE = 120
HOSTS = {"server": ("2001:db8:0:5::10", "192.0.2.10"), "client": ("2001:db8:0:5::20", "192.0.2.20")}
FILE_PRINTER = {"uri": "file:/var/spool/printed", "driver": "lsb/usr/cupsfilters/Generic-PDF_Printer-PDF.ppd"}
SERVER: dict[str, Any] = {
    "samba_server_interfaces": ["lan0"],
    "samba_server_prefixes": ["2001:db8:0:5::/64", "192.0.2.0/24"],
    "samba_server_users": [{"name": "anna", "password": "bench"}],
    "samba_server_shares": [{"name": "files", "path": "/srv/files", "writable": True, "users": ["anna"]}],
    "samba_server_cups_server": "ip6-localhost:631",
    "samba_server_printers": [{"name": "paper", **FILE_PRINTER}, {"name": "ink", "samba": False, **FILE_PRINTER}],
}
# The role gives each queue a section of its own, and Samba knows it without asking. As the article's, the one measured
# asks CUPS for its list, too, and by that alone it knows of the queue without a section.
ASKS_FOR_LIST = """
[global]
load printers = yes
[printers]
path = /var/tmp
printable = yes
"""
CLIENT: dict[str, Any] = {
    "samba_cups_client_shares": [
        {"path": f"/srv/{name}", "server": server, "share": "files", "user": "anna", "password": "bench"}
        for name, server in (
            ("byname", "server.home.example"),
            ("by6", HOSTS["server"][0]),
            ("by4", HOSTS["server"][1]),
        )
    ],
    "samba_cups_client_cups_server": f"[{HOSTS['server'][0]}]:631",
}


@contextlib.contextmanager
def lan() -> Iterator[dict[str, str]]:
    """Two networks on one link, which outlive a restart of who is in them."""
    spaces = {name: f"homelab-bench-{os.getpid()}-{name}" for name in HOSTS}
    try:
        for name, space in spaces.items():
            run(["ip", "netns", "add", space])
            run(["ip", "-n", space, "link", "set", "lo", "up"])
            if name == "server":
                run(["ip", "-n", space, "link", "add", "lan0", "type", "veth", "peer", "name", "other"])
            else:
                run(["ip", "-n", spaces["server"], "link", "set", "other", "netns", space, "name", "lan0"])
        for name, space in spaces.items():
            run(["ip", "-n", space, "link", "set", "lan0", "up"])
            # As with a network card, one processor takes in what arrives. Without this it is the one that the sender is
            # on at the moment, packets overtake each other, and TCP takes them for lost and slows down.
            queue = "/sys/class/net/lan0/queues/rx-0/rps_cpus"
            run(["ip", "netns", "exec", space, "sh", "-c", f"echo {1 << processor(name):x} >{queue}"])
            give_addresses(name, space)
        yield spaces
    finally:
        for space in spaces.values():
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)


def processor(name: str) -> int:
    """The one of this machine's processors that the server, or the client, has in a measurement of the two."""
    ours = sorted(os.sched_getaffinity(0))
    return ours[0] if name == "server" else ours[-1]


def give_addresses(name: str, space: str) -> None:
    ipv6, ipv4 = HOSTS[name]
    run(["ip", "-n", space, "address", "add", f"{ipv6}/64", "dev", "lan0", "nodad"])
    run(["ip", "-n", space, "address", "add", f"{ipv4}/24", "dev", "lan0"])


def converge(machine: Container, folder: Path, role: str, options: Mapping[str, Any]) -> None:
    play = {"hosts": "all", "gather_facts": False, "roles": [f"homelab.ipv6.{role}"], "vars": options}
    Path(folder, f"{role}.yml").write_text(json.dumps([play]), encoding="utf-8")
    inventory = {"all": {"hosts": {machine.name: machine.variables}}}
    Path(folder, f"{role}.json").write_text(json.dumps(inventory), encoding="utf-8")
    say(f"the role {role}")
    playbook = ["ansible-playbook", "-i", f"{folder}/{role}.json", f"{folder}/{role}.yml"]
    run(playbook, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS))


def forget_printers(server: Container) -> None:
    """Samba goes on, but what it starts to answer for printers is gone, and so is all that they had noted down."""
    helpers = "samba-dcerpcd samba-bgqd rpcd_spoolss"
    server.run("sh", "-c", "for name in samba-dcerpcd samba-bgqd; do smbcontrol $name shutdown; done 2>/dev/null; true")
    server.run("timeout", str(PATIENCE), "sh", "-c", f"while pidof {helpers}; do sleep 0.1; done")
    server.run("sh", "-c", "rm -f /run/samba/printer_list.tdb /var/cache/samba/printing/*.tdb")


def listed(client: Container, queue: str, since: float) -> float:
    """After how many seconds somebody at the client who asks over and over is told of a queue; PATIENCE if never."""
    ask = f"rpcclient -A /root/anna {HOSTS['server'][0]} -c enumprinters 2>&1"
    until = f"until {ask} | grep -q '{queue}]'; do sleep 0.05; done"
    left = PATIENCE - (time.monotonic() - since)
    client.run("sh", "-c", f'timeout {left:.1f} sh -c "$1" || [ $? = 124 ]', "sh", until)
    return min(time.monotonic() - since, PATIENCE)


def without_loopback(server: Container) -> None:
    """The same rules without the one that accepts loopback."""
    rules = server.run("nft", "--handle", "list", "chain", "inet", "homelab_ipv6", "input")
    found = re.search(r'iif "lo" accept # handle ([0-9]+)', rules)
    if not found:
        sys.exit(f"no rule accepts loopback:\n{rules}")
    server.run("nft", "delete", "rule", "inet", "homelab_ipv6", "input", "handle", found[1])


def listing(server: Container, client: Container) -> list[Goal]:
    say("printers through Samba, which asks CUPS at [::1]:631 and knows nothing yet")
    server.run("sh", "-c", 'printf %s "$1" >>/etc/samba/smb.conf; systemctl restart smbd', "sh", ASKS_FOR_LIST)

    def ask(rules: str) -> tuple[float, float]:
        forget_printers(server)
        began = time.monotonic()
        own, of_cups = listed(client, "paper", began), listed(client, "ink", began)
        seen = f"{of_cups:.2f} s" if of_cups < PATIENCE else f"not within {PATIENCE} s"
        print(f"  {rules}: the queue with a section {own:.2f} s, the one of CUPS's list {seen}", flush=True)
        return own, of_cups

    ours = max(of_cups for _own, of_cups in (ask("our firewall") for _number in range(LISTS)))
    without_loopback(server)
    own, of_cups = ask("without loopback")
    server.run("systemctl", "restart", "homelab-ipv6-firewall")
    return [
        Goal(f"CUPS's printers listed, our firewall: s, longest of {LISTS}", ours, 1, at_least=False),
        Goal(f"the same rules without loopback: s, ended at {PATIENCE}", of_cups, 30, at_least=True),
        Goal("printers of the role listed, without loopback: s", own, 1, at_least=False),
    ]


def throughput(server: Container, client: Container) -> list[Goal]:
    say("1 GiB by smbclient, over IPv4 and over IPv6")
    server.run("sh", "-c", f"head -c {GIB} /dev/urandom >/srv/files/big; chmod 666 /srv/files/big")
    # Each machine has a processor of its own.
    server.run("sh", "-c", f"for pid in $(pidof smbd); do taskset -p -c {processor('server')} $pid; done")

    def read(address: str) -> float:
        words = ["smbclient", "-A", "/root/anna", f"//{address}/files", "-c", "get big /dev/null"]
        return seconds(["podman", "exec", client.name, "taskset", "-c", str(processor("client")), *words])[0]

    ipv6, ipv4 = (lambda address=address: read(address) for address in HOSTS["server"])
    rounds = interleaved(COPIES, ("IPv6", ipv6), ("IPv4", ipv4), ("IPv4", ipv4), ("IPv6", ipv6))
    ratio = median_ratio([(first + last, second + third) for first, second, third, last in rounds])
    return [Goal("1 GiB by smbclient: throughput over IPv6 / over IPv4", ratio, 0.95, at_least=True)]


def boots(spaces: Mapping[str, str], client: Container) -> list[Goal]:
    say("boots of the client, with the server there and with nobody at its addresses")

    def boot(there: bool) -> float:
        run(["ip", "-n", spaces["server"], "address", "flush", "dev", "lan0", "scope", "global"])
        if there:
            give_addresses("server", spaces["server"])
        run(["podman", "stop", "--time", "90", client.name])
        run(["podman", "start", client.name])
        client.wait_until_up()
        ping = f"ping -c 1 -W 1 {HOSTS['server'][0]} >/dev/null && echo yes || echo no"
        if (client.run("sh", "-c", ping).strip() == "yes") != there:
            sys.exit("the server is there where it should be away, or the other way round")
        times = client.run("systemctl", "show", "--property=UserspaceTimestampMonotonic,FinishTimestampMonotonic")
        began, ended = (int(re.findall(rf"{name}\w*=([0-9]+)", times)[0]) for name in ("Userspace", "Finish"))
        return (ended - began) / 1e6

    up, down = ("up", lambda: boot(True)), ("down", lambda: boot(False))
    rounds = interleaved(BOOTS, up, down, down, up)
    units = client.run("systemctl", "list-units", "--plain", "--no-legend", "srv-*.automount")
    if units.count("waiting") != len(CLIENT["samba_cups_client_shares"]):
        sys.exit(f"not every share waits to be looked into:\n{units}")
    ratio = median_ratio([(first + last, second + third) for first, second, third, last in rounds])
    return [Goal("client's boot: server down / up", ratio, 1.1, at_least=False)]


def main() -> int:
    # Ahead of whatever else the machine does, with all that this starts.
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(directory())
        spaces = stack.enter_context(lan())
        # Debian's /etc/hosts has the second name, that of the lab's containers has not.
        names = [*(f"server.home.example:{address}" for address in HOSTS["server"]), "ip6-localhost:::1"]
        more = [f"--add-host={name}" for name in names]
        server, client = (
            stack.enter_context(container(IMAGE, f"-{name}", f"ns:/run/netns/{space}", more))
            for name, space in spaces.items()
        )
        # In memory, so that no disk is measured.
        server.run("sh", "-c", "mkdir /srv/files; mount -t tmpfs -o mode=1777,size=1100m tmpfs /srv/files")
        converge(server, folder, "samba_server", SERVER)
        converge(client, folder, "samba_cups_client", CLIENT)
        client.run("sh", "-c", "umask 077; printf 'username = anna\\npassword = bench\\n' >/root/anna")
        goals = [*listing(server, client), *throughput(server, client), *boots(spaces, client)]
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
