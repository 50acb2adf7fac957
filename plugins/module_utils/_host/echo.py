# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ICMP echo without a ping program, which a minimal Debian does not have."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from ipaddress import IPv6Address, ip_address

REQUEST4, REPLY4 = 8, 0
REQUEST6, REPLY6 = 128, 129
HEADER = struct.Struct("!BBHHH")
# linux/in6.h and linux/in.h; Python's socket module does not name them all.
IPV6_MTU_DISCOVER, IP_MTU_DISCOVER, PMTUDISC_DO = 23, 10, 2


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _request(kind: int, identifier: int, sequence: int, size: int) -> bytes:
    body = bytes(at & 0xFF for at in range(size))
    # The kernel fills in the checksum of ICMPv6 (RFC 3542 section 3.1), not that of ICMP.
    sum4 = 0 if kind == REQUEST6 else _checksum(HEADER.pack(kind, 0, 0, identifier, sequence) + body)
    return HEADER.pack(kind, 0, sum4, identifier, sequence) + body


def _is_reply(packet: bytes, ipv6: bool, identifier: int, sequence: int) -> bool:
    # A raw IPv4 socket gives the IP header too, an IPv6 one does not.
    start = 0 if ipv6 else (packet[0] & 0x0F) * 4
    if len(packet) < start + HEADER.size:
        return False
    kind, _code, _sum, its_identifier, its_sequence = HEADER.unpack_from(packet, start)
    return (kind, its_identifier, its_sequence) == (REPLY6 if ipv6 else REPLY4, identifier, sequence)


def echo(address: str, packet_size: int = 0, tries: int = 3, timeout: float = 1.0) -> float | None:
    """Ask a host for an echo, unfragmented.

    :param address: a link-local one with the link behind it, as in fe80::1%host0
    :param packet_size: of the whole IP packet in bytes, 0 for a small one
    :param timeout: seconds to wait for each answer
    :return: round trip in milliseconds, None where no try was answered
    """
    plain, _percent, link = address.partition("%")
    ipv6 = isinstance(ip_address(plain), IPv6Address)
    target = (plain, 0, 0, socket.if_nametoindex(link)) if link else (plain, 0)
    payload = max(packet_size - (48 if ipv6 else 28), 16)
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if ipv6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    identifier = os.getpid() & 0xFFFF
    with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
        level, option = (socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER) if ipv6 else (socket.IPPROTO_IP, IP_MTU_DISCOVER)
        raw.setsockopt(level, option, PMTUDISC_DO)
        for sequence in range(1, tries + 1):
            started = time.monotonic()
            try:
                raw.sendto(_request(REQUEST6 if ipv6 else REQUEST4, identifier, sequence, payload), target)
            except OSError:
                # No route, or larger than the path: both are "does not answer" to who asked.
                continue
            if _answered(raw, ipv6, identifier, sequence, started + timeout):
                return round((time.monotonic() - started) * 1000, 1)
    return None


def _answered(raw: socket.socket, ipv6: bool, identifier: int, sequence: int, deadline: float) -> bool:
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([raw], [], [], left)[0]:
            return False
        try:
            packet = raw.recv(65535)
        except OSError:
            # An ICMP error for an earlier packet, given to this socket.
            continue
        if _is_reply(packet, ipv6, identifier, sequence):
            return True
