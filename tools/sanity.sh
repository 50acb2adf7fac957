#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test sanity on a copy of this checkout at the place that it insists on, ansible_collections/homelab/ipv6.
# What ansible-test keeps stays in .cache; its virtual environments there make every run but the first quick.
# Arguments go to ansible-test: tools/sanity.sh --test validate-modules
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

venv=$(realpath "${VENV:-.venv}")
cache=$PWD/.cache/sanity
copy=$cache/ansible_collections/homelab/ipv6

# ansible-test would download a script that brings pip into its virtual environments. pip's wheel can do that itself,
# and comes from where all else comes from.
provide_pip() {
    local version script wheel
    version=$("$venv/bin/python" - <<'PYTHON'
import re
from pathlib import Path

import ansible_test

source = Path(ansible_test.__file__).parent / "_internal/python_requirements.py"
print(re.search(r"\bpip='([\d.]+)'", source.read_text()).group(1))
PYTHON
    )
    script=$cache/home/.ansible/test/cache/get_pip_${version//./_}.py
    wheel=$cache/pip-$version-py3-none-any.whl
    [[ -f $wheel ]] || "$venv/bin/python" -m pip download -qq --no-deps -d "$cache" "pip==$version"
    mkdir -p "${script%/*}"
    cat >"$script" <<PYTHON
import sys

sys.path.insert(0, "$wheel")
from pip._internal.cli.main import main

sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]))
PYTHON
}

# ansible-test runs every pythonX.Y that it finds on PATH.
provide_pythons() {
    local minor python
    rm -rf "${cache:?}/bin"
    mkdir -p "$cache/bin"
    for minor in 3.9 3.10 3.11 3.12 3.13 3.14; do
        if python=$(python_of "$minor" ensurepip venv); then
            ln -s "$python" "$cache/bin/python$minor"
        fi
    done
}

copy_checkout "$copy"
# ansible-test asks git for the files, and this checkout's git does not list what is in .cache.
git -C "$copy" init -q
git -C "$copy" add -A
command -v shellcheck >/dev/null || install_debian shellcheck
provide_pythons
provide_pip
cd "$copy"
PATH=$cache/bin:$venv/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=$cache/home ANSIBLE_COLLECTIONS_PATH=$cache PYTHONWARNINGS=ignore \
    "$venv/bin/ansible-test" sanity --local --color no "$@"
