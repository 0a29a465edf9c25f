#!/bin/sh
# Equal inputs give equal traces, whatever compiled the runtime: traces.sh ROOT BUILD_ROOT PRESET...
# Builds the virtual world in each preset, replays every seed and regression with each and compares the
# hashes; a regression runs with the fault that its head names. Exit 1 where two differ, 3 if a preset does
# not build or nothing was compared.
set -u
top=${1:?the root of the tree}
build_root=${2:?the root of the build folders}
shift 2

for preset; do
    folder=$build_root/$preset
    [ -f "$folder/build.ninja" ] || cmake -S "$top" -B "$folder" --preset "$preset" >/dev/null || exit 3
    ninja --quiet -C "$folder" gproof-fuzz-virtual >&2 || exit 3
done

# The hash of file $2 in preset $1.
hash_of() {
    fault=$(sed -n 's/^# mutant //p' "$2")
    "$build_root/$1/bin/gproof-fuzz-virtual" replay "$2" --json ${fault:+--mutant "$fault"} |
        sed -n 's/.*"trace_hash": *"\{0,1\}\([0-9a-fx]*\).*/\1/p'
}

compared=0
different=0
for file in "$top"/corpus/seeds/* "$top"/corpus/regressions/*; do
    [ -f "$file" ] || continue
    expected=$(hash_of "$1" "$file")
    [ -n "$expected" ] || {
        echo "$file: $1 gives no trace hash"
        exit 1
    }
    for preset; do
        hash=$(hash_of "$preset" "$file")
        compared=$((compared + 1))
        [ "$hash" = "$expected" ] || {
            echo "$file: $1 gives $expected, $preset gives $hash"
            different=$((different + 1))
        }
    done
done
echo "$compared traces compared, $different differ"
[ "$compared" -gt 0 ] || exit 3
[ "$different" -eq 0 ]
