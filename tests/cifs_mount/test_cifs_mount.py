# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares that are really mounted, by the units that the role samba_cups_client writes: pytest tests/cifs_mount.

Containers have the kernel of whatever runs the tests; this is Debian's, in a virtual machine that may be emulated: so
patience is that of a slow processor. The first test sets up what the others look at.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from homelab_cifs import IPV4, IPV6, MOVED, OURS, STOP, Client

WHO = {"share": "files", "user": "anna", "password": "pw", "owner": "anna", "writable": True}
BY_NAME: dict[str, Any] = {"path": "/srv/byname", "server": "nas.home.example", **WHO}
BY_SIX: dict[str, Any] = {"path": "/srv/by six", "server": IPV6, **WHO}
BY_FOUR: dict[str, Any] = {"path": "/srv/by4", "server": IPV4, **WHO}
SHARES = [BY_NAME, BY_SIX, BY_FOUR]
CREDENTIALS = "/etc/homelab-ipv6/cifs"
# Units give up after 30 s, jobs after 45; the kernel takes a server for gone after 30 s without a sign of life.
NOT_FOR_EVER = 75.0
# A program that has a file open.
USER = "systemd-run --quiet --collect --unit=user sh -c 'exec sleep infinity </srv/byname/note'"


def test_the_role_mounts_nothing_by_itself(client: Client, tmp_path: Path) -> None:
    assert "changed=2 " in client.converge(SHARES, tmp_path)
    assert client.run("findmnt --types cifs", check=False) == ""
    assert set(client.run(f"stat --format='%a %U' {CREDENTIALS}/*").splitlines()) == {"600 root"}
    assert "changed=0 " in client.converge(SHARES, tmp_path)


def test_who_looks_has_it_mounted_over_ipv6_first(client: Client) -> None:
    for share, address in zip(SHARES, (IPV6, IPV6, IPV4), strict=True):
        path = share["path"]
        client.run(f"echo '{address}' >'{path}/note'; cmp '{path}/note' /srv/files/note")
        assert client.mounted(path) == address
        client.seen.append(client.run(f"ls -l '{path}/note'"))
        assert client.run(f"stat --format=%U '{path}/note'") == "anna"


def test_a_name_goes_by_ipv4_where_there_is_no_ipv6(client: Client) -> None:
    client.run(f"ip address del {OURS}/64 dev nas0")
    client.run("ls /srv/byname")
    assert client.mounted("/srv/byname") == IPV4


def test_a_wrong_password_is_refused_by_name_of_the_share(client: Client, tmp_path: Path) -> None:
    said = client.converge([BY_NAME, {**BY_SIX, "password": "quince and medlar"}], tmp_path, refused=True)
    assert "is not what //2001-db8-0-5--10.ipv6-literal.net/files takes for anna" in said
    assert "quince" not in said
    client.seen.append(next(line for line in said.splitlines() if "is not what" in line))
    # Nothing is changed: all three are as they were.
    for share in SHARES:
        client.run(f"ls '{share['path']}'")


def test_a_password_that_is_not_right_any_more_is_told_in_the_journal(client: Client) -> None:
    client.run("printf 'other\\nother\\n' | smbpasswd -s -c /root/smb.conf anna")
    said = client.timed("look with a password of old", "ls /srv/byname", NOT_FOR_EVER)
    assert not said.endswith("0")
    log = client.run("journalctl --no-pager --boot --unit=srv-byname.mount --output=cat")
    assert "Permission denied" in log
    assert "files of nas.home.example" in log
    assert client.run("journalctl --no-pager --boot --output=cat | grep -cE 'pass(word)?=[^ ]*pw'", check=False) == "0"


def test_a_restart_of_the_server_leaves_shares_on_ipv6(client: Client) -> None:
    client.run("ls /srv/byname '/srv/by six'; systemctl stop nas")
    client.serve()
    client.run("timeout 60 sh -c 'until ls /srv/byname && ls \"/srv/by six\"; do sleep 1; done'")
    assert client.mounted("/srv/byname") == IPV6
    assert client.mounted("/srv/by six") == IPV6


def test_a_copy_is_whole_or_says_that_it_is_not(client: Client) -> None:
    """Whoever is not to wait for ever cannot be promised more."""
    client.run("rm -f /root/rc; [ -s /root/big ] || head -c 100000000 /dev/urandom >/root/big; ls /srv/byname")
    copy = "cp /root/big /srv/byname/big && sync --file-system /srv/byname; echo $? >/root/rc"
    client.run(f"systemd-run --quiet --collect --unit=copy sh -c '{copy}'")
    client.run("timeout 60 sh -c 'until [ -s /srv/files/big ]; do sleep 0.1; done'; systemctl stop nas")
    assert client.run("cat /root/rc", check=False).endswith("No such file or directory"), "the copy was faster"
    client.serve()
    client.run("timeout 200 sh -c 'while systemctl is-active --quiet copy; do sleep 0.5; done'", timeout=220)
    said = client.run("cat /root/rc; cmp /root/big /srv/files/big && echo same", check=False)
    client.seen.append(f"a copy of 100 MB while the server restarts: {' '.join(said.split())}")
    assert said == "0\nsame" or not said.startswith("0")
    client.run("cp /root/big /srv/byname/big && cmp /root/big /srv/files/big && rm /srv/byname/big")


def test_a_share_in_use_follows_the_server_to_another_address(client: Client) -> None:
    client.run("touch /srv/files/note; ls /srv/byname/note")
    client.run(USER)
    client.move()
    client.look_until_from("/srv/byname", MOVED, 2 * NOT_FOR_EVER)


def test_a_share_in_use_goes_on_over_the_other_family(client: Client) -> None:
    client.run("touch /srv/files/note; ls /srv/byname/note")
    client.run(f"ip address del {OURS}/64 dev nas0")
    client.look_until_from("/srv/byname", IPV4, 2 * NOT_FOR_EVER)


def test_a_server_that_is_gone_makes_nobody_wait_for_ever(client: Client) -> None:
    """One share is in use, the others are not mounted; then it is back."""
    client.run("touch /srv/files/note; ls '/srv/by six/note'")
    client.run("systemd-run --quiet --collect --unit=user sh -c \"exec sleep infinity <'/srv/by six/note'\"")
    client.link("down")
    assert not client.timed("look, server gone, not mounted", "ls /srv/by4", NOT_FOR_EVER).endswith("0")
    assert not client.timed("look, server gone, mounted", "ls '/srv/by six'", NOT_FOR_EVER).endswith("0")
    client.timed("unmount, server gone, a file open", STOP, NOT_FOR_EVER)
    client.link("up")
    for share in SHARES:
        client.run(f"timeout 60 sh -c 'until cat \"{share['path']}/note\"; do sleep 1; done'")


def test_start_and_shutdown_do_not_wait_for_the_server(client: Client) -> None:
    """Shares are mounted and nobody has a file open; for who has, the role's README names a fault of the kernel's."""
    client.run("ls /srv/byname '/srv/by six'")
    client.link("down")
    began = time.monotonic()
    # The networks of the test are gone with the machine's start.
    client.machine.reboot()
    both = time.monotonic() - began
    up = float(client.run("cut -d' ' -f1 /proc/uptime"))
    client.seen.append(f"server gone: shutdown and start {both:.0f} s, of which the start {up:.0f} s")
    assert both - up < NOT_FOR_EVER
    assert client.run("systemctl is-active srv-byname.automount homelab-ipv6-shares.target") == "active\nactive"
    # A link on which nobody answers.
    client.run(
        "ip link add nas0 type dummy; ip link set nas0 up;"
        f" ip address add {OURS}/64 dev nas0 nodad; ip address add 192.0.2.120/28 dev nas0"
    )
    assert not client.timed("look after the start, server gone", "ls /srv/byname", NOT_FOR_EVER).endswith("0")
    client.run("ip link del nas0")


def test_a_share_that_is_not_named_any_more_goes(client: Client, tmp_path: Path) -> None:
    client.run("ls /srv/byname /srv/by4")
    assert "changed=1 " in client.converge(SHARES[:1], tmp_path)
    assert client.mounted("/srv/byname") == IPV6
    assert client.mounted("/srv/by4") == ""
    left = client.run(f"ls /etc/systemd/system/srv-* {CREDENTIALS}; cat /etc/request-key.d/homelab-ipv6-shares.conf")
    assert "by4" not in left
    assert "literal" not in left
