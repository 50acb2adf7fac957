#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# networkd_record.sh SUITE…   asks the systemd of each Debian suite (bookworm trixie) what it knows, by
# networkd_probe.py in a bare root file system of that suite, and keeps the answers as test data. Takes minutes, root,
# mmdebstrap. Afterwards: python3 tools/networkd_vocabulary.py
# networkd_record.sh --ask SUITE…   only prints what it says against the words that the vocabulary offers for keys with
# a fixed choice. Old names, keys newer than the systemd of the suite, and sections that lack more than what was asked
# about may appear; "Failed to parse" may not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=tests/unit/plugins/module_utils/_formats/data
ask=
if [[ ${1:-} == --ask ]]; then ask=1; shift; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for suite; do
    root=$scratch/$suite
    # The manual pages say in which release a key came in.
    mmdebstrap --quiet --variant=minbase --include=systemd,udev,python3 "$suite" "$root"
    cp tools/networkd_probe.py "$root/root/"
    [[ -z $ask ]] || python3 tools/networkd_vocabulary.py --choices >"$root/root/choices.json"
    # A mount namespace of its own: all that is mounted goes with it, also when interrupted.
    # shellcheck disable=SC2016 # the inner shell expands these
    unshare --mount bash -euc '
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t sysfs sysfs "$1/sys"
        mount --rbind /dev "$1/dev"
        chroot "$1" python3 /root/networkd_probe.py ${2:+/root/choices.json}' - "$root" "$ask" >"$scratch/answer"
    if [[ -n $ask ]]; then
        sed "s/^/$suite: /" "$scratch/answer"
    else
        version=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])' <"$scratch/answer")
        cp "$scratch/answer" "$data/networkd-$version.json"
    fi
done
