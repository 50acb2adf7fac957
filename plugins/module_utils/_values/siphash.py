# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SipHash-2-4, which Python's standard library has inside but does not offer.

Jean-Philippe Aumasson and Daniel J. Bernstein, "SipHash: a fast short-input PRF", 2012.
"""

from __future__ import annotations

import struct

MASK = 0xFFFFFFFFFFFFFFFF
INITIAL = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
COMPRESSION_ROUNDS, FINAL_ROUNDS = 2, 4


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK


def _rounds(v: list[int], count: int) -> None:
    for _round in range(count):
        v[0] = (v[0] + v[1]) & MASK
        v[1] = _rotate(v[1], 13) ^ v[0]
        v[0] = _rotate(v[0], 32)
        v[2] = (v[2] + v[3]) & MASK
        v[3] = _rotate(v[3], 16) ^ v[2]
        v[0] = (v[0] + v[3]) & MASK
        v[3] = _rotate(v[3], 21) ^ v[0]
        v[2] = (v[2] + v[1]) & MASK
        v[1] = _rotate(v[1], 17) ^ v[2]
        v[2] = _rotate(v[2], 32)


def siphash24(key: bytes, message: bytes) -> int:
    """The 64-bit hash of a message under a key of 16 bytes."""
    k0, k1 = struct.unpack("<QQ", key)
    v: list[int] = [word ^ part for word, part in zip(INITIAL, (k0, k1, k0, k1))]
    # The last word holds what is left over, and the length in its highest byte.
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        _rounds(v, COMPRESSION_ROUNDS)
        v[0] ^= word
    v[2] ^= 0xFF
    _rounds(v, FINAL_ROUNDS)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
