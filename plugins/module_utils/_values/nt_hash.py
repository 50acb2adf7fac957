# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hash that Samba keeps of a password: MD4 of its characters in UTF-16.

MD4 is that of RFC 1320; the C libraries that Python asks for it leave it out by now. What is kept is NTOWFv1 of
[MS-NLMP], 3.3.1.
"""

from __future__ import annotations

import struct

MASK = 0xFFFFFFFF
INITIAL = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
# Each round: what it adds, the order in which it takes the words, and how far it rotates.
ROUNDS = (
    (0x00000000, tuple(range(16)), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)


def _mix(number: int, x: int, y: int, z: int) -> int:
    if number == 0:
        return x & y | ~x & MASK & z
    if number == 1:
        return x & y | x & z | y & z
    return x ^ y ^ z


def _rotate(value: int, bits: int) -> int:
    value &= MASK
    return (value << bits | value >> (32 - bits)) & MASK


def md4(message: bytes) -> bytes:
    """The 16 bytes of RFC 1320."""
    padded = message + b"\x80" + bytes((55 - len(message)) % 64) + struct.pack("<Q", len(message) * 8 & (1 << 64) - 1)
    state = INITIAL
    for words in struct.iter_unpack("<16I", padded):
        a, b, c, d = state
        for number, (constant, order, rotations) in enumerate(ROUNDS):
            for place, index in enumerate(order):
                mixed = a + _mix(number, b, c, d) + words[index] + constant
                a, b, c, d = d, _rotate(mixed, rotations[place % 4]), b, c
        state = tuple(old + new & MASK for old, new in zip(state, (a, b, c, d)))  # type: ignore[assignment]
    return struct.pack("<4I", *state)


def nt_hash(password: str) -> str:
    """What Samba keeps of a password, as its tools print it: 32 hexadecimal digits in capitals."""
    return md4(password.encode("utf-16-le")).hex().upper()
