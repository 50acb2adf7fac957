# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl_set as Ansible runs it, on a real kernel in a namespace of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

FILE = "/etc/sysctl.d/90-test.conf"
OPTIONS: dict[str, Any] = {
    "name": "90-test",
    "values": {"net.ipv6.conf.all.forwarding": 1, "net/ipv6/conf/a.1/accept_ra": "2"},
    "ipv6_interfaces": {"b0": {"forwarding": False, "accept_ra": False}},
}


@pytest.fixture
def host(island: Any) -> Any:
    """Two links, and a sysctl.d in which nobody else has anything."""
    island.run("ip", "link", "add", "a.1", "type", "veth", "peer", "name", "b0")
    for directory in ("/etc/sysctl.d", "/usr/lib/sysctl.d"):
        # The parent has it on every Debian; what is mounted here nobody else sees.
        island.run("mount", "-t", "tmpfs", "tmpfs", directory)
    return island


def value(host: Any, key: str) -> str:
    return str(host.run("cat", "/proc/sys/net/ipv6/conf/" + key).strip())


def file(host: Any) -> str | None:
    return str(host.run("cat", FILE)) if host.run("sh", "-c", f"test -e {FILE} && echo yes || true") else None


def test_check_then_apply_then_again(host: Any) -> None:
    checked = host.module("sysctl_set", check_mode=True, **OPTIONS)
    assert (checked["changed"], value(host, "all/forwarding"), file(host)) == (True, "0", None)
    done = host.module("sysctl_set", **OPTIONS)
    assert {key: done[key] for key in ("changed", "diff", "steps")} == {
        key: checked[key] for key in ("changed", "diff", "steps")
    }
    assert done["diff"][1]["after"] == (
        "net.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.a/1.accept_ra = 2\nnet.ipv6.conf.b0.accept_ra = 0\n"
        "net.ipv6.conf.b0.forwarding = 0\n"
    )
    found = [value(host, key) for key in ("all/forwarding", "a.1/forwarding", "a.1/accept_ra", "b0/forwarding")]
    assert found == ["1", "1", "2", "0"]
    assert host.run("stat", "-c", "%a %U %G", FILE) == "644 root root\n"
    for check_mode in (False, True):
        again = host.module("sysctl_set", check_mode=check_mode, **OPTIONS)
        assert (again["changed"], again["diff"], again["steps"]) == (False, [], [])


def test_what_left_the_set_leaves_the_file(host: Any) -> None:
    host.module("sysctl_set", **OPTIONS)
    done = host.module("sysctl_set", name="90-test", values={"net.ipv6.conf.all.forwarding": 1})
    assert done["changed"]
    assert (file(host) or "").splitlines()[1:] == ["net.ipv6.conf.all.forwarding = 1"]
    # Nobody knows what it was before the set came.
    assert value(host, "a.1/accept_ra") == "2"
    checked = host.module("sysctl_set", check_mode=True, name="90-test", state="absent")
    gone = host.module("sysctl_set", name="90-test", state="absent")
    assert (gone["changed"], gone["diff"], file(host)) == (True, checked["diff"], None)
    assert host.module("sysctl_set", name="90-test", state="absent")["changed"] is False


def test_interface_that_comes_later(host: Any) -> None:
    options = {"name": "90-test", "ipv6_interfaces": {"late.2": {"accept_ra": 0}}}
    refused = host.module("sysctl_set", **options)
    assert refused["failed"]
    assert refused["option"] == "ipv6_interfaces.late.2.accept_ra"
    assert "Use one of a.1, b0, lo, or say missing: defer" in refused["msg"]
    done = host.module("sysctl_set", **options, missing="defer")
    assert (done["changed"], done["deferred"]) == (True, ["net.ipv6.conf.late/2.accept_ra"])
    assert host.module("sysctl_set", **options, missing="defer")["changed"] is False
    host.run("ip", "link", "add", "late.2", "type", "veth")
    come = host.module("sysctl_set", **options, missing="defer")
    assert (come["steps"], come["deferred"]) == (["set /proc/sys/net/ipv6/conf/late.2/accept_ra to 0"], [])
    assert host.module("sysctl_set", **options)["changed"] is False


def test_value_that_the_kernel_refuses_leaves_everything_as_it_was(host: Any) -> None:
    bad = {**OPTIONS, "ipv6_interfaces": {"b0": {"accept_ra": "words"}}}
    failed = host.module("sysctl_set", **bad)
    refused = "set /proc/sys/net/ipv6/conf/b0/accept_ra to words: [Errno 22] Invalid argument."
    assert failed["msg"] == refused + " Everything is as it was before."
    assert (file(host), value(host, "all/forwarding"), value(host, "a.1/accept_ra")) == (None, "0", "1")
    assert host.run("ls", "-A", "/etc/sysctl.d") == ""


def test_file_of_others_is_not_overruled_in_vain(host: Any) -> None:
    host.run("sh", "-c", "echo net.ipv6.conf.all.forwarding=0 > /usr/lib/sysctl.d/99-z.conf")
    refused = host.module("sysctl_set", **OPTIONS)
    assert refused["msg"].startswith(
        "values.net.ipv6.conf.all.forwarding: 1 would be undone at boot by /usr/lib/sysctl.d/99-z.conf line 1 (0)."
    )
    host.run("ln", "-s", "../sysctl.conf", "/etc/sysctl.d/90-test.conf")
    host.run("rm", "/usr/lib/sysctl.d/99-z.conf")
    refused = host.module("sysctl_set", **OPTIONS)
    assert refused["msg"].startswith("name: 90-test is a file of somebody else: /etc/sysctl.d/90-test.conf is a link")
    assert value(host, "all/forwarding") == "0"
