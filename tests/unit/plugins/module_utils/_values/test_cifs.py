# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, mount points and users of shares, and what is said of those that cannot be right."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values import cifs
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.printer import parse_printer_uri


@pytest.mark.parametrize(
    ("parse", "value", "read"),
    [
        (cifs.parse_server, "NAS.home.example", "nas.home.example"),
        (cifs.parse_server, "my_nas", "my_nas"),
        (cifs.parse_server, "nas.home.example.", "nas.home.example"),
        (cifs.parse_cups_host, "nas.home.example.:8631", ("nas.home.example", 8631)),
        (cifs.parse_server, "[2001:DB8::10]", "2001:db8::10"),
        (cifs.parse_server, "2001:db8:0::10", "2001:db8::10"),
        (cifs.parse_server, "2001-db8--10.ipv6-literal.net", "2001:db8::10"),
        (cifs.parse_server, "192.0.2.10", "192.0.2.10"),
        (cifs.parse_cups_host, "nas.home.example", ("nas.home.example", 631)),
        (cifs.parse_cups_host, "nas.home.example:8631", ("nas.home.example", 8631)),
        (cifs.parse_cups_host, "2001:db8::10", ("2001:db8::10", 631)),
        (cifs.parse_cups_host, "[2001:db8::10]", ("2001:db8::10", 631)),
        (cifs.parse_cups_host, "[2001:db8::10]:80", ("2001:db8::10", 80)),
        (cifs.parse_cups_host, "192.0.2.10:80", ("192.0.2.10", 80)),
        (cifs.parse_mount_point, "/srv/our photos/", "/srv/our photos"),
        (cifs.parse_mount_point, "/home/anna", "/home/anna"),
        (cifs.parse_mount_point, "/var/lib/photos", "/var/lib/photos"),
        # 8 bytes a letter in the unit's name.
        (cifs.parse_mount_point, "/" + "ü" * 28, "/" + "ü" * 28),
        (cifs.parse_mount_point, "/system", "/system"),
        (cifs.parse_user, None, ""),
        (cifs.parse_user, "anna@home.example", "anna@home.example"),
        (cifs.parse_sent_password, 'b"e\\n $1,%', 'b"e\\n $1,%'),
        (cifs.parse_owner, 1000, "1000"),
        (cifs.parse_owner, "anna", "anna"),
        (cifs.parse_mode, "664", "0664"),
        (cifs.parse_mode, "02775", "02775"),
        (cifs.parse_mount_option, "vers=3.1.1", "vers=3.1.1"),
        (cifs.parse_mount_option, "seal", "seal"),
        (cifs.unc_host, "2001:db8::10", "2001-db8--10.ipv6-literal.net"),
        (cifs.unc_host, "192.0.2.10", "192.0.2.10"),
        (cifs.unc_host, "nas", "nas"),
        (cifs.bracketed, "2001:db8::10", "[2001:db8::10]"),
        (cifs.bracketed, "nas", "nas"),
    ],
)
def test_taken(parse: Callable[[object], object], value: object, read: object) -> None:
    assert parse(value) == read


@pytest.mark.parametrize(
    ("parse", "value", "said"),
    [
        (cifs.parse_server, "", "'' is no server. Write a name or an address alone, as in nas.home.example"),
        (cifs.parse_server, "nas:445", "'nas:445' is no server."),
        (cifs.parse_server, "//nas/photos", "'//nas/photos' is no server."),
        (cifs.parse_server, "[2001:db8::10", "'[2001:db8::10' is no server."),
        (cifs.parse_server, "10", "'10' is no server."),
        (cifs.parse_server, "fe80::1%eth0", "fe80::1%eth0 is link-local: it means nothing without an interface."),
        (cifs.parse_server, "fe80--1s4.ipv6-literal.net", "is link-local: it means nothing without an interface."),
        (cifs.parse_server, "ff02::1", "ff02::1 is not the address of one host."),
        (cifs.parse_cups_host, "nas:", "nas: has no port that can be. Write it as nas.home.example:631 or [2001:"),
        (cifs.parse_cups_host, "nas:65536", "nas:65536 has no port that can be."),
        (cifs.parse_cups_host, "[2001:db8::10]:0", "[2001:db8::10]:0 has no port that can be."),
        (cifs.parse_mount_point, "srv/photos", "'srv/photos' is no directory for a mount. Write it from / on"),
        (cifs.parse_mount_point, "/srv//photos", "'/srv//photos' is no directory for a mount."),
        (cifs.parse_mount_point, "/srv/../etc", "'/srv/../etc' is no directory for a mount."),
        (cifs.parse_mount_point, "/srv/a\nb", "is no directory for a mount."),
        (cifs.parse_mount_point, "/", "/ is a directory that this machine needs itself. Choose one below /srv"),
        (cifs.parse_mount_point, "/etc/photos", "/etc/photos is a directory that this machine needs itself."),
        (cifs.parse_mount_point, "/var/", "/var is a directory that this machine needs itself."),
        (cifs.parse_mount_point, "/home", "/home is a directory that this machine needs itself. Choose one below it"),
        (cifs.parse_mount_point, "/var/spool", "/var/spool is a directory that this machine needs itself."),
        (cifs.parse_mount_point, "/var/lib", "/var/lib is a directory that this machine needs itself."),
        (cifs.parse_mount_point, "/" + "ü" * 29, "makes a unit's name of 232 bytes, more than 224. Choose a shorter"),
        (cifs.parse_mount_point, "/srv/a\\", "ends in a way that systemd would not read back."),
        (
            cifs.parse_user,
            "HOME\\anna",
            "cannot be a user of a server. Write the name alone, and the domain as domain.",
        ),
        (cifs.parse_user, "anna%pw", "'anna%pw' cannot be a user of a server."),
        (cifs.parse_sent_password, 83, "(hidden) is no text for YAML, which may have made another of it. Write the"),
        (cifs.parse_sent_password, None, "(nothing) is no password."),
        (
            cifs.parse_sent_password,
            " pear",
            "(hidden) begins or ends with a blank, which smbclient and mount.cifs drop.",
        ),
        (cifs.parse_owner, "Anna B", "'Anna B' is no user or group. Write a name or a number, as in anna or 1000."),
        (cifs.parse_mode, 436, "436 is no mode. Write it in octal and in quotes"),
        (cifs.parse_mode, "rw", "'rw' is no mode."),
        (cifs.parse_mount_option, "a,b", "'a,b' is no option of mount.cifs. Write one an item, as in vers=3.1.1."),
        (cifs.parse_server, ".", "'.' is no server."),
        (cifs.parse_server, "nas..", "'nas..' is no server."),
        (cifs.parse_mount_option, "password2=pear", "password2 follows from other options."),
        (cifs.parse_mount_option, 'seal,Pass=pe"ar pear', "Pass follows from other options."),
        (cifs.parse_mount_option, "pass=pe,pear", "pass follows from other options."),
        (cifs.parse_mount_option, "password=pear", "password follows from other options. Say it by user, password"),
        (parse_printer_uri, "ipp://nas:99999/printers/a", "has the port 99999, which none has. Leave the port out"),
    ],
)
def test_refused(parse: Callable[[object], object], value: object, said: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        parse(value)
    assert said in str(problem.value)
    assert "pear" not in str(problem.value)


PATHS = ["/srv/photos", "/srv/our photos-2", "/srv/.hidden", "/.hidden", "/home/ünal", "/a:b_c.d", "/"]


@pytest.mark.skipif(shutil.which("systemd-escape") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", PATHS)
def test_escaped_as_systemd_does(path: str) -> None:
    argv = ["systemd-escape", "--path", path]
    assert cifs.escaped(path) == subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_escaped() -> None:
    assert [cifs.escaped(path) for path in PATHS[:4]] == [
        "srv-photos",
        "srv-our\\x20photos\\x2d2",
        "srv-.hidden",
        "\\x2ehidden",
    ]
