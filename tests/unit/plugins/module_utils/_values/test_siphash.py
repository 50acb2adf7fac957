# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values.siphash import siphash24


@pytest.mark.parametrize(
    ("length", "expected"),
    # From vectors.h of the authors' reference implementation: key 00 01 … 0f, message 00 01 … (length - 1).
    [(0, 0x726FDB47DD0E0E31), (1, 0x74F839C593DC67FD), (7, 0xAB0200F58B01D137), (8, 0x93F5F5799A932462)],
)
def test_reference_vectors(length: int, expected: int) -> None:
    assert siphash24(bytes(range(16)), bytes(range(length))) == expected


def test_example_of_the_paper() -> None:
    # Appendix A: 15 bytes.
    assert siphash24(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5
