#!/bin/sh
# Old findings, run again: regressions_test.sh DOOR CORPUS. In CORPUS/regressions a folder is a finding
# that knows its fault: with it the same invariant breaks, without it the run holds. A file there, and
# every seed, holds. Exit 1 if one does not.
set -u
door=${1:?the front door}
corpus=${2:?the corpus}
failures=0
count=0

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

invariant() { sed -n 's/^ *"invariant": *"\([^"]*\)".*/\1/p' | head -n 1; }

for file in "$corpus"/seeds/* "$corpus"/regressions/*; do
    [ -f "$file" ] || continue
    count=$((count + 1))
    "$door" replay "$file" --json >/dev/null || fail "$file does not hold"
done
for folder in "$corpus"/regressions/*/; do
    [ -f "$folder/finding.json" ] || continue
    count=$((count + 1))
    expected=$(invariant <"$folder/finding.json")
    broken=$("$door" replay "$folder" --json | invariant)
    [ "$broken" = "$expected" ] || fail "$folder breaks '$broken', expected $expected"
    "$door" replay "$folder/input.txt" --json >/dev/null || fail "$folder does not hold without its fault"
done
echo "$count inputs"
[ "$count" -gt 0 ] || exit 3
[ "$failures" -eq 0 ]
