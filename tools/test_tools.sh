#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the tools that unit tests hold our parsers and renderers against. Their services are neither started nor
# enabled here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

declare -A services=([kea-dhcp6-server]=kea-dhcp6-server [isc-dhcp-server]=isc-dhcp-server [radvd]=radvd
    [wide-dhcpv6-server]=wide-dhcpv6-server [samba]=smbd [cups]=cups)
missing=()
for package in acl cups dnsmasq-base iproute2 isc-dhcp-server kea-dhcp6-server kea-doc netbase nftables procps \
    python3-twisted radvd samba wide-dhcpv6-server; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == ii* ]] || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

policy=/usr/sbin/policy-rc.d
if [[ $EUID -eq 0 && ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    # Debian's word for "not now" to whatever wants to start a service.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
install_debian "${missing[@]}"
for package in "${missing[@]}"; do
    [[ -z ${services[$package]:-} ]] || ! command -v systemctl >/dev/null ||
        systemctl disable -q "${services[$package]}" 2>/dev/null || true
done
