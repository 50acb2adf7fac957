# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of a real kernel in a namespace of the test's own, and owners by the files of a made-up /etc and /run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import links
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host, Outcome

ROOM = "ansible_collections.homelab.ipv6.plugins.module_utils"
DATA = Path(__file__).parents[1] / "_formats/data"


class Fake(Host):
    """A host whose files lie below a directory, with some tools installed."""

    def __init__(self, root: Path, tools: tuple[str, ...] = (), running: tuple[str, ...] = ()) -> None:
        self._root = root
        self._tools = tools
        self._running = running

    def read_text(self, path: str) -> str | None:
        return super().read_text(f"{self._root}{path}")

    def list_names(self, directory: str) -> list[str]:
        return super().list_names(f"{self._root}{directory}")

    def which(self, tool: str) -> str | None:
        return f"/usr/sbin/{tool}" if tool in self._tools else None

    def run(self, argv: Any, *_ignored: Any, **_named: Any) -> Outcome:
        assert argv[:3] in (["systemctl", "is-active", "--quiet"], ["systemctl", "is-enabled", "--quiet"])
        return Outcome(0 if f"{argv[1]} {argv[3]}" in self._running else 3, "", "")


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).write_text(text)


def test_interfaces_file_and_all_that_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tmp_path / "network"
    put(
        network,
        {
            "interfaces": "source interfaces.d/*\nsource-directory more\nsource loop missing\n",
            "interfaces.d/b.cfg": "source ../other\n",
            "interfaces.d/a": "",
            "interfaces.d/.hidden": "",
            "more/c": "",
            "more/c.dpkg-old": "",
            "loop": "source interfaces loop\n",
        },
    )
    monkeypatch.setattr(links, "INTERFACES", str(network / "interfaces"))
    monkeypatch.setattr(Host, "which", lambda _self, _tool: "/sbin/ifup")
    found = [path.removeprefix(f"{network}/") for path in links.ifupdown_files(Host())]
    assert found == ["interfaces", "interfaces.d/a", "interfaces.d/b.cfg", "more/c", "loop"]
    monkeypatch.setattr(Host, "which", lambda _self, _tool: None)
    assert links.ifupdown_files(Host()) == {}


def test_owners_of_a_link(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "/etc/network/interfaces": (DATA / "interfaces/netcfg-static4").read_text(),
            "/sys/class/net/eth0/ifindex": "3\n",
            "/run/NetworkManager/devices/3": (DATA / "networkmanager/devices/3").read_text(),
            "/etc/NetworkManager/system-connections/office.nmconnection": (
                DATA / "networkmanager/profiles/office.nmconnection"
            ).read_text(),
        },
    )
    both = Fake(tmp_path, ("ifup", "NetworkManager"), ("is-active NetworkManager.service",))
    assert [owner.source for owner in links.owners(both, "enp1s0")] == ["/etc/network/interfaces line 12"]
    (found,) = links.owners(both, "eth0")
    assert found.source == "/etc/NetworkManager/system-connections/office.nmconnection"
    assert links.owners(Fake(tmp_path, ("ifup", "NetworkManager")), "eth0") == []
    assert links.owners(Fake(tmp_path), "enp1s0") == []


def test_unit_is_on_now_or_after_the_next_boot(tmp_path: Path) -> None:
    for running, on in ((("is-enabled x",), True), (("is-active x",), True), ((), False)):
        assert links.is_on(Fake(tmp_path, (), running), "x") is on


def test_default_link(island: Any, tmp_path: Path) -> None:
    for name in ("a0", "b0"):
        island.run("ip", "link", "add", name, "type", "veth", "peer", "name", name + "-peer")
        island.run("ip", "link", "set", name, "up")
    island.run("ip", "address", "add", "192.0.2.1/24", "dev", "a0")
    island.run("ip", "address", "add", "198.51.100.1/24", "dev", "b0")

    def uplink() -> str:
        put(tmp_path, {"/proc/net/route": island.run("cat", "/proc/net/route")})
        return links.default_link(Fake(tmp_path))

    assert uplink() == ""
    island.run("ip", "route", "add", "default", "via", "192.0.2.2", "metric", "200")
    assert uplink() == "a0"
    island.run("ip", "route", "add", "default", "via", "198.51.100.2", "metric", "100")
    assert uplink() == "b0"
    # More than half of the addresses is not all of them, and unreachable is nowhere.
    island.run("ip", "route", "add", "0.0.0.0/1", "via", "192.0.2.2")
    island.run("ip", "route", "add", "unreachable", "default", "metric", "50")
    assert uplink() == "b0"
    assert links.default_link(Fake(tmp_path / "none")) == ""


LIST = f"""
import dataclasses, json
from {ROOM}._host.host import Host
from {ROOM}._host.links import links
print(json.dumps([dataclasses.asdict(link) for link in links(Host())]))
"""


def test_links_of_the_kernel(island: Any) -> None:
    island.run("ip", "link", "add", "a.0", "address", "02:00:00:00:00:0a", "mtu", "1400", "type", "veth")
    island.run("ip", "link", "set", "a.0", "up")
    island.run("ip", "link", "set", "veth0", "up")
    # IPv6 leaves an interface with too small an MTU, and so do its parameters.
    island.run("ip", "link", "set", "veth0", "mtu", "1200")
    first, second = json.loads(island.python(LIST))
    expected = {
        "name": "a.0",
        "kind": "",
        "master": "",
        "mac": "02:00:00:00:00:0a",
        "mtu": 1400,
        "operstate": "up",
        "accept_ra": 1,
        "by_networkd": False,
        "network_file": "",
    }
    assert expected.items() <= first.items()
    assert (second["name"], second["mtu"], second["accept_ra"]) == ("veth0", 1200, None)


def test_bridge_and_its_port(island: Any) -> None:
    island.run("ip", "link", "add", "br7", "type", "bridge")
    island.run("ip", "link", "add", "p0", "master", "br7", "type", "veth", "peer", "name", "p1")
    found = {link["name"]: (link["kind"], link["master"]) for link in json.loads(island.python(LIST))}
    assert (found["br7"], found["p0"]) == (("bridge", ""), ("", "br7"))


def test_files_beside_links_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "eth0").mkdir()
    (tmp_path / "lo").mkdir()
    (tmp_path / "bonding_masters").write_text("")
    monkeypatch.setattr(links, "SYS_CLASS_NET", str(tmp_path))
    (found,) = links.links(Host())
    assert (found.name, found.kind, found.master, found.mtu, found.mac) == ("eth0", "", "", 0, "")


WAY_IN = f"""
import json
from {ROOM}._host.host import Host
from {ROOM}._host.links import ssh_connection
print(json.dumps(ssh_connection(Host())))
"""
SSH = {"client": "2001:db8::2", "client_port": "41514", "server": "2001:db8::1", "port": "22"}


def way_in(*before: str) -> Any:
    """What a process sees below one that sshd has started."""
    environment = {**os.environ, "SSH_CONNECTION": " ".join(SSH.values()), "PYTHONPATH": os.pathsep.join(sys.path)}
    inner = [*before, sys.executable, "-c", WAY_IN]
    done = subprocess.run(
        ["sh", "-c", '"$@"; true', "sh", *inner], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_ssh_connection_is_found_in_the_environment() -> None:
    assert way_in() == SSH


def test_ssh_connection_is_found_behind_sudo() -> None:
    # What sudo does to the environment.
    clean = ["env", "-i", f"PYTHONPATH={os.pathsep.join(sys.path)}"]
    assert way_in(*clean) == SSH
    assert way_in("sh", "-c", 'env -u SSH_CONNECTION "$@"; true', "sh") == SSH


def test_no_ssh_connection(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"/proc/{os.getpid()}/environ": "A=1\0XSSH_CONNECTION=a 1 b 2\0",
            f"/proc/{os.getpid()}/status": "Name:\tx\nPPid:\t1\n",
        },
    )
    assert links.ssh_connection(Fake(tmp_path)) == {}
    assert links.ssh_connection(Fake(tmp_path / "none")) == {}


@pytest.mark.parametrize("error", [PermissionError, ProcessLookupError])
def test_environment_of_others_is_not_needed(tmp_path: Path, error: type[OSError]) -> None:
    class Closed(Fake):
        def read_text(self, path: str) -> str | None:
            if path == f"/proc/{os.getpid()}/environ":
                raise error(path)
            return super().read_text(path)

    put(
        tmp_path,
        {
            f"/proc/{os.getpid()}/status": "PPid:\t77\n",
            "/proc/77/environ": "A=1\0SSH_CONNECTION=fe80::2%eth0 1 fe80::1%eth0 22\0",
        },
    )
    assert links.ssh_connection(Closed(tmp_path))["server"] == "fe80::1%eth0"


def test_whom_the_host_asks(tmp_path: Path) -> None:
    put(tmp_path, {"/etc/resolv.conf": "# by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch home.arpa\n"})
    host = Fake(tmp_path)
    assert links.name_servers(host) == ["192.0.2.53"]
    asked = "nameserver 2001:db8::53\nnameserver fe80::1%eth0\nnameserver fe80::1\nnameserver 2001:db8::53\n"
    put(tmp_path, {"/run/systemd/resolve/resolv.conf": asked})
    assert links.name_servers(host) == ["2001:db8::53"]
    # It may ask nobody, as where it has just started.
    put(tmp_path, {"/run/systemd/resolve/resolv.conf": "nameserver fe80::1%eth0\n", "/etc/resolv.conf": ""})
    assert links.name_servers(host) == []
