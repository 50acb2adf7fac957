#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes what every target of the Makefile stands on: a virtual environment on the newest supported Python of this
# machine, filled from that Python's lock file, and the path under which Ansible and Python find this checkout as
# homelab.ipv6. Does nothing where both are there. VENV names another place for the environment, VENV_PYTHON one
# Python (3.11) to use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. tools/common.sh

read -ra supported <<<"${VENV_PYTHON:-3.13 3.12 3.11}"
readonly venv=${VENV:-.venv}

# Debian splits ensurepip off into python3-venv, so a Python that starts is not yet one that can make environments.
newest_python() {
    local minor
    for minor in "${supported[@]}"; do
        if python=$(python_of "$minor" ensurepip venv); then
            lock=requirements/lock-$minor.txt
            return
        fi
    done
    return 1
}

link_collection() {
    local link=.cache/collections/ansible_collections/homelab/ipv6
    mkdir -p "${link%/*}"
    # Relative, so that a checkout that is moved takes it along.
    [[ $(readlink "$link" || true) == ../../../.. ]] || ln -sfn ../../../.. "$link"
}

fill_venv() {
    if [[ -x $venv/bin/python ]] && cmp -s "$lock" "$venv/lock.txt" && "$venv/bin/python" -c ''; then
        return
    fi
    say "Making $venv from $lock with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    # The lock is complete, so nothing is resolved; bytecode is left to the first run of each tool, which needs
    # a tenth of it.
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-compile -r "$lock"
    "$venv/bin/python" -m pip check --disable-pip-version-check >&2
    cp "$lock" "$venv/lock.txt"
}

mkdir -p .cache
exec 9>.cache/venv.lock
flock 9
link_collection
command -v git >/dev/null || install_debian git ca-certificates
if ! newest_python; then
    install_debian python3-venv
    newest_python || {
        say "No Python of ${supported[*]} with venv and ensurepip found, and this system's python3-venv brings none."
        exit 1
    }
fi
fill_venv
