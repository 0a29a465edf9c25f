#!/bin/sh
# gproof carry from outside: carry_test.sh TOOL REGRESSIONS OUT [real]. With `real`, golang/go#74090 is
# carried to the Go of PATH or of GPROOF_GO, and the test is skipped (77) where there is none.
set -u
tool=$1 regressions=$2 out=$3 kind=${4:-}
rm -rf "$out"
mkdir -p "$out" || exit 3
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# expect CODE WORDS COMMAND...: the exit code, and words of stderr.
expect() {
    code=$1 words=$2
    shift 2
    "$@" >"$out/stdout" 2>"$out/stderr"
    got=$?
    [ "$got" = "$code" ] || fail "$*: exit $got, expected $code: $(cat "$out/stderr")"
    grep -qF -- "$words" "$out/stderr" "$out/stdout" || fail "$*: no '$words' in: $(cat "$out/stderr")"
}

finding=$regressions/issue-74090.txt
if [ "$kind" = real ]; then
    go=${GPROOF_GO:-}
    [ -n "$go" ] || go=$(go env GOROOT 2>/dev/null) || go=
    [ -n "$go" ] || {
        echo "skipped: carry-go needs a Go tree, in PATH or named by GPROOF_GO"
        exit 77
    }
    expect 1 '"slip": true' "$tool" "$finding" --go "$go" --out "$out/real" --cache "$out/cache" --runs 20 --json
    awk '/"fired"/ { gsub(/[^0-9]/, ""); row[++n] = $0 } END { exit !(n == 4 && row[1] >= 18 && row[3] + row[4] == 0) }' \
        "$out/stdout" || fail "table: $(cat "$out/stdout")"
    # What --as go1.26 finds with threads of C lives in stock Go: shown without slip, gates or overlay.
    if "${CC:-cc}" --version >/dev/null 2>&1; then
        for name in attach-without-mark detach-without-record; do
            expect 1 '"stock": true' "$tool" "$regressions/$name.txt" --stock --runs 20 --rounds 1000 --go "$go" \
                --out "$out/$name" --cache "$out/cache" --json
            awk '/"fired"/ { gsub(/[^0-9]/, ""); fired += $0 } END { exit !(fired >= 10) }' "$out/stdout" ||
                fail "$name: $(cat "$out/stdout")"
        done
    fi
    # A plan of ops that wait, with all that has a counterpart.
    cat >"$out/waits.txt" <<'PLAN'
gproof 1
chan c0 0
body main
  spawn peer 2
  coro k0 other
  lockthread
  resume k0
  lock m0
  add w0 1
  sleep 3
  after 2 late
  unlock m0
  wait w0
  select 2
  send c0 s0
  recv c0 s1
  snapshot fit
  acquire q0
  profile fit
body peer
  lock m0
  poll 1
  recv c0 s0
  done w0
  select 1
  recv c0 s0
body late
  release q0
  unlock m0
  done w0
  wait w1
  acquire q1
body other
  lockthread
  resume k0
PLAN
    expect 0 '"fired": 0' "$tool" "$out/waits.txt" --slip none --runs 5 --go "$go" --out "$out/waits" \
        --cache "$out/cache" --json
    expect 2 "op 'coro' is not carried" "$tool" "$out/waits.txt" --slip none --stock --go "$go" --cache "$out/cache"
    sed '/ k0/d' "$out/waits.txt" >"$out/stock.txt"
    expect 0 '"fired": 0' "$tool" "$out/stock.txt" --slip none --stock --runs 5 --go "$go" --out "$out/waits" \
        --cache "$out/cache" --json
    # Runs over their time are ended with all that they have started, and counted.
    expect 1 '"hung": 1' "$tool" "$finding" --slip none --runs 0,0,1,0 --rounds 1000000 --limit 0.2 --go "$go" \
        --out "$out/real" --cache "$out/cache" --json
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/cwd")" != "$out/real" ] || fail "a test is left: $process"
    done
    # The tree is only read.
    touch -r "$out/real/plan_test.go" "$out/stamp"
    written=$(find "$go" -newer "$out/stamp" ! -type d | head -n 3)
    [ -z "$written" ] || fail "in GOROOT was written: $written"
    # A patched tree without a place is refused by name.
    mkdir -p "$out/patched/src"
    for name in "$go"/* "$go"/src/*; do
        [ -e "$out/patched/${name#"$go/"}" ] || ln -s "$name" "$out/patched/${name#"$go/"}"
    done
    rm "$out/patched/src/runtime"
    cp -r "$go/src/runtime" "$out/patched/src/runtime"
    sed 's/goroutineProfile\.active\>/isProfiling()/' "$go/src/runtime/proc.go" >"$out/patched/src/runtime/proc.go"
    printf '\nfunc isProfiling() bool { return goroutineProfile.active }\n' >>"$out/patched/src/runtime/proc.go"
    expect 3 'in execute: 0 places for check-in' "$tool" "$finding" --slip no-checkin-execute --go "$out/patched" \
        --out "$out/none" --cache "$out/cache"
    expect 3 'no slip' "$tool" "$finding" --slip canary-plumbing --go "$go" --out "$out/none" --cache "$out/cache"
    exit "$failed"
fi

# Trees that are no Go, or one that is too old, or one without the places.
mkdir -p "$out/old/bin" "$out/odd/bin" "$out/bare"
printf '#!/bin/sh\nexit 0\n' >"$out/old/bin/go"
chmod +x "$out/old/bin/go"
printf 'go1.18.10\n' >"$out/old/VERSION"
printf '#!/bin/sh\necho no such thing; exit 1\n' >"$out/odd/bin/go"
chmod +x "$out/odd/bin/go"
printf 'go1.26.8\n' >"$out/odd/VERSION"
cache=$out/cache
expect 3 'no go program in PATH' env PATH="$out/bare" "$tool" "$finding" --cache "$cache"
expect 3 'expected the root of a Go tree' "$tool" "$finding" --go "$out/nowhere" --cache "$cache"
expect 3 'no program there' "$tool" "$finding" --go "$out/bare" --cache "$cache"
expect 3 'go1.18.10' "$tool" "$finding" --go "$out/old" --cache "$cache"
expect 3 'no such thing' "$tool" "$finding" --go "$out/odd" --cache "$cache" --out "$out/folder"
grep -q 'g.finalizer(0, 1) // finalizer s0 fin1' "$out/folder/plan_test.go" || fail "no program of the plan"
expect 2 'expected one' "$tool"
expect 2 'nonsense' "$tool" "$finding" --slip nonsense
printf 'gproof 1\nbody main\n  goroutineleak fit\n' >"$out/leaks.txt"
expect 2 "op 'goroutineleak' is not carried" "$tool" "$out/leaks.txt" --cache "$cache"
printf 'go1.23.4\n' >"$out/odd/VERSION"
expect 3 "op 'cleanup' has a counterpart from go1.24 on" "$tool" "$regressions/stale-cleanup-flag.txt" \
    --go "$out/odd" --cache "$cache" --out "$out/folder"
expect 3 'before go1.25 system goroutines stay out' "$tool" "$regressions/newcomer-not-satisfied.txt" --checks on \
    --go "$out/odd" --cache "$cache"
expect 2 'nothing-here' "$tool" "$out/nothing-here.txt"
expect 0 'usage: gproof carry' "$tool" --help
exit "$failed"
