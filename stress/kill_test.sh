#!/bin/sh
# Kill -9 at any moment leaves no process and no half-written file: kill_test.sh STRESS CORPUS FOLDER
# [ROUNDS]. STRESS and CORPUS are commands (gproof stress, gproof corpus), FOLDER is for scratch files. The
# moments are drawn anew each time and printed: start-up, canaries, runs, findings being written, the
# search for them in the virtual world, the end. Exit 1 if something is left.
set -u
stress=${1:?the command gproof stress}
corpus=${2:?the command gproof corpus}
scratch=${3:?a scratch folder}
rounds=${4:-12}
seeds=${0%/*}/../corpus/seeds
rm -rf "$scratch"
mkdir -p "$scratch" || exit 3
failures=0

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# Processes that were started for the folder $1: its name stands in their command lines (those of the dead
# are empty).
processes_of() {
    printf '%s\n' "$1" >"$scratch/name"
    grep -laF -f "$scratch/name" /proc/[0-9]*/cmdline 2>/dev/null | tr -dc '0-9\n'
}

# Nothing of the round in folder $1 runs any more, soon after its supervisor is gone.
no_process() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        left=$(processes_of "$1")
        [ -n "$left" ] || return 0
        sleep 0.3
    done
    fail "left running: $(for process in $left; do tr '\0' ' ' <"/proc/$process/cmdline"; done)"
    # shellcheck disable=SC2086 # a list of numbers
    kill -9 $left
}

# Each file below $1 is whole.
files_are_whole() {
    find "$1" -type f | while read -r file; do
        case $file in
        *.tmp) echo "a temporary file: $file" ;;
        *.txt | *.bytes | *.xml | *.json | *.min | */input) [ -s "$file" ] || echo "empty: $file" ;;
        esac
        case $file in
        */input.txt) $corpus check "$file" >/dev/null 2>&1 || echo "no workload: $file" ;;
        # Any bytes are a workload, but only whole ones are the canonical bytes of theirs.
        */input.bytes | */input) $corpus encode "$file" | cmp -s - "$file" || echo "cut: $file" ;;
        */story.txt) tail -n 1 "$file" | grep -qi '^replay' || echo "cut: $file" ;;
        *.xml) xmllint --noout "$file" || echo "no XML: $file" ;;
        *.json) [ "$(tail -c 2 "$file")" = '}' ] || echo "cut: $file" ;;
        esac
    done
}

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    out=$scratch/round-$round
    delay=$(od -An -N2 -tu2 /dev/urandom | awk '{ printf "%.2f", 0.02 + $1 / 65536 * 4 }')
    # What nobody ends must go on for long, or a round shows nothing: runs that lose no process; runs that do,
    # and many findings; a finding that takes seconds to minimise in the virtual world.
    case $((round % 3)) in
    0) how='--time 60s --mutant sweep-missing --mutant labels-not-inherited' ;;
    1) how='--time 1s --watchdog 200ms --mutant sweep-missing --mutant in-progress-left --mutant small-buffer-keeps-sema' ;;
    2) how="--time 1s --noise heavy --mutant leak-scan-unmasked --file $seeds/readers.txt" ;;
    esac
    # shellcheck disable=SC2086 # several words
    $stress --seed "$round" $how --pursue 60s --out "$out" --junit "$out/stress.xml" >/dev/null 2>&1 &
    pid=$!
    sleep "$delay"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    no_process "$out"
    broken=
    [ ! -d "$out" ] || broken=$(files_are_whole "$out")
    [ -z "$broken" ] || fail "killed after $delay s: $broken"
    echo "killed after $delay s, $(find "$out" -type f 2>/dev/null | wc -l) files"
done
[ "$failures" -eq 0 ]
