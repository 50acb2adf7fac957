# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the kernel itself out of a bzImage.

Under emulation a machine that reboots spends minutes in the bzImage's decompressor: it writes, byte by byte, over
pages that hold translated code of the kernel that ran before, and the emulator looks for stale translations at each
byte. An ELF kernel is put in place by qemu at once (PVH boot) and needs no decompressing at the first boot either.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import subprocess
from collections.abc import Callable

from .run import LabError

# Offsets in the header of Documentation/arch/x86/boot.rst
SETUP_SECTORS = 0x1F1
MAGIC = 0x202
PAYLOAD = 0x248
# Behind the payload stands the uncompressed size, counted into its length.
SIZE_FIELD = 4


def tool(*argv: str) -> Callable[[bytes], bytes]:
    def unpack(data: bytes) -> bytes:
        return subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True, timeout=60).stdout

    return unpack


UNPACKERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"\xfd7zXZ": lzma.decompress,
    b"\x28\xb5\x2f\xfd": tool("zstd", "-dcq"),
    b"\x02\x21\x4c\x18": tool("lz4", "-dcq"),
}


def payload(image: bytes) -> bytes:
    if image[MAGIC : MAGIC + 4] != b"HdrS":
        raise LabError("not a bzImage")
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    start = ((image[SETUP_SECTORS] or 4) + 1) * 512 + offset
    return image[start : start + length - SIZE_FIELD]


def extract(image: bytes) -> bytes:
    packed = payload(image)
    for magic, unpack in UNPACKERS.items():
        if packed.startswith(magic):
            kernel = unpack(packed)
            if not kernel.startswith(b"\x7fELF"):
                raise LabError("the bzImage holds no ELF kernel")
            return kernel
    raise LabError(f"the kernel is packed in an unknown way: {packed[:6].hex()}")
