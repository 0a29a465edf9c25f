#!/bin/sh
# The real `go tool pprof` reads our profiles: pprof_test.sh BINARY SEED. SEED's first profile has four
# goroutines, one of them in f2 below f1 below f0. Exit 77, with a word why, where there is no go.
set -u
binary=$1
seed=$2
go=${GPROOF_GO:+$GPROOF_GO/bin/go}
[ -n "$go" ] || go=$(command -v go)
if [ -z "$go" ] || ! "$go" tool pprof -h 2>&1 | grep -q -- -traces; then
    echo 'skipped: no go with pprof on PATH or in the tree GPROOF_GO'
    exit 77
fi
folder=$(mktemp -d) || exit 3
trap 'rm -rf "$folder"' EXIT
failures=0

# says PATTERN OPTION...: pprof with these options prints a line that matches.
says() {
    pattern=$1
    shift
    if ! PPROF_TMPDIR=$folder "$go" tool pprof "$@" "$folder/profile" >"$folder/said" 2>&1 ||
        ! grep -qE -- "$pattern" "$folder/said"; then
        printf 'FAILED: pprof %s: no line matches %s\n' "$*" "$pattern"
        cat "$folder/said"
        failures=$((failures + 1))
    fi
}

"$binary" report "$seed" --format pprof --out "$folder/profile" || exit 1
says '^PeriodType: goroutine count$' -raw
says '^ +3: *$' -raw
says '^ +1: [0-9]+ [0-9]+ [0-9]+ *$' -raw
says 'M=1 frame_f2 runtime/exec/frames\.def:4' -raw
says 'of 4 total' -top
says '^ +1 +25\.00% .* frame_f2$' -top
says '^ +frame_f0$' -traces
says 'gproof replay' -comments

[ "$failures" -eq 0 ]
