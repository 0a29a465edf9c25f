#!/bin/sh
# Can the checks fail? checks_test.sh ROOT: plants each breach in a small tree and demands that its check
# sees it. Exit 1 if one stays silent.
set -u
checks=$(readlink -f -- "${1:?the root of the tree}")/.ci
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
failures=0

# A small tree that all checks like.
fresh_tree() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/runtime/core" "$scratch/tree/runtime/base" "$scratch/tree/corpus"
    echo '// A value.' >"$scratch/tree/corpus/workload.h"
    echo '// A list.' >"$scratch/tree/runtime/base/list.h"
    echo '#include "list.h"' >"$scratch/tree/corpus/workload.c"
    echo '#include "list.h"' >"$scratch/tree/runtime/core/proc.c"
}

# sees CHECK FILE LINE: the check is silent, and speaks once LINE stands in FILE.
sees() {
    fresh_tree
    if ! "$checks/$1" "$scratch/tree" >"$scratch/said" 2>&1; then
        echo "FAILED $1 complains about a clean tree:"
        sed 's/^/    /' "$scratch/said"
        failures=$((failures + 1))
    fi
    printf '%s\n' "$3" >>"$scratch/tree/$2"
    breach=$(printf '%s\n' "$3" | head -n 1)
    if "$checks/$1" "$scratch/tree" >"$scratch/said" 2>&1; then
        echo "FAILED $1 does not see: $breach"
        failures=$((failures + 1))
    else
        echo "ok $1 sees: $breach"
    fi
}

sees style.sh runtime/core/proc.c 'int x(void) { return __atomic_load_n(&y, 0); }'
sees style.sh runtime/core/proc.c 'static _Thread_local int self;'
sees style.sh runtime/core/proc.c '#include <stdatomic.h>'
sees style.sh corpus/workload.h 'typedef struct workload workload;'
sees style.sh corpus/workload.h 'typedef enum { A } kind;'
sees style.sh corpus/workload.c '#include <assert.h>'
sees style.sh corpus/workload.c "// TO""DO: later"
sees style.sh corpus/workload.c 'int trailing;  '
sees style.sh corpus/bare.h 'int x;'
sees style.sh corpus/long.c "$(yes 'int x;' | head -n 601)"
sees arrows.sh runtime/core/proc.c '#include "workload.h"'
sees arrows.sh runtime/base/list.h '#include "workload.h"'
sees arrows.sh corpus/workload.c '#include "nowhere.h"'
sees format.sh corpus/workload.c 'int   spaced;'

# compiles CODE WORD: kept_thread.sh says WORD of an object made of CODE ('' = nothing).
compiles() {
    printf '%s\n' "$1" | clang -O2 -x c -c - -o "$scratch/object.o" || exit 3
    "$checks/kept_thread.sh" "$scratch/object.o" >"$scratch/said" 2>&1
    ended=$?
    if { [ -z "$2" ] && [ "$ended" -ne 0 ]; } || { [ -n "$2" ] && ! grep -q -- "$2" "$scratch/said"; }; then
        echo "FAILED kept_thread.sh of: $1"
        sed 's/^/    /' "$scratch/said"
        failures=$((failures + 1))
    else
        echo "ok kept_thread.sh of: $1"
    fi
}

compiles 'extern _Thread_local struct { void *volatile self; } t; void *f(void) { return t.self; }' ''
compiles 'extern _Thread_local int t; void g(int *); void f(void) { g(&t); }' 'address of the thread.*<f>'
compiles 'int f(void) { return 1; }' 'nobody asks'

[ "$failures" -eq 0 ]
