#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs, on a Debian machine, what the lab needs to build images and run machines.
# Changes nothing beyond what apt does: podman's settings and storage live in the lab's own cache.
set -eu

# busybox-static and cpio: the initrd of the virtual machine; zstd and xz-utils: packed modules and kernels (with lz4)
packages="podman crun conmon netavark mmdebstrap e2fsprogs qemu-system-x86 qemu-utils seabios busybox-static
cpio lz4 openssh-client iproute2 util-linux uidmap zstd xz-utils ca-certificates python3"

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    case $state in
        ii*) ;;
        *) missing="$missing $package" ;;
    esac
done

if [ -z "$missing" ]; then
    echo "lab: the host has everything already"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "lab: not root: run this first: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "lab: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# Another apt may be at work on a fresh machine (unattended upgrades): wait for it, with an end.
apt-get -qq -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086 # a list of words on purpose
apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >/dev/null
echo "lab: the host is ready"
