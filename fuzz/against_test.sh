#!/bin/sh
# hunt --against: bad revisions, and a slip committed to a clone that the hunt tells from this tree.
# usage: against_test.sh GPROOF-FUZZ-VIRTUAL quick|slip ROOT
set -u
tool=$1
what=$2
root=$3
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
GPROOF_BUILD=$folder/build
export GPROOF_BUILD
failures=0

# expect CODE WORD COMMAND...: the exit code, and a word somewhere in what is printed.
expect() {
    code=$1
    word=$2
    shift 2
    "$@" >stdout 2>stderr
    got=$?
    if [ "$got" -ne "$code" ] || ! cat stdout stderr | grep -qF -e "$word"; then
        printf 'FAILED: %s: exit code %s, expected %s and "%s"\n' "$*" "$got" "$code" "$word"
        cat stdout stderr
        failures=$((failures + 1))
    fi
}

commit() { git -C "$1" -c user.name=test -c user.email=test@localhost commit -qam "$2"; }

if [ "$what" = quick ]; then
    git init -q broken
    echo 'message(FATAL_ERROR "the planted failure")' >broken/CMakeLists.txt
    git -C broken add . && commit broken 'a tree that does not build'
    expect 0 'usage: gproof hunt --against' "$tool" hunt --against x --help
    expect 2 "'nosuch', expected a revision" "$tool" hunt --against nosuch --repository broken
    expect 2 'expected a revision' "$tool" hunt --against --all --repository broken
    expect 3 'is no repository' "$tool" hunt --against HEAD --repository "$folder"
    expect 3 'the planted failure' "$tool" hunt --against HEAD --repository broken
    expect 3 'does not build' "$tool" hunt --against HEAD --repository broken
    expect 2 'expected a duration' "$tool" hunt --against HEAD --time soon
    exit $((failures != 0))
fi

# The slip of golang/go#69998, committed: a switch of coroutines has no check-in.
git clone -q "$root" clone || exit 1
sed -i 's/rt_profile_checkin(mp, gp, TRACE_BY_COROUTINE)/(void)0/' clone/runtime/core/coro.c
commit clone 'a slip' || exit 1
expect 1 'satisfied-before-run' "$tool" hunt --against HEAD --repository clone --time 10s --seed 1
grep -q '^satisfied-before-run  *-  *after' stdout || failures=$((failures + 1))
grep -q 'this tree: pass; HEAD: satisfied-before-run' stdout || failures=$((failures + 1))
expect 1 '"commit"' "$tool" hunt --against HEAD --repository clone --time 5s --seed 1 --json
exit $((failures != 0))
