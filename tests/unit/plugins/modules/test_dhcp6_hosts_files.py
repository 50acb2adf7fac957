# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations that cannot be read or written as one would think: real files, and the errors they really give."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

PROVIDERS = ("kea", "dhcpd", "dnsmasq", "dhcp6s")
CONFIGS = {
    "kea": '{"Dhcp6": {"subnet6": [{"id": 1, "subnet": "2001:db8:0:1::/64"}]}}\n',
    "dhcpd": "subnet6 2001:db8:0:1::/64 {\n}\n",
    "dnsmasq": "dhcp-range=2001:db8:0:1::,static\n",
    "dhcp6s": "option domain-name-servers 2001:db8:0:1::1;\n",
}
NAS = {"name": "nas", "duid": "00:03:00:01:52:54:00:65:43:21", "addresses": ["2001:db8:0:1::9"]}
TV = {"name": "tv", "duid": "00:03:00:01:52:54:00:75:43:22", "addresses": ["2001:db8:0:1::8"]}
LEFT = "Everything is as it was before."

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="files are written as root's"),
    pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed"),
    pytest.mark.skipif(shutil.which("dhcpd") is None, reason="isc-dhcp-server is not installed"),
    pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq-base is not installed"),
    pytest.mark.skipif(shutil.which("dhcp6s") is None, reason="wide-dhcpv6-server is not installed"),
    pytest.mark.parametrize("provider", PROVIDERS),
]


class Place:
    """A directory with the configuration of a server, on an island that has the lock to itself."""

    def __init__(self, island: Any, folder: Path, provider: str) -> None:
        self.island = island
        self.folder = folder
        self.config = folder / "server.conf"
        self.options = {
            "provider": provider,
            "config_file": str(self.config),
            "hosts_file": str(folder / "hosts.conf"),
            "service": "no-such-service",
        }

    def run(self, *hosts: dict[str, Any], **given: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.island.module("dhcp6_hosts", hosts=list(hosts or (NAS,)), **self.options, **given)
        return result

    def content(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture
def place(island: Any, tmp_path: Path, provider: str) -> Place:
    for parent in (tmp_path, *tmp_path.parents):
        # Kea's user reads it, too.
        parent.chmod(parent.stat().st_mode | 0o055)
    island.run("mount", "-t", "tmpfs", "tmpfs", "/run")
    found = Place(island, tmp_path, provider)
    found.config.write_text(CONFIGS[provider])
    return found


@pytest.fixture
def immutable() -> Iterator[Callable[[Path], None]]:
    made: list[Path] = []

    def freeze(path: Path) -> None:
        made.append(path)
        if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
            pytest.skip("this file system has no immutable files")

    yield freeze
    for path in made:
        subprocess.run(["chattr", "-i", path], check=False)


def nothing(path: Path) -> None:
    """There is no configuration."""


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("stands_there", [nothing, dangling, directory])
def test_missing(place: Place, stands_there: Callable[[Path], None]) -> None:
    place.config.unlink()
    stands_there(place.config)
    told = place.run(check_mode=True)
    if place.options["provider"] == "dhcp6s":
        # It needs nothing but its hosts.
        assert told["changed"]
    else:
        assert told["msg"] == (
            f"config_file: {place.config} does not exist. Write one, or give its whole text as config_content."
        )
    assert place.content() == {}


def test_a_link_stays_one(place: Place) -> None:
    (place.folder / "real").mkdir(mode=0o755)
    real = place.config.rename(place.folder / "real/server.conf")
    place.config.symlink_to("real/server.conf")
    assert place.run()["changed"]
    assert place.config.is_symlink()
    assert real.read_text() != CONFIGS[place.options["provider"]]
    assert not place.run()["changed"]


def test_immutable(place: Place, immutable: Callable[[Path], None]) -> None:
    immutable(place.config)
    before = place.content()
    assert place.run()["msg"] == f"write {place.config}: Operation not permitted. {LEFT}"
    assert place.content() == before


def test_immutable_directory(place: Place, immutable: Callable[[Path], None]) -> None:
    immutable(place.folder)
    before = place.content()
    said = place.run()["msg"]
    assert said.startswith(f"write {place.folder}/")
    assert said.endswith(f": Operation not permitted. {LEFT}")
    assert place.content() == before


def test_read_only_file_system(place: Place) -> None:
    """As NFS, a squashfs or an overlay without an upper layer has it."""
    place.island.run("mount", "--bind", str(place.folder), str(place.folder))
    place.island.run("mount", "-o", "remount,ro,bind", str(place.folder))
    before = place.content()
    said = place.run()["msg"]
    assert said.startswith(f"write {place.folder}/")
    assert said.endswith(f": Read-only file system. {LEFT}")
    assert place.content() == before
    # Nothing has to be written to see what would be.
    assert place.run(_ansible_diff=True, check_mode=True)["changed"]


SPOILT = {
    "kea": ('{"Dhcp6": {\n  "subnet6": [ }\n}\n', "line 2, column 16 cannot be read: '}' is no value"),
    "dhcpd": ("subnet6 2001:db8:0:1::/64 {\n", "line 1, column 27 cannot be read: this { is never closed"),
    "dnsmasq": ('dhcp-range=2001:db8:0:1::,static\ndhcp-host="nas\n', "line 2, column 11 cannot be read: "),
    "dhcp6s": ("interface lan0 {\n", "line 1, column 16 cannot be read: "),
}


def test_an_error_of_the_users_own(place: Place) -> None:
    text, says = SPOILT[place.options["provider"]]
    place.config.write_text(text)
    said = place.run()["msg"]
    assert f"config_file: {place.config} {says}" in said
    assert said.endswith("Correct it there; nothing was changed.")
    assert place.content() == {"server.conf": text}


def test_two_runs_at_once(place: Place) -> None:
    """One waits for the other, and sees what that one wrote."""
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda host: place.run(host, purge=False), (NAS, TV)))
    assert [result["changed"] for result in done] == [True, True]
    kept = place.run(NAS, purge=False, check_mode=True)["hosts"]
    assert [host["name"] for host in kept] == ["nas", "tv"]


KEYS = {
    "kea": '{"Dhcp6": {"lease-database": {"type": "memfile", "password": "c2VjcmV0"},',
    "dhcpd": 'key k { algorithm hmac-md5; secret "c2VjcmV0"; };\n',
    "dnsmasq": "",
    "dhcp6s": 'keyinfo k { realm "r"; keyid 1; secret "c2VjcmV0"; };\n',
}


def test_no_key_is_shown(place: Place) -> None:
    provider = place.options["provider"]
    key = KEYS[provider]
    text = CONFIGS[provider].replace('{"Dhcp6": {', key, 1) if provider == "kea" else key + CONFIGS[provider]
    place.config.unlink()
    # As with -vvv, which shows what the module was given.
    told = place.run(config_content=text, validate=False, _ansible_inject_invocation=True)
    assert told["changed"]
    assert "config_content" in told["invocation"]["module_args"]
    assert "c2VjcmV0" not in str(told)
    assert ("c2VjcmV0" in place.config.read_text()) == bool(key)
    # What only the configuration's owner could read before is not shown either.
    assert "c2VjcmV0" not in str(place.run(TV, validate=False))
