# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role samba_cups_client has set up. A container's kernel has no cifs: there smbclient stands in for it."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.samba_cups.conftest import ANEW, NAME
from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

CREDENTIALS = "/etc/homelab-ipv6/cifs"
MUSIC = "//2001-db8-0-5--10.ipv6-literal.net/music"
SHARES = {
    "mnt-photos": f"//{NAME}/photos",
    "mnt-our\\x20music": MUSIC,
    "mnt-public": "//192.0.2.10/public",
}


def test_units_are_what_systemd_takes(client: Host) -> None:
    names = [f"/etc/systemd/system/{stem}.{kind}" for stem in SHARES for kind in ("mount", "automount")]
    said = client.run(f"systemd-analyze verify --man=no {shlex.join(names)} homelab-ipv6-shares.target 2>&1")
    # Nothing is said of ours; other units of the container may be no better than they are.
    assert [line for line in said.stdout.splitlines() if "mnt-" in line or "shares" in line] == []
    assert client.check_output("systemctl is-enabled homelab-ipv6-shares.target") == "enabled"
    assert client.check_output("systemctl is-active homelab-ipv6-shares.target") == "active"


@pytest.mark.parametrize("stem", SHARES)
def test_units_name_share_and_directory(client: Host, stem: str) -> None:
    unit = client.check_output("systemctl show --property=What,Where,Id %s", f"{stem}.mount")
    assert f"What={SHARES[stem]}" in unit
    path = client.check_output("systemd-escape --path --unescape %s", stem)
    assert f"Where={path}" in unit


def test_the_start_waits_for_no_server(client: Host) -> None:
    needed = client.check_output("systemctl list-dependencies --all --plain multi-user.target")
    assert "mnt-photos.automount" in needed
    assert "mnt-photos.mount" not in needed


def test_only_root_reads_passwords(client: Host) -> None:
    assert client.check_output(f"stat --format='%a %U' {CREDENTIALS}/mnt-photos") == "600 root"
    places = "/etc /var/log /var/lib/homelab-ipv6 /tmp /run/homelab-ipv6 /var/tmp"
    assert client.run(f"grep -rlaF 'An apple a day' {places}").stdout == f"{CREDENTIALS}/mnt-photos\n"
    assert client.run("journalctl --no-pager --output=cat | grep -F 'An apple a day'").stdout == ""


@pytest.mark.usefixtures("family")
def test_shares_open_with_what_was_written_down(client: Host) -> None:
    # By name; the other two are addresses of one family each.
    command = f"smbclient {ANEW} -A {CREDENTIALS}/mnt-photos {SHARES['mnt-photos']}"
    client.run_test("date +%N >/tmp/note")
    client.run_test(f"timeout 60 {command} -c 'put /tmp/note note; get note /tmp/back; del note'")
    client.run_test("cmp /tmp/note /tmp/back")


def test_addresses_open(client: Host) -> None:
    music = f"smbclient {ANEW} -A {CREDENTIALS}/mnt-our+20music {MUSIC}"
    assert "song" in client.check_output(f"timeout 60 {music} -c ls")
    assert "notice" in client.check_output(f"timeout 60 smbclient {ANEW} -N {SHARES['mnt-public']} -c ls")


@pytest.mark.usefixtures("family")
def test_programs_print_where_they_shall(client: Host, printed: Callable[[], str]) -> None:
    # Without a word about server or queue.
    assert "request id is paper-" in client.check_output("lp /etc/hosts")
    assert "%PDF-" in printed()
    # A queue that still asks the server how it goes would go on asking it over the family that it then loses.
    wait_until(lambda: not client.check_output("lpstat -o"))


def test_a_copy_outlives_the_server(host: Host, client: Host, smb: Callable[..., str]) -> None:
    """Either all of a file is there, or the copy says that it failed; the next one is whole."""
    client.run_test("test -f /tmp/big || head -c 200000000 /dev/zero | tr '\\\\0' x >/tmp/big")
    begin = f"smbclient {ANEW} -A /root/anna //{NAME}/photos -c 'put /tmp/big big' >/tmp/said 2>&1; echo $? >/tmp/rc"
    client.run_test("rm -f /tmp/rc; systemd-run --collect sh -c %s", begin)
    wait_until(lambda: host.run("test -s /srv/photos/big").succeeded)
    host.run_test("systemctl restart smbd")
    code = wait_until(lambda: client.run("cat /tmp/rc").stdout).strip()
    whole = host.check_output("stat --format=%s /srv/photos/big") == "200000000"
    assert (code == "0") == whole, client.check_output("cat /tmp/said")
    if code != "0":
        assert "NT_STATUS_" in client.check_output("cat /tmp/said")
    smb("photos", "put /tmp/big big")
    sums = [client.check_output("sha256sum </tmp/big"), host.check_output("sha256sum </srv/photos/big")]
    assert sums[0] == sums[1]
    smb("photos", "del big")


def test_who_looks_gets_an_error_and_not_a_wait(client: Host) -> None:
    """Nothing can be mounted here. The automount outlives more tries than systemd lets a unit have by default."""
    for _try in range(7):
        done = client.run("timeout 30 ls /mnt/photos")
        assert done.rc not in (0, 124)
        assert "No such device" in done.stderr
    assert client.check_output("systemctl is-active mnt-photos.automount") == "active"
