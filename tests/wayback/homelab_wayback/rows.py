# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to lock oneself out, one a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """:param breaking: a shell script that does it, as a play might
    :param cuts: which probe of the line fails then
    :param then: what happens next: nothing, a reboot, or a kill of the whole host
    :param preparing: a script that runs before the host is armed
    :param grace: seconds that it may take beyond the timeout
    :param needs: a command that must succeed, or the host cannot be broken like that
    """

    name: str
    breaking: str
    cuts: str = "ssh4"
    then: str = ""
    preparing: str = "true"
    needs: str = "true"
    grace: float = 10.0


def network(body: str) -> str:
    return f"cat >/etc/systemd/network/20-br0.network <<'X'\n[Match]\nName=br0\n[Network]\n{body}X\nnetworkctl reload\n"


EVERYTHING = r"""
nft flush ruleset
printf 'table inet t {\n chain i { type filter hook input priority 0; policy drop; }\n}\n' >/etc/nftables.conf
nft -f /etc/nftables.conf
rm -r /etc/systemd/network; ip address flush dev br0; ip link set wan0 nomaster
echo net.ipv6.conf.all.disable_ipv6=1 >/etc/sysctl.d/99-x.conf; sysctl -qw net.ipv6.conf.all.disable_ipv6=1
rm /etc/ssh/sshd_config; systemctl -q disable ssh; systemctl stop ssh
systemctl -q disable systemd-networkd; systemctl -q mask systemd-networkd.socket
"""
KILLER = """
nohup sh -c 'for n in 1 2 3 4 5 6; do
    until [ "$(systemctl show -p MainPID --value homelab-ipv6-way-back.service)" != 0 ]; do sleep 0.02; done
    sleep 0.$n; kill -9 $(systemctl show -p MainPID --value homelab-ipv6-way-back.service); sleep 0.1
done' >/dev/null 2>&1 &
"""

ROWS = [
    Row(
        "ssh port dropped",
        "nft insert rule inet mine input tcp dport 22 drop; sed -i 's/accept/drop/' /etc/nftables.conf",
    ),
    Row(
        "policy drop on everything",
        """
nft flush ruleset
nft 'add table inet x; add chain inet x i { type filter hook input priority 0; policy drop; };
     add chain inet x o { type filter hook output priority 0; policy drop; }'
""",
    ),
    Row(
        "wrong address on the uplink",
        network("Address=203.0.113.77/24\nAddress=2001:db8:77::2/64\n") + "ip address flush dev br0; sleep 1",
    ),
    Row("default route lost", "ip route delete default", cuts="ssh from afar"),
    Row(
        "default route lost, in the files too",
        network("Address=198.51.100.2/24\nAddress=2001:db8:99::2/64\n") + "sleep 2",
        cuts="ssh from afar",
    ),
    Row(
        "bridge without a port",
        "rm /etc/systemd/network/10-wan0.network; networkctl reload; sleep 1; ip link set wan0 nomaster",
    ),
    Row(
        "networkd stopped",
        "systemctl stop systemd-networkd.socket systemd-networkd; ip address flush dev br0",
    ),
    Row(
        "networkd with broken units",
        """
for file in /etc/systemd/network/*; do echo '[Netwrok' >$file; done
ip link delete br0; systemctl restart systemd-networkd
""",
    ),
    Row(
        "ifupdown in the place of networkd",
        r"""
systemctl -q disable --now systemd-networkd.socket systemd-networkd
printf 'auto br0\niface br0 inet static\n address 192.0.2.99/24\n' >/etc/network/interfaces.d/x
ip address flush dev br0; ifup br0
""",
    ),
    Row("sshd stopped", "systemctl -q disable ssh; systemctl stop ssh; systemctl -q mask ssh"),
    Row("sshd with a broken configuration", "echo Rubbish >>/etc/ssh/sshd_config; systemctl restart ssh; true"),
    Row(
        "wrong MTU",
        r"""
ip link set wan0 mtu 1280; ip link set br0 mtu 1280
printf '[Link]\nMTUBytes=1280\n' >>/etc/systemd/network/10-wan0.network
""",
        cuts="large packets",
    ),
    Row(
        "wrong VLAN",
        """
ip link set br0 type bridge vlan_filtering 1
bridge vlan delete dev wan0 vid 1; bridge vlan add dev wan0 vid 7 pvid untagged
""",
        needs="bridge -json vlan show | grep -q br0",
    ),
    Row(
        "neighbour discovery dropped",
        """
nft insert rule inet mine input icmpv6 type '{ nd-neighbor-solicit, nd-neighbor-advert }' drop
ip -6 neighbour flush all; ip netns exec broker ip -6 neighbour flush all
""",
        cuts="ssh6",
    ),
    Row(
        "neighbour entered by hand, and wrong",
        "ip neighbour replace 198.51.100.1 lladdr 02:00:00:00:00:99 dev br0 nud permanent",
    ),
    Row(
        "forwarding off, for who comes through",
        """
echo net.ipv6.conf.all.forwarding=0 >/etc/sysctl.d/50-forward.conf
sysctl -qw net.ipv6.conf.all.forwarding=0
""",
        cuts="through",
    ),
    Row(
        "IPv6 disabled by sysctl",
        """
echo net.ipv6.conf.all.disable_ipv6=1 >/etc/sysctl.d/99-x.conf
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
""",
        cuts="ssh6",
    ),
    Row("link down", "ip link set br0 down"),
    Row("rules of routing gone", "ip rule flush; ip -6 rule flush; ip rule add pref 5 from all unreachable"),
    Row("all of it at once", EVERYTHING),
    Row("reboot in the middle", EVERYTHING, then="reboot"),
    Row("host killed in the middle", EVERYTHING, then="kill"),
    Row("who goes back is killed, again and again", EVERYTHING + KILLER, grace=20.0),
    # The last one: its file system stays.
    Row(
        "disk full meanwhile",
        """
set -e
# Only ever a file system of its own.
mountpoint -q /var/lib/homelab-ipv6
dd if=/dev/zero of=/var/lib/homelab-ipv6/fill bs=4k 2>/dev/null || true
ip route delete default; rm /etc/ssh/sshd_config; systemctl stop ssh
""",
        preparing="mkdir -p /var/lib/homelab-ipv6; mount -t tmpfs -o size=4m tmpfs /var/lib/homelab-ipv6",
    ),
]
