# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters of a real kernel, in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import sysctl
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._values.sysctl import SPREADING

ROOM = "ansible_collections.homelab.ipv6.plugins.module_utils"


def test_dropins_are_read_in_the_order_of_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directories = [tmp_path / name for name in ("etc", "run", "local", "lib")]
    monkeypatch.setattr(sysctl, "DIRECTORIES", tuple(map(str, directories)))
    for directory in directories[:2] + directories[3:]:
        directory.mkdir()
    for path in ("lib/50-a.conf", "lib/99-z.conf", "run/50-a.conf", "etc/99-z.conf", "run/10-b.conf", "etc/README"):
        (tmp_path / path).write_text(path)
    (tmp_path / "etc/60-directory.conf").mkdir()
    (tmp_path / "etc/70-masked.conf").symlink_to("/dev/null")
    found = [(path.removeprefix(f"{tmp_path}/"), text) for path, text in sysctl.dropins(Host())]
    assert found == [
        *(("run/10-b.conf", "run/10-b.conf"), ("run/50-a.conf", "run/50-a.conf"), ("etc/60-directory.conf", "")),
        *(("etc/70-masked.conf", ""), ("etc/99-z.conf", "etc/99-z.conf")),
    ]


def test_running_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysctl, "PROC_SYS", f"{tmp_path}/")
    (tmp_path / "net/ipv6/conf/eth0.10").mkdir(parents=True)
    (tmp_path / "net/ipv6/conf/all").mkdir()
    (tmp_path / "net/ipv6/conf/default").mkdir()
    (tmp_path / "net/range").write_text("1024\t 65535\n")
    assert sysctl.running_values(Host(), ["net/range", "net/none", "net/ipv6"]) == {"net/range": "1024 65535"}
    assert sysctl.ipv6_interfaces(Host()) == ["eth0.10"]


def test_value_that_cannot_be_read_is_empty_for_root_and_an_error_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(Host):
        def read_text(self, path: str) -> str | None:
            raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert sysctl.running_values(Mute(), ["net/x"]) == {"net/x": ""}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(OSError, match="Input/output error"):
        sysctl.running_values(Mute(), ["net/x"])


READ = f"""
import json
from {ROOM}._host.host import Host
from {ROOM}._host.sysctl import overwritten, running_values
conf = "net/ipv6/conf/a0/"
print(json.dumps([
    running_values(Host(), [conf + "stable_secret", "net/ipv6/route/flush", conf + "nosuch", conf + "mtu"]),
    overwritten(Host(), "/proc/sys/net/ipv6/conf/all/forwarding"),
    overwritten(Host(), "/proc/sys/net/ipv6/conf/all/accept_ra"),
    overwritten(Host(), "/somewhere/else"),
]))
"""


def test_values_of_the_kernel(island: Any) -> None:
    island.run("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b.0")
    values, spread, *none = json.loads(island.python(READ))
    conf = "net/ipv6/conf/a0/"
    assert values == {conf + "stable_secret": "", "net/ipv6/route/flush": "", conf + "mtu": "1500"}
    names = [name for name in island.run("ls", "/proc/sys/net/ipv6/conf").split() if name != "all"]
    assert {"a0", "b.0", "default", "lo"} <= set(names)
    assert spread == {f"/proc/sys/net/ipv6/conf/{name}/forwarding": "0" for name in names}
    assert none == [{}, {}]


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_which_keys_the_kernel_writes_to_every_interface(island: Any, family: str) -> None:
    """Every key under conf/all is toggled, and what it did to an interface compared with SPREADING."""
    island.run("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0")
    script = f"""
cd /proc/sys/net/{family}/conf/all
for key in *; do
    for value in 1 0 2; do
        before=$(cat ../a0/$key) && echo $value >$key && [ "$before" != "$(cat ../a0/$key)" ] && echo $key
    done 2>/dev/null
done
true
"""
    found = {(f"net/{family}/conf", key) for key in island.run("bash", "-c", script).split()}
    # Older kernels lack some.
    there = island.run("ls", f"/proc/sys/net/{family}/conf/all").split()
    assert found == {
        place for place in SPREADING.values() if place.directory == f"net/{family}/conf" and place.key in there
    }


TAKE_BACK = f"""
from {ROOM}._host.apply import apply
from {ROOM}._host.host import Host
from {ROOM}._plans.plan import KernelValue
from {ROOM}._plans.steps import Run
from {ROOM}._values.errors import Fault
try:
    apply(Host(), [
        KernelValue("/proc/sys/net/ipv6/conf/all/forwarding", "0", "1"),
        KernelValue("/proc/sys/net/ipv6/conf/a0/accept_ra", "1", "2"),
        Run(("sh", "-c", "cat /proc/sys/net/ipv6/conf/*/forwarding; ip link del c0; false"), "break"),
    ])
except Fault as fault:
    print(fault)
"""


def test_taking_back_all_restores_what_it_overwrote(island: Any) -> None:
    for one, other in (("a0", "b0"), ("c0", "d0")):
        island.run("ip", "link", "add", one, "type", "veth", "peer", "name", other)
    island.run(
        "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/a0/forwarding; echo 1 > /proc/sys/net/ipv6/conf/c0/forwarding"
    )
    said = island.python(TAKE_BACK)
    assert "1\n1\n1" in said
    assert said.endswith("Everything is as it was before.\n")
    values = island.run(
        "sh", "-c", "cd /proc/sys/net/ipv6/conf; cat all/forwarding a0/forwarding b0/forwarding a0/accept_ra"
    )
    assert values.split() == ["0", "1", "0", "1"]


def test_value_that_the_kernel_refuses_is_named(island: Any) -> None:
    refuse = TAKE_BACK.replace('"1", "2"', '"1", "words"')
    said = island.python(refuse.replace("a0", "lo"))
    assert said.startswith("set /proc/sys/net/ipv6/conf/lo/accept_ra to words: [Errno 22] Invalid argument. Everything")
    assert island.run("cat", "/proc/sys/net/ipv6/conf/all/forwarding") == "0\n"
