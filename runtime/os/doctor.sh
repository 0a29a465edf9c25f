#!/bin/sh
# Is this machine fit for gproof? One line a check: ok, note (works, with a limit) or bad, with its fix.
# Called by the front door as `doctor.sh BUILD_ROOT`. Exit 0 fit, 3 something is bad, 2 usage.
set -u

usage='usage: gproof doctor

Checks compilers, sanitizer runtimes, AFL++, libraries, address space randomisation, limits, core
pattern and disk space; and whether the Go of PATH, or of the root that GPROOF_GO names, has moved away
from what is modelled. Each fault comes with its fix. Exit codes: 0 fit, 3 something is bad.'

build_root=${1:?the build root}
shift
case ${1:-} in
'') ;;
--help | -h)
    printf '%s\n' "$usage"
    exit 0
    ;;
*)
    printf 'gproof: doctor takes no options, got %s\n%s\n' "'$1'" "$usage" >&2
    exit 2
    ;;
esac

bad=0
ok() { printf 'ok    %s\n' "$*"; }
note() { printf 'note  %s\n' "$*"; }
bad() {
    bad=$((bad + 1))
    printf 'bad   %s\n' "$1"
    printf '      fix: %s\n' "$2"
}
limit() { cat "/proc/sys/$1" 2>/dev/null || echo 0; }
# Is $1 a number below $2?
below() { [ "$1" -lt "$2" ] 2>/dev/null; }

sources=$(cd -- "$(dirname -- "$0")/../../stress/go" && pwd)
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
trap 'exit 3' INT TERM

# Is command $1 there? $2 = the package that has it.
check_command() {
    if command -v "$1" >/dev/null 2>&1; then
        ok "$1: $("$1" --version 2>&1 | head -n 1)"
    else
        bad "$1 is not installed" "apt-get install $2"
    fi
}

# Does a small program that includes headers $1 and links $2 build? $3 = the package that has them.
check_library() {
    for header in $1; do
        printf '#include <%s>\n' "$header"
    done >"$scratch/library.c"
    echo 'int main(void) { return 0; }' >>"$scratch/library.c"
    if clang "$scratch/library.c" ${2:+"$2"} -o "$scratch/library" 2>/dev/null; then
        ok "$3"
    else
        bad "$3 is not installed, or does not link" "apt-get install $3"
    fi
}

# Does a small program built with $1, run behind the command $2, come to its end? $3 = the fix if not.
check_sanitizer() {
    if ! clang "$1" -x c - -o "$scratch/one" 2>"$scratch/why" <<END
int LLVMFuzzerTestOneInput(const char *bytes, unsigned long size);
int LLVMFuzzerTestOneInput(const char *bytes, unsigned long size) { return bytes == (char *)size; }
$([ "$1" = -fsanitize=fuzzer ] || echo 'int main(void) { return 0; }')
END
    then
        bad "clang $1 does not link" 'apt-get install libclang-rt-14-dev'
    elif $2 "$scratch/one" -runs=1 >"$scratch/why" 2>&1; then
        ok "clang $1${2:+ (behind $2)}"
    else
        bad "a program built with clang $1 dies: $(grep -m 1 . "$scratch/why")" "$3"
    fi
}

check_tools() {
    check_command git git
    check_command cmake cmake
    check_command ninja ninja-build
    check_command gcc gcc
    check_command clang-format-14 clang-format-14
    check_command shellcheck shellcheck
    check_command llvm-symbolizer llvm
    check_command clang clang
    command -v clang >/dev/null 2>&1 || return
    check_library libunwind.h -lunwind libunwind-dev
    check_library xxhash.h '' libxxhash-dev
    check_library zlib.h -lz zlib1g-dev
    check_library protobuf-c/protobuf-c.h -lprotobuf-c libprotobuf-c-dev
    check_command protoc-c protobuf-c-compiler
    check_library 'stdarg.h stddef.h setjmp.h stdint.h cmocka.h' -lcmocka libcmocka-dev
    check_sanitizer -fsanitize=fuzzer '' 'apt-get install --reinstall libclang-rt-14-dev'
    check_sanitizer -fsanitize=address '' 'sysctl vm.mmap_rnd_bits=28'
    if below 28 "$(limit vm/mmap_rnd_bits)"; then
        check_sanitizer -fsanitize=thread 'setarch -R' \
            'sysctl vm.mmap_rnd_bits=28, or allow setarch -R (the personality call)'
    else
        check_sanitizer -fsanitize=thread '' 'sysctl vm.mmap_rnd_bits=28'
    fi
}

check_afl() {
    if ! command -v afl-fuzz >/dev/null 2>&1; then
        bad 'afl-fuzz is not installed' 'apt-get install afl++'
        return
    fi
    ok "afl-fuzz: $(afl-fuzz -h 2>&1 | grep -m 1 -o 'afl-fuzz++[0-9a-z.]*')"
    if [ ! -e /usr/lib/afl/libAFLDriver.a ] && [ ! -e /usr/local/lib/afl/libAFLDriver.a ]; then
        bad 'AFL++ has no libAFLDriver.a' 'apt-get install --reinstall afl++'
    fi
    core=$(cat /proc/sys/kernel/core_pattern 2>/dev/null)
    case $core in
    '|'*)
        note "core files are piped to a program ($core), and AFL++ may take crashes for time-outs:" \
            'sysctl kernel.core_pattern=core'
        ;;
    *) ok "kernel.core_pattern is $core" ;;
    esac
    governor=$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null || echo performance)
    [ "$governor" = performance ] ||
        note "CPU governor is $governor: campaigns are slower and figures vary"
}

check_limits() {
    maps=$(limit vm/max_map_count)
    if below "$maps" 65530; then
        bad "vm.max_map_count is $maps: 100,000 stacks do not fit" 'sysctl vm.max_map_count=65530'
    else
        ok "vm.max_map_count is $maps"
    fi
    memory_mb=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
    if below "$memory_mb" 1024; then
        note "$memory_mb MB of memory are free: run one worker (--workers 1), no sanitizer"
    else
        ok "$memory_mb MB of memory are free"
    fi
    cores=$(nproc)
    if below "$cores" 2; then
        note 'one core: real threads rarely meet (stress, --world posix); the virtual world does not mind'
    else
        ok "$cores cores"
    fi
    address_space=$(awk '/^Max address space/ { print $4 }' /proc/self/limits)
    if [ "$address_space" = unlimited ]; then
        ok 'address space is not limited'
    else
        bad "address space is limited to $address_space bytes; sanitizers and stack pools reserve much" 'ulimit -v unlimited'
    fi
}

check_disk() {
    folder=$build_root
    while [ ! -d "$folder" ]; do
        folder=$(dirname -- "$folder")
    done
    free_mb=$(df -Pm -- "$folder" | awk 'NR == 2 { print $4 }')
    if [ ! -w "$folder" ]; then
        bad "$folder, where the build folders go, cannot be written" 'GPROOF_BUILD=a folder of yours'
    elif below "$free_mb" 1024; then
        bad "$free_mb MB free in $folder; build folders take up to 1 GB" 'GPROOF_BUILD=a folder with room'
    else
        ok "$free_mb MB free in $folder"
    fi
}

# Has Go changed a function that the runtime models? Needs a Go tree; nothing else does.
check_go() {
    root=${GPROOF_GO:-}
    [ -n "$root" ] || root=$(go env GOROOT 2>/dev/null) || root=
    if [ ! -x "$root/bin/go" ]; then
        note "no go in PATH and none named by GPROOF_GO: carry and conform need one, and whether Go has moved away from what is modelled was not checked"
        return
    fi
    version=$(head -n 1 "$root/VERSION")
    cache=$scratch/go
    [ ! -w "$build_root" ] || cache=$build_root/go
    if moved=$(cd "$sources" &&
        GOROOT=$root GOCACHE=$cache GOPATH=$scratch/path GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off \
            GOENV=off GOWORK=off CGO_ENABLED=0 "$root/bin/go" run . -goroot "$root" -modelled modelled.tsv 2>&1); then
        ok "$version: carry and conform can use it"
    else
        note "$version: what is modelled could not be compared: $(printf '%s' "$moved" | tail -n 1)"
        return
    fi
    if [ -z "$moved" ]; then
        ok "$version: the bodies of all functions that are modelled are known"
    else
        printf '%s\n' "$moved" | while read -r line; do
            note "$version: differs from what was modelled: $line"
        done
    fi
}

[ "$(uname -sm)" = 'Linux x86_64' ] ||
    bad "this machine is $(uname -sm)" 'run on Linux x86_64: the switch of stacks is written for it'
check_tools
check_afl
check_limits
check_disk
check_go

if [ "$bad" -gt 0 ]; then
    printf 'gproof: %s faults on this machine; each has its fix above\n' "$bad" >&2
    exit 3
fi
