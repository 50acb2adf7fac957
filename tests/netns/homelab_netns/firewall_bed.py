# SPDX-License-Identifier: GPL-3.0-or-later
"""A router with the collection's ruleset between namespaces that stand for the Internet, an uplink and LANs.

Packets are put on the wire as frames, each under a flow label (IPv4: identification) of its own. A table of the bed's
own, behind the ruleset in every hook, remembers the labels that it sees: a packet passed if its label is there.
After each batch a marker is sent the same way, and waited for: what has not arrived by then was dropped.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .namespaces import Namespaces, write_sysctl
from .packets import Packet4, Packet6, frame, udp

Packet = Packet6 | Packet4

# The router's interfaces. The tunnel's is a veth pair here: to the rules only its name matters. The second LAN's is a
# bridge.
TUNNEL, UPLINK, LAN, SECOND_LAN, STRANGER = "he-ipv6", "eth0", "lan0", "lan1", "wg0"
ADDRESSES = {
    TUNNEL: ["2001:db8:407::2/64"],
    UPLINK: ["192.0.2.2/24", "2001:db8:aa::2/64", "fe80::2/64"],
    LAN: ["2001:db8:1:1::1/64", "198.51.100.1/25"],
    SECOND_LAN: ["2001:db8:1:2::1/64", "198.51.100.129/25"],
    STRANGER: ["2001:db8:bb::1/64", "203.0.113.1/24"],
}
# Where forwarded packets go: a neighbour on each link that is never asked for its hardware address.
NEIGHBOURS = {
    TUNNEL: ["2001:db8:407::1"],
    UPLINK: ["192.0.2.1"],
    LAN: ["2001:db8:1:1::10", "2001:db8:1:1::11", "198.51.100.10", "198.51.100.11"],
    SECOND_LAN: ["2001:db8:1:2::10", "2001:db8:1:2::11", "198.51.100.130", "198.51.100.131"],
    STRANGER: ["2001:db8:bb::10", "203.0.113.9"],
}
_NETLINK_NETFILTER = 12
# A request (1) to be acknowledged (4): IPCTNL_MSG_CT_DELETE without a connection named means all.
_FORGET_CONNECTIONS = struct.pack("=IHHII", 20, 1 << 8 | 2, 1 | 4, 1, 0) + bytes(4)

# A router hears only those groups that somebody on it listens to.
GROUPS = ("ff02::16", "ff02::fb", "ff02::1:2")

# The hardware address of a machine that no bridge has heard of yet.
ANOTHER = bytes.fromhex("020000000077")

# Labels above this one are markers.
HIGHEST_LABEL = 0xF000
MARKER_TO = ADDRESSES[UPLINK][0].partition("/")[0]

_SEEN = """
table inet probe {
    set seen { typeof ip6 flowlabel; size 65535; flags dynamic; }
    set seen4 { typeof ip id; size 65535; flags dynamic; }
    set refusals { typeof icmpv6 code; size 16; flags dynamic; }
    set mss { typeof tcp option maxseg size; size 65535; flags dynamic; }
    chain remember {
        ip6 flowlabel 1-65535 add @seen { ip6 flowlabel }
        ip id 1-65535 add @seen4 { ip id }
    }
    chain input { type filter hook input priority 300; iif != "lo" jump remember; }
    chain answers { }
    chain leaving {
        type filter hook postrouting priority 400;
        ip6 flowlabel 1-65535 tcp flags & syn == syn add @mss { tcp option maxseg size }
        oif != "lo" jump remember
        jump answers
    }
}
"""


# Seconds until something that always arrives at once has not arrived, on a machine that has much else to do.
PATIENCE = 5


class MarkerLost(AssertionError):
    """IPv4 is not left alone, or nothing gets through at all."""


@dataclass(frozen=True)
class Sent:
    """A packet and the interface of the router that it arrives at; None: the router itself sends it.

    :param past: it is for another machine of the same LAN, to which the router's bridge hands it on
    """

    at: str | None
    packet: Packet
    past: bool = False


class FirewallBed:
    def __init__(self) -> None:
        self.spaces = Namespaces()
        self._links: dict[str, tuple[socket.socket, bytes]] = {}
        self._listener: socket.socket | None = None
        self._next_label = 1
        self._next_marker = HIGHEST_LABEL
        # One queue for all frames, so that the marker cannot overtake what was sent before it.
        self._cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(self._cpus)})
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        self.spaces.add("router")
        self.spaces.add("others")
        for key in ("net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.forwarding"):
            write_sysctl(self.spaces, "router", key, "1")
        for key in ("ipv6.conf.default.accept_dad", "ipv4.conf.all.rp_filter", "ipv4.conf.default.rp_filter"):
            write_sysctl(self.spaces, "router", f"net.{key}", "0")
        for interface in ADDRESSES:
            self._add_link(interface)
        self.spaces.run("router", "ip", "-6", "route", "add", "default", "via", NEIGHBOURS[TUNNEL][0], "dev", TUNNEL)
        self.spaces.run("router", "ip", "-4", "route", "add", "default", "via", NEIGHBOURS[UPLINK][0], "dev", UPLINK)
        self._links = {interface: self._open(interface) for interface in ADDRESSES}
        self._listen()

    def _add_link(self, interface: str) -> None:
        others = self.spaces.full("others")
        ends = {interface: f"to-{interface}"}
        if interface == SECOND_LAN:
            self.spaces.run("router", "ip", "link", "add", "name", interface, "type", "bridge", "mcast_snooping", "0")
            self.spaces.run("router", "ip", "link", "set", "dev", interface, "up")
            ends = {f"{interface}-{port}": f"to-{interface}{more}" for port, more in (("a", ""), ("b", "-too"))}
        for end, peer in ends.items():
            self.spaces.run(
                "router",
                *("ip", "link", "add", "name", end, "type", "veth", "peer", "name", peer, "netns", others),
            )
            if end != interface:
                self.spaces.run("router", "ip", "link", "set", "dev", end, "master", interface)
            for name, link in (("router", end), ("others", peer)):
                self.spaces.run(name, "ip", "link", "set", "dev", link, "up")
        for address in ADDRESSES[interface]:
            self.spaces.run("router", "ip", "address", "add", address, "dev", interface)
        for neighbour in NEIGHBOURS[interface]:
            self.spaces.run(
                "router",
                *("ip", "neigh", "add", neighbour, "dev", interface, "lladdr", "02:00:00:00:00:01", "nud", "permanent"),
            )

    def _open(self, interface: str) -> tuple[socket.socket, bytes]:
        with self.spaces.inside("others"):
            link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            link.bind((f"to-{interface}", 0))
        return link, self.spaces.hardware_address("router", interface)

    def _listen(self) -> None:
        with self.spaces.inside("router"):
            self._listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            for group in GROUPS:
                for interface in ADDRESSES:
                    request = socket.inet_pton(socket.AF_INET6, group)
                    request += struct.pack("=i", socket.if_nametoindex(interface))
                    self._listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)

    def load(self, ruleset: str) -> None:
        """Put a ruleset into the router, and forget all that the bed has seen and the kernel has tracked."""
        self.spaces.run("router", "nft", "-f", "-", stdin="flush ruleset\n" + ruleset + _SEEN)
        with (
            self.spaces.inside("router"),
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as link,
        ):
            link.send(_FORGET_CONNECTIONS)
            (error,) = struct.unpack_from("=i", link.recv(4096), 16)
        assert error == 0

    def passed(self, batch: Sequence[Sent]) -> list[bool]:
        """Send packets in this order and say which of them passed."""
        labels = []
        for sent in batch:
            labels.append(self._next_label)
            self._send(sent.at, sent.packet.labelled(self._next_label), sent.past)
            self._next_label += 1
        for at in sorted({sent.at for sent in batch if sent.at is not None}):
            self._wait_for_marker(at)
        seen = {"seen": self._elements("seen"), "seen4": self._elements("seen4")}
        return [
            label in seen["seen" if isinstance(sent.packet, Packet6) else "seen4"]
            for label, sent in zip(labels, batch, strict=True)
        ]

    def talks_to_itself(self) -> bool:
        """Whether a service on the router is reached from there, by ::1 and by an address of its own."""
        with self.spaces.inside("router"):
            return all(_reaches_itself(address) for address in ("::1", ADDRESSES[LAN][0].partition("/")[0]))

    def largest_segment(self, sent: Sent) -> int | None:
        """The MSS that a SYN leaves the router with; None where it does not leave."""
        self._forget("mss")
        self.passed([sent])
        return next(iter(self._elements("mss")), None)

    def refusal(self, sent: Sent) -> str | None:
        """The code, by its name, of the "destination unreachable" that the router answers with."""
        self._forget("refusals")
        # By the flow label of the packet that the answer quotes: long after a batch the kernel still complains about
        # neighbours that it did not find.
        about = ("icmpv6", "type", "destination-unreachable", f"@th,{8 * 8 + 12},20", str(self._next_label))
        self.spaces.run("router", "nft", "flush", "chain", "inet", "probe", "answers")
        self.spaces.run(
            "router",
            *("nft", "add", "rule", "inet", "probe", "answers", *about, "add", "@refusals", "{", "icmpv6", "code", "}"),
        )
        self.passed([sent])
        return next(iter(self._elements("refusals")), None)

    def _forget(self, name: str) -> None:
        self.spaces.run("router", "nft", "flush", "set", "inet", "probe", name)

    def _send(self, at: str | None, packet: Packet, past: bool = False) -> None:
        if at is not None:
            link, router = self._links[at]
            link.send(frame(packet, ANOTHER if past else router))
            return
        with (
            self.spaces.inside("router"),
            socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw,
            # The kernel tells a local sender that its packet was dropped.
            contextlib.suppress(PermissionError),
        ):
            raw.sendto(packet.to_bytes(), (packet.destination, 0, 0, socket.if_nametoindex(TUNNEL)))

    def _wait_for_marker(self, at: str) -> None:
        """Send an IPv4 packet, which the ruleset never looks at, and wait until it has arrived."""
        self._next_marker += 1
        self._send(at, Packet4("192.0.2.77", MARKER_TO, udp(9), label=self._next_marker))
        deadline = time.monotonic() + PATIENCE
        while self._next_marker not in self._elements("seen4"):
            if time.monotonic() > deadline:
                raise MarkerLost(at)
            time.sleep(0.01)

    def _elements(self, name: str) -> set[int]:
        text = self.spaces.run("router", "nft", "-j", "list", "set", "inet", "probe", name)
        found = [entry["set"] for entry in json.loads(text)["nftables"] if "set" in entry]
        return set(found[0].get("elem", []))

    def close(self) -> None:
        for link, _address in self._links.values():
            link.close()
        if self._listener is not None:
            self._listener.close()
        self.spaces.close()
        os.sched_setaffinity(0, self._cpus)


def _reaches_itself(address: str) -> bool:
    with socket.create_server((address, 0), family=socket.AF_INET6) as server:
        try:
            socket.create_connection(server.getsockname()[:2], timeout=PATIENCE).close()
        except TimeoutError:
            return False
    return True
