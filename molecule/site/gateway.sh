#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# gateway.sh  makes this machine a gateway for IPv4: ifupdown has its uplink and its LAN, dnsmasq serves DHCP there. The
# links of the lab are plugged in anew after each boot.
set -eu
cat >/etc/network/interfaces.d/home <<'END'
auto eth0
iface eth0 inet static
    address 198.51.100.2/24
    gateway 198.51.100.1

auto lan0
iface lan0 inet static
    address 192.168.1.1/24
END
cat >/etc/systemd/system/switch.service <<'END'
[Unit]
Description=The switch that the machines of the LAN are plugged into
DefaultDependencies=no
Before=networking.service systemd-networkd.service

[Service]
Type=oneshot
RemainAfterExit=yes
# Snooping would wait for a querier.
ExecStart=ip link add lan0 address 02:00:00:00:01:01 type bridge mcast_snooping 0
ExecStart=sh -c 'for port in /sys/class/net/port*; do ip link set $${port##*/} master lan0 up; done'

[Install]
WantedBy=multi-user.target
END
echo net.ipv4.ip_forward=1 >/etc/sysctl.d/30-gateway.conf
cat >/etc/dnsmasq.d/lan.conf <<'END'
port=0
interface=lan0
bind-dynamic
dhcp-range=192.168.1.100,192.168.1.199,1h
# Containers with links of their own lie behind their host.
dhcp-option=option:classless-static-route,10.9.1.0/28,192.168.1.5,0.0.0.0/0,192.168.1.1
dhcp-option=option:router,192.168.1.1
END
sysctl --quiet --system
systemctl daemon-reload
systemctl enable --now --quiet switch.service
systemctl restart networking
systemctl enable --now --quiet dnsmasq
ip route replace 10.9.1.0/28 via 192.168.1.5
