# SPDX-License-Identifier: GPL-3.0-or-later
"""What pdbedit -L -w of Samba 4.17 printed."""

from __future__ import annotations

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.smbpasswd import Account, parse

EMPTY = "X" * 32
PRINTED = f"""\
ben:994:{EMPTY}:31D6CFE0D16AE931B73C59D7E0C089C0:[DU         ]:LCT-6B094C8D:
anna:995:{EMPTY}:AC157B961A380697C1BD1FFC4791B42C:[U          ]:LCT-6B094E5B:
open:996:{EMPTY}:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:[NU         ]:LCT-00000000:
new:997:{EMPTY}:{EMPTY}:[U          ]:LCT-00000000:
added interface lo ip=::1 bcast= netmask=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
"""


def test_accounts() -> None:
    lines = PRINTED.splitlines()
    assert parse(PRINTED) == {
        "ben": Account("ben", "31D6CFE0D16AE931B73C59D7E0C089C0", True, lines[0]),
        "anna": Account("anna", "AC157B961A380697C1BD1FFC4791B42C", False, lines[1]),
        "open": Account("open", "", False, lines[2]),
        "new": Account("new", "", False, lines[3]),
    }
