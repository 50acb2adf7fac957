#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles what goes to managed hosts with Python 3.9, the oldest that it is written for, where this machine has it.
# ruff's and mypy's target version cover the rest of the way elsewhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

mapfile -t sources < <(git ls-files --cached --others --exclude-standard 'plugins/*.py')
((${#sources[@]} > 0)) || exit 0
if ! python=$(python_of 3.9); then
    echo "No Python 3.9 here: its syntax is checked by ruff and mypy alone."
    exit 0
fi
"$python" - "${sources[@]}" <<'PYTHON'
import sys

for name in sys.argv[1:]:
    with open(name, "rb") as source:
        compile(source.read(), name, "exec", dont_inherit=True)
print(f"{len(sys.argv) - 1} files compile with Python {sys.version.split()[0]}")
PYTHON
