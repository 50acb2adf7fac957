#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs stages, each given as NAME=COMMAND, one after the other, with the time that each took. Goes on after a failed
# stage, so that one run shows all that is wrong, and fails if any did. The closing lines are a table of the stages,
# with what pytest counted in them, and the sum of that.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

logs=.cache/logs
mkdir -p "$logs"

# The summary lines of pytest in a log: "12 passed, 1 skipped in 1.00s".
summaries() {
    sed -nE 's/\x1b\[[0-9;]*m//g; s/^=+ (.* in [0-9.]+s( \([0-9:]+\))?) =+$/\1/p' "$1"
}

counted() { # LOG WORD: how many tests WORD in all runs of pytest in the log
    summaries "$1" | grep -oE "[0-9]+ $2" | awk '{sum += $1} END {print sum + 0}'
}

stages_failed=0 passed=0 failed=0 skipped=0
table=()
for stage; do
    name=${stage%%=*}
    log=$logs/$name.log
    started=$SECONDS
    printf '\n--- %s\n' "$name"
    # Without make's own variables a stage that is itself a make is not taken for a part of this one.
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS bash -euo pipefail -c "${stage#*=}" </dev/null 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    took=$((SECONDS - started))
    bad=$(($(counted "$log" failed) + $(counted "$log" 'errors?')))
    verdict=ok
    if ((status != 0)); then
        verdict=FAILED
        ((stages_failed += 1))
        # A linter counts nothing; its stage is one failure.
        ((bad > 0)) || bad=1
    fi
    ((passed += $(counted "$log" passed), skipped += $(counted "$log" skipped), failed += bad))
    printf -- '--- %s: %s after %d s\n' "$name" "$verdict" "$took"
    table+=("$(printf '%-20s %-7s %5d s  %s' "$name" "$verdict" "$took" "$(summaries "$log" | paste -sd ';')")")
done

printf '\n'
printf '%s\n' "${table[@]}"
printf '%-20s %-7s %5d s\n' all "$( ((stages_failed)) && echo FAILED || echo ok)" "$SECONDS"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((stages_failed == 0))
