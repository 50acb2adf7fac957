#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# stage.sh [NAME=COMMAND…] [--together NAME=COMMAND…]  runs stages one after the other, with the time that each took, and
# then those after --together two at a time, each one's output whole when it has ended. Goes on after a failed stage, so
# that one run shows all that is wrong, and fails if any did. Two stages with machines that failed beside another get a
# second try each, alone: that tells what is broken from what does not stand a busy machine. The closing lines are a
# table of the stages, with what pytest counted in them, what those said that failed, also if only the first time, and
# the sum: of a long log often no more than the end is kept.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

logs=.cache/logs
mkdir -p "$logs"
together=0 stages=()
# What a shell starts in the background does not hear Ctrl-C.
trap 'trap - TERM; kill 0' INT

run_stage() {
    local name=${1%%=*} started=$SECONDS verdict=ok
    local log=$logs/$name.log
    # pytest takes a directory that others use for its own and closes it to all but itself.
    local temporary
    temporary=$(mktemp -d "${TMPDIR:-/tmp}/homelab-ipv6-$name.XXXXXX")
    chmod 755 "$temporary"
    # Without make's own variables a stage that is itself a make is not taken for a part of this one.
    local run=(env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS PYTEST_DEBUG_TEMPROOT="$temporary" bash -euo pipefail -c "${1#*=}")
    if ((together)); then
        printf -- '--- %s has begun\n' "$name"
        "${run[@]}" </dev/null >"$log" 2>&1 || verdict=FAILED
        exec 8>"$logs/printing"
        flock 8
        printf '\n--- %s\n' "$name"
        cat "$log"
    else
        printf '\n--- %s\n' "$name"
        "${run[@]}" </dev/null 2>&1 | tee "$log" || verdict=FAILED
    fi
    rm -rf "$temporary"
    printf '%s %d\n' "$verdict" "$((SECONDS - started))" >"$logs/$name.result"
    printf -- '--- %s: %s after %d s\n' "$name" "$verdict" "$((SECONDS - started))"
}

# The summary lines of pytest in a log: "12 passed, 1 skipped in 1.00s".
summaries() {
    sed -nE 's/\x1b\[[0-9;]*m//g; s/^=+ (.* in [0-9.]+s( \([0-9:]+\))?) =+$/\1/p' "$1"
}

counted() { # LOG WORD: how many tests WORD in all runs of pytest in the log
    summaries "$1" | grep -oE "[0-9]+ $2" | awk '{sum += $1} END {print sum + 0}'
}

# What pytest and Ansible say of a failure. The last of it, since a scenario ends with what failed, and asks for
# failures before that. Without any of it, the end of the log.
complaints() { # LOG
    local said
    said=$(sed -E 's/\x1b\[[0-9;]*m//g' "$1" |
        grep -E -A 2 '^(E  |FAILED |ERROR |\[ERROR\]|fatal: |failed: |Error)' | grep -vE '^(--|)$' | cut -c 1-400 | tail -n 8)
    [[ -n $said ]] || said=$(tail -n 4 "$1" | cut -c 1-400)
    printf '    %s\n' "${said//$'\n'/$'\n'    }"
}

for stage; do
    [[ $stage != --together ]] || { together=1; continue; }
    stages+=("$stage")
    # A stage that is cut off must not be judged by an earlier run.
    echo "FAILED 0" >"$logs/${stage%%=*}.result"
    if ((together)); then
        while (($(jobs -rp | wc -l) >= 2)); do wait -n; done
        run_stage "$stage" &
    else
        run_stage "$stage"
    fi
done
wait

# Broken is more than that, and there is no need to wait for it twice.
second_tries=2
failed_stages=()
for stage in "${stages[@]}"; do
    read -r verdict _took <"$logs/${stage%%=*}.result"
    [[ $verdict == ok ]] || failed_stages+=("$stage")
done
unsteady=()
if ((together && ${#failed_stages[@]} <= second_tries)); then
    together=0
    for stage in "${failed_stages[@]}"; do
        name=${stage%%=*}
        [[ $name == molecule-* || $name == wayback ]] || continue
        mv "$logs/$name.log" "$logs/$name.first.log"
        unsteady+=("$name")
        printf '\n--- %s failed; once more, alone\n' "$name"
        run_stage "$stage"
    done
fi

stages_failed=0 wrong='' passed=0 failed=0 skipped=0
printf '\n'
for stage in "${stages[@]}"; do
    name=${stage%%=*}
    log=$logs/$name.log
    read -r verdict took <"$logs/$name.result"
    bad=$(($(counted "$log" failed) + $(counted "$log" 'errors?')))
    if [[ $verdict != ok ]]; then
        ((stages_failed += 1))
        # A linter counts nothing; its stage is one failure.
        ((bad > 0)) || bad=1
        wrong+=$(printf '\n%s said:\n' "$name"; complaints "$log")
    fi
    ((passed += $(counted "$log" passed), skipped += $(counted "$log" skipped), failed += bad))
    again=
    [[ " ${unsteady[*]-} " != *" $name "* ]] || again=', at the second try'
    printf '%-20s %-7s %5d s  %s%s\n' "$name" "$verdict" "$took" "$(summaries "$log" | paste -sd ';')" "$again"
done
for name in ${unsteady[@]+"${unsteady[@]}"}; do
    wrong+=$(printf '\n%s said the first time:\n' "$name"; complaints "$logs/$name.first.log")
done
[[ -z $wrong ]] || printf '%s\n' "${wrong#$'\n'}"
printf '%-20s %-7s %5d s\n' all "$( ((stages_failed)) && echo FAILED || echo ok)" "$SECONDS"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((stages_failed == 0))
