# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter samba_server_plan: what it writes, and what it refuses in which words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import cups_conf, smb_conf

OPTIONS: dict[str, Any] = {
    "interfaces": ["lan0"],
    "prefixes": ["2001:db8:0:5::/64", "192.0.2.0/24"],
    "routed_prefixes": ["2001:db8:0:6::/64"],
    "names": ["nas.home.example"],
    "workgroup": "WORKGROUP",
    "description": "Files",
    "users": [{"name": "anna", "password": "an apple"}],
    "shares": [
        {"name": "photos", "path": "/srv/photos", "writable": True, "users": ["anna"]},
        {"name": "public", "path": "/srv/public", "guest": True, "settings": {"Read Only": False}},
    ],
    "settings": {"max  log size": 50},
    "cups": True,
    "cups_server": "socket",
    "printers": [
        {"name": "laser", "uri": "ipp://[2001:db8:0:5::9]/ipp/print"},
        {"name": "labels", "uri": "usb://Brother/QL", "driver": "raw", "samba": False},
    ],
    "default_printer": "laser",
    "announce": [],
}
ADDRESSES = [
    {"local": "192.0.2.10", "scope": "global"},
    {"local": "2001:db8:0:5::10", "scope": "global"},
    {"local": "2001:db8:0:5::99", "scope": "global", "temporary": True},
    {"local": "2001:db8:7::10", "scope": "global"},
    {"local": "fe80::1", "scope": "link"},
]
LINKS: list[dict[str, Any]] = [
    {"ifname": "lo", "addr_info": [{"local": "::1", "scope": "host"}]},
    {"ifname": "lan0", "addr_info": ADDRESSES},
    {"ifname": "lan1", "addr_info": []},
    # What a filter of ip leaves out.
    {},
]


def plan(missing: list[str] | None = None, **other: Any) -> dict[str, Any]:
    found = {"addresses": LINKS, "missing": missing or []}
    result: dict[str, Any] = FilterModule().filters()["samba_server_plan"]({**OPTIONS, **other}, found)
    return result


def shares(**other: Any) -> dict[str, dict[str, str]]:
    return {section.name: dict(section.settings) for section in smb_conf.parse(plan(**other)["smb_conf"])}


def directives(block: cups_conf.Block | None = None, **other: Any) -> list[str]:
    items = cups_conf.parse(plan(**other)["cupsd_conf"]) if block is None else block.items
    return [" ".join(item) for item in items if isinstance(item, cups_conf.Directive)]


def test_samba_listens_at_the_lan_and_at_loopback() -> None:
    common = shares()["global"]
    assert common["interfaces"] == "lo lan0"
    # Without it `interfaces` does nothing.
    assert common["bind interfaces only"] == "yes"
    assert common["hosts allow"] == "127.0.0.0/8 ::1 fe80::/10 2001:db8:0:5::/64 192.0.2.0/24 2001:db8:0:6::/64"


def test_samba_speaks_smb2_and_3_signed() -> None:
    common = shares()["global"]
    assert common["server min protocol"] == "SMB2_02"
    assert common["server signing"] == "mandatory"
    assert common["smb ports"] == "445"


def test_guests_only_where_asked() -> None:
    found = shares()
    assert found["global"]["map to guest"] == "bad user"
    assert (found["photos"]["guest ok"], found["public"]["guest ok"]) == ("no", "yes")
    assert shares(shares=OPTIONS["shares"][:1])["global"]["map to guest"] == "never"


def test_a_word_for_no_is_not_yes() -> None:
    # As an INI inventory has it.
    photos = {**OPTIONS["shares"][0], "guest": "false", "writable": "no", "browseable": "False"}
    found = shares(shares=[photos])
    assert (
        found["photos"] == shares(shares=[{**photos, "guest": False, "writable": False, "browseable": False}])["photos"]
    )
    assert found["global"]["map to guest"] == "never"


def test_what_the_user_sets_wins() -> None:
    found = shares()
    assert found["global"]["max log size"] == "50"
    assert found["public"]["read only"] == "no"


def test_samba_asks_cups_over_its_socket_unless_told_otherwise() -> None:
    assert "cups server" not in shares()["global"]
    assert shares(cups_server="ip6-localhost:631")["global"]["cups server"] == "ip6-localhost:631"


def test_printers_show_in_samba_where_asked() -> None:
    found = shares()
    assert found["laser"]["printer name"] == "laser"
    assert "labels" not in found
    assert shares(printers=OPTIONS["printers"][1:], default_printer="")["global"]["disable spoolss"] == "yes"


def test_cups_listens_at_loopback_and_at_the_addresses_that_stay() -> None:
    listens = [line for line in directives() if line.startswith("Listen")]
    assert listens == [
        "Listen 127.0.0.1:631",
        "Listen [::1]:631",
        "Listen 192.0.2.10:631",
        "Listen [2001:db8:0:5::10]:631",
        "Listen /run/cups/cups.sock",
    ]


def test_cups_stays_up_when_it_has_nothing_to_do() -> None:
    # It is started again for its socket alone.
    assert "IdleExitTimeout 0" in directives()


def test_the_lan_prints_and_this_machine_administers() -> None:
    items = cups_conf.parse(plan()["cupsd_conf"])
    locations = {item.argument: directives(item) for item in items if isinstance(item, cups_conf.Block)}
    local = ["Order allow,deny", "Allow 127.0.0.0/8", "Allow [::1]"]
    assert locations["/admin"] == local
    lan = ["Allow [fe80::]/10", "Allow [2001:db8:0:5::]/64", "Allow 192.0.2.0/24", "Allow [2001:db8:0:6::]/64"]
    assert locations["/"] == [*local, *lan]


def holes(**other: Any) -> list[str]:
    rules: str = plan(**other)["firewall"]["holes"]
    return rules.splitlines()


FROM = 'iifname "lan0" ip6 saddr { 2001:db8:0:5::/64, 2001:db8:0:6::/64, fe80::/10 }'


def test_the_firewall_lets_in_both_ports() -> None:
    prefixes = ["2001:db8:0:5::/64", "2001:db8:0:6::/64"]
    firewall = plan()["firewall"]
    assert (firewall["outside"], firewall["inside"]) == (["lan0"], [{"interface": "lan0", "prefixes": prefixes}])
    assert holes() == [FROM + ' tcp dport { 445, 631 } counter accept comment "files and printers"']
    assert " tcp dport 445 " in holes(cups=False, printers=[], default_printer="")[0]


def test_no_ipv6_prefix_is_no_hole_for_all() -> None:
    found = holes(prefixes=["192.0.2.0/24"], routed_prefixes=[], announce=["avahi", "wsdd"])
    assert [rule.split(" counter")[0] for rule in found] == [
        'iifname "lan0" ip6 saddr fe80::/10 tcp dport { 445, 631 }',
        'iifname "lan0" ip6 saddr fe80::/10 udp dport { 5353, 3702 }',
        'iifname "lan0" ip6 saddr fe80::/10 tcp dport 3702',
    ]


def test_who_is_not_named_any_more_comes_in_nowhere() -> None:
    users = [*OPTIONS["users"], {"name": "ben", "password": "a pear"}]
    music = {"name": "music", "path": "/srv/music"}
    found = shares(users=users, shares=[*OPTIONS["shares"], music])
    assert found["photos"]["valid users"] == "anna"
    # Samba keeps accounts: without the line whoever has one comes in.
    assert found["music"]["valid users"] == found["laser"]["valid users"] == "anna ben"
    assert "valid users" not in found["public"]
    assert shares(users=[], shares=OPTIONS["shares"][1:])["laser"]["valid users"] == "nobody"


def test_names_without_the_dot_of_the_root() -> None:
    assert "ServerAlias nas.home.example" in directives(names=["nas.home.example."])
    assert "ServerAlias 2001:db8:0:5::10" in directives(names=["2001:db8:0:5::10"])


def test_queues() -> None:
    laser = {"name": "laser", "uri": "ipp://[2001:db8:0:5::9]/ipp/print", "driver": "everywhere"}
    assert plan()["queues"][0] == {**laser, "description": "", "location": ""}


def plan_beside(smb_conf: str = "", cups_files: str = "", **other: Any) -> dict[str, Any]:
    found = {"addresses": LINKS, "missing": [], "smb_conf": smb_conf, "cups_files": cups_files}
    result: dict[str, Any] = FilterModule().filters()["samba_server_plan"]({**OPTIONS, **other}, found)
    return result


def test_cups_writes_files_as_long_as_a_queue_does() -> None:
    printed = {"printers": [{"name": "laser", "uri": "file:/srv/printed"}]}
    for theirs in ("", "# CUPS's own\n#FileDevice No\n", "FileDevice No\n"):
        with_it = plan_beside(cups_files=theirs, **printed)["cups_files"]
        assert with_it.startswith(theirs)
        assert with_it.endswith("\nFileDevice Yes\n")
        assert plan_beside(cups_files=with_it, **printed)["cups_files"] == with_it
        assert plan_beside(cups_files=with_it)["cups_files"] == theirs


def test_a_running_samba_takes_new_shares_as_it_runs() -> None:
    now = plan()["smb_conf"]
    photos, public = OPTIONS["shares"]
    music = {"name": "music", "path": "/srv/music"}
    for shares, reloads in (
        ([photos, public], True),
        ([photos, public, music], True),
        ([{**photos, "comment": "Anna's"}, public], True),
        # Who is in a share would stay in it.
        ([photos], False),
        ([{**photos, "writable": False}, public], False),
        ([{**photos, "path": "/srv/other"}, public], False),
    ):
        assert plan_beside(smb_conf=now, shares=shares)["reloads"] is reloads
    assert not plan_beside(smb_conf=now, settings={})["reloads"]
    ink = {"name": "ink", "uri": "ipp://ink.home.example/ipp/print"}
    assert not plan_beside(smb_conf=now, printers=[*OPTIONS["printers"], ink])["reloads"]
    users = [*OPTIONS["users"], {"name": "ben", "password": "a pear"}]
    more = {"users": users, "shares": [photos, public, music]}
    assert not plan_beside(smb_conf=plan(**more)["smb_conf"], shares=[photos, public, music])["reloads"]


def test_a_user_whom_the_machine_lacks() -> None:
    found = {"addresses": LINKS, "missing": [], "unknown": ["anna"]}
    users = [{**OPTIONS["users"][0], "create": False}]
    refused = FilterModule().filters()["samba_server_plan"]({**OPTIONS, "users": users}, found)
    said = (
        "samba_server_users[0].name: anna is no user of this machine. Add the user to the machine, or say create: true."
    )
    assert refused == {"problems": [said]}
    assert FilterModule().filters()["samba_server_plan"](OPTIONS, found)["problems"] == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"interfaces": []},
            "interfaces: [] serves nobody. Name the interface of the LAN: this machine has lan0, lan1.",
        ),
        (
            {"interfaces": ["lan2"]},
            "interfaces: lan2 is no interface of this machine. Name one that is there: lan0, lan1.",
        ),
        ({"interfaces": ["lo", "lan0"]}, "interfaces: lo is loopback, which is always served. Name the interface"),
        ({"prefixes": []}, "prefixes: [] serves nobody. Name the prefixes of the LAN, as in 2001:db8:0:1::/64."),
        ({"prefixes": ["::/0"]}, "prefixes: ::/0 is no LAN, but a part of the Internet. Write the prefix of your LAN"),
        (
            {"prefixes": ["2001:db8:0:6::/64"]},
            "prefixes: 2001:db8:0:6::/64 holds no address of this machine's at lan0. Name a prefix of lan0, or put",
        ),
        (
            {"users": [{"name": "anna"}]},
            "users[0].password: (nothing) is no password. Give the user one, from a vault.",
        ),
        ({"users": OPTIONS["users"] * 2}, "users[1].name: anna is there twice. Put all of a user into one entry."),
        (
            {"missing": ["/srv/photos"]},
            "shares[0].path: /srv/photos is no directory of this machine's. Make it, and mount what belongs there, or",
        ),
        (
            {"missing": ["/srv/photos/"], "shares": [{**OPTIONS["shares"][0], "path": "/srv/photos/"}]},
            "shares[0].path: /srv/photos is no directory of this machine's. Make it, and mount what belongs there, or",
        ),
        (
            {"shares": [{**OPTIONS["shares"][0], "path": "/srv/%U"}]},
            "shares[0].path: '/srv/%U' has a % in it, which stands for something else to Samba. Give the directory",
        ),
        ({"workgroup": "A" * 16}, f"workgroup: '{'A' * 16}' cannot be the name of a workgroup. Write up to 15 letters"),
        ({"workgroup": "AT HOME"}, "workgroup: 'AT HOME' cannot be the name of a workgroup. Write up to 15 letters"),
        ({"names": ["*"]}, "names: '*' is no name of a machine. Write a name as it stands in DNS, as in nas.home.ex"),
        ({"names": [""]}, "names: '' is no name of a machine. Write a name as it stands in DNS, as in nas.home.exam"),
        ({"names": ["nas 1 x"]}, "names: 'nas 1 x' is no name of a machine. Write a name as it stands in DNS, as in"),
        (
            {"shares": [{"name": "photos", "path": "/srv", "users": ["ben"]}]},
            "shares[0].users: ben is not among samba_server_users. Add the user there, or name one of anna.",
        ),
        (
            {"shares": [{"name": "photos", "path": "/srv"}], "users": []},
            "shares[0].users: [] is nobody: there are no users at all. Add one to samba_server_users, or say guest:",
        ),
        (
            {"shares": [{"name": "photos", "path": "/srv", "users": ["anna"], "guest": True}]},
            "shares[0].guest: true lets everybody in, and users does not. Leave guest or users out.",
        ),
        (
            {"shares": [{"name": "photos", "path": "/srv", "guest": "maybe"}]},
            "shares[0].guest: maybe is neither true nor false. Write true or false, without quotes.",
        ),
        (
            {"shares": [{"name": "photos", "path": "/srv"}, {"name": "Photos", "path": "/opt"}]},
            "shares[1].name: Photos is the name of shares[0].name already. Give each share and printer its own.",
        ),
        (
            {"shares": [{"name": "laser", "path": "/srv"}]},
            "printers[0].name: laser is the name of shares[0].name already. Give each share and printer its own.",
        ),
        ({"settings": ["a"]}, "settings: ['a'] is not a dictionary. Write a parameter and its value a line, as in max"),
        ({"settings": {"a=b": 1}}, "settings: 'a=b' is no parameter of smb.conf. Write it as in the manual, as in max"),
        ({"settings": {"max log size": "a\nb"}}, r"settings.max log size: 'a\nb' does not fit on one line. Write it"),
        (
            {"cups_server": "[::1]:631"},
            "cups_server: [::1]:631 is an IPv6 address, which Samba cuts at its first colon. Write socket, or",
        ),
        (
            {"printers": [{"name": "laser", "uri": "ipp://2001:db8::9/ipp/print"}]},
            "printers[0].uri: ipp://2001:db8::9/ipp/print names no host that can be read. Write the host behind //,",
        ),
        (
            {"default_printer": "ink"},
            "default_printer: ink is not among samba_server_printers. Name one of laser, labels.",
        ),
        (
            {"cups": False},
            "printers: laser, labels need CUPS, which is turned off. Leave samba_server_cups at true, or",
        ),
    ],
)
def test_refused(other: dict[str, Any], said: str) -> None:
    found = plan(**other)
    assert list(found) == ["problems"]
    assert any(problem.startswith("samba_server_" + said) for problem in found["problems"]), found["problems"]


@pytest.mark.skipif(shutil.which("testparm") is None, reason="samba is not installed")
def test_samba_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "smb.conf"
    path.write_text(plan()["smb_conf"])
    said = subprocess.run(["testparm", "--suppress-prompt", str(path)], capture_output=True, text=True, check=True)
    assert "Unknown parameter" not in said.stderr
    assert "server signing = required" in said.stdout


@pytest.mark.skipif(shutil.which("cupsd") is None, reason="cups is not installed")
def test_cups_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "cupsd.conf"
    path.write_text(plan()["cupsd_conf"])
    said = subprocess.run(["cupsd", "-t", "-c", str(path)], capture_output=True, text=True, check=True)
    assert "is OK" in said.stderr + said.stdout


def test_nothing_is_announced_by_itself() -> None:
    assert "Browsing No" in directives()
    assert len(holes()) == 1


def test_announced_at_the_lan_alone() -> None:
    planned = plan(announce=["avahi", "wsdd"])
    assert "Browsing Yes" in directives(announce=["avahi"])
    assert "allow-interfaces=lan0\n" in planned["avahi_conf"]
    assert "ExecStart=/usr/sbin/wsdd2 -w -i lan0\n" in planned["wsdd_dropin"]
    assert holes(announce=["avahi", "wsdd"])[1:] == [
        FROM + ' udp dport { 5353, 3702 } counter accept comment "to be found"',
        FROM + ' tcp dport 3702 counter accept comment "to tell what it is"',
    ]
    assert len(holes(announce=["avahi"])) == 2
