#!/bin/sh
# gproof conform from outside: conform_test.sh TOOL OUT [real]. With `real`, the Go of PATH or of GPROOF_GO
# is judged, as it is and with a slip; skipped (77) where there is none.
set -u
tool=$1 out=$2 kind=${3:-}
rm -rf "$out"
mkdir -p "$out" || exit 3
here=$(cd -- "$(dirname -- "$0")" && pwd)
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# expect CODE WORDS COMMAND...: the exit code, and words of stderr or stdout.
expect() {
    code=$1 words=$2
    shift 2
    "$@" >"$out/stdout" 2>"$out/stderr"
    got=$?
    [ "$got" = "$code" ] || fail "$*: exit $got, expected $code: $(cat "$out/stderr")"
    [ -z "$words" ] || grep -qF -- "$words" "$out/stderr" "$out/stdout" || fail "$*: no '$words' in: $(cat "$out/stderr")"
}

if [ "$kind" = real ]; then
    go=${GPROOF_GO:-}
    [ -n "$go" ] || go=$(go env GOROOT 2>/dev/null) || go=
    [ -n "$go" ] || {
        echo "skipped: conform-go needs a Go tree, in PATH or named by GPROOF_GO"
        exit 77
    }
    set -- --go "$go" --out "$out/folder" --cache "$out/cache" --plans 16 --runs 200 --profiles 500
    expect 0 'Violations that nothing explains' "$tool" "$@"
    expect 1 'a newcomer has no record' "$tool" "$@" --slip newcomer-not-satisfied
    expect 3 'no slip' "$tool" "$@" --slip nonsense
    # A table that was made of other bodies: doctor tells which differ.
    cp -r "$here/go" "$out/go"
    expect 0 '' "$go/bin/go" run -C "$out/go" . -goroot "$go" -modelled modelled.tsv
    sed 's/=[0-9a-f]*$/=0/; s/=[0-9a-f]*\t/=0\t/g' "$here/go/modelled.tsv" >"$out/go/modelled.tsv"
    expect 0 'try_record models' "$go/bin/go" run -C "$out/go" . -goroot "$go" -modelled modelled.tsv
    exit "$failed"
fi

# Every function that is said to model one of Go is there.
grep -v '^#' "$here/go/modelled.tsv" | cut -f 1 | sort -u >"$out/modelled"
while read -r name; do
    grep -q "[ *]$name(" "$here"/../runtime/core/*.c || fail "modelled.tsv: no function $name in runtime/core"
done <"$out/modelled"

mkdir -p "$out/old/bin" "$out/bare"
printf '#!/bin/sh\nexit 0\n' >"$out/old/bin/go"
chmod +x "$out/old/bin/go"
printf 'go1.24.0\n' >"$out/old/VERSION"
cache=$out/cache
expect 3 'no go program in PATH' env PATH="$out/bare" "$tool" --cache "$cache"
expect 3 'expected the root of a Go tree' "$tool" --go "$out/nowhere" --cache "$cache"
expect 3 'expected go1.25 or newer' "$tool" --go "$out/old" --cache "$cache"
expect 2 'expected no argument' "$tool" something
expect 2 '--profiles' "$tool" --profiles none
expect 0 'usage: gproof conform' "$tool" --help
exit "$failed"
