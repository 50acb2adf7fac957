#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Resolves requirements/tools.in anew into one lock file a supported Python. uv resolves for Pythons that are not
# installed here, which pip cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv_home=.cache/uv
[[ -x $uv_home/bin/uv ]] || {
    "${VENV:-.venv}/bin/python" -m venv "$uv_home"
    "$uv_home/bin/pip" install -qq uv
}
for minor in 3.11 3.12 3.13; do
    lock=requirements/lock-$minor.txt
    {
        printf '# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by "make lock" from tools.in; not edited by hand.\n'
        "$uv_home/bin/uv" pip compile -q --upgrade --python-version "$minor" --no-header --no-annotate requirements/tools.in
    } >"$lock.new"
    mv "$lock.new" "$lock"
    printf '%s: %s\n' "$lock" "$(grep -E '^ansible(-core)?==' "$lock" | tr '\n' ' ')"
done
