# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks inside a container: over the local connection with a stand-in for systemd-run, and as ssh would be called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.homelab.ipv6.plugins.connection import nspawn

# Says how it was called, and does what it was asked to; of the container gone it says what the real one does.
SYSTEMD_RUN = """#!/bin/sh
printf '%s\\n' "$*" >>LOG
case "$*" in
    *--machine=gone*) echo 'Failed to connect to bus: Host is down' >&2; exit 1 ;;
esac
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
CALL = (
    "--quiet --pipe --wait --collect --service-type=exec --property=User=root --property=KillMode=process "
    "--machine=web -- /bin/sh -c "
)


def load() -> Any:
    """As Ansible's loader does it for a collection."""
    options = yaml.safe_load(nspawn.DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("connection", nspawn.Connection.transport, options)
    connection = nspawn.Connection(PlayContext())
    connection._load_name = connection.transport
    return connection


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program, log = tmp_path / "bin/systemd-run", tmp_path / "log"
    program.parent.mkdir()
    program.write_text(SYSTEMD_RUN.replace("LOG", str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return log


@pytest.fixture
def inside() -> Callable[..., Any]:
    def connect(container: str = "web", **options: Any) -> Any:
        connection = load()
        connection.set_options(direct={"container": container, "via": "local", **options})
        return connection._connect()

    return connect


def test_a_command(inside: Callable[..., Any], calls: Path) -> None:
    assert inside().exec_command("echo 'a  b' $((1+1)); echo c >&2; exit 3") == (3, b"a  b 2\n", b"c\n")
    assert calls.read_text() == CALL + "echo 'a  b' $((1+1)); echo c >&2; exit 3\n"


def test_its_input(inside: Callable[..., Any]) -> None:
    assert inside().exec_command("cat", in_data=b"one\x00two") == (0, b"one\x00two", b"")


def test_a_name_is_no_command(inside: Callable[..., Any], calls: Path, tmp_path: Path) -> None:
    inside(f"web; touch {tmp_path}/mine").exec_command("true")
    assert not (tmp_path / "mine").exists()
    assert f"--machine=web; touch {tmp_path}/mine -- " in calls.read_text()


def test_as_another_user_on_the_host(inside: Callable[..., Any], calls: Path) -> None:
    assert inside(privilege="env A=b").exec_command("echo $A")[1] == b"b\n"
    assert calls.read_text().startswith("--quiet")


def test_a_container_that_is_not_there(inside: Callable[..., Any]) -> None:
    with pytest.raises(AnsibleConnectionFailure) as caught:
        inside("gone").exec_command("true")
    said = "The container gone cannot be reached: Failed to connect to bus: Host is down. See on the host what"
    assert str(caught.value).startswith(said)
    # What a command in a container says of itself is the command's.
    assert inside().exec_command("echo 'no Failed to connect to bus' >&2; exit 1")[0] == 1


@pytest.mark.parametrize(
    "says",
    [
        "sudo: a password is required",
        "sudo: a terminal is required to read the password; either use the -S option to read from standard input",
        "doas: Authentication required",
    ],
)
def test_a_host_that_wants_a_password(inside: Callable[..., Any], tmp_path: Path, says: str) -> None:
    asks = tmp_path / "asks"
    asks.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    asks.chmod(0o755)
    with pytest.raises(AnsibleConnectionFailure) as caught:
        inside(privilege=str(asks)).exec_command("true")
    said = f"ansible_nspawn_privilege: {asks} wants a password on the host of web. Have that host ask this user for"
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("content", [b"", b"one\ntwo", bytes(range(256)) * 1000], ids=["empty", "text", "bytes"])
def test_files(inside: Callable[..., Any], tmp_path: Path, content: bytes) -> None:
    source, there, back = tmp_path / "source", tmp_path / "it's there", tmp_path / "back"
    source.write_bytes(content)
    connection = inside()
    connection.put_file(str(source), str(there))
    assert there.read_bytes() == content
    connection.fetch_file(str(there), str(back))
    assert back.read_bytes() == content


def test_files_that_cannot_be_copied(inside: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(AnsibleError, match=r"/none of the container cannot be copied: cat: .*No such file"):
        inside().fetch_file(f"{tmp_path}/none", f"{tmp_path}/back")
    with pytest.raises(AnsibleError, match=r"/none: No such file or directory\."):
        inside().put_file(f"{tmp_path}/none", f"{tmp_path}/there")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    ("via", "said"),
    [
        ("no.such.plugin", "ansible_nspawn_via: no.such.plugin is no connection plugin. Write one such as ssh."),
        ("homelab.ipv6.nspawn", "ansible_nspawn_via: homelab.ipv6.nspawn is this one. Write the one by which the host"),
    ],
)
def test_ways_in_that_are_none(
    inside: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, via: str, said: str
) -> None:
    known = connection_loader.get
    monkeypatch.setattr(
        nspawn.connection_loader,
        "get",
        lambda name, *how, **more: load() if "nspawn" in name else known(name, *how, **more),
    )
    with pytest.raises(AnsibleError) as caught:
        inside(via=via).exec_command("true")
    assert str(caught.value).startswith(said)


def test_ssh_is_told_of_the_host() -> None:
    """Variables of ssh, among those of the container, reach the ssh that it is reached by."""
    connection = load()
    variables = {
        "inventory_hostname": "web",
        "ansible_host": "2001:db8:d:407::5",
        "ansible_user": "admin",
        "ansible_port": 2222,
        "ansible_ssh_common_args": "-o ProxyJump=jump.example",
    }
    connection.set_options(var_options=variables)
    assert connection.get_option("container") == "web"
    outer = connection._host
    assert outer.transport == "ssh"
    words = [word.decode() for word in outer._build_command("ssh", "ssh", outer.get_option("host"), "true")]
    assert words[-2:] == ["2001:db8:d:407::5", "true"]
    assert {"ProxyJump=jump.example", "Port=2222", 'User="admin"'} <= set(words)
    connection.reset()
    connection.close()
