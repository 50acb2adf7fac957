#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs stages, each given as NAME=COMMAND, one after the other: a line before and after each with the time it took,
# and a closing table with what pytest counted in it. Goes on after a failed stage, so that one run shows all that is
# wrong, and fails if any did.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

logs=.cache/logs
mkdir -p "$logs"
failed=0
table=()
for stage; do
    name=${stage%%=*}
    started=$SECONDS
    printf '\n--- %s\n' "$name"
    # Without make's own flags, a stage that is itself a make is not taken for a part of this one.
    env -u MAKEFLAGS -u MAKELEVEL bash -euo pipefail -c "${stage#*=}" 2>&1 | tee "$logs/$name.log"
    if ((PIPESTATUS[0] == 0)); then verdict=ok; else verdict=FAILED failed=1; fi
    counted=$(sed -nE 's/\x1b\[[0-9;]*m//g; s/^=+ (.*(passed|failed|error|skipped).* in [0-9.]+s.*[^ =]) =+$/\1/p' \
        "$logs/$name.log" | tail -n 1)
    table+=("$(printf '%-14s %-7s %4d s  %s' "$name" "$verdict" "$((SECONDS - started))" "$counted")")
    printf -- '--- %s: %s after %d s\n' "$name" "$verdict" "$((SECONDS - started))"
done
printf '\n'
printf '%s\n' "${table[@]}"
printf '%-14s %-7s %4d s\n' total "$( ((failed)) && echo FAILED || echo ok)" "$SECONDS"
exit "$failed"
