#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes what every target of the Makefile stands on: a virtual environment on the newest supported Python of this
# machine, filled from that Python's lock file, and the path under which Ansible and Python find this checkout as
# homelab.ipv6. Does nothing where both are there. VENV names another place for the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly supported=(3.13 3.12 3.11)
readonly venv=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

# Debian splits ensurepip off into python3-venv, so a Python that starts is not yet one that can make environments.
fits() {
    "$1" -c "import sys, ensurepip, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" >/dev/null 2>&1
}

find_python() {
    local minor candidate
    for minor in "${supported[@]}"; do
        for candidate in "python$minor" python3 "/usr/local/bin/python$minor" "/usr/bin/python$minor" \
            "${PYENV_ROOT:-$HOME/.pyenv}/versions/$minor".*/bin/python3; do
            if fits "$candidate" "$minor"; then
                printf '%s %s\n' "$candidate" "$minor"
                return
            fi
        done
    done
    return 1
}

install_debian() {
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        say "Missing: $*. Install them (on Debian: apt-get install $*) and run make again."
        return 1
    fi
    say "Installing $*"
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

link_collection() {
    local link=.cache/collections/ansible_collections/homelab/ipv6
    mkdir -p "${link%/*}"
    # Relative, so that a checkout that is moved takes it along.
    [[ $(readlink "$link" || true) == ../../../.. ]] || ln -sfn ../../../.. "$link"
}

fill_venv() {
    local python=$1 lock=$2
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
if ! found=$(find_python); then
    install_debian python3-venv
    found=$(find_python) || {
        say "No Python of ${supported[*]} with venv and ensurepip found, and this system's python3-venv brings none."
        exit 1
    }
fi
read -r python minor <<<"$found"
fill_venv "$python" "requirements/lock-$minor.txt"
