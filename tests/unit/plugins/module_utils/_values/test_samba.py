# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, passwords, settings and the place of CUPS, and what is said of those that cannot be right."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._values import samba
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import ValueProblem
from ansible_collections.homelab.ipv6.plugins.module_utils._values.lan import parse_lan_prefix
from ansible_collections.homelab.ipv6.plugins.module_utils._values.printer import parse_printer_uri, parse_queue


@pytest.mark.parametrize(
    ("parse", "value", "read"),
    [
        (samba.parse_share, "Anna's photos", "Anna's photos"),
        (samba.parse_share, "backup$", "backup$"),
        (samba.parse_account, "anna.b-2", "anna.b-2"),
        (samba.parse_password, "\u20ac" * 84 + "ab", "\u20ac" * 84 + "ab"),
        (samba.parse_password, 'b"e\\n $1 ü', 'b"e\\n $1 ü'),
        (samba.parse_line, True, "yes"),
        (samba.parse_line, False, "no"),
        (samba.parse_line, 50, "50"),
        (samba.parse_setting, "Max  Log Size", "max log size"),
        (samba.parse_setting, "fruit:metadata", "fruit:metadata"),
        (samba.parse_share_path, "/srv/photos/", "/srv/photos"),
        (samba.parse_share_path, "/", "/"),
        (samba.parse_workgroup, "HOME-1", "HOME-1"),
        (samba.parse_cups_name, "nas_1.home.example.", "nas_1.home.example"),
        (samba.parse_cups_name, "2001:db8::1", "2001:db8::1"),
        (samba.parse_cups_name, "192.0.2.1", "192.0.2.1"),
        (samba.parse_cups_server, "socket", ""),
        (samba.parse_cups_server, "localhost", "localhost"),
        (samba.parse_cups_server, "ip6-localhost:631", "ip6-localhost:631"),
        (samba.parse_cups_server, "192.0.2.1:631", "192.0.2.1:631"),
        (parse_queue, "laser_2.hall-a", "laser_2.hall-a"),
        (parse_printer_uri, "ipp://[2001:db8::9]/ipp/print", "ipp://[2001:db8::9]/ipp/print"),
        (parse_printer_uri, "ipps://[v1.fe80::1+eth0]:631/ipp/print", "ipps://[v1.fe80::1+eth0]:631/ipp/print"),
        (parse_printer_uri, "socket://printer.home.example:9100", "socket://printer.home.example:9100"),
        (parse_printer_uri, "lpd://user@192.0.2.9/queue", "lpd://user@192.0.2.9/queue"),
        (parse_printer_uri, "ipp://nas:631/printers/a@b", "ipp://nas:631/printers/a@b"),
        (parse_printer_uri, "usb://Brother/HL-2030?serial=1", "usb://Brother/HL-2030?serial=1"),
        (parse_printer_uri, "file:/var/spool/printed", "file:/var/spool/printed"),
        (parse_printer_uri, "cups-pdf:/", "cups-pdf:/"),
    ],
)
def test_taken(parse: Callable[[object], str], value: object, read: str) -> None:
    assert parse(value) == read


@pytest.mark.parametrize(
    ("parse", "value", "said"),
    [
        (samba.parse_share, "a/b", "'a/b' cannot be the name of a share. Write up to 80 letters"),
        (samba.parse_share, " ", "' ' cannot be the name of a share."),
        (samba.parse_share, "a ", "'a ' cannot be the name of a share."),
        (samba.parse_share, "x" * 81, "cannot be the name of a share."),
        (samba.parse_share, "Homes", "Homes is a name that Samba uses itself. Give it another name."),
        (samba.parse_account, "Anna", "'Anna' cannot be the name of a user. Write up to 31 small letters"),
        (samba.parse_password, None, "(nothing) is no password. Give the user one, from a vault."),
        (samba.parse_password, "", "(nothing) is no password."),
        (
            samba.parse_password,
            "sec\nret",
            "(hidden) has a line break or a zero in it. Write the password on one line.",
        ),
        (samba.parse_password, "s" * 128, "(hidden) has 128 characters, more than Windows sends. Shorten it to 127."),
        (
            samba.parse_password,
            "\u20ac" * 85,
            "(hidden) has 255 bytes in UTF-8, more than can be handed over. Shorten it to 254.",
        ),
        (samba.parse_password, 83, "(hidden) is no text for YAML, which may have made another of it. Write the passw"),
        (samba.parse_password, True, "(hidden) is no text for YAML"),
        (samba.parse_password, 1.5, "(hidden) is no text for YAML"),
        (samba.parse_password, ["secret"], "(hidden) is no text for YAML"),
        (samba.parse_password, dt.date(2026, 1, 2), "(hidden) is no text for YAML"),
        (samba.parse_line, "a\nb", r"'a\nb' does not fit on one line."),
        (samba.parse_line, "a\\", r"'a\\' does not fit on one line. Write it without line breaks, and without a \ at"),
        (samba.parse_setting, "a = b", "'a = b' is no parameter of smb.conf. Write it as in the manual"),
        (samba.parse_share_path, "/srv/%U", "'/srv/%U' has a % in it, which stands for something else to Samba."),
        (samba.parse_workgroup, "", "'' cannot be the name of a workgroup. Write up to 15 letters, digits, dashes or"),
        (samba.parse_workgroup, "a/b", "'a/b' cannot be the name of a workgroup."),
        (samba.parse_workgroup, "AT HOME", "'AT HOME' cannot be the name of a workgroup."),
        (samba.parse_workgroup, "A" * 16, "cannot be the name of a workgroup."),
        (samba.parse_cups_name, "*", "'*' is no name of a machine. Write a name as it stands in DNS, as in nas.home."),
        (samba.parse_cups_name, "a" * 254, "is no name of a machine."),
        (samba.parse_share_path, "srv", "'srv' is not absolute. Begin it with /, as in /srv/photos."),
        (
            samba.parse_cups_server,
            "[::1]:631",
            "[::1]:631 is an IPv6 address, which Samba cuts at its first colon. Write",
        ),
        (
            samba.parse_cups_server,
            "::1",
            "::1 is an IPv6 address, which Samba cuts at its first colon. Write socket, or",
        ),
        (samba.parse_cups_server, "local host", "'local host' is no host. Write socket, or a name and a port"),
        (parse_queue, "a b", "'a b' cannot be the name of a queue. Write up to 127 letters"),
        (parse_printer_uri, "laser", "'laser' is not the URI of a printer. Write it as ipp://printer.home.example"),
        (parse_printer_uri, "ipp://2001:db8::9/ipp", "ipp://2001:db8::9/ipp names no host that can be read. Write the"),
        (parse_printer_uri, "ipp:///ipp/print", "ipp:///ipp/print names no host that can be read."),
        (parse_printer_uri, "ipp:/x", "ipp:/x names no host that can be read."),
        (
            parse_printer_uri,
            "ipp://[2001:db8]/x",
            "ipp://[2001:db8]/x has something else than an IPv6 address in brackets",
        ),
        (parse_printer_uri, "ipp://anna:secret@nas/x", "ipp://(hidden)@nas/x has a password in it. Leave it out, and"),
        (parse_printer_uri, "smb://anna:sec/ret@nas/x", "smb://(hidden)@nas/x has a password in it."),
        (parse_printer_uri, "smb://anna:sec@ret@nas/x", "smb://(hidden)@nas/x has a password in it."),
        (parse_printer_uri, "http://anna:sec ret@nas/x", "http://(hidden)@nas/x has a password in it."),
        (parse_printer_uri, "http://anna:sec/ret@nas/x", "http://(hidden)@nas/x names no host that can be read."),
        (parse_printer_uri, "anna:sec ret@nas", "'anna://(hidden)@nas' is not the URI of a printer."),
        (parse_printer_uri, "ipp://[host]/x", "ipp://[host]/x has something else than an IPv6 address in brackets."),
    ],
)
def test_refused(parse: Callable[[object], str], value: object, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse(value)
    assert said in str(caught.value)
    assert not {"sec", "ret"} & set(re.findall("[a-z]{3,}", str(caught.value)))


def test_no_message_shows_a_password() -> None:
    for password in ("sec\nret", "secret" * 30):
        with pytest.raises(ValueProblem) as caught:
            samba.parse_password(password)
        assert "sec" not in str(caught.value)


@pytest.mark.parametrize("text", ["2001:db8:0:1::/64", "fd00::/48", "192.0.2.0/24", "10.0.0.0/8"])
def test_prefixes_of_a_lan(text: str) -> None:
    assert str(parse_lan_prefix(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("192.0.2.1/24", "192.0.2.1/24 has bits set behind its length of 24. Write 192.0.2.0/24."),
        ("192.0.2.1", "192.0.2.1 has no prefix length. Write the network with its length, as in 192.0.2.0/24."),
        ("0.0.0.0/0", "0.0.0.0/0 is no LAN, but a part of the Internet. Write the prefix of your LAN"),
        ("::/0", "::/0 is no LAN, but a part of the Internet."),
        ("2001:db8::1/64", "2001:db8::1/64 has bits set behind its length of 64."),
        ("home", "home is not an IPv6 prefix."),
    ],
)
def test_no_prefixes_of_a_lan(text: str, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_lan_prefix(text)
    assert said in str(caught.value)
