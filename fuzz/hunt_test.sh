#!/bin/sh
# Short campaigns from outside: hunt_test.sh DOOR FOLDER. A historical bug is found, minimised, told and
# replayed; the correct runtime holds; bad input and a full disk end as they must. FOLDER is for scratch
# files. Exit 1 if a promise is broken.
set -u
door=${1:?the front door}
scratch=${2:?a scratch folder}
rm -rf "$scratch"
mkdir -p "$scratch" || exit 3
failures=0

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# run NAME CODE VERB OPTIONS...: stdout goes to $scratch/NAME.out, stderr to $scratch/NAME.err.
run() {
    name=$1 code=$2
    shift 2
    "$door" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err"
    ended=$?
    if [ "$ended" -eq "$code" ]; then
        echo "ok $name"
    else
        fail "$name: exit $ended, expected $code"
        tail -n 30 "$scratch/$name.out" "$scratch/$name.err" | sed 's/^/    /'
    fi
}

# field NAME KEY: the first value of that key in the JSON of a run.
field() { sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\",]*\).*/\1/p" "$scratch/$1.out" | head -n 1; }

# same NAME KEY EXPECTED
same() {
    [ "$(field "$1" "$2")" = "$3" ] || fail "$1: $2 is '$(field "$1" "$2")', expected '$3'"
}

at_most() {
    [ "$(field "$1" "$2")" -le "$3" ] 2>/dev/null || fail "$1: $2 is '$(field "$1" "$2")', expected at most $3"
}

# golang/go#74090, from an empty corpus.
for seed in 1 2 3; do
    run "found$seed" 1 hunt --mutant issue-74090 --seed "$seed" --json --out "$scratch/hunt$seed"
    same "found$seed" blind false
    same "found$seed" invariant satisfied-before-run
    at_most "found$seed" ops 8
    at_most "found$seed" preemptions 3
    for file in bytes text story; do
        [ -s "$(field "found$seed" $file)" ] || fail "found$seed: no $file"
    done
done
grep -q 'XXX' "$(field found1 story)" || fail 'the story marks no broken row'

# Its input fires every time, with one trace, as bytes and as text; without the fault it is silent.
finding=$(dirname -- "$(field found1 text)")
text=$(field found1 text)
bytes=$(field found1 bytes)
run replayed 1 replay "$finding" --times 1000 --json
same replayed verdict violation
same replayed invariant satisfied-before-run
hash=$(field replayed trace_hash)
run from_bytes 1 replay "$bytes" --mutant issue-74090 --json
same from_bytes trace_hash "$hash"
run from_text 1 replay "$text" --mutant issue-74090 --json
same from_text trace_hash "$hash"
run without 0 replay "$text" --json
same without verdict pass

# The correct runtime holds.
run holds 0 hunt --time 10s --seed 1 --json --out "$scratch/holds"
same holds blind false
[ "$(field holds executions)" -gt 1000 ] || fail "holds: only $(field holds executions) executions"

# The same bug by the other engine, and on real threads.
run afl 1 hunt --engine afl --mutant issue-74090 --seed 1 --json --out "$scratch/afl"
same afl invariant satisfied-before-run
run posix 1 hunt --world posix --mutant issue-74090 --seed 1 --json --out "$scratch/posix"
same posix invariant satisfied-before-run

# Bad input.
run bad_mutant 2 hunt --mutant issue-74091
run bad_corpus 2 hunt --corpus "$scratch/absent"
run bad_file 2 replay "$scratch/absent"
printf 'gproof 1\nbody main\n  sing c0\n' >"$scratch/malformed.txt"
run malformed 2 replay "$scratch/malformed.txt"
grep -q 'malformed.txt:3:3' "$scratch/malformed.err" || fail 'malformed: no line and column'
: >"$scratch/file"
run unwritable 3 hunt --mutant issue-74090 --seed 1 --out "$scratch/file/out"

[ "$failures" -eq 0 ]
