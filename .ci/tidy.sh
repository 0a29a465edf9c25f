#!/bin/sh
# What clang-tidy 14 says of every source but the tests: tidy.sh ROOT BUILD. Exit 1 if it says something.
set -u
cd "${1:?the root of the tree}" || exit 3
command -v clang-tidy-14 >/dev/null 2>&1 || {
    echo 'clang-tidy 14 is not installed: apt-get install clang-tidy-14'
    exit 3
}
grep -o "\"file\": \"$PWD/[^\"]*[.]c\"" "${2:?a build folder}/compile_commands.json" | cut -d '"' -f 4 |
    grep -v '_test[.]c$' | sort -u | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$2" --quiet 2>/dev/null
