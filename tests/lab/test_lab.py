# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab is what it says, shown without the collection: a tunnel and radvd set up by hand on the router."""

from __future__ import annotations

import hashlib
import json
import socket
import textwrap
from typing import Any

import pytest
from homelab_lab import addresses, container
from homelab_lab.looking import capture, ipv6_addresses, ipv6_routes, ping, wait_for
from homelab_lab.machine import Machine

Data = dict[str, Any]
# An echo request in a 6in4 packet of 1500 bytes: 1500 - 20 (IPv4) - 40 (IPv6) - 8 (ICMPv6).
FULL_SIZE = 1432
MARK = "/root/was-here-before-the-reboot"


@pytest.fixture(scope="module")
def by_hand(lab: Machine, data: Data) -> None:
    if lab.kind == "container" and not container.kernel_has_sit():
        pytest.skip("the host's kernel has no sit, and this container shares it")
    tunnel, lan = data["tunnel"], data["lan"]
    radvd = f"""
        interface {lan["interface"]} {{
            AdvSendAdvert on;
            AdvLinkMTU {tunnel["mtu"]};
            MinRtrAdvInterval 3;
            MaxRtrAdvInterval 10;
            prefix {tunnel["routed64"]} {{ }};
            RDNSS {addresses.host(lan["router"])} {{ }};
        }};
    """
    lab.run("router", "cat >/etc/radvd.conf", stdin=textwrap.dedent(radvd))
    script = f"""
        set -e
        test -e /proc/sys/net/ipv6/conf/by-hand ||
            ip tunnel add by-hand mode sit local {tunnel["client_ipv4"]} remote {tunnel["server_ipv4"]} ttl 255
        ip link set by-hand mtu {tunnel["mtu"]} up
        ip address replace {tunnel["client_ipv6"]} dev by-hand nodad
        ip -6 route replace ::/0 dev by-hand
        ip link set {lan["interface"]} up
        ip address replace {lan["router"]} dev {lan["interface"]} nodad
        sysctl -q -w net.ipv6.conf.all.forwarding=1
        apt-get -q -y --no-install-recommends install radvd
        systemctl restart radvd
    """
    lab.run("router", script, timeout=600)


def test_router_is_a_bare_debian(lab: Machine, data: Data) -> None:
    # Before anything is set up: this test stands first.
    installed = lab.run("router", ["dpkg-query", "-W", "-f", "${Package}\n"]).stdout.split()
    assert not {"radvd", "kea-dhcp6-server", "isc-dhcp-server", "nftables"} & set(installed)
    assert lab.run("router", ["systemctl", "is-enabled", "systemd-networkd"], check=False).stdout.strip() == "disabled"
    uplink = data["uplink"]["interface"]
    assert lab.run("router", ["ifquery", "--state", uplink]).stdout.strip() == f"{uplink}={uplink}"
    (link,) = json.loads(lab.run("router", ["ip", "-json", "address", "show", "dev", data["lan"]["interface"]]).stdout)
    assert "UP" not in link["flags"]
    assert link["addr_info"] == []


def test_client_asks_under_its_duid(lab: Machine, data: Data) -> None:
    lab.run("router", f"ip link set {data['lan']['interface']} up")
    with capture(lab, "router", data["lan"]["interface"], "udp port 547") as seen:
        lab.run("router", ["systemctl", "restart", "lab-dhcp@client"])
        wait_for(lambda: "XMT: Solicit" in lab.run("router", "journalctl -b -u lab-dhcp@client").stdout, "Solicit")
        lab.run("router", ["sleep", "3"])
    # tcpdump prints of a DUID-LLT its time in decimal and its link-layer address.
    assert any("dhcp6 solicit" in line and "525400c11e01" in line for line in seen.lines), seen.lines


@pytest.mark.usefixtures("by_hand")
class TestThroughTheTunnel:
    def test_client_configures_itself(self, lab: Machine, data: Data) -> None:
        prefix = data["tunnel"]["routed64"].removesuffix("::/64")
        wait_for(lambda: [a for a in ipv6_addresses(lab, "client", "eth0") if a.startswith(prefix)], "SLAAC address")
        (default,) = ipv6_routes(lab, "client", "show", "default")
        assert default["gateway"].startswith("fe80::")
        mtu = lab.run("client", ["cat", "/proc/sys/net/ipv6/conf/eth0/mtu"]).stdout
        assert int(mtu) == data["tunnel"]["mtu"]
        heard = lab.run("client", ["rdisc6", "-1", "-w", "5000", "eth0"], timeout=30).stdout
        assert f"Recursive DNS server     : {addresses.host(data['lan']['router'])}" in heard

    def test_full_size_packets_pass(self, lab: Machine, data: Data) -> None:
        target = addresses.host(data["internet"]["host"])
        assert ping(lab, "client", target, size=FULL_SIZE)
        assert not ping(lab, "client", target, size=FULL_SIZE + 1)

    def test_packets_travel_in_protocol_41(self, lab: Machine, data: Data) -> None:
        target = addresses.host(data["internet"]["host"])
        with capture(lab, "router", data["uplink"]["interface"], "ip proto 41") as seen:
            assert ping(lab, "client", target)
        text = "\n".join(seen.lines)
        print(text)
        assert f"{data['tunnel']['client_ipv4']} > {data['tunnel']['server_ipv4']}" in text
        assert "proto IPv6 (41)" in text
        assert "echo reply" in text

    def test_large_file_arrives(self, lab: Machine, data: Data) -> None:
        internet = data["internet"]
        url = f"http://[{addresses.host(internet['host'])}]:{internet['http_port']}/{internet['big_file']}"
        digest = lab.run("client", f"curl -sS --max-time 60 {url} | sha256sum", timeout=90).stdout.split()[0]
        assert digest == hashlib.sha256(hashlib.shake_256(b"big").digest(internet["big_size"])).hexdigest()

    def test_packet_too_big_comes_back(self, lab: Machine, data: Data) -> None:
        internet = data["internet"]
        target = addresses.host(internet["narrow_host"])
        assert not ping(lab, "client", target, size=FULL_SIZE, count=1)
        (route,) = ipv6_routes(lab, "client", "get", target)
        assert route["metrics"][0]["mtu"] == internet["narrow_mtu"]
        assert ping(lab, "client", target, size=FULL_SIZE - data["tunnel"]["mtu"] + internet["narrow_mtu"])

    def test_forged_packets_are_real(self, lab: Machine, data: Data) -> None:
        """A packet that pretends to come from the broker reaches the client: what a test that sees one dropped
        must be able to rely on. From another IPv4 address the tunnel itself refuses it."""
        tunnel, lan = data["tunnel"], data["lan"]["interface"]
        prefix = tunnel["routed64"].removesuffix("::/64")
        inside = next(a for a in ipv6_addresses(lab, "client", "eth0") if a.startswith(prefix))
        outside = addresses.host(data["internet"]["host"])
        forge = ["python3", "/usr/local/lib/homelab-lab/lab_forge.py"]
        for source, arrives in ((tunnel["server_ipv4"], True), (addresses.host(data["uplink"]["stranger"]), False)):
            with (
                capture(lab, "router", data["uplink"]["interface"], f"src {source} and ip proto 41") as wire,
                capture(lab, "router", lan, f"icmp6 and dst {inside} and src {outside}") as behind,
            ):
                lab.run("broker", [*forge, source, tunnel["client_ipv4"], outside, inside])
                lab.run("router", ["sleep", "1"])
            assert wire.lines
            assert bool(behind.lines) is arrives


def test_apparmor_confines(lab: Machine) -> None:
    if lab.kind != "vm":
        pytest.skip("only the virtual machine has a kernel of its own, and with it AppArmor")
    profiles = json.loads(lab.run("router", ["aa-status", "--json"]).stdout)["profiles"]
    assert profiles
    assert set(profiles.values()) == {"enforce"}
    client = "cat /proc/$(systemctl show -P MainPID lab-dhcp@client)/attr/current"
    assert lab.run("router", client).stdout.strip().endswith("dhclient (enforce)")


def test_nothing_gets_out(lab: Machine) -> None:
    if lab.kind != "vm":
        pytest.skip("a container has no network at all")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        # 10.0.2.2 is the host's localhost where qemu's user network is not told otherwise.
        lab.run("router", ["nc", "-w", "4", "-z", "10.0.2.2", str(listener.getsockname()[1])], check=False)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_world_is_back_after_a_reboot(lab: Machine, data: Data) -> None:
    # Last: what was set up by hand does not survive it.
    lab.run("router", ["touch", MARK])
    before = lab.run("router", ["cat", "/etc/machine-id"]).stdout
    lab.reboot()
    lab.run("router", ["test", "-e", MARK])
    assert lab.run("router", ["cat", "/etc/machine-id"]).stdout == before
    assert ping(lab, "internet", addresses.host(data["internet"]["broker"]))
    lab.run("broker", ["ping", "-c", "1", "-w", "5", addresses.host(data["uplink"]["router"])])
    url = f"http://[{addresses.host(data['internet']['host'])}]/"
    wait_for(lambda: lab.run("broker", ["curl", "-sS", "-o", "/dev/null", url], check=False).returncode == 0, "web")
    assert "by-hand" not in lab.run("router", ["ip", "-br", "link"]).stdout
    if lab.kind == "vm":
        lab.run("router", ["aa-status", "--enabled"])
