#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# router.sh NUMBER…  makes this machine the router of the container hosts with these numbers: they, and a client in a
# namespace, on its LAN; the Internet in another namespace; DHCP for IPv4.
set -eu
sysctl --quiet --write net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# Snooping would wait for a querier.
ip link add lan0 address 02:00:00:00:00:01 type bridge mcast_snooping 0
ip link set lan0 up
ip address add 2001:db8:d:407::1/64 dev lan0 nodad
ip address add 192.0.2.1/24 dev lan0
for number; do
    ip link set "port$number" master lan0 up
    ip -6 route add "2001:db8:d:${number}00::/56" via "2001:db8:d:407::$number"
    ip route add "10.$number.0.0/16" via "192.0.2.$number"
done

ip netns add client
ip link add port0 master lan0 type veth peer name eth0 netns client
ip link set port0 up
ip -n client link set lo up
ip -n client link set eth0 up
ip -n client address add 2001:db8:d:407::c/64 dev eth0 nodad
ip -n client address add 192.0.2.200/24 dev eth0
ip -n client route add default via 192.0.2.1
ip -n client -6 route add default via 2001:db8:d:407::1

ip netns add internet
ip link add wan0 type veth peer name eth0 netns internet
ip link set wan0 up
ip address add 2001:db8:ffff::1/64 dev wan0 nodad
ip address add 198.51.100.1/24 dev wan0
ip -n internet link set lo up
ip -n internet link set eth0 up
ip -n internet address add 2001:db8:ffff::2/64 dev eth0 nodad
ip -n internet address add 198.51.100.2/24 dev eth0
ip -n internet route add default via 198.51.100.1
ip -n internet -6 route add default via 2001:db8:ffff::1

systemd-run --quiet --unit=dhcp4 dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 --user=root \
    --interface=lan0 --bind-interfaces --dhcp-range=192.0.2.100,192.0.2.180,1h --dhcp-option=3,192.0.2.1 \
    --dhcp-leasefile=/run/dhcp4.leases --log-dhcp
