# SPDX-License-Identifier: GPL-3.0-or-later
"""MD4 as RFC 1320 has it, and what Samba keeps of a password."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.nt_hash import md4, nt_hash


# RFC 1320, A.5.
@pytest.mark.parametrize(
    ("message", "digest"),
    [
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4(message: str, digest: str) -> None:
    assert md4(message.encode()).hex() == digest


@pytest.mark.parametrize(
    ("password", "kept"),
    [
        # [MS-NLMP], 4.2.2.1.2.
        ("Password", "A4F49C406510BDCAB6824EE7C30FD852"),
        # What pdbedit -L -w of Samba 4.17 printed.
        ("secret-1", "AC157B961A380697C1BD1FFC4791B42C"),
    ],
)
def test_what_samba_keeps(password: str, kept: str) -> None:
    assert nt_hash(password) == kept
