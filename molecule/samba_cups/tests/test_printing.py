# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client prints, by IPP and through Samba, that has one family alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.samba_cups.conftest import ADDRESSES, ANEW, NAME, PRINTED


def bracketed(family: str) -> str:
    return f"[{ADDRESSES[family]}]" if family == "IPv6" else ADDRESSES[family]


@pytest.mark.parametrize("by", ["name", "address"])
def test_by_ipp(client: Host, family: str, by: str, printed: Callable[[], str]) -> None:
    server = NAME if by == "name" else bracketed(family)
    assert "device for paper" in client.check_output(f"lpstat -h {server}:631 -v")
    assert "request id is paper-" in client.check_output(f"lp -h {server}:631 -d paper /etc/hosts")
    assert "%PDF-" in printed()


@pytest.mark.usefixtures("family")
def test_through_samba(smb: Callable[..., str], printed: Callable[[], str]) -> None:
    smb("paper", "print /etc/hosts")
    assert "%PDF-" in printed()


@pytest.mark.usefixtures("family")
def test_windows_finds_the_printer(client: Host) -> None:
    assert f"{NAME}\\paper]" in client.check_output(f"rpcclient {ANEW} -A /root/anna {NAME} -c enumprinters").lower()


@pytest.mark.usefixtures("family")
def test_the_lan_does_not_administer(client: Host) -> None:
    done = client.run(f"lpadmin -h {NAME}:631 -x paper </dev/null 2>&1")
    assert done.failed
    assert "Forbidden" in done.stdout


def test_queue_and_default(host: Host) -> None:
    said = host.check_output("lpstat -d -v")
    assert f"device for paper: {PRINTED}" in said
    assert "system default destination: paper" in said
