#!/bin/sh
# What the front door promises, held against it: front_door_test.sh ROOT. Works on a scratch build folder
# and on a PATH of its own; the tree is only read. Exit 1 if a promise is broken.
set -u
door=$(readlink -f -- "${1:?the root of the tree}")/gproof
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
failures=0

# expect NAME CODE PATTERN COMMAND...: the command ends with CODE and says PATTERN on stdout or stderr.
expect() {
    name=$1 code=$2 pattern=$3
    shift 3
    "$@" >"$scratch/said" 2>&1
    ended=$?
    if [ "$ended" -ne "$code" ] || ! grep -q -- "$pattern" "$scratch/said"; then
        printf 'FAILED %s: exit %s (expected %s), expected to read: %s\n' "$name" "$ended" "$code" "$pattern"
        sed 's/^/    /' "$scratch/said"
        failures=$((failures + 1))
    else
        printf 'ok %s\n' "$name"
    fi
}

# A PATH with the shell's own tools and nothing that builds or installs, in $scratch/bin.
mkdir "$scratch/bin" "$scratch/elsewhere" "$scratch/broken"
for tool in sh env awk cat cut dirname find flock grep id mkdir printf readlink rm sed sort tr uname; do
    real=$(command -v "$tool") && [ -x "$real" ] && ln -s "$real" "$scratch/bin/$tool"
done
ln -s "$door" "$scratch/elsewhere/door"

expect 'help' 0 'usage: gproof VERB' "$door" help
expect 'no verb is help' 0 'usage: gproof VERB' "$door"
expect 'unknown verb, nearest' 2 "unknown verb 'hnt'; nearest: hunt\\." "$door" hnt
expect 'a verb is no pattern' 2 "unknown verb '.*'" "$door" '.*'
expect 'two nearest' 2 'nearest: mutants\|nearest: minimize' "$door" m
expect 'bad world' 2 "expected virtual or posix" "$door" replay --world mars
expect 'bad sanitizer' 2 'expected thread, address or none' "$door" stress --sanitizer=memory
expect 'bad engine' 2 'expected libfuzzer' "$door" hunt --engine none
expect 'engine that no sanitizer has' 2 "expected loop with --sanitizer thread" "$door" hunt --sanitizer thread --engine afl
expect 'doctor takes no options' 2 'usage: gproof doctor' "$door" doctor --now
expect 'nothing to install with: names the packages' 3 'Debian packages.*clang cmake ninja-build' \
    env PATH="$scratch/bin" "$door" hunt
expect 'help without packages installs nothing' 0 'once these packages are here: clang' \
    env PATH="$scratch/bin" "$door" hunt --help

# A build that fails ends with 3, shows why, and leaves nothing that looks configured.
printf '#!/bin/sh\necho "clang: the planted failure" >&2\nexit 1\n' >"$scratch/broken/clang"
chmod +x "$scratch/broken/clang"
expect 'a compiler that fails' 3 'the planted failure' \
    env PATH="$scratch/broken:$PATH" GPROOF_BUILD="$scratch/build" "$door" corpus
expect 'it is not taken for configured' 3 'configuring release' \
    env PATH="$scratch/broken:$PATH" GPROOF_BUILD="$scratch/build" "$door" corpus
expect 'a build folder that cannot be made' 3 'cannot make the build folder' \
    env GPROOF_BUILD="$door/build" "$door" corpus

# Through a symlink, from another folder, with the build folder of the tests: nothing is built again.
if [ -n "${GPROOF_BUILD:-}" ]; then
    cd "$scratch/elsewhere" || exit 3
    expect 'first call' 0 'usage: gproof stress' ./door stress --help
    expect 'second call' 0 'usage: gproof stress' ./door stress --help
    if grep -q building "$scratch/said"; then
        echo 'FAILED second call: it builds again'
        failures=$((failures + 1))
    fi
    expect 'corpus rehunt is regressions --rehunt' 0 'usage: gproof regressions' ./door corpus rehunt --help
fi

[ "$failures" -eq 0 ]
