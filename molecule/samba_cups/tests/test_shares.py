# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client sees, reads and writes that has one family alone, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.samba_cups.conftest import ADDRESSES, ANEW, NAME
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

Smb = Callable[..., str]


def test_shares_and_printers_are_listed(client: Host, family: str) -> None:
    for server in (NAME, ADDRESSES[family]):
        # Its exit code speaks of workgroups, which it looks for by SMB1.
        said = client.run(f"timeout 60 smbclient {ANEW} -A /root/anna -g -L //{server}").stdout
        assert "Disk|photos|Anna's" in said
        assert "Disk|music|" in said
        assert "Printer|paper|" in said


@pytest.mark.usefixtures("family")
def test_what_is_written_is_read_again(host: Host, client: Host, smb: Smb) -> None:
    client.run_test("head -c 3000000 /dev/urandom >/tmp/photo")
    smb("photos", "put /tmp/photo photo; get photo /tmp/again; rename photo photo.raw")
    sums = client.check_output("sha256sum </tmp/photo; sha256sum </tmp/again").splitlines()
    assert sums == [host.check_output("sha256sum </srv/photos/photo.raw")] * 2
    assert host.file("/srv/photos/photo.raw").user == "anna"
    smb("photos", "del photo.raw")


@pytest.mark.usefixtures("family")
def test_who_may_read_may_not_write(smb: Smb) -> None:
    assert "blocks of size" in smb("music", "ls song", user="ben")
    assert "NT_STATUS_ACCESS_DENIED" in smb("music", "put /etc/hosts hosts", user="ben", good=False)


@pytest.mark.usefixtures("family")
def test_only_those_who_are_named_come_in(smb: Smb) -> None:
    assert "NT_STATUS_ACCESS_DENIED" in smb("photos", "ls", user="ben", good=False)
    assert "NT_STATUS_ACCESS_DENIED" in smb("music", "ls", user="", good=False)
    assert "notice" in smb("public", "ls", user="")


@pytest.mark.usefixtures("family")
def test_a_wrong_password_is_none(smb: Smb) -> None:
    assert "NT_STATUS_LOGON_FAILURE" in smb("photos", "ls", user="mallory", good=False)


def test_windows_spelling_of_an_address(smb: Smb) -> None:
    # No colon can stand in a Windows path: MS-DTYP, 2.2.57.
    assert "blocks of size" in smb("photos", "ls", server="2001-db8-0-5--10.ipv6-literal.net")


def test_no_smb1(client: Host) -> None:
    done = client.run(
        f"timeout 60 smbclient -A /root/anna --option=clientminprotocol=NT1 -m NT1 //{NAME}/photos -c ls 2>&1"
    )
    assert done.failed
    assert "protocol negotiation" in done.stdout.lower()


def test_sessions_are_signed(host: Host, client: Host) -> None:
    client.run_test(f"systemd-run --collect sh -c 'sleep 5 | smbclient -A /root/anna //{NAME}/photos'")
    rows = wait_until(lambda: host.check_output("smbstatus --processes").splitlines(), lambda rows: "anna" in rows[-1])
    assert re.search(r"(AES|HMAC)-\S+\s*$", rows[-1]), rows
