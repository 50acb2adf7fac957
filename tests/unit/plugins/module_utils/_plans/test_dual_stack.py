# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the role dual_stack_service: the units that they become, and each message for what cannot be right."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack import plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack_units import UNIT_DIRECTORY

OLD, NEW = "22.4.0-4+deb12u1", "24.11.0-1"
BOTH = [{"family": "ipv4"}, {"family": "ipv6"}]
TWIST = ["{twist}", "web", "--path=/srv/shelf", "--listen={endpoint}"]


def options(**changed: Any) -> dict[str, Any]:
    return {
        "name": "shelf",
        "state": "present",
        "description": "",
        "command": TWIST,
        "files": [],
        "port": 8000,
        "sockets": BOTH,
        "processes": "auto",
        "packages": [],
        "requirements": "",
        "user": "",
        "sandbox": True,
        "settings": {},
        **changed,
    }


def units(made: Mapping[str, Any]) -> dict[str, networkd.Unit]:
    files = {file["path"]: file["content"] for file in made["files"]}
    return {
        path[len(UNIT_DIRECTORY) :]: networkd.parse(text)
        for path, text in files.items()
        if path.startswith(UNIT_DIRECTORY)
    }


def made(twisted: str = NEW, **changed: Any) -> dict[str, Any]:
    found = plan(options(**changed), twisted)
    assert found["problems"] == []
    return found


def test_each_family_has_a_socket_and_ipv6_leaves_ipv4_alone() -> None:
    found = units(made())
    assert sorted(found) == ["shelf-ipv4.socket", "shelf-ipv6.socket", "shelf.service"]
    four, six = found["shelf-ipv4.socket"], found["shelf-ipv6.socket"]
    assert (four.get("Socket", "ListenStream"), four.get("Socket", "BindIPv6Only")) == ("0.0.0.0:8000", None)
    assert (six.get("Socket", "ListenStream"), six.get("Socket", "BindIPv6Only")) == ("[::]:8000", "ipv6-only")
    for name, unit in (("ipv4", four), ("ipv6", six)):
        assert unit.get("Socket", "FileDescriptorName") == name
        assert unit.get("Socket", "Service") == unit.get("Unit", "Wants") == "shelf.service"
        assert unit.get("Install", "WantedBy") == "sockets.target"
    # What stops or restarts a socket does the same to the service, which would go on accepting.
    assert found["shelf.service"].get("Unit", "PartOf") == "shelf-ipv4.socket shelf-ipv6.socket"


def test_a_twisted_that_knows_no_names_has_a_process_for_each_socket() -> None:
    found = units(made(OLD))
    assert sorted(found) == ["shelf-ipv4.service", "shelf-ipv4.socket", "shelf-ipv6.service", "shelf-ipv6.socket"]
    for name, domain in (("ipv4", "INET"), ("ipv6", "INET6")):
        command = f"/usr/bin/twist3 web --path=/srv/shelf --listen=systemd:domain={domain}:index=0"
        assert found[f"shelf-{name}.service"].get("Service", "ExecStart") == command
        assert found[f"shelf-{name}.service"].get("Unit", "PartOf") == f"shelf-{name}.socket"
        assert found[f"shelf-{name}.socket"].get("Socket", "Service") == f"shelf-{name}.service"


@pytest.mark.parametrize(
    ("twisted", "changed", "each"),
    [
        (NEW, {}, False),
        (NEW, {"processes": "each"}, True),
        ("22.10.0", {}, False),
        (OLD, {}, True),
        # Nobody knows: by number there is no doubt where there is but one.
        ("", {}, True),
        (OLD, {"sockets": BOTH[:1]}, False),
        (OLD, {"command": ["/usr/bin/service"]}, False),
        (OLD, {"command": ["/usr/bin/service"], "processes": "each"}, True),
        (OLD, {"requirements": "twisted==24.11.0"}, False),
        (NEW, {"requirements": "Twisted[tls]==22.4.0 --hash=sha256:00 \\\n --hash=sha256:11"}, True),
    ],
)
def test_how_many_processes(twisted: str, changed: dict[str, Any], each: bool) -> None:
    assert ("shelf.service" not in units(made(twisted, **changed))) is each


def started_with(names: str, command: list[str]) -> list[str]:
    """What the unit's command becomes when systemd passes descriptors of these names."""
    line = units(made(command=command))["shelf.service"].get("Service", "ExecStart") or ""
    shell, quoted = line.split(" -c ")
    # What systemd makes of it (systemd.service(5), "Command lines").
    script = quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\").replace("$$", "$").replace("%%", "%")
    script = script.replace('exec "$@"', 'printf "%s\\n" "$@"')
    environment = {"LISTEN_FDNAMES": names}
    said = subprocess.run([shell, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return said.stdout.splitlines()


@pytest.mark.parametrize("word", ["plain", "two words", "it's", 'a "b"', "$HOME", "100%", "back\\slash", "`id`", ";"])
def test_a_command_is_told_those_sockets_that_are_there(word: str) -> None:
    command = ["/usr/bin/twist3", word, "--listen={endpoint}", "--last"]
    four, six = "--listen=systemd:domain=INET:name=ipv4", "--listen=systemd:domain=INET6:name=ipv6"
    assert started_with("ipv6:ipv4", command) == ["/usr/bin/twist3", word, four, six, "--last"]
    assert started_with("ipv6", command) == ["/usr/bin/twist3", word, six, "--last"]
    assert started_with("ipv4", command) == ["/usr/bin/twist3", word, four, "--last"]


def test_words_are_quoted_for_systemd() -> None:
    line = units(made(command=["/bin/echo", "two words", "100%", "$HOME", 'a"b', "c\\d", "", ";"]))["shelf.service"]
    assert line.get("Service", "ExecStart") == '/bin/echo "two words" 100%% $$HOME "a\\"b" "c\\\\d" "" ";"'


def test_files_lie_together_and_the_command_finds_them() -> None:
    found = made(command=["{twistd}", "{files}/app.tac"], files=[{"name": "app.tac", "content": "x = 1\n"}])
    path = "/usr/local/lib/homelab-ipv6/shelf/app.tac"
    assert {"path": path, "content": "x = 1\n", "mode": "0644"} in found["files"]
    assert units(found)["shelf.service"].get("Service", "ExecStart") == f"/usr/bin/twistd3 {path}"
    assert found["packages"] == ["python3-twisted"]


def test_other_requirements_make_another_environment() -> None:
    one, other = (made(requirements=f"# why\nTwisted=={version}\n") for version in ("24.11.0", "25.5.0"))
    assert one["environment"] != other["environment"]
    assert one["packages"] == ["python3-venv"]
    assert f"{one['environment']}/bin/twist" in (units(one)["shelf.service"].get("Service", "ExecStart") or "")


def test_an_address_is_bound_before_it_is_there() -> None:
    sockets = [{"family": "ipv6", "address": "2001:db8::1"}, {"family": "ipv4", "address": "0.0.0.0"}]
    found = units(made(sockets=sockets))
    six = found["shelf-ipv6.socket"]
    assert (six.get("Socket", "ListenStream"), six.get("Socket", "FreeBind")) == ("[2001:db8::1]:8000", "yes")
    assert found["shelf-ipv4.socket"].get("Socket", "FreeBind") is None


def test_udp_has_names_of_its_own() -> None:
    sockets = [*BOTH, {"family": "ipv6", "protocol": "udp", "port": 8001}]
    found = units(made(sockets=sockets, command=["/usr/bin/service"]))
    udp = found["shelf-ipv6-udp.socket"]
    assert udp.get("Socket", "ListenDatagram") == "[::]:8001"
    assert udp.get("Socket", "BindIPv6Only") == "ipv6-only"


def test_the_firewall_is_opened_for_open_ipv6_sockets_alone() -> None:
    sockets = [
        {"family": "ipv4"},
        {"family": "ipv6", "address": "2001:db8::1"},
        {"family": "ipv6", "descriptor": "inner", "port": 1, "firewall": False},
        {"family": "ipv6", "descriptor": "off", "port": 2, "state": "stopped"},
    ]
    rules = made(sockets=sockets)["holes"].splitlines()[1:]
    assert rules == ['ip6 daddr 2001:db8::1 tcp dport 8000 counter accept comment "shelf ipv6"']


def test_a_socket_that_is_stopped_is_off_at_the_next_start_too_unless_said_otherwise() -> None:
    rows = made(
        sockets=[
            {"family": "ipv4", "state": "stopped"},
            {"family": "ipv6", "state": "stopped", "enabled": True},
            {"family": "ipv6", "descriptor": "third", "port": 1, "enabled": False},
        ]
    )["sockets"]
    assert [(row["started"], row["enabled"]) for row in rows] == [(False, False), (False, True), (True, False)]


def test_a_service_that_goes_leaves_nothing() -> None:
    gone = plan(options(state="absent", command=[], port=None), "")
    assert (gone["files"], gone["sockets"], gone["packages"]) == ([], [], [])
    assert gone["mark"] == made()["mark"]


def test_all_that_waited_during_a_restart_can_be_open_at_once() -> None:
    service = units(made())["shelf.service"]
    soft = int((service.get("Service", "LimitNOFILE") or "0").partition(":")[0])
    assert soft > 2 * 4096
    ours = units(made(settings={"LimitNOFILE": 64}))["shelf.service"]
    assert ours.get("Service", "LimitNOFILE") == "64"


def test_settings_and_user_come_last() -> None:
    found = units(made(settings={"Environment": ["A=1", "B=2"], "ProtectHome": False}, user="www-data", sandbox=True))
    service = found["shelf.service"].named("Service")[0]
    assert service.all("Environment") == ["A=1", "B=2"]
    assert service.get("ProtectHome") == "no"
    assert (service.get("User"), service.get("DynamicUser")) == ("www-data", None)
    assert units(made(sandbox=False))["shelf.service"].get("Service", "NoNewPrivileges") is None


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "Shelf"},
        (
            "dual_stack_service_name: Shelf cannot be the name of units and files. Write lower-case letters, digits "
            "and dashes, as in peers."
        ),
    ),
    (
        {"port": None},
        (
            "dual_stack_service_port: None is not a whole number. Write the port on which the service is reached, as "
            "in 8000."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "port": 70000}]},
        (
            "dual_stack_service_sockets[0].port: 70000 is not between 1 and 65535. Write the port on which the "
            "service is reached, as in 8000."
        ),
    ),
    (
        {"sockets": []},
        (
            "dual_stack_service_sockets: [] leaves the service without any. Name one a family, as in {family: ipv6}; "
            "dual_stack_service_state: absent takes the service away."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6"}, {"family": "ipv6", "port": 8001}]},
        (
            "dual_stack_service_sockets[1].descriptor: ipv6 is there twice. Give each socket a descriptor of its "
            "own: the service tells them apart by it."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6"}, {"family": "ipv6", "descriptor": "b", "address": "2001:db8::1"}]},
        (
            "dual_stack_service_sockets[1]: tcp [2001:db8::1]:8000 meets the socket ipv6, which listens on "
            "[::]:8000. Two sockets cannot listen there: leave one out, or give it another address or port."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "descriptor": "a b"}]},
        (
            "dual_stack_service_sockets[0].descriptor: a b cannot be the name of a descriptor here. Write lower-case "
            "letters, digits and dashes, as in ipv6."
        ),
    ),
    (
        {"sockets": [{"family": "ipv4", "address": "2001:db8::1"}]},
        (
            "dual_stack_service_sockets[0].address: 2001:db8::1 is an IPv6 address where an IPv4 address belongs. "
            "Write it as 192.0.2.1."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "address": "fe80::1"}]},
        (
            "dual_stack_service_sockets[0].address: fe80::1 means something only together with an interface. Leave the "
            "address out, and say who may come in by the firewall."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "protocol": "udp"}]},
        (
            "dual_stack_service_sockets[0].protocol: udp is nothing for an endpoint of Twisted. Leave {endpoint} out "
            "of the command and have the application adopt its sockets by name."
        ),
    ),
    (
        {"command": []},
        (
            "dual_stack_service_command: [] starts nothing. Write it word by word, as in ['{twist}', web, "
            "'--listen={endpoint}']."
        ),
    ),
    (
        {"command": ["twist", "web"]},
        (
            "dual_stack_service_command: twist is not absolute, and a service has no path to look in. Begin the "
            "command with an absolute path, {python}, {twist} or {twistd}."
        ),
    ),
    (
        {"command": ["/bin/sh", "-c", "a\nb"]},
        "dual_stack_service_command: 'a\\nb' has more than one line. Put a script into dual_stack_service_files.",
    ),
    (
        {"command": ["{twist}", "--listen={endpoints}"]},
        (
            "dual_stack_service_command: {endpoints} stands for nothing here. Write one of: {endpoint}, {files}, "
            "{python}, {twist}, {twistd}."
        ),
    ),
    (
        {"command": ["{twist}", "web", "--listen=systemd:domain=INET6:name=web"]},
        (
            "dual_stack_service_command: --listen=systemd:domain=INET6:name=web asks for the descriptor web, which no "
            "socket has. Write {endpoint}, or one of the names of its sockets: ipv4, ipv6."
        ),
    ),
    (
        {"command": ["{twist}", "web", "--listen=systemd:domain=INET6:index=1"]},
        (
            "dual_stack_service_command: --listen=systemd:domain=INET6:index=1 counts on an order of the sockets, "
            "and there is none. Write {endpoint} in its place."
        ),
    ),
    (
        {"processes": "one", "requirements": "Twisted==22.4.0"},
        (
            "dual_stack_service_processes: one does not go with Twisted 22.4.0, which finds sockets by number alone. "
            "Write auto or each, or a newer Twisted into dual_stack_service_requirements."
        ),
    ),
    (
        {"requirements": "Twisted>=22.10"},
        (
            "dual_stack_service_requirements: Twisted>=22.10 does not say exactly which version. Write each package as "
            "NAME==VERSION, as pip freeze does; options of pip go to pip_options."
        ),
    ),
    (
        {"files": [{"name": "../app.tac", "content": ""}]},
        (
            "dual_stack_service_files[0].name: ../app.tac cannot be the name of a file here. Write a name without a "
            "directory, as in peers.tac."
        ),
    ),
    (
        {"files": [{"name": "a", "content": ""}, {"name": "a", "content": ""}]},
        "dual_stack_service_files[1].name: a is there twice. Leave one out.",
    ),
    (
        {"settings": {"ExecStart": "/bin/true"}},
        "dual_stack_service_settings: ExecStart is what this role writes itself. Leave it out.",
    ),
    (
        {"settings": {"Environment": "A=1\nB=2"}},
        "dual_stack_service_settings: 'A=1\\nB=2' has more than one line. Write one line, or a list of values.",
    ),
    (
        {"settings": ["MemoryMax"]},
        (
            "dual_stack_service_settings: ['MemoryMax'] is not a dictionary. Write keys of [Service] and their "
            "values, as in MemoryMax: 200M."
        ),
    ),
    (
        {"user": "Some One"},
        "dual_stack_service_user: Some One cannot be the name of a user. Write a user of the host, or leave it out.",
    ),
    (
        {"description": "one\ntwo"},
        "dual_stack_service_description: 'one\\ntwo' is not one line of text. Write a few words on one line.",
    ),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED, ids=[message.split(".")[0] for _changed, message in REFUSED])
def test_what_cannot_be_right_is_one_message(changed: dict[str, Any], message: str) -> None:
    assert plan(options(**changed), NEW) == {"problems": [message]}
