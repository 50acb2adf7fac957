# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of another process: who is in it, and what is reached from there."""

from __future__ import annotations

import json
from typing import Any

SOURCE = """
import json, os, socket, subprocess, time
from ansible_collections.homelab.ipv6.plugins.module_utils._host.echo import echo
from ansible_collections.homelab.ipv6.plugins.module_utils._host.netns import network_of

def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout

def names():
    return sorted(name for _index, name in socket.if_nameindex())

other = subprocess.Popen(["unshare", "--net", "sleep", "60"])
home = os.readlink("/proc/self/ns/net")
while os.readlink(f"/proc/{other.pid}/ns/net") == home:
    time.sleep(0.01)
try:
    # The far end is the router.
    ip("link", "add", "far0", "type", "veth", "peer", "name", "host0", "netns", str(other.pid))
    ip("link", "set", "far0", "addrgenmode", "none", "up")
    ip("address", "add", "fe80::1/64", "dev", "far0", "nodad")
    found = {"before": names()}
    with network_of(other.pid):
        # The first link that has such addresses.
        ip("link", "add", "decoy0", "type", "veth", "peer", "name", "decoy1")
        ip("link", "set", "decoy1", "up")
        ip("link", "set", "decoy0", "addrgenmode", "none", "up")
        ip("address", "add", "fe80::9/64", "dev", "decoy0", "nodad")
        ip("link", "set", "host0", "addrgenmode", "none", "up")
        ip("address", "add", "fe80::2/64", "dev", "host0", "nodad")
        found["inside"] = names()
        found["started there"] = "host0" in ip("-o", "link")
        found["router"], found["nobody"] = echo("fe80::1%host0"), echo("fe80::3%host0", tries=1, timeout=0.2)
    found["after"] = names()
finally:
    other.kill()
    other.wait()
try:
    with network_of(other.pid):
        pass
except OSError as error:
    found["ended"] = error.strerror
print(json.dumps(found))
"""


def test_one_is_there_and_back_again(island: Any) -> None:
    found = json.loads(island.python(SOURCE))
    assert (found["before"], found["after"]) == (["far0", "lo"], ["far0", "lo"])
    assert found["inside"] == ["decoy0", "decoy1", "host0", "lo"]
    assert found["started there"]
    # A link-local address is one of a link.
    assert found["router"] is not None
    assert found["nobody"] is None
    assert found["ended"] == "No such file or directory"
