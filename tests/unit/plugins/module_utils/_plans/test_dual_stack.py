# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the role dual_stack_service: the units that they become."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack import plan
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack_units import UNIT_DIRECTORY
from ansible_collections.homelab.ipv6.tests.unit.plugins.module_utils._plans.dual_stack_options import (
    BOTH,
    NEW,
    OLD,
    options,
)


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
        # Nobody knows, and it does not matter.
        ("", {"processes": "each"}, True),
        ("", {"sockets": BOTH[:1]}, False),
        ("", {"command": ["/usr/bin/service"]}, False),
        (OLD, {"sockets": BOTH[:1]}, False),
        (OLD, {"command": ["/usr/bin/service"]}, False),
        (OLD, {"command": ["/usr/bin/service"], "processes": "each"}, True),
        (OLD, {"requirements": "twisted==24.11.0"}, False),
        (NEW, {"requirements": "Twisted[tls]==22.4.0 --hash=sha256:00 \\\n --hash=sha256:11"}, True),
    ],
)
def test_how_many_processes(twisted: str, changed: dict[str, Any], each: bool) -> None:
    assert ("shelf.service" not in units(made(twisted, **changed))) is each


@pytest.mark.parametrize("twisted", [OLD, NEW, ""])
@pytest.mark.parametrize("processes", ["auto", "one"])
def test_of_one_socket_there_is_no_doubt_by_number(twisted: str, processes: str) -> None:
    service = units(made(twisted, sockets=BOTH[1:], processes=processes))["shelf.service"]
    command = "/usr/bin/twist3 web --path=/srv/shelf --listen=systemd:domain=INET6:index=0"
    assert service.get("Service", "ExecStart") == command


@pytest.mark.parametrize("processes", ["auto", "one"])
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "python3-twisted, and that is not known. Run apt update on the host, or write each."),
        (
            {"requirements": "klein==24.8.0"},
            "Twisted, and dual_stack_service_requirements names none. Pin Twisted there, or write each.",
        ),
    ],
)
def test_a_version_that_nobody_knows_is_not_guessed(processes: str, changed: dict[str, Any], says: str) -> None:
    found = plan(options(processes=processes, **changed), "")
    assert found == {"problems": [f"dual_stack_service_processes: {processes} depends on the version of {says}"]}


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


@pytest.mark.parametrize("word", ["{port}", "${files}", "http://[::1]/{id}", "{{x}}", "{}", "{a b}"])
def test_braces_of_the_program_stay(word: str) -> None:
    line = units(made(command=["/bin/echo", word]))["shelf.service"].get("Service", "ExecStart") or ""
    assert word in line.replace("$$", "$")


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


def test_another_python_makes_another_environment() -> None:
    requirements = "Twisted==24.11.0"
    one, other = (plan(options(requirements=requirements), "", version)["environment"] for version in ("3.11", "3.13"))
    assert one.startswith("/opt/homelab-ipv6/shelf/3.11-")
    assert one.replace("3.11", "3.13") == other


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
