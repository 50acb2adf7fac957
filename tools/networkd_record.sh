#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# networkd_record.sh SUITE…   asks the systemd of each Debian suite (bookworm trixie) what it knows, by
# networkd_probe.py in a bare root file system of that suite, and keeps the answers as test data: unit tests hold the
# vocabulary that tools/networkd_vocabulary.py reads out of the sources against them. Takes minutes, root, mmdebstrap.
# With NETWORKD_PROBE_SAYS=1 it also prints what the daemons say against words that the vocabulary offers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=tests/unit/plugins/module_utils/_formats/data

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for suite; do
    root=$scratch/$suite
    mmdebstrap --quiet --variant=minbase --include=systemd,udev,python3 "$suite" "$root"
    cp tools/networkd_probe.py "$root/root/"
    python3 tools/networkd_vocabulary.py --questions >"$root/root/questions.json"
    # A mount namespace of its own: all that is mounted goes with it, also when interrupted.
    # shellcheck disable=SC2016 # the inner shell expands these
    unshare --mount bash -euc '
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t sysfs sysfs "$1/sys"
        mount --rbind /dev "$1/dev"
        chroot "$1" python3 /root/networkd_probe.py /root/questions.json' - "$root" >"$scratch/answer"
    version=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])' <"$scratch/answer")
    cp "$scratch/answer" "$data/networkd-$version.json"
done
