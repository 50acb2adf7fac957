#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# outside.sh  the broker's end of uplink and tunnel, and the Internet in the shape of one host: 2001:db8:ffff::80 and
# 203.0.113.80.
set -eu
ip link set wan0 up
ip address replace 198.51.100.1/24 dev wan0
ip address replace 203.0.113.80/32 dev wan0
for network in 192.168.1.0/24 10.9.1.0/28 10.9.2.0/28; do
    ip route replace $network via 198.51.100.2
done
# Where the kernel has sit, nothing stands for it.
[ -e /sys/class/net/tun0 ] || ip link add tun0 type sit local 198.51.100.1 remote 198.51.100.2 ttl 64
ip link set tun0 mtu 1480 up
ip address replace 2001:db8:c:407::1/64 dev tun0 nodad
ip address replace 2001:db8:ffff::80/128 dev tun0 nodad
for prefix in 2001:db8:d:407::/64 2001:db8:4070::/48; do
    ip route replace $prefix via 2001:db8:c:407::2 dev tun0
done
