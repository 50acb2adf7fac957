#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# outside.sh NUMBER…: for each router the broker's end of uplink and tunnel, and the Internet in the shape of one host,
# 2001:db8:ffff::80.
set -eu

for n; do
    ip link set "wan$n" up
    ip address add "198.51.$n.1/24" dev "wan$n"
    # Where the kernel has sit, nothing stands for it.
    [ -e "/sys/class/net/tun$n" ] ||
        ip link add "tun$n" type sit local "198.51.$n.1" remote "198.51.$n.2" ttl 64
    ip link set "tun$n" mtu 1480 up
    ip address add "2001:db8:$n:1::1/64" dev "tun$n" nodad
    ip address add 2001:db8:ffff::80/128 dev "tun$n" nodad
    ip route add "2001:db8:$n:2::/64" via "2001:db8:$n:1::2" dev "tun$n"
done

mkdir -p /srv/www
head -c 2000000 /dev/urandom >/srv/www/big.bin
systemd-run --unit=web --working-directory=/srv/www python3 -m http.server --bind :: 80
