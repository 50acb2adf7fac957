#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the collection as a user gets it, installs it into an empty place without asking Galaxy, and has ansible-doc
# show from there every plugin and role that this checkout has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

cache=$PWD/.cache/package
copy_checkout "$cache/source"
rm -rf "$cache/built" "$cache/installed"
ansible-galaxy collection build --output-path "$cache/built" "$cache/source"
# Away from the checkout, whose link would win over the installed copy.
cd "$cache"
export ANSIBLE_COLLECTIONS_PATH=$cache/installed
ansible-galaxy collection install --offline --no-deps -p "$cache/installed" "$cache"/built/homelab-ipv6-*.tar.gz

installed=$cache/installed/ansible_collections/homelab/ipv6
for left_out in .ci .gitignore .venv Makefile tests tools; do
    [[ ! -e $installed/$left_out ]] || { say "$left_out belongs in galaxy.yml's build_ignore"; exit 1; }
done

missing=0
shown() { # KIND FOLDER SUFFIX: everything in FOLDER that ends in SUFFIX is known to ansible-doc as a KIND
    local path name listed
    listed=$(ansible-doc --type "$1" --list --json homelab.ipv6)
    for path in "$cache/source/$2"/*"$3"; do
        name=$(basename "$path" "$3")
        [[ -e $path && $name != __init__ ]] || continue
        if [[ $listed == *"\"homelab.ipv6.$name\":"* ]] &&
            ansible-doc --type "$1" "homelab.ipv6.$name" >"$cache/doc.txt"; then
            printf '%s homelab.ipv6.%s: %d lines of documentation\n' "$1" "$name" "$(wc -l <"$cache/doc.txt")"
        else
            say "ansible-doc does not show the $1 homelab.ipv6.$name"
            missing=1
        fi
    done
}
shown module plugins/modules .py
shown filter plugins/filter .yml
shown role roles ""
exit "$missing"
