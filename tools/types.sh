#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# mypy --strict, under the import path that the code has when Ansible runs it. A plugin directory that holds no
# Python yet is left out: mypy takes an empty package for a mistake.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=()
for room in module_utils modules filter action; do
    if [[ -d plugins/$room && -n $(git ls-files --cached --others --exclude-standard "plugins/$room/*.py") ]]; then
        packages+=(-p "ansible_collections.homelab.ipv6.plugins.$room")
    fi
done
((${#packages[@]} == 0)) || "${VENV:-.venv}/bin/mypy" "${packages[@]}"
mapfile -t tools < <(git ls-files --cached --others --exclude-standard 'tools/*.py')
((${#tools[@]} == 0)) || "${VENV:-.venv}/bin/mypy" --python-version 3.11 "${tools[@]}"
