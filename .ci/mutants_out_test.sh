#!/bin/sh
# A build without mutants holds nothing of them: compiled with GPROOF_NO_MUTANTS, the functions that only a
# mutant calls are gone from the objects of the core. Usage: mutants_out_test.sh BUILD
set -eu
build=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for source in profile goroutine world; do
    # The command of this file, as the build has it, but for the output.
    command=$(sed -n 's/^ *"command": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
        sed 's/\\"/"/g' | grep "gproof_core_virtual.dir/$source\.c\.o" | head -n 1)
    [ -n "$command" ] || { echo "no command for $source.c in $build/compile_commands.json"; exit 1; }
    plain=$(printf '%s' "$command" | sed 's/ -o [^ ]*//')
    (cd "$build" && sh -c "$plain -fno-inline -o $out/$source.with.o")
    (cd "$build" && sh -c "$plain -fno-inline -DGPROOF_NO_MUTANTS -o $out/$source.without.o")
done
failed=0
for name in label_late overwrite_first satisfy_finalizer_goroutine pass_by_stale; do
    nm "$out"/*.with.o | grep -q " $name$" || { echo "$name: not in a build with mutants; is it called so?"; failed=1; }
    if nm "$out"/*.without.o | grep -q " $name$"; then
        echo "$name: left in a build without mutants"
        failed=1
    fi
done
exit $failed
