#!/bin/sh
# The tool as its users meet it. usage: corpus_tool_test.sh TOOL SEEDS
set -u
tool=$1 seeds=$2
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

# expect CODE ARGUMENTS...: the tool's exit code; output in $work/out, messages in $work/err.
expect() {
    code=$1
    shift
    "$tool" "$@" >"$work/out" 2>"$work/err"
    found=$?
    [ $found -eq "$code" ] || fail "$* exited with $found, expected $code: $(cat "$work/err")"
}

says() { grep -q -- "$1" "$work/err" || fail "expected '$1' in: $(cat "$work/err")"; }

# Seeds are well-formed, and come back from bytes as they were.
expect 0 check "$seeds"
for seed in "$seeds"/*.txt; do
    expect 0 decode "$seed"
    mv "$work/out" "$work/text"
    expect 0 encode --out "$work/bytes" "$seed"
    expect 0 decode "$work/bytes"
    cmp -s "$work/out" "$work/text" || fail "$seed differs after bytes"
    expect 0 fmt "$seed"
    grep -q '^# ' "$work/out" || fail "$seed lost its comment"
done

# fmt is idempotent, in place too, and reads standard input.
cp "$seeds/channels.txt" "$work/mine.txt"
expect 0 fmt "$work/mine.txt"
mv "$work/out" "$work/once"
expect 0 fmt --write "$work/mine.txt"
cmp -s "$work/once" "$work/mine.txt" || fail "fmt --write differs from fmt"
expect 0 fmt --write "$work/mine.txt"
cmp -s "$work/once" "$work/mine.txt" || fail "fmt is not idempotent"
"$tool" decode - <"$work/bytes" | cmp -s - "$work/text" || fail "decode - differs"
cp "$work/bytes" "$work/kept"
expect 2 fmt --write "$work/kept"
says 'use decode'
cmp -s "$work/kept" "$work/bytes" || fail "fmt --write changed a file of bytes"

# Wrong input is told by place, and all of it.
printf 'gproof 1\nprocs 0\n' >"$work/wrong.txt"
printf 'gproof 1\nbody main\n  jump\n' >"$work/worse.txt"
expect 2 check "$work/wrong.txt" "$seeds" "$work/worse.txt"
says "$work/wrong.txt:2:7: expected the number of Ps, 1 to 8"
says "$work/worse.txt:3:3: expected an op"
expect 2 check "$work/nowhere"
says 'No such file'
expect 2 encode "$work/wrong.txt"
[ -s "$work/out" ] && fail "encode wrote something for a malformed file"
head -c 2000000 /dev/zero >"$work/large"
expect 2 decode "$work/large"
says 'too large'

# Wrong command lines.
expect 2
expect 2 frobnicate
expect 2 check
expect 2 check --json "$seeds"
expect 2 fmt --frobnicate "$seeds"
expect 2 generate --count 0
says 'expected a number'
expect 2 generate --count 2
expect 2 generate unwanted
expect 2 encode "$work/text" "$work/mine.txt"
expect 0 --help
for verb in fmt check encode decode merge stats generate; do
    expect 0 $verb --help
    grep -q "gproof-corpus $verb" "$work/out" || fail "$verb --help has no example"
done

# Seeds of the generator.
expect 0 generate --seed 5 --count 20 --out "$work/a"
expect 0 generate --seed 5 --count 20 --out "$work/b"
diff -r "$work/a" "$work/b" >/dev/null || fail "the same seed gave other workloads"
expect 0 generate --seed 5 --count 20 --bytes --out "$work/c"
expect 0 merge --out "$work/all" "$work/a" "$work/b" "$work/c"
says '20 added'
says '40 there already'
expect 0 stats --json "$work/a" "$work/c"
grep -q '"duplicates": 20' "$work/out" || fail "stats --json: $(cat "$work/out")"
expect 0 generate --uniform

# What cannot be written is said, and nothing is left.
expect 3 encode --out "$work/no/such/folder/x" "$work/text"
says 'cannot write'
expect 3 merge --out "$work/text" "$work/a"
if [ -w /dev/full ]; then
    "$tool" decode "$work/bytes" >/dev/full 2>/dev/null
    [ $? -eq 3 ] || fail "a full disk is not noticed"
fi
! find "$work" -mindepth 1 -name '*tmp*' | grep -q . || fail "temporary files are left"

[ $failures -eq 0 ] || exit 1
