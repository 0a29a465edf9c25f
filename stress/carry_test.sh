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
expect 2 'nothing-here' "$tool" "$out/nothing-here.txt"
expect 0 'usage: gproof carry' "$tool" --help
exit "$failed"
