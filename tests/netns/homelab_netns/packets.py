# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets as bytes, right down to their checksums, so that a firewall sees what a real sender or a forger sends."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

TCP, UDP, ICMPV4, ICMPV6, ROUTING, HOP_BY_HOP, IPV6_IN_IPV4, ESP = 6, 17, 1, 58, 43, 0, 41, 50


def internet_checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass(frozen=True)
class Payload:
    """What an IP packet carries: the protocol, its bytes, and where in them the checksum stands."""

    protocol: int
    data: bytes
    checksum_at: int | None = None

    def summed(self, pseudo_header: bytes) -> bytes:
        if self.checksum_at is None:
            return self.data
        value = internet_checksum(pseudo_header + self.data) or 0xFFFF
        return self.data[: self.checksum_at] + struct.pack("!H", value) + self.data[self.checksum_at + 2 :]


def tcp(
    dport: int, sport: int = 40000, flags: str = "S", mss: int | None = None, seq: int = 1, ack: int = 0
) -> Payload:
    bits = sum(1 << "FSRPA".index(letter) for letter in flags)
    options = b"" if mss is None else struct.pack("!BBH", 2, 4, mss)
    words = 5 + len(options) // 4
    return Payload(TCP, struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, bits, 65535, 0, 0) + options, 16)


def udp(dport: int, sport: int = 40000, data: bytes = b"probe") -> Payload:
    return Payload(UDP, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def icmp6(kind: int, code: int = 0, body: bytes = bytes(4)) -> Payload:
    return Payload(ICMPV6, struct.pack("!BBH", kind, code, 0) + body, 2)


def icmp4(kind: int, body: bytes = bytes(4)) -> Payload:
    return Payload(ICMPV4, struct.pack("!BBH", kind, 0, 0) + body, 2)


def neighbour_solicitation(target: str) -> Payload:
    return icmp6(135, body=bytes(4) + IPv6Address(target).packed)


def packet_too_big(about: bytes, mtu: int = 1280) -> Payload:
    return icmp6(2, body=struct.pack("!I", mtu) + about[:1200])


def opaque(protocol: int) -> Payload:
    return Payload(protocol, bytes(32))


@dataclass(frozen=True)
class Packet6:
    """An IPv6 packet. `routing`: put a routing header of this type before the payload."""

    source: str
    destination: str
    payload: Payload
    hop_limit: int = 64
    label: int = 0
    routing: int | None = None
    router_alert: bool = False

    def labelled(self, label: int) -> Packet6:
        return replace(self, label=label)

    def to_bytes(self) -> bytes:
        source, destination = IPv6Address(self.source).packed, IPv6Address(self.destination).packed
        protocol = self.payload.protocol
        data = self.payload.data
        pseudo = source + destination + struct.pack("!II", len(data), protocol)
        data = self.payload.summed(pseudo)
        if self.routing is not None:
            # No segments left: the packet has arrived, so only the header's type can be what it is dropped for.
            data = struct.pack("!BBBBI", protocol, 2, self.routing, 0, 0) + IPv6Address("::1").packed + data
            protocol = ROUTING
        if self.router_alert:
            data = struct.pack("!BB", protocol, 0) + bytes((5, 2, 0, 0, 1, 0)) + data
            protocol = HOP_BY_HOP
        first = 6 << 28 | self.label
        return struct.pack("!IHBB", first, len(data), protocol, self.hop_limit) + source + destination + data


@dataclass(frozen=True)
class Packet4:
    """An IPv4 packet; `label` is its identification."""

    source: str
    destination: str
    payload: Payload
    label: int = 0

    def labelled(self, label: int) -> Packet4:
        return replace(self, label=label)

    def to_bytes(self) -> bytes:
        source, destination = IPv4Address(self.source).packed, IPv4Address(self.destination).packed
        length = len(self.payload.data)
        pseudo = source + destination + struct.pack("!HH", self.payload.protocol, length)
        # Of its own header ICMP says nothing.
        data = self.payload.summed(b"" if self.payload.protocol == ICMPV4 else pseudo)
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, self.label, 0, 64, self.payload.protocol, 0)
        header += source + destination
        return header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:] + data


def frame(packet: Packet6 | Packet4, destination: bytes) -> bytes:
    """An Ethernet frame; the sender's own address does not matter to a router."""
    kind = 0x86DD if isinstance(packet, Packet6) else 0x0800
    return destination + bytes.fromhex("020000000099") + struct.pack("!H", kind) + packet.to_bytes()
